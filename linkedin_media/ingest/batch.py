"""Writes that share a transaction, on their way from the loop to the thread and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import attrs

from .statements import JobRow


def resolve(future: asyncio.Future[Any], result: Any) -> None:
    """Give whoever waits for a future its result, or raise it there; nobody may wait any more."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


@attrs.define(eq=False)
class Write:
    """One write and whoever is to hear of it: any `work`, or the update of a job's row.

    `heard` is called in its loop with the result, or the error there was; it raises nothing. `plain` work has SQL
    of its own, and needs nothing else.
    """

    loop: asyncio.AbstractEventLoop
    heard: Callable[[Any], None]
    job: int = 0
    row: JobRow = ()
    work: Callable[[Any], Any] | None = None
    plain: bool = False
    result: Any = None


@attrs.frozen(eq=False)
class Batch:
    """Writes of one loop; older ones may be of a loop that is closed, where nobody waits."""

    writes: Sequence[Write]
    _loop: asyncio.AbstractEventLoop = attrs.field(init=False)

    @_loop.default
    def _of_the_newest(self) -> asyncio.AbstractEventLoop:
        return self.writes[-1].loop

    def end(self, told: Callable[[], None]) -> None:
        """Tell, from the thread, that everything is durable: those who wait, then `told`."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._tell, told)

    @property
    def is_abandoned(self) -> bool:
        """True once the loop is closed, so that nobody will ever be told."""
        return self._loop.is_closed()

    def _tell(self, told: Callable[[], None]) -> None:
        loop = self._loop
        for write in self.writes:
            if write.loop is loop:
                write.heard(write.result)
        told()
