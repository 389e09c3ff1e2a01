"""A disk that loses its power: SQLite writes through it (apsw), and what was not synced is dropped, torn or reordered."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import apsw
import attrs

_SECTOR: Final = 512


@attrs.define
class DiskFile:
    """One file: what is on the platter, and the writes that may never reach it."""

    durable: bytearray = attrs.field(factory=bytearray)
    pending: list[tuple[int, bytes]] = attrs.field(factory=list)

    def sync(self) -> None:
        for write in self.pending:
            _apply(self.durable, *write)
        self.pending.clear()

    def after_power_loss(self, chance: random.Random) -> bytes:
        """What may be found: any of the pending writes, in any order, the last of them perhaps in part."""
        image, survivors = bytearray(self.durable), [write for write in self.pending if chance.random() < 0.5]
        chance.shuffle(survivors)
        for offset, data in survivors:
            torn = chance.random() < 0.3 and len(data) > _SECTOR
            _apply(image, offset, data[: chance.randrange(1, len(data) // _SECTOR + 1) * _SECTOR] if torn else data)
        return bytes(image)


def _apply(image: bytearray, offset: int, data: bytes) -> None:
    if offset < 0:
        del image[-offset - 1 :]
        return
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


@attrs.define
class Disk:
    """Every file written through the VFS, and whom to tell before a write."""

    files: dict[str, DiskFile] = attrs.field(factory=dict)
    before_write: Callable[[], None] = lambda: None

    def file(self, name: str) -> DiskFile:
        return self.files.setdefault(name, DiskFile())

    def lose_power(self, into: Path, chance: random.Random) -> None:
        """Write what would be found after a power cut."""
        into.mkdir()
        for name, file in self.files.items():
            (into / Path(name).name).write_bytes(file.after_power_loss(chance))


class CrashVFS(apsw.VFS):
    """Passes everything on to the real one, and remembers what was synced."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__("crash", "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        return CrashFile(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.disk.files.pop(filename, None)
        super().xDelete(filename, syncdir)


class CrashFile(apsw.VFSFile):
    """One open file."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._disk, self._file = disk, disk.file(path)
        if not self._file.durable and Path(path).exists():
            self._file.durable[:] = Path(path).read_bytes()

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.before_write()
        super().xWrite(data, offset)
        self._file.pending.append((offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._file.pending.append((-newsize - 1, b""))

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._file.sync()


class Cursor:
    """As much of a DB-API cursor as SQLAlchemy needs, over apsw."""

    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Self:
        before, cursor = self._connection.total_changes(), self._connection.cursor()
        self.description = None
        cursor.exec_trace = self._describe
        try:
            bindings = parameters if isinstance(parameters, Mapping) else tuple(parameters)
            self._rows = list(cursor.execute(sql, bindings or None))
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from None
        self.rowcount = self._connection.total_changes() - before
        self.lastrowid = self._connection.last_insert_rowid()
        return self

    def _describe(self, cursor: apsw.Cursor, _sql: str, _bindings: Any) -> bool:
        self.description = tuple((*column[:1], *(None,) * 6) for column in cursor.get_description()) or None
        return True

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Self:
        changed, found = 0, []
        for row in rows:
            self.execute(sql, row)
            changed += self.rowcount
            found += self._rows
        self.rowcount, self._rows = changed, found
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def close(self) -> None:
        self._rows = []


class Connection:
    """As much of `sqlite3.Connection` as the ledger and SQLAlchemy need, on the disk that loses its power.

    apsw's own VFS has no shared memory, so the write-ahead log is used under an exclusive lock.
    """

    isolation_level = None
    row_factory = None

    def __init__(self, target: str, /, **_options: Any) -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
        self._connection = apsw.Connection(target, flags=flags, vfs="crash")
        self.execute("PRAGMA locking_mode=EXCLUSIVE")

    def cursor(self, *_: Any) -> Cursor:
        return Cursor(self._connection)

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Cursor:
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        if self._connection.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def create_function(self, *_: Any, **__: Any) -> None:
        """The ledger needs none."""

    def close(self) -> None:
        self._connection.close()
