"""Open a ledger: an SQLite file that one process owns, or a PostgreSQL database that many share."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from ..errors import CHECK_FOLDER, InvalidArgument, LedgerError, LedgerUnusable
from . import schema
from .ledger_file import MINE, close_to_others, followed, lock_file
from .ledger_place import check_place

_STOPPED: Final = 10
"""Seconds between two statements of a transaction after which its process is taken to be stopped, or cut off."""

_PATIENCE: Final = 10
"""Seconds in which PostgreSQL has to answer, unless its URL says `connect_timeout`, or the environment: without it, nobody knows."""


@attrs.frozen
class Plain:
    """SQLite without all that surrounds it in a `Connection`, for the statements that are run again and again."""

    exec_driver_sql: Callable[[str, Any], sqlite3.Cursor]


@attrs.define(eq=False)
class Database:
    """An open ledger database: its engine, what to call it, and what to let go of at the end."""

    name: str
    engine: Engine
    shared: bool
    _release: Callable[[], None] = attrs.field(repr=False)
    _raw: sqlite3.Connection | None = attrs.field(default=None, repr=False)

    @contextmanager
    def begin(self, *, plainly: bool = False) -> Iterator[Connection | Plain]:
        """Begin a transaction, and commit it at the end of the block. `plainly` is enough for SQL of one's own."""
        if self._raw is None or not plainly:
            with self.engine.begin() as connection:
                yield connection
            return
        self._raw.execute("BEGIN IMMEDIATE")
        try:
            yield Plain(self._raw.execute)
            self._raw.execute("COMMIT")
        except BaseException:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the connections and give the file up."""
        self.engine.dispose()
        self._release()


def open_database(location: str | os.PathLike[str]) -> Database:
    """Open a ledger for writing, made or migrated as needed. A PostgreSQL location is a URL, anything else a path.

    Raises:
        LedgerBusy: Another process owns the file.
        LedgerUnusable: It is corrupt, read-only, newer than this release, no ledger, or on a network file system.
    """
    text_location = os.fspath(location)
    if "://" in text_location:
        return _open_postgresql(text_location)
    return _open_sqlite(followed(Path(text_location)))


def open_for_reading(location: str | os.PathLike[str]) -> Database:
    """Open an existing ledger to look at, whoever owns it.

    Raises:
        LedgerUnusable: There is none, or it cannot be read.
    """
    text_location = os.fspath(location)
    if "://" in text_location:
        database = _open_postgresql(text_location, create=False)
    else:
        path = Path(text_location)
        if not path.is_file():
            raise LedgerUnusable(f"{path}: there is no ledger", hint="`ingest MANIFEST --ledger FILE` makes one")
        _check_readable(path)
        database = Database(str(path), _sqlite_engine(path, _readable), shared=False, release=_nothing)
    try:
        with reported(database.name), database.engine.connect() as connection:
            schema.version_of(connection, database.name)
    except BaseException:
        database.close()
        raise
    return database


def _nothing() -> None:
    pass


def _open_sqlite(path: Path) -> Database:
    check_place(path)
    if path.exists():
        _check_tables(path)
    lock = lock_file(path)
    engine = _sqlite_engine(path, _writable)
    event.listen(engine, "begin", _begin_immediate)
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, MINE))
        close_to_others(path)
        _prepare(engine, str(path))
    except BaseException as error:
        engine.dispose()
        os.close(lock)
        if isinstance(error, OSError):
            raise LedgerUnusable(f"{path} cannot be made: {error.strerror}", hint=CHECK_FOLDER) from None
        raise

    def release() -> None:
        if Path(f"{path}-wal").exists():
            _erase_log(path)
        os.close(lock)

    raw = engine.raw_connection().driver_connection  # the only one: the pool has no other
    return Database(str(path), engine, shared=False, release=release, raw=raw)


def _check_readable(path: Path) -> None:
    if not os.access(path, os.R_OK):
        raise LedgerUnusable(f"{path} cannot be read", hint="check its permissions")


def _check_tables(path: Path) -> None:
    """Refuse what is no ledger of ours before anything is written to it, its journal mode included.

    SQLite alone opens the file, here as everywhere: to close it once more by hand would let go of the locks that all of
    this process has on it, and whoever is the next to close it would take the log away from under a ledger at work.
    """
    _check_readable(path)
    with reported(str(path)), closing(_connect(path)) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (schema.about.name,)).fetchone()
        rows = connection.execute(f"SELECT value FROM {schema.about.name} WHERE name = 'version'") if known else ()  # noqa: S608 -- our own name  # nosec B608
        schema.check_version(next((row[0] for row in rows), None), str(path), is_ledger=known is not None)


def _erase_log(path: Path) -> None:
    """Leave nothing of what was erased in the write-ahead log, which a reader has kept from being removed."""
    try:
        with closing(_connect(path, patience=1)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error:
        return  # the next owner does it


def _connect(path: Path, patience: float = 30.0) -> sqlite3.Connection:
    """Open a file that exists. A connection that may write takes the log and its index along when it is the last to go."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=patience)


