"""Open and read what the system holds in memory, without ever waiting for a disk or a network (Linux).

A thread for each small file costs as much as sending it. So what can be had at once is had in the event loop's own
thread, where the system itself promises not to wait; everything else goes to a thread.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import stat
import sys
from functools import cache, lru_cache
from typing import Any, Final

_OPENAT2: Final = 437  # the same numbers on every processor
_CACHESTAT: Final = 451  # Linux 6.5
_HERE: Final = -100  # AT_FDCWD
_CACHED: Final = 0x20  # RESOLVE_CACHED, Linux 5.12: fail rather than wait for the way to the file
_NO_LINKS: Final = 0x04  # RESOLVE_NO_SYMLINKS


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_SIZE: Final = ctypes.sizeof(_How)


class _Range(ctypes.Structure):
    _fields_ = (("position", ctypes.c_uint64), ("length", ctypes.c_uint64))


class _Pages(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64) for name in ("cached", "dirty", "written_back", "evicted", "recently_evicted")
    )


def open_cached(path: str | os.PathLike[str], *, links: bool = True) -> tuple[int, os.stat_result] | None:
    """Open a regular file if that takes no waiting; return its descriptor, to be closed, and what it is.

    What is no regular file is not opened: a FIFO or a device may do something then. Without `links`, none is followed.
    """
    name, resolve = os.fsencode(path), _CACHED if links else _CACHED | _NO_LINKS
    if b"\0" in name or not _is_regular(name, resolve):
        return None
    fd = _openat2(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, resolve)
    if fd is None:
        return None
    facts = os.fstat(fd)
    if stat.S_ISREG(facts.st_mode):
        return fd, facts
    os.close(fd)
    return None


def read_cached(fd: int, buffer: memoryview, position: int) -> bool:
    """Fill `buffer` from `position` if that takes no waiting; tell whether it did."""
    try:
        return os.preadv(fd, [buffer], position, os.RWF_NOWAIT) == len(buffer)
    except (AttributeError, OSError):  # the system has no such thing, or would have to wait
        return False


def send_file(fd: int, to: int, position: int, length: int) -> int:
    """Have the system itself send bytes of a file to a socket that does not wait; return how many it took.

    They never pass through this process, which costs more than all the rest. Those that are not in memory are waited for.
    """
    try:
        return os.sendfile(to, fd, position, length)
    except OSError:  # whoever sends the rest hears of it, too
        return 0


def is_cached(fd: int, position: int, length: int) -> bool:
    """Tell whether the system holds bytes of a file in memory; False where it does not say."""
    call, pages = _cachestat(), _Pages()
    if call is None or call(_CACHESTAT, fd, _range(position, length), ctypes.byref(pages), 0) < 0:
        return False
    cached: int = pages.cached
    return cached >= (position + length - 1) // mmap.PAGESIZE - position // mmap.PAGESIZE + 1


@lru_cache(maxsize=64)
def _range(position: int, length: int) -> Any:
    return ctypes.byref(_Range(position, length))


def _is_regular(name: bytes, resolve: int) -> bool:
    fd = _openat2(name, getattr(os, "O_PATH", 0) | os.O_CLOEXEC, resolve)
    if fd is None:
        return False
    try:
        return stat.S_ISREG(os.fstat(fd).st_mode)
    finally:
        os.close(fd)


def _openat2(name: bytes, flags: int, resolve: int) -> int | None:
    call = _opening()
    if call is None:
        return None
    fd: int = call(_OPENAT2, _HERE, name, _how(flags, resolve), _SIZE)
    return None if fd < 0 else fd


@cache
def _how(flags: int, resolve: int) -> Any:
    """Return the address of what the system is told, which it only reads."""
    return ctypes.byref(_How(flags, 0, resolve))


@cache
def _opening() -> Any:
    return _system_call(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t)


@cache
def _cachestat() -> Any:
    return _system_call(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint)


def _system_call(*arguments: Any) -> Any:
    """Return what makes a system call with such arguments, None where the system has none of this name."""
    if not sys.platform.startswith("linux"):
        return None
    call = ctypes.CDLL(None).syscall
    call.argtypes = (ctypes.c_long, *arguments)
    call.restype = ctypes.c_long
    return call
