"""The Articles API as values: requests to build, replies to read (articles-api.txt).

It is not versioned: its calls go to ``/v2`` and carry no ``LinkedIn-Version``. The `path` of the collection is a
parameter, since LinkedIn has announced the end of unversioned calls; under ``/rest`` they carry a version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import attrs

from ..errors import InvalidArgument
from ..model.article import Article
from ..model.collection import BatchResult, Page
from . import codec, decoration, replies, restli
from .counting import counted, window
from .projection import Projection
from .wire import Request, Response, RestliMethod

RESOURCE: Final = "originalArticles"
PATH: Final = f"/v2/{RESOURCE}"
LONGEST_ID: Final = 2**63 - 1
MAX_REPLY: Final = 64 << 20
"""Bytes of an answer: an article of 100,000 characters comes twice, and escaped."""

_ID_PREFIX: Final = "urn:li:linkedInArticle:"


@attrs.frozen(kw_only=True)
class Reading:
    """How articles are to be read.

    `convert_vector_urns` False returns new media as they are (``urn:li:digitalmediaAsset:…``), None leaves it to LinkedIn.
    The `projection` is that of one article, whatever the call, and always asks for its id; or it is that of the whole
    answer, as LinkedIn's pages show it: ``(elements*(…))``.
    """

    convert_vector_urns: bool | None = None
    projection: Projection | None = None

    def params(self, envelope: str = "") -> dict[str, object]:
        """Return the query parameters, the projection within the `envelope` that the call's articles come in."""
        projection = self.projection
        if projection is not None and not (envelope and projection.names(envelope)):
            projection = projection.with_field("id")
            projection = projection.within(envelope) if envelope else projection
        return {
            "convertVectorUrns": self.convert_vector_urns,
            "projection": None if projection is None else str(projection),
        }


EVERYTHING: Final = Reading()


def article_id(value: int | str) -> int:
    """Return the id of an article: a number, its digits, or ``urn:li:linkedInArticle:ID``.

    Raises:
        InvalidArgument: Anything else; ``urn:li:article:`` names what people comment on, not the article.
    """
    text = str(value).removeprefix(_ID_PREFIX)
    if not isinstance(value, bool) and text.isascii() and text.isdecimal() and int(text[:20]) <= LONGEST_ID:
        return int(text)
    hint = "urn:li:article: URNs are for comments and likes" if text.startswith("urn:li:article:") else ""
    raise InvalidArgument(f"{ascii(value)[:80]} is no article id", argument="article", hint=hint)


def build_get(article: int | str, reading: Reading = EVERYTHING, *, path: str = PATH) -> Request:
    """Ask for one article ("Look Up an Article by ID")."""
    return _request(RestliMethod.GET, f"{path}/{article_id(article)}", reading.params())


def parse_get(request: Request, response: Response, now: datetime) -> Article:
    """Read one article."""
    return replies.read_entity(response, partial(_load, request=request, response=response, now=now))


def build_batch_get(articles: Sequence[int], reading: Reading = EVERYTHING, *, path: str = PATH) -> Request:
    """Ask for many articles at once ("Look Up an Articles by IDs")."""
    ids = [article_id(article) for article in articles]
    return _request(RestliMethod.BATCH_GET, path, {"ids": ids, **reading.params("results")})


def parse_batch_get(
    request: Request, response: Response, articles: Sequence[int], now: datetime
) -> BatchResult[int, Article]:
    """Read many articles; each one asked for is in the results or in the errors."""
    load = partial(_load, request=request, response=response, now=now)
    return replies.read_batch(request, response, articles, load, now)


def build_find_by_authors(
    reading: Reading = EVERYTHING, *, start: int = 0, count: int | None = None, path: str = PATH
) -> Request:
    """Ask for a page of the articles of the member behind the token, newest first ("Retrieve Articles by Author").

    Raises:
        InvalidArgument: `start` is negative or `count` not positive.
    """
    params = {"q": "authors", **window(start, count), **reading.params("elements")}
    return _request(RestliMethod.FINDER, path, params)


def build_find_by_permlinks(
    permlinks: Sequence[str],
    reading: Reading = EVERYTHING,
    *,
    start: int = 0,
    count: int | None = None,
    path: str = PATH,
) -> Request:
    """Ask for the articles with these permlinks; they are percent-encoded here, and not before.

    Raises:
        InvalidArgument: There is none, one is empty, `start` is negative or `count` not positive.
    """
    if isinstance(permlinks, str) or not permlinks or not all(permlinks):
        raise InvalidArgument("permlinks must be a list of permlinks, none of them empty", argument="permlinks")
    params = {"q": "permlinks", "permlinks": list(permlinks), **window(start, count), **reading.params("elements")}
    return _request(RestliMethod.FINDER, path, params)


def parse_page(request: Request, response: Response, now: datetime, *, start: int, count: int | None) -> Page[Article]:
    """Read a page of articles."""
    load = partial(_load, request=request, response=response, now=now)
    return counted(replies.read_page(response, load), start=start, count=count)


def build_delete(article: int | str, *, path: str = PATH) -> Request:
    """Delete an article ("Delete Articles"); where a repeated call finds none, the first one has deleted it."""
    return _request(RestliMethod.DELETE, f"{path}/{article_id(article)}", {})


def _request(method: RestliMethod, path: str, params: Mapping[str, object]) -> Request:
    return Request(
        restli_method=method,
        resource=RESOURCE,
        path=path,
        query=restli.encode_params(params),
        versioned=path.startswith("/rest/"),
        max_reply=MAX_REPLY,
    )


def _load(value: Any, request: Request, response: Response, now: datetime) -> Article:
    return attrs.evolve(
        codec.load(value, Article),
        decorations=decoration.read_decorations(value),
        decoration_errors=decoration.read_decoration_errors(request, response, value, now),
    )
