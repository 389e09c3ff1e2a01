"""Group commit: one thread, and one transaction for everyone who waits.

Every write is acknowledged only once its transaction is durable; the many that arrive while the last one was being synced
share the next one, which makes ``synchronous=FULL`` as cheap as none. There is no lingering: natural batching is better.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import attrs
from sqlalchemy import Connection, Update
from sqlalchemy.exc import DBAPIError, OperationalError

from ..errors import LedgerError, LostLease
from .database import Database, explain

T = TypeVar("T")
_MOST: Final = 500
_DEADLOCK_TRIES: Final = 5


@attrs.define(eq=False)
class _Write:
    future: asyncio.Future[Any]
    work: Callable[[Connection], Any] | None = None
    statement: Update | None = None
    parameters: dict[str, Any] = attrs.field(factory=dict)
    result: Any = None


class Writer:
    """Owns the thread that writes to a ledger; close it to let go."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="linkedin-media-ledger", daemon=True)
        self._thread.start()
        self._closed = False

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction, and return its result once that is durable.

        Raises:
            LedgerError: The database refused.
        """
        result: T = await self._submit(_Write(asyncio.get_running_loop().create_future(), work=work))
        return result

    async def update(self, statement: Update, parameters: dict[str, Any]) -> None:
        """Update the one row that `parameters` name; those of the same statement go together.

        Raises:
            LostLease: There is no such row any more.
            LedgerError: The database refused.
        """
        future = asyncio.get_running_loop().create_future()
        await self._submit(_Write(future, statement=statement, parameters=parameters))

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    async def _submit(self, write: _Write) -> Any:
        if self._closed:
            raise LedgerError("the ledger is closed")
        self._queue.put(write)
        return await asyncio.shield(write.future)

    def _serve(self) -> None:
        ending = False
        while not ending:
            batch = [self._queue.get()]
            while len(batch) < _MOST and not self._queue.empty():
                batch.append(self._queue.get_nowait())

            ending = None in batch
            writes = [write for write in batch if write is not None]
            if writes:
                self._commit(writes)

    def _commit(self, writes: Sequence[_Write]) -> None:
        """Commit all of them together; should that fail, each alone, so that one cannot spoil the others."""
        try:
            self._try_to_commit(writes)
        except Exception as error:  # noqa: BLE001 -- whatever it is, those who wait must hear of it
            if len(writes) == 1:
                failure = explain(error, self._database.name) if isinstance(error, DBAPIError) else error
                _settle(writes, failure)
                return
            for write in writes:
                self._commit([write])
            return

        _settle(writes, None)

    def _try_to_commit(self, writes: Sequence[_Write]) -> None:
        for attempt in range(1, _DEADLOCK_TRIES + 1):
            try:
                with self._database.engine.begin() as connection:
                    _apply(connection, writes)
                return
            except OperationalError as error:
                deadlock = getattr(error.orig, "sqlstate", None) in ("40P01", "40001")
                if not deadlock or attempt == _DEADLOCK_TRIES:
                    raise


def _apply(connection: Connection, writes: Sequence[_Write]) -> None:
    together: dict[int, list[_Write]] = {}
    for write in writes:
        if write.statement is not None:
            together.setdefault(id(write.statement), []).append(write)

    for group in together.values():
        _update(connection, sorted(group, key=lambda write: write.parameters["b_id"]))
    for write in writes:
        if write.work is not None:
            write.result = write.work(connection)


def _update(connection: Connection, group: Sequence[_Write]) -> None:
    """Update many rows at once, in the order of their ids; where one is missing, find out which."""
    statement = group[0].statement
    if statement is None:
        return
    changed = connection.execute(statement, [write.parameters for write in group]).rowcount
    if changed == len(group):
        return
    for write in group:
        if connection.execute(statement, write.parameters).rowcount != 1:
            write.result = LostLease(f"job {write.parameters['b_id']} was taken over by another worker")


def _settle(writes: Sequence[_Write], failure: Exception | None) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Write]] = {}
    for write in writes:
        by_loop.setdefault(write.future.get_loop(), []).append(write)
    for loop, waiting in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell, waiting, failure)


def _tell(writes: Sequence[_Write], failure: Exception | None) -> None:
    for write in writes:
        if write.future.done():
            continue
        if failure is not None:
            write.future.set_exception(failure)
        elif isinstance(write.result, Exception):
            write.future.set_exception(write.result)
        else:
            write.future.set_result(write.result)
