"""The comments and likes of articles and posts (articles-api.txt, "Retrieve Article Comments and Likes")."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

import attrs

from ..model.social import Comment, Like, SocialSummary
from ..protocol import social as protocol
from .paging import Pages, Query

if TYPE_CHECKING:
    from .session import LinkedInClient


T = TypeVar("T", Comment, Like)


@attrs.frozen(eq=False)
class SocialActions:
    """``client.social_actions``. What is asked about is named by its URN: ``article.news_article``, ``comment.urn``."""

    _client: LinkedInClient = attrs.field(repr=False)
    _path: str = protocol.PATH

    def comments(self, target: str | None, *, start: int = 0, count: int | None = None) -> Pages[Comment]:
        """List the comments on something ("Retrieve Comments for an Article"), `count` a page or as many as LinkedIn likes.

        ``async for comment in …`` gives comments, ``.by_page()`` whole pages.

        Raises:
            InvalidArgument: `target` is no URN.
            NotFound, Forbidden: When iterated: it does not exist, or the token may not read what people say about it.
        """
        return self._list(target, "comments", Comment, start, count)

    def likes(self, target: str | None, *, start: int = 0, count: int | None = None) -> Pages[Like]:
        """List the likes of something ("Retrieve Likes for an Article"); see `comments`.

        Raises:
            InvalidArgument: `target` is no URN.
            NotFound, Forbidden: When iterated: it does not exist, or the token may not read who likes it.
        """
        return self._list(target, "likes", Like, start, count)

    async def summary(self, target: str | None) -> SocialSummary:
        """Count the comments and likes of something.

        Raises:
            InvalidArgument: `target` is no URN.
            NotFound: It does not exist.
            Forbidden: The token may not read what people say about it.
        """
        return protocol.parse_summary(await self._client.send(protocol.build_summary(target, path=self._path)))

    def _list(
        self, target: str | None, what: Literal["comments", "likes"], cls: type[T], start: int, count: int | None
    ) -> Pages[T]:
        query = Query(
            build=partial(protocol.build_list, target, what, count=count, path=self._path),
            parse=lambda _, response, at: protocol.parse_page(response, cls, start=at, count=count),
        )
        return Pages(self._client, [query], start)
