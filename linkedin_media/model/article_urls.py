"""Where articles and their pictures are on the web: addresses made of permlinks and media URNs, and back."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from ..errors import InvalidArgument
from .urn import Urn

_PULSE: Final = "https://www.linkedin.com/pulse/"
_ARTICLE: Final = re.compile(
    r"https?://(?:[a-z0-9-]+\.)*linkedin\.com/pulse/([^/?#]+)/?(?:[?#].*)?", re.ASCII | re.IGNORECASE
)
_MEDIA: Final = "https://media.licdn.com/mpr/mpr"
_STOCK: Final = "https://static.licdn.com/scds/common/u/"
_NEW_STYLE: Final = re.compile(r"/(?:gcrc/)?dms/")
_ELSEWHERE: Final = {
    "digitalmediaAsset": "decorate it: Projection(P('displayImage').decorate('playableStreams'))",
    "image": "client.images.get(urn).download_url is its address",
}


def media_url(urn: str, width: int | None = None, height: int | None = None) -> str:
    """Return the address of a picture named by an ``urn:li:media:`` URN (articles-api.txt, "actual media link").

    With a `width`, a `height` or both LinkedIn serves it scaled down (one of them stands for both). Pictures since 2018,
    whose ids read ``/gcrc/dms/image/…``, exist in the one size their id names, so theirs is returned (Media Migration
    Guide). ``urn:li:scds:`` URNs name LinkedIn's stock pictures.

    Raises:
        InvalidArgument: Another URN: those have no such address; the hint says what they have. Or a size below 1.
    """
    named = Urn(urn)
    size = _size(width, height)
    if named.entity_type == "scds":
        return _STOCK + named.id.lstrip("/")
    if named.entity_type != "media":
        raise InvalidArgument(
            f"{named} has no address of its own", argument="urn", hint=_ELSEWHERE.get(named.entity_type, "")
        )
    path = "/" + named.id.lstrip("/")
    return f"{_MEDIA}{path}" if size is None or _NEW_STYLE.match(path) else f"{_MEDIA}/shrink_{size}{path}"


def _size(width: int | None, height: int | None) -> str | None:
    for name, value in (("width", width), ("height", height)):
        if value is not None and value < 1:
            raise InvalidArgument(f"{name}={value}: must be at least 1", argument=name)
    if width is None and height is None:
        return None
    return f"{width or height}_{height or width}"


def pulse_url(permlink: str) -> str:
    """Return where people read the article with this permlink: percent-encoded, as LinkedIn asks.

    Raises:
        InvalidArgument: It is empty.
    """
    if not permlink:
        raise InvalidArgument("the permlink is empty", argument="permlink")
    return _PULSE + quote(permlink, safe="")


def permlink_of(url: str) -> str:
    """Return the permlink in the address of an article, decoded: what ``find_by_permlinks`` takes.

    Raises:
        InvalidArgument: It is not the address of an article on LinkedIn.
    """
    found = _ARTICLE.fullmatch(url)
    if found is None:
        raise InvalidArgument(
            f"{ascii(url)[:100]} is no article's address", argument="url", hint=f"they read {_PULSE}PERMLINK"
        )
    try:
        return unquote(found[1], errors="strict")
    except UnicodeDecodeError:
        raise InvalidArgument(f"{ascii(url)[:100]} is not percent-encoded UTF-8", argument="url") from None
