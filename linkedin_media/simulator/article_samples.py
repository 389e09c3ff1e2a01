"""The articles of articles-api.txt, with which every simulator starts."""

from __future__ import annotations

from typing import Any, Final

SAMPLE_AUTHOR: Final = "urn:li:person:Ylpq-RobP9"
_NEW: Final = "AAEAAQAAAAAAAAA-AAAAJDI0OTQxODgyLTU4MmEtNGNmYS1hZjI1LTcyYjk4NzAyZDUzOA.png"
_OLD: Final = "AAEAAQAAAAAAAAALAAAAJDU4ZTQ0YWY1LWEzNDktNDQ4YS1hOGVhLTE5NGQxZWY2ZTNjMg.png"
_ORIGINAL: Final = "AAEAAQAAAAAAAACDAAAAJDliZjVlZDk2LWEyYzMtNDQyNy04YjA0LTZkOGI2YzZkNjI2OQ.png"
_EMBED: Final = (
    '<pre spellcheck="false">yoyoyo1231455t1\n</pre> \n<p>Hi!</p> \n<p><br></p> \n'
    '<div class="slate-resizable-image-embed slate-image-embed__resize-full-width" '
    f'data-imgsrc="https://media.licdn-ei.com/mpr/mpr/{_NEW}"> \n'
    ' <img src="//:0" data-li-src="%s"> \n</div> \n<p>Bye</p>'
)


def _html(text: str, secure: str | None = None) -> dict[str, Any]:
    return {"com.linkedin.publishing.HtmlContent": {"htmlText": text, "secureHtmlText": secure or text}}


def _cover(cropped: str, original: str, crop: tuple[int, int, int, int], caption: str) -> dict[str, Any]:
    x, y, width, height = crop
    info = {"x": x, "y": y, "width": width, "height": height}
    return {"caption": caption, "croppedImage": {"cropInfo": info, "cropped": cropped, "original": original}}


def sample_articles(author: str) -> list[dict[str, Any]]:
    """Return the page's three articles; the first two are by `author`, the third by somebody else."""
    return [_testing(author), _awesome(author), _new_media()]


def _testing(author: str) -> dict[str, Any]:
    insecure = _EMBED % f"http://m.c.lnkd.licdn-ei.com/mpr/mpr/{_NEW}"
    return {
        "authors": [{"author": author, "type": "PRIMARY_AUTHOR"}],
        "content": _html(insecure, _EMBED % f"https://media.licdn-ei.com/mpr/mpr/{_NEW}"),
        "created": 1489704180000,
        "displayImage": f"urn:li:media:/{_NEW}",
        "id": 6248272202878201856,
        "lastModified": 1489707296000,
        "newsArticle": "urn:li:article:7152306650999991",
        "permlink": "testing-a-new-article",
        "publishedAt": 1489707195000,
        "state": "PUBLISHED",
        "title": "Testing a new article!",
        "version": 4,
    }


def _awesome(author: str) -> dict[str, Any]:
    text = "<p>How to build awesome APIs? Visit https://developer.linkediin.com for more information!</p>"
    cropped, original = f"urn:li:media:/{_OLD}", f"urn:li:media:/{_ORIGINAL}"
    return {
        "authors": [{"author": author, "type": "PRIMARY_AUTHOR"}],
        "content": _html(text),
        "coverImage": _cover(cropped, original, (0, 70, 744, 400), "API cover image"),
        "created": 1482280477000,
        "displayImage": cropped,
        "id": 6217134937280131072,
        "lastModified": 1482280484000,
        "newsArticle": "urn:li:article:7152306650999999",
        "permlink": "awesome-publishing-article",
        "publishedAt": 1482280484000,
        "state": "PUBLISHED",
        "title": "An Awesome Publishing Article",
        "version": 3,
    }


def _new_media() -> dict[str, Any]:
    asset = "urn:li:digitalmediaAsset:C5400AQENYhjODZ9eRw"
    return {
        "authors": [{"author": "urn:li:person:123ABC", "type": "PRIMARY_AUTHOR"}],
        "content": _html("<p>And text</p>"),
        "coverImage": _cover(asset, asset, (0, 0, 2000, 1333), ""),
        "created": 1517248648000,
        "displayImage": asset,
        "id": 6363802076731973632,
        "lastModified": 1517253706000,
        "locale": {"language": "en"},
        "newsArticle": "urn:li:article:7255369085935814179",
        "permlink": "article-with-new",
        "publishCommentary": {"attributes": [], "text": ""},
        "publishedAt": 1517253706000,
        "state": "PUBLISHED",
        "title": "Article with New Media Type",
        "version": 12,
    }
