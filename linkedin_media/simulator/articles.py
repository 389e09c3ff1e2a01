"""The Articles API: ``/v2/originalArticles``, unversioned (articles-api.txt; facts §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from . import paging, projection
from .article_samples import sample_articles
from .incoming import Incoming
from .replies import Reply, access_denied, invalid_param, json_reply, not_found, refuse

if TYPE_CHECKING:
    from .world import World

MAX_COUNT: Final = 100
_VECTOR: Final = "urn:li:digitalmediaAsset:"
_PEOPLE: Final = {"localizedFirstName": "Ada", "localizedLastName": "Simulated"}
_WIDTHS: Final = (100, 800, 1280)


class Articles(Mapping[int, dict[str, Any]]):
    """The articles by id, as JSON; tests add their own with `add`."""

    def __init__(self, author: str) -> None:
        self._articles = {article["id"]: article for article in sample_articles(author)}

    def __getitem__(self, number: int) -> dict[str, Any]:
        return self._articles[number]

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._articles))

    def __len__(self) -> int:
        return len(self._articles)

    def add(self, article: Mapping[str, Any]) -> None:
        """Publish an article; ``id``, ``authors``, ``newsArticle`` and ``publishedAt`` are needed."""
        self._articles[article["id"]] = dict(article)

    def remove(self, number: int) -> None:
        """Delete an article."""
        self._articles.pop(number, None)

    def newest_first(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Return the articles for which `wanted` holds, by descending date of publication."""
        return sorted(filter(wanted, self._articles.values()), key=lambda article: -article["publishedAt"])


def get(world: World, call: Incoming) -> Reply:
    """Answer for one article."""
    _check_scope(call, "r_compliance")
    article = world.articles.get(read_id(call.key or ""))
    if article is None:
        raise not_found(404)
    return json_reply(_projected(call, _converted(call, article)))


def batch_get(world: World, call: Incoming) -> Reply:
    """Answer for many articles; each id has its own status."""
    _check_scope(call, "r_compliance")
    ids = call.params.get("ids")
    if not isinstance(ids, list) or not ids:
        raise invalid_param("ids")
    results, statuses, errors = {}, {}, {}
    for key in ids:
        article = world.articles.get(read_id(key))
        statuses[key] = 200 if article else 404
        if article:
            results[key] = _converted(call, article)
        else:
            errors[key] = not_found(404).body
    return json_reply(_projected(call, {"results": results, "statuses": statuses, "errors": errors}))


def find(world: World, call: Incoming) -> Reply:
    """List the articles of the member behind the token, or those with the permlinks named."""
    _check_scope(call, "r_compliance")
    wanted = _finder(call)
    window = paging.window_of(call.params, most=MAX_COUNT)
    listed = world.articles.newest_first(wanted)
    end = window.start + window.count
    elements = [_converted(call, article) for article in listed[window.start : end]]
    next_start = end if end < len(listed) else None
    page = paging.paging(world, call, window, next_start=next_start, total=len(listed))
    projected = _projected(call, {"elements": elements})
    return json_reply({**projected, "paging": page})


def delete(world: World, call: Incoming) -> Reply:
    """Delete an article; the answer is 200."""
    _check_scope(call, "w_compliance")
    number = read_id(call.key or "")
    if number not in world.articles:
        raise not_found(404)
    world.articles.remove(number)
    return Reply(200)


def _finder(call: Incoming) -> Callable[[dict[str, Any]], bool]:
    match call.params:
        case {"q": "authors"}:
            member = call.caller.member
            return lambda article: any(entry["author"] == member for entry in article["authors"])
        case {"q": "permlinks", "permlinks": list(permlinks)}:
            return lambda article: article.get("permlink") in permlinks
        case {"q": "permlinks"}:
            raise invalid_param("permlinks")
    raise invalid_param("q")


def _check_scope(call: Incoming, scope: str) -> None:
    if scope not in call.caller.scopes:
        raise access_denied(f"originalArticles.{call.meaning.restli_method}.NO_VERSION")


def read_id(key: object) -> int:
    """Return an article id.

    Raises:
        Refused: 400 for anything but a long, as measured.
    """
    if not isinstance(key, str) or not key.isdecimal():
        message = f"Key value '{key}' must be of type 'java.lang.Long'"
        raise refuse(400, {"status": 400, "code": "ILLEGAL_ARGUMENT", "message": message})
    return int(key)


def _converted(call: Incoming, article: dict[str, Any]) -> dict[str, Any]:
    """Return the article as it is with ``convertVectorUrns=false``, else with new media as media addresses."""
    if call.params.get("convertVectorUrns") == "false":
        return article
    converted: dict[str, Any] = _without_vectors(deepcopy(article))
    return converted


def _without_vectors(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_vectors(inner) for name, inner in value.items()}
        case str() if value.startswith(_VECTOR):
            asset = value.removeprefix(_VECTOR)
            return (
                f"urn:li:media:/gcrc/dms/image/{asset}/article-cover_image-shrink_800_800/0?e=2127686400&v=beta&t=sim"
            )
    return value


def _projected(call: Incoming, value: Any) -> Any:
    text = call.params.get("projection")
    return projection.apply(projection.parse(unquote(text)), value, decorated) if text else value


def decorated(value: Any, recipe: str) -> dict[str, Any] | None:
    """Return what a URN stands for: an asset's renditions, a person's name; None for anything else."""
    if not isinstance(value, str):
        return None
    if value.startswith(_VECTOR) and recipe == "playableStreams":
        return {"elements": [_rendition(value.removeprefix(_VECTOR), width) for width in _WIDTHS]}
    return {"id": value.rpartition(":")[2], **_PEOPLE} if value.startswith("urn:li:person:") else None


def _rendition(asset: str, width: int) -> dict[str, Any]:
    address = f"https://media.licdn.com/dms/image/{asset}/shrink_{width}/0?e=2127686400&v=beta&t=simulated"
    still = {"storageSize": {"width": width, "height": width * 2 // 3}, "mediaType": "image/jpeg"}
    return {
        "artifact": f"urn:li:digitalmediaMediaArtifact:({_VECTOR}{asset},urn:li:digitalmediaMediaArtifactClass:shrink_{width})",
        "authorizationMethod": "PUBLIC",
        "data": {"com.linkedin.digitalmedia.mediaartifact.StillImage": still},
        "identifiers": [{"identifier": address, "mediaType": "image/jpeg", "identifierExpiresInSeconds": 2127686400}],
    }