def _sqlite_engine(path: Path, prepared: Callable[[sqlite3.Connection, Any], None]) -> Engine:
    engine = create_engine(URL.create("sqlite"), creator=partial(_connect, path), poolclass=StaticPool)
    event.listen(engine, "connect", prepared)
    return engine


def _writable(connection: sqlite3.Connection, _record: Any) -> None:
    """FULL, not NORMAL: a power cut must not take back an intent. Group commit makes it as cheap."""
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "fullfsync=ON", "cache_size=-16384")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _readable(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: upgrading a read to a write may fail in the middle."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _open_postgresql(location: str, *, create: bool = True) -> Database:
    try:
        url = make_url(location)
        if url.get_backend_name() != "postgresql":
            raise InvalidArgument(
                f"a ledger at {url.get_backend_name()}://…", hint="ledgers are SQLite files or postgresql:// URLs"
            )
        patience = os.environ.get("PGCONNECT_TIMEOUT") or str(_PATIENCE)
        url = url.set(drivername="postgresql+psycopg", query={"connect_timeout": patience, **url.query})
        engine = create_engine(url, pool_size=2, max_overflow=2, pool_pre_ping=True)
        event.listen(engine, "connect", partial(_durable, engine))
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InvalidArgument("the ledger's URL cannot be read", hint="postgresql://user@host/database") from None
    except ImportError:
        raise LedgerUnusable(
            "a PostgreSQL ledger needs psycopg", hint="pip install 'linkedin-media[postgres]'"
        ) from None
    name = _named(location)
    if create:
        try:
            _prepare(engine, name)
        except BaseException:
            engine.dispose()
            raise
    return Database(name, engine, shared=True, release=_nothing)


def _durable(engine: Engine, connection: Any, _record: Any) -> None:
    """Have a commit last, whatever the server is set to, as an intent that a crash took back would be sent again.

    That is said within each transaction: behind a pooler the next one may be in another session. And have the server end a
    transaction that goes on without us: a process that is stopped would keep its rows for ever.
    """
    setting = connection.execute("SELECT current_setting('synchronous_commit')").fetchone()[0]
    if setting == "off":  # all others wait for as much, or more
        event.listen(engine, "begin", _lasting)  # once, however many connections say so
    connection.execute(f"SET idle_in_transaction_session_timeout = {int(_STOPPED * 1000)}")
    connection.commit()


def _lasting(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL synchronous_commit = on")


def _named(location: str) -> str:
    """Return a URL that leads to the same database, without what is secret of it."""
    url = make_url(location)
    query = {key: value for key, value in url.query.items() if "password" not in key}
    return URL.create("postgresql", url.username, None, url.host, url.port, url.database, query).render_as_string()


def _prepare(engine: Engine, name: str) -> None:
    with reported(name), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7215501)"))
        schema.prepare(connection, name)


class reported:  # noqa: N801 -- a context manager
    """Turn a database's own exceptions into `LedgerError`, without their parameters."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, DBAPIError | sqlite3.Error):
            raise explain(error, self._name) from None


def explain(error: DBAPIError | sqlite3.Error, name: str) -> LedgerError:
    """Say what a database's exception means for the ledger."""
    words = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
    if "not a database" in words:
        return LedgerUnusable(f"{name} is no ledger", hint="give a new file, or the ledger of an earlier run")
    if "malformed" in words:
        return LedgerUnusable(f"{name} is corrupt: {words}", hint="restore it from a backup; nothing was changed")
    if "readonly" in words or "read-only" in words:
        return LedgerUnusable(f"{name} cannot be written: {words}", hint="check its permissions")
    if "is full" in words or "disk I/O" in words or "No space" in words:
        return LedgerError(f"{name}: {words}", hint="make space on the disk and run it again: it resumes")
    if "connection timeout" in words or "connection failed" in words:
        return LedgerError(f"{name}: {words}", hint="is the database running, and does it let this machine in?")
    return LedgerError(f"{name}: {words}")
