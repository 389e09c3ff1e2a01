"""Collections that come in pages: an element, or a page, at a time, each page asked for when it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import attrs

from ..errors import UnexpectedReply
from ..model.collection import Page
from ..protocol.wire import Request, Response

if TYPE_CHECKING:
    from .session import LinkedInClient

T = TypeVar("T")


class Build(Protocol):
    """Makes the call for the page that begins at `start`."""

    def __call__(self, *, start: int) -> Request:
        """Return the call."""


@attrs.frozen(kw_only=True, eq=False)
class Query(Generic[T]):
    """One finder call and the calls for its further pages: how to ask from a `start`, and how to read what comes."""

    build: Build
    parse: Callable[[Request, Response, int], Page[T]]


@attrs.frozen(eq=False)
class Pages(Generic[T]):
    """What a finder finds: ``async for element in pages``, or page by page with `by_page`.

    A page is asked for when the one before it is used up, and each loop asks anew. A page shorter than asked for is not the
    last one (Posts API): the last one is empty, or has no link to a next one.
    """

    _client: LinkedInClient = attrs.field(repr=False)
    _queries: Sequence[Query[T]] = attrs.field(repr=False)
    _start: int = 0

    def __attrs_post_init__(self) -> None:
        for query in self._queries:
            query.build(start=self._start)  # refuses at once what LinkedIn would refuse

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.by_page():
            for element in page:
                yield element

    async def by_page(self) -> AsyncIterator[Page[T]]:
        """Give whole pages, with their position and, where LinkedIn tells, the `total`.

        Raises:
            Forbidden: The token or the application may not list these.
            UnexpectedReply: A page is not as documented, or leads back to where it was.
        """
        for query in self._queries:
            start: int | None = self._start
            while start is not None:
                request = query.build(start=start)
                page = query.parse(request, await self._client.send(request), start)
                if page.elements:
                    yield page
                start = _next_start(page, start)


def _next_start(page: Page[T], start: int) -> int | None:
    if not page.elements or page.next_start is None:
        return None
    if page.next_start <= start:
        raise UnexpectedReply(f"the page from {start} leads back to {page.next_start}")
    return page.next_start
