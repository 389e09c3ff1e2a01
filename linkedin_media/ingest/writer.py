"""Group commit: one thread, and one transaction for everyone who waits.

Every write is acknowledged only once its transaction is durable; the many that arrive while the last one was being synced
share the next one, which makes ``synchronous=FULL`` as cheap as none. There is no lingering: natural batching is better.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import attrs
from sqlalchemy import Connection, Update
from sqlalchemy.exc import DBAPIError

from ..errors import LedgerError, LostLease
from .database import Database, explain

T = TypeVar("T")
_MOST: Final = 500
_RETRIES: Final = (0.0, 0.1, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each new attempt after a deadlock or a lost connection; together less than a worker takes to be dead."""

_AGAIN: Final = frozenset({"40P01", "40001", "57P01", "57P02", "57P03"})
"""PostgreSQL's codes for a deadlock, a failed serialization, and a server that restarts."""


class Statement:
    """An update of one row by its id, in the database's own SQL: compiled once, since compiling costs more than writing."""

    def __init__(self, update: Update, database: Database) -> None:
        compiled = update.compile(dialect=database.engine.dialect)
        self.sql = str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._order = getattr(compiled, "positiontup", None)  # None where parameters are named

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Return `values` as the driver takes them."""
        known = {**self._constants, **values}
        return known if self._order is None else tuple([known[name] for name in self._order])


@attrs.define(eq=False)
class _Write:
    future: asyncio.Future[Any]
    work: Callable[[Connection], Any] | None = None
    statement: Statement | None = None
    parameters: Any = None
    job: int = 0
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
        """Run `work` in a transaction, and return its result once that is durable. It may run more than once.

        Raises:
            LedgerError: The database refused.
        """
        result: T = await self._submit(_Write(asyncio.get_running_loop().create_future(), work=work))
        return result

    async def update(self, statement: Statement, job: int, values: Mapping[str, Any]) -> None:
        """Update a job's row; those of the same statement go together.

        Raises:
            LostLease: There is no such row any more.
            LedgerError: The database refused.
        """
        future = asyncio.get_running_loop().create_future()
        await self._submit(_Write(future, statement=statement, parameters=statement.bind(values), job=job))

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    async def _submit(self, write: _Write) -> Any:
        """Wait for a write; it is made even if nobody waits for it any more."""
        if self._closed:
            raise LedgerError("the ledger is closed")
        self._queue.put(write)
        return await write.future

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
        except BaseException as error:  # noqa: BLE001 -- whatever it is, those who wait must hear of it
            if len(writes) > 1:
                for write in writes:
                    self._commit([write])
                return
            _settle(writes, _reason(error, self._database.name))
        else:
            _settle(writes, None)

    def _try_to_commit(self, writes: Sequence[_Write]) -> None:
        """Every write may be made twice with the same effect, so that one whose commit nobody confirmed is repeated."""
        for pause in _RETRIES:
            try:
                with self._database.engine.begin() as connection:
                    _apply(connection, writes)
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
    if isinstance(error, DBAPIError):
        return explain(error, name)
    return error if isinstance(error, Exception) else LedgerError(f"{name}: {type(error).__name__}")


def _apply(connection: Connection, writes: Sequence[_Write]) -> None:
    together: dict[Statement, list[_Write]] = {}
    for write in writes:
        write.result = None
        if write.statement is not None:
            together.setdefault(write.statement, []).append(write)

    for statement, group in together.items():
        _update(connection, statement, sorted(group, key=lambda write: write.job))
    for write in writes:
        if write.work is not None:
            write.result = write.work(connection)


def _update(connection: Connection, statement: Statement, group: Sequence[_Write]) -> None:
    """Update many rows at once, in the order of their ids; where one is missing, find out which."""
    changed = connection.exec_driver_sql(statement.sql, [write.parameters for write in group]).rowcount
    if changed == len(group):
        return
    for write in group:
        if connection.exec_driver_sql(statement.sql, write.parameters).rowcount != 1:
            write.result = LostLease(f"job {write.job} was taken over by another worker")


def _settle(writes: Sequence[_Write], failure: Exception | None) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Write]] = {}
    for write in writes:
        by_loop.setdefault(write.future.get_loop(), []).append(write)
    for loop, waiting in by_loop.items():
        try:
            loop.call_soon_threadsafe(_tell, waiting, failure)
        except RuntimeError:  # the loop is closed: nobody waits
            continue


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
