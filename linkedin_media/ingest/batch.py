"""Writes that share a transaction, on their way from the loop to the thread and back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import attrs
from sqlalchemy import Connection

from .statements import JobRow


@attrs.define(eq=False)
class Write:
    """One write and whoever waits for it: any `work`, or the update of a job's row."""

    future: asyncio.Future[Any]
    work: Callable[[Connection], Any] | None = None
    job: int = 0
    row: JobRow = ()
    result: Any = None


def _locked() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@attrs.define(eq=False)
class Batch:
    """Writes of one loop. When they are durable, the loop tells those who wait if it is still waiting, else the thread does."""

    writes: Sequence[Write]
    _ended: threading.Lock = attrs.field(factory=_locked, init=False)
    _right: list[None] = attrs.field(factory=lambda: [None], init=False)  # to leave first; only one can take it

    def leave(self) -> bool:
        """Leave, as the loop or as the thread; True for whoever does so first."""
        try:
            self._right.pop()
        except IndexError:
            return False
        return True

    def wait(self, seconds: float) -> bool:
        """Let the thread have the interpreter for so long at most; tell whether everything is durable."""
        return self._ended.acquire(timeout=seconds) or not self.leave()

    def end(self, tell: Callable[[Sequence[Write]], None]) -> None:
        """Say, in the thread, that everything is durable."""
        if self.leave():
            self._ended.release()
            return
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(tell, self.writes)

    @property
    def is_abandoned(self) -> bool:
        """True once the loop is closed, so that nobody will ever be told."""
        return self._loop.is_closed()

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return self.writes[0].future.get_loop()


def tell(writes: Sequence[Write]) -> None:
    """Tell those who wait, in their loop."""
    for write in writes:
        if write.future.done() or write.future.get_loop().is_closed():
            continue
        if isinstance(write.result, Exception):
            write.future.set_exception(write.result)
        else:
            write.future.set_result(write.result)
