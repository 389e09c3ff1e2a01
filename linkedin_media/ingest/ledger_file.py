"""The file of an SQLite ledger: whose it is, who may read it, and that one process alone writes to it."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from pathlib import Path
from typing import Final

from ..errors import CHECK_FOLDER, LedgerBusy, LedgerUnusable

MINE: Final = 0o600
"""The mode of a ledger: its owner's alone."""

_log: Final = logging.getLogger("linkedin_media.ingest")


def followed(path: Path) -> Path:
    """Return the file that a link leads to: beside it are its log and its lock, by whatever name it is opened.

    One that leads to no file stays what it is; none is made there.
    """
    return Path(os.path.realpath(path)) if path.is_symlink() and path.exists() else path


def close_to_others(path: Path) -> None:
    """Let nobody else read it: the addresses of uploads under way are credentials, and the texts are not out yet.

    Raises:
        LedgerUnusable: It belongs to somebody else, and is open to others.
    """
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        try:
            if stat.S_IMODE(name.stat().st_mode) & ~MINE:
                name.chmod(MINE)
                _log.warning("ledger.closed_to_others", extra={"file": str(name)})
        except FileNotFoundError:
            continue
        except PermissionError:
            hint = f"its owner can close it: chmod 600 {name}"
            raise LedgerUnusable(f"{name} is another user's, and open to others", hint=hint) from None


def lock_file(path: Path) -> int:
    """Take the file's lock; the kernel lets go of it when this process ends, however it ends.

    Raises:
        LedgerBusy: Another process has it.
        LedgerUnusable: There can be none.
    """
    try:
        lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerUnusable(f"{path}.lock cannot be made: {error.strerror}", hint=CHECK_FOLDER) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pid = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
        os.close(lock)
        raise LedgerBusy(str(path), int(pid) if pid.isdigit() else None) from None
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
    except OSError as error:
        os.close(lock)
        raise LedgerUnusable(f"{path}.lock cannot be written: {error.strerror}", hint=CHECK_FOLDER) from None
    return lock
