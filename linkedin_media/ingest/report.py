"""Reports of a ledger: a page for people, a table for programs. Both appear whole or not at all."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from ..errors import CHECK_FOLDER, FileUnwritable
from ..protocol.redact import redact
from .advice import fix_for
from .database import Database
from .figures import gather
from .jobs import Record
from .pictures import pictures
from .report_page import Report, page
from .states import State
from .survey import records

_COLUMNS: Final = (
    *("id", "state", "post", "images", "files", "author", "owner"),
    *("began", "ended", "stage", "code", "message", "fix"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_page(database: Database, path: Path, *, thumbnails: bool = True, now: datetime | None = None) -> None:
    """Write the page to a file.

    Raises:
        FileUnwritable: The disk refused.
        LedgerError: The ledger cannot be read.
    """
    report = Report(
        name=Path(database.name).name or database.name,
        made=now or datetime.now(UTC),
        figures=gather(database),
        pictures=pictures(database) if thumbnails else (),
        listed=partial(_listed, database),
    )
    with _whole_file(path) as file:
        file.writelines(page(report))


def write_table(database: Database, path: Path) -> None:
    """Write a row of CSV for each job to a file.

    Raises:
        FileUnwritable: The disk refused.
        LedgerError: The ledger cannot be read.
    """
    with _whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows(_row(record) for record in records(database))


def _listed(database: Database, state: State, code: str) -> Iterator[Record]:
    return (record for record in records(database, (state,)) if (record.error or {}).get("code", "") == code)


def _row(record: Record) -> Iterable[str]:
    error = record.error or {}
    row = (
        record.spec.id,
        record.state.value,
        record.post or "",
        " ".join(record.image_urns),
        "|".join(record.spec.files),
        record.spec.author,
        record.spec.owner,
        _moment(record.began_at),
        _moment(record.ended_at),
        error.get("stage", ""),
        error.get("code", ""),
        redact(error.get("message", "")),
        fix_for(record) if error else "",
    )
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row]  # no spreadsheet computes it


def _moment(epoch_ms: int | None) -> str:
    return "" if epoch_ms is None else datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds")


@contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    part = path.parent / f".{path.name[:100]}-{secrets.token_hex(4)}.part"
    try:
        with part.open("x", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
        os.replace(part, path)  # noqa: PTH105 -- as the line says
    except OSError as error:
        raise FileUnwritable(f"{path}: {error.strerror or error}", hint=CHECK_FOLDER) from None
    finally:
        part.unlink(missing_ok=True)
