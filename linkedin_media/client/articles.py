"""The Articles API, one method per documented call (articles-api.txt)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs

from ..errors import InvalidArgument
from ..model.article import Article
from ..model.collection import BatchResult
from ..protocol import articles as protocol
from ..protocol.articles import Reading
from ..protocol.projection import Projection
from .batching import BatchGet
from .paging import Build, Pages, Query

if TYPE_CHECKING:
    from .session import LinkedInClient

DEFAULT_BATCH: Final = 20
"""Articles of one batch get: each comes with its whole text, twice."""

PERMLINKS: Final = 50
"""Permlinks of one finder call."""

_UNASKED: Final = 10
"""Elements of a page that LinkedIn returns unasked."""


@attrs.frozen(eq=False)
class Articles:
    """``client.articles``. Reading needs LinkedIn's closed scope ``r_compliance``, deleting ``w_compliance``.

    Every read takes `convert_vector_urns` (False returns new media as they are, ``urn:li:digitalmediaAsset:…``) and a
    `projection` of one article: which fields, and which URNs LinkedIn shall resolve.
    """

    _client: LinkedInClient = attrs.field(repr=False)
    _path: str = protocol.PATH

    async def get(
        self,
        article: int | str,
        *,
        convert_vector_urns: bool | None = None,
        projection: Projection | None = None,
    ) -> Article:
        """Return one article ("Look Up an Article by ID").

        Raises:
            InvalidArgument: `article` is neither an id nor ``urn:li:linkedInArticle:ID``.
            NotFound: There is no such article, or it is not published.
        """
        return await self._get(article, Reading(convert_vector_urns=convert_vector_urns, projection=projection))

    async def batch_get(
        self,
        articles: Iterable[int | str],
        *,
        convert_vector_urns: bool | None = None,
        projection: Projection | None = None,
        batch_size: int = DEFAULT_BATCH,
    ) -> BatchResult[int, Article]:
        """Return many articles, any number, `batch_size` a call, a few calls at once ("Look Up an Articles by IDs").

        Everything asked for is, by its id as a number, in ``results`` or, with its own error, in ``errors``.

        Raises:
            InvalidArgument: One of `articles` is no id.
            Unauthorized: What is wrong concerns every call.
        """
        reading = Reading(convert_vector_urns=convert_vector_urns, projection=projection)
        batch: BatchGet[int, Article] = BatchGet(
            client=self._client,
            get=partial(self._get, reading=reading),
            build=partial(protocol.build_batch_get, reading=reading, path=self._path),
            parse=protocol.parse_batch_get,
        )
        return await batch.all([protocol.article_id(article) for article in articles], size=batch_size)

    def find_by_authors(
        self,
        *,
        convert_vector_urns: bool | None = None,
        projection: Projection | None = None,
        start: int = 0,
        count: int | None = None,
    ) -> Pages[Article]:
        """List the articles of the member behind the token, newest first ("Retrieve Articles by Author").

        ``async for article in …`` gives articles, ``.by_page()`` whole pages, of `count` or as many as LinkedIn likes.

        Raises:
            InvalidArgument: `start` is negative or `count` not positive.
            Forbidden: When iterated: the token lacks ``r_compliance``.
        """
        reading = Reading(convert_vector_urns=convert_vector_urns, projection=projection)
        build = partial(protocol.build_find_by_authors, reading, count=count, path=self._path)
        return Pages(self._client, [self._query(build, count)], start)

    def find_by_permlinks(
        self,
        permlinks: Iterable[str],
        *,
        convert_vector_urns: bool | None = None,
        projection: Projection | None = None,
    ) -> Pages[Article]:
        """List the articles with these permlinks, any number of them ("Retrieve Articles by Author", second request).

        A permlink is the last part of an article's address, decoded: `permlink_of` takes it from there. A permlink that
        no article has finds none.

        Raises:
            InvalidArgument: One is empty.
            Forbidden: When iterated: the token lacks ``r_compliance``.
        """
        if isinstance(permlinks, str):
            raise InvalidArgument("permlinks must be a list of permlinks, not one", argument="permlinks")
        reading = Reading(convert_vector_urns=convert_vector_urns, projection=projection)
        wanted = list(dict.fromkeys(permlinks))
        queries = []
        for first in range(0, len(wanted), PERMLINKS):
            some = wanted[first : first + PERMLINKS]
            count = len(some) if len(some) > _UNASKED else None
            build = partial(protocol.build_find_by_permlinks, some, reading, count=count, path=self._path)
            queries.append(self._query(build, count))
        return Pages(self._client, queries)

    async def delete(self, article: int | str) -> None:
        """Delete an article on its author's behalf ("Delete Articles").

        Raises:
            NotFound: There is no such article. Where a repeated call finds none, the first one has deleted it: no error.
            Forbidden: The token lacks ``w_compliance``.
        """
        await self._client.send(protocol.build_delete(article, path=self._path))

    async def _get(self, article: int | str, reading: Reading) -> Article:
        request = protocol.build_get(article, reading, path=self._path)
        response = await self._client.send(request)
        return protocol.parse_get(request, response, self._client.clock.now())

    def _query(self, build: Build, count: int | None) -> Query[Article]:
        now = self._client.clock.now
        return Query(
            build=build,
            parse=lambda request, response, at: protocol.parse_page(request, response, now(), start=at, count=count),
        )
