"""Places: a bound on how many do something at once, for those who would mostly find one free."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterator
from typing import Final


class _AtOnce(Awaitable[None]):
    """What is awaited where there is nothing to wait for."""

    def __await__(self) -> Iterator[None]:  # type: ignore[override]
        return _NOTHING


_NOTHING: Final[Iterator[None]] = iter(())
_AT_ONCE: Final = _AtOnce()
_LET_ON: Final = 2
"""Of those who feed the ones that wait, so many go on for each place given back: all of them at once come back as a crowd."""


class Places:
    """So many places, given in the order of asking: ``async with places``.

    It does what `asyncio.Semaphore` does, which takes half as long again where nobody waits; an image passes eight. And it
    can tell those who feed the ones that wait to stop for a while.
    """

    __slots__ = ("_behind", "_crowd", "_fewest", "_free", "_most", "_number", "_waiting")

    def __init__(self, number: int, *, crowd: int = 0) -> None:
        """Make so many places; see `relieved` for `crowd`."""
        self._number = self._free = 0
        self._fewest = 2 * number
        self._crowd = crowd
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._behind: deque[asyncio.Future[None]] = deque()
        self.change(number)

    def relieved(self) -> Awaitable[None]:
        """Wait while too many wait for a place: whoever feeds them is too fast.

        That is more than twice as many as there were places at first, and more than make a crowd with those inside.
        """
        return self._relief() if len(self._waiting) > self._most else _AT_ONCE

    def take(self) -> Awaitable[None]:
        """Take a place, once there is one."""
        if self._free > 0:
            self._free -= 1
            return _AT_ONCE
        return self._turn()

    def give(self) -> None:
        """Give a place back: it goes from hand to hand where others wait."""
        if self._free < 0 or not self._waiting or not self._hand_on():
            self._free += 1
        if self._behind:
            self._let_on()

    def _let_on(self) -> None:
        let_on = 0
        while self._behind and len(self._waiting) <= self._most and (let_on < _LET_ON or not self._waiting):
            let_on += 1
            behind = self._behind.popleft()
            if not behind.done():
                behind.set_result(None)

    def change(self, number: int) -> None:
        """Let there be another number of places; those who are inside stay."""
        if number == self._number:
            return
        self._free += number - self._number
        self._number = number
        self._most = max(self._fewest, self._crowd - number)
        while self._free > 0 and self._hand_on():
            self._free -= 1

    def _hand_on(self) -> bool:
        """Give a place to the first who waits for one, and tell whether somebody did."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return True
        return False

    def let_in(self, waiting: asyncio.Future[None]) -> None:
        """Have `waiting` be done once there is a place for whoever awaits it with `taken`."""
        if waiting.done():
            return
        if self._free > 0:
            self._free -= 1
            waiting.set_result(None)
        else:
            self._waiting.append(waiting)

    async def taken(self, waiting: asyncio.Future[None]) -> None:
        """Take the place for which `waiting` is let in, now or later, unless it ends with an error before."""
        try:
            await waiting
        except asyncio.CancelledError:
            if not waiting.cancelled() and waiting.exception() is None:
                self.give()  # it had just been handed over
            raise

    def _turn(self) -> Awaitable[None]:
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        return self.taken(waiting)

    async def _relief(self) -> None:
        behind = asyncio.get_running_loop().create_future()
        self._behind.append(behind)
        await behind

    __aenter__ = take

    def __aexit__(self, *_: object) -> Awaitable[None]:
        self.give()
        return _AT_ONCE
