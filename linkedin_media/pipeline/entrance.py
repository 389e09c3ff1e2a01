"""How many jobs are begun ahead of their uploads: what is under way costs more than what waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_AHEAD: Final = 2
"""Jobs begun for each upload under way where the next one may be long in coming: one whose image is sent, one that is next."""


def room_for(uploads: int, *, awaited: bool = False) -> int:
    """Return how many jobs are begun whose images are still to be sent; `awaited` is a source that may take its time."""
    return _AHEAD * uploads if awaited else uploads


class Entry:
    """A job's place among those with `images` still to be sent: given back with the last of them, or when the job ends."""

    __slots__ = ("_give", "_left")

    def __init__(self, images: int, give: Callable[[], None]) -> None:
        self._left = images
        self._give = give

    def sent(self) -> None:
        """Note that an image is sent."""
        self._left -= 1
        if self._left == 0:
            self._give()

    def leave(self) -> None:
        """Note that no more will be."""
        if self._left > 0:
            self._left = 0
            self._give()
