"""Time limits: one timer for everything that is under way, instead of one for each."""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Final

_OFTEN: Final = 0.25
"""Seconds between two looks, at most: a limit is noticed that late."""

_PART: Final = 8
"""No limit is exceeded by more than this part of it, but for what a busy event loop adds."""


class Lookout:
    """Looks at what is under way, as often as the shortest limit asks for. It belongs to one event loop."""

    def __init__(self) -> None:
        self._limits: set[Limit] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._next = math.inf

    def watch(self, limit: Limit, now: float) -> None:
        """Look at a limit from now on."""
        self._limits.add(limit)
        if now + limit.interval < self._next:
            if self._timer is not None:
                self._timer.cancel()
            self._look_at(now + limit.interval, limit.loop)

    def leave(self, limit: Limit) -> None:
        """Look at a limit no more."""
        self._limits.discard(limit)

    def close(self) -> None:
        """Look at nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for limit in [*self._limits]:
            limit.look(now)
        interval = min((limit.interval for limit in self._limits), default=None)
        if interval is None:
            self._timer, self._next = None, math.inf
        else:
            self._look_at(now + interval, loop)

    def _look_at(self, moment: float, loop: asyncio.AbstractEventLoop) -> None:
        self._timer, self._next = loop.call_at(moment, self._look, loop), moment


class Limit:
    """A block of a task that raises `TimeoutError` after `seconds`, if any, as one of ``asyncio.timeout`` does."""

    def __init__(self, lookout: Lookout, seconds: float | None = None) -> None:
        self._lookout = lookout
        self.seconds = seconds
        self.interval = _OFTEN if seconds is None else interval_of(seconds)
        self._reached = False

    def look(self, now: float) -> None:
        """End the block if its time is over."""
        if now >= self._ends:
            self.reach()

    def reach(self) -> None:
        """End the block."""
        if not self._reached:
            self._reached = True
            self._task.cancel()

    def __enter__(self) -> None:
        self.loop = loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a limit belongs to a task")
        self._task = task
        self._cancelling = task.cancelling()
        now = loop.time()
        self._ends = math.inf if self.seconds is None else now + self.seconds
        self._lookout.watch(self, now)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lookout.leave(self)
        if self._reached and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error


def interval_of(seconds: float) -> float:
    """Return how often to look at a limit of so many seconds."""
    return _OFTEN if seconds >= _OFTEN * _PART else seconds / _PART
