"""Open regular files and nothing else, and tell whether one was written to since."""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

import attrs

from .errors import FileUnreadable, InvalidImage, Violation

_REFUSED: Final = "NOT_A_REGULAR_FILE"
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_LEADS_NOWHERE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_CAN_WALK: Final = {os.open, os.stat} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_FOLDER: Final = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


@attrs.frozen
class LinkFree:  # an os.PathLike without saying so: what says so takes five times as long to recognise
    """An absolute path without links, such as `os.path.realpath` gives, in which none is followed later on either.

    So a file that was inside a folder when its path was checked is still inside it when it is opened. Where the system
    cannot open a path folder by folder, it is opened like any other.
    """

    path: str

    def __fspath__(self) -> str:
        return self.path


def open_regular(path: str | os.PathLike[str], name: str) -> tuple[int, os.stat_result]:
    """Open a regular file without ever waiting: a FIFO or a device is refused before anything is read from it.

    Return its descriptor, to be closed, and what it is.

    Raises:
        InvalidImage: It is something else.
        FileUnreadable: The operating system refuses.
    """
    try:
        if isinstance(path, LinkFree) and _CAN_WALK:
            fd = _open_without_links(path.path, name)
        else:
            fd = _open_plain(os.fspath(path), name)
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


def _open_plain(path: str, name: str) -> int:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 -- making a Path takes as long
    except OSError as error:
        if error.errno not in _LEADS_NOWHERE:
            raise
        mode = os.lstat(path).st_mode
    _expect_regular(mode, name)
    return os.open(path, _FLAGS)


def _open_without_links(path: str, name: str) -> int:
    """Open a file by way of each folder above it; a link in place of one of them, or of the file, is refused."""
    *folders, last = path.strip(os.sep).split(os.sep)  # noqa: PTH206 -- making a Path takes as long as opening it
    at = os.open(os.sep, _FOLDER)
    try:
        for folder in folders:
            below = _open_part(folder, _FOLDER, at, name)
            os.close(at)
            at = below
        _expect_regular(_part_mode(last, at, name), name)
        return _open_part(last, _FLAGS, at, name)
    finally:
        os.close(at)


def _open_part(part: str, flags: int, at: int, name: str) -> int:
    try:
        return os.open(part, flags | os.O_NOFOLLOW, dir_fd=at)
    except OSError:
        _part_mode(part, at, name)  # says so where it is a link
        raise


def _part_mode(part: str, at: int, name: str) -> int:
    mode = os.stat(part, dir_fd=at, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        raise InvalidImage(name, (Violation(_REFUSED, f"{part} is a link by now, and was none when it was checked"),))
    return mode


def _expect_regular(mode: int, name: str) -> None:
    if not stat.S_ISREG(mode):
        raise InvalidImage(name, (Violation(_REFUSED, f"this is {_kind(mode)}, not a regular file"),))


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
