"""Open regular files and nothing else, and tell whether one was written to since."""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

from .errors import FileUnreadable, InvalidImage, Violation

_REFUSED: Final = "NOT_A_REGULAR_FILE"
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_LEADS_NOWHERE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def open_regular(path: str | os.PathLike[str], name: str) -> tuple[int, os.stat_result]:
    """Open a regular file without ever waiting: a FIFO or a device is refused before anything is read from it.

    Return its descriptor, to be closed, and what it is.

    Raises:
        InvalidImage: It is something else.
        FileUnreadable: The operating system refuses.
    """
    try:
        kind = _mode(path)
        if not stat.S_ISREG(kind):
            raise InvalidImage(name, (Violation(_REFUSED, f"this is {_kind(kind)}, not a regular file"),))
        fd = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise FileUnreadable(f"{name}: {problem}", hint="check the path and the permissions") from None
    facts = os.fstat(fd)
    if not stat.S_ISREG(facts.st_mode):
        os.close(fd)
        raise InvalidImage(name, (Violation(_REFUSED, "this is not a regular file"),))
    return fd, facts


def rewritten(before: os.stat_result, now: os.stat_result) -> bool:
    """Tell whether the content may differ. The inode's time moves with it, but also when the file is renamed over."""
    if (before.st_size, before.st_mtime_ns) != (now.st_size, now.st_mtime_ns):
        return True
    return before.st_ctime_ns != now.st_ctime_ns and before.st_nlink == now.st_nlink


def _mode(path: str | os.PathLike[str]) -> int:
    try:
        return os.stat(path).st_mode  # noqa: PTH116 -- making a Path takes as long
    except OSError as error:
        if error.errno not in _LEADS_NOWHERE:
            raise
    return os.lstat(path).st_mode


def _kind(mode: int) -> str:
    tests = (
        (stat.S_ISLNK, "a link to nothing"),
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in tests if test(mode)), "something else")
