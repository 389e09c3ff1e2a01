"""Group commit: one thread, and one transaction for everyone who waits.

Every write is acknowledged only once its transaction is durable; the many that arrive while the last one was being synced
share the next one, which makes ``synchronous=FULL`` as cheap as none. What costs most is neither the disk nor the SQL, but
handing the interpreter over to the thread and back: so the loop gathers what belongs together, and hands it over once.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from ..errors import LedgerError, LostLease
from .alarm import Alarm
from .batch import Batch, Write, resolve
from .database import Database, explain
from .statements import INTENTS, KIND, POSTED, PROGRESS, JobRow, JobUpdate

T = TypeVar("T")
_MOST: Final = 500
_LINGER: Final = 0.01
"""Seconds that an intent waits for others to share its transaction, unless as many as `_ENOUGH` are there before.

Intents run ahead of the posts (`pipeline.lead`), so that nobody stands still meanwhile.
"""

_ENOUGH: Final = 32
_PATIENCE: Final = 0.02
"""Seconds that any other update waits: it delays no call, and an intent will take it along."""

_RETRIES: Final = (0.0, 0.1, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each new attempt after a deadlock or a lost connection; together less than a worker takes to be dead."""

_AGAIN: Final = frozenset({"40P01", "40001", "57P01", "57P02", "57P03"})
"""PostgreSQL's codes for a deadlock, a failed serialization, and a server that restarts."""


class _NotTogether(Exception):
    """These writes cannot share a statement."""


class Writer:
    """Owns the thread that writes to a ledger; `finish` it to let go. One event loop at a time may use it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._update = JobUpdate(database.engine.dialect)
        self._waiting: list[Write] = []
        self._intents = 0  # among them
        self._alarm = Alarm(self._hand_over)
        self._is_late = False  # something should be with the thread, which is still at work
        self._batch: Batch | None = None  # with the thread
        self._closed = False
        self._batches: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="linkedin-media-ledger", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Any], T], *, plainly: bool = False) -> T:
        """Run `work` in a transaction, and return its result once that is durable. It may run more than once.

        It is given a `Connection`; `plainly`, perhaps no more than a `database.Plain`.

        Raises:
            LedgerError: The database refused.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._submit(Write(loop, partial(resolve, future), work=work, plain=plainly), 0.0)
        return await future

    def update(self, job: int, row: JobRow, *, crowd: int) -> asyncio.Future[None]:
        """Update a job's row; done once that is durable. It is made even if nobody waits for it any more.

        `crowd` is how many may write: where all of them wait already, it waits for no company.

        The future raises `LostLease` where there is no such row any more, and `LedgerError` if the database refused.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._update_then(Write(loop, partial(resolve, future), job, row), crowd)
        return future

    def update_then(self, job: int, row: JobRow, heard: Callable[[Exception | None], None], *, crowd: int) -> None:
        """Do as `update` does, and call `heard` then: a call takes less than waking a task with nothing else to do."""
        self._update_then(Write(asyncio.get_running_loop(), heard, job, row), crowd)

    def _update_then(self, write: Write, crowd: int) -> None:
        linger = _PATIENCE
        if write.row[KIND] in INTENTS:
            self._intents += 1
            linger = _LINGER if self._intents < _ENOUGH else 0.0
        with_thread = 0 if self._batch is None else len(self._batch.writes)
        is_last = len(self._waiting) + with_thread + 1 >= crowd
        self._submit(write, 0.0 if is_last else linger)

    def finish(self) -> None:
        """Take nothing more; what waits is written, and then the thread ends."""
        self._closed = True
        self._alarm.cancel()
        if self._waiting:
            self._batches.put(Batch(self._waiting))
        self._batches.put(None)

    def join(self) -> None:
        """Wait, in any thread but the loop's, until it has ended."""
        self._thread.join()

    def _submit(self, write: Write, linger: float) -> None:
        if self._closed:
            raise LedgerError("the ledger is closed")
        self._waiting.append(write)
        self._alarm.within(linger, write.loop)

    @property
    def _at_work(self) -> bool:
        return self._batch is not None and not self._batch.is_abandoned

    def _hand_over(self) -> None:
        """Give the thread what waits, unless it is at work: then it is given when that is done."""
        self._is_late = self._at_work
        if self._waiting and not self._is_late:
            self._batch = Batch(self._waiting[:_MOST])
            self._waiting, self._intents = self._waiting[_MOST:], 0
            self._is_late = bool(self._waiting)
            self._batches.put(self._batch)

    def _told(self) -> None:
        self._batch = None
        if self._is_late:
            self._hand_over()

    def _serve(self) -> None:
        while (batch := self._batches.get()) is not None:
            self._commit(batch.writes)
            batch.end(self._told)

    def _commit(self, writes: Sequence[Write]) -> None:
        """Commit all of them together; should that fail, each alone, so that one cannot spoil the others."""
        try:
            self._try_to_commit(writes)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, those who wait must hear of it
            if len(writes) == 1:
                writes[0].result = _reason(error, self._database.name)
                return
            for write in writes:
                self._commit([write])

    def _try_to_commit(self, writes: Sequence[Write]) -> None:
        """Every write may be made twice with the same effect, so that one whose commit nobody confirmed is repeated."""
        plainly = all(write.work is None or write.plain for write in writes)
        for pause in _RETRIES:
            try:
                with self._database.begin(plainly=plainly) as connection:
                    _apply(connection, writes, self._update)
                return
            except DBAPIError as error:
                if not _passing(error):
                    raise
                last = error
            time.sleep(pause)
        raise last


def _passing(error: DBAPIError) -> bool:
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _AGAIN or _unreachable(error)


def _unreachable(error: DBAPIError) -> bool:
    """Tell whether PostgreSQL could not even be asked; SQLite's errors have another module."""
    kind = type(error.orig)
    return (
        kind.__name__ == "OperationalError"
        and kind.__module__.startswith("psycopg")
        and getattr(error.orig, "sqlstate", None) is None
    )


def _reason(error: BaseException, name: str) -> Exception:
    if isinstance(error, DBAPIError | sqlite3.Error):
        return explain(error, name)
    return error if isinstance(error, Exception) else LedgerError(f"{name}: {type(error).__name__}")


def _apply(connection: Any, writes: Sequence[Write], update: JobUpdate) -> None:
    """Make the updates, then the other work, which so sees all that was written down before it was asked for."""
    rows = _newest([write for write in writes if write.work is None])
    if rows and update.apply(connection, rows) != len(rows):
        if len(writes) > 1:
            raise _NotTogether
        writes[0].result = LostLease(f"job {writes[0].job} was taken over by another worker")
    for write in writes:
        if write.work is not None:
            write.result = write.work(connection)


def _newest(updates: Sequence[Write]) -> list[JobRow]:
    """Return a row for each job. The newest says all that older progress did, unless it is that of a post."""
    if len({write.job for write in updates}) == len(updates):
        return [write.row for write in updates]
    newest: dict[int, JobRow] = {}
    for write in updates:
        known = newest.get(write.job)
        if known is not None and (known[KIND] != PROGRESS or write.row[KIND] == POSTED):
            raise _NotTogether
        newest[write.job] = write.row
    return list(newest.values())
