"""Pages of LinkedIn's unversioned collections, which often give no link to the next one."""

from __future__ import annotations

from typing import Final, TypeVar

import attrs

from ..errors import InvalidArgument
from ..model.collection import Page

T = TypeVar("T")

DEFAULT_COUNT: Final = 10
"""Elements of a page that nobody has asked a number of."""


def window(start: int, count: int | None) -> dict[str, object]:
    """Return the parameters of the stretch asked for; what LinkedIn does anyway is left unsaid, as on its page.

    Raises:
        InvalidArgument: `start` is negative or `count` not positive.
    """
    if start < 0:
        raise InvalidArgument(f"start={start}: must not be negative", argument="start")
    if count is not None and count < 1:
        raise InvalidArgument(f"count={count}: must be at least 1", argument="count")
    return {"start": start or None, "count": count}


def counted(page: Page[T], *, start: int, count: int | None) -> Page[T]:
    """Return `page`, asked for from `start`, with the `next_start` that its total or its length tells.

    Its links are often empty, and a projection may leave out all it says about paging: then a full page has a next one.
    """
    end = start + len(page)
    if page.next_start is not None or not len(page):
        return page
    if page.total is not None:
        return attrs.evolve(page, next_start=end if end < page.total else None)
    is_told = page.count > 0
    return attrs.evolve(page, next_start=None if is_told or len(page) < (count or DEFAULT_COUNT) else end)
