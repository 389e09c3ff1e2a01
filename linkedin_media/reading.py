"""Memory for pieces of files, which is used again, and reading them in a thread (aiofiles)."""

from __future__ import annotations

import io
import os
from collections import deque
from concurrent.futures import Executor
from typing import Final

import aiofiles.threadpool

from .at_once import read_cached

CHUNK: Final = 256 * 1024
"""Bytes read at a time: larger chunks lag the event loop, smaller ones cost a thread hop each."""

_AHEAD: Final = 2048
"""Bytes before a piece, for the head of the request that sends it: both go out with one call of the system."""

_spare: deque[bytearray] = deque(maxlen=32)


class Piece:
    """Room for a piece of a file, in memory that is used again: fresh memory costs more than reading a small file does."""

    __slots__ = ("_buffer", "view")

    def __init__(self, size: int) -> None:
        """Take memory for `size` bytes, or for as many as a piece has."""
        try:
            self._buffer = _spare.pop()
        except IndexError:
            self._buffer = bytearray(_AHEAD + CHUNK)
        self.view = memoryview(self._buffer)[_AHEAD : _AHEAD + min(size, CHUNK)]

    def read(self, fd: int) -> None:
        """Read the first piece of a file, of which nothing was read before; `view` ends where the file does.

        Raises:
            OSError: The operating system refused.
        """
        self.view = self.view[: os.readv(fd, [self.view])]

    def fill(self, fd: int, size: int) -> bool:
        """Read the rest of a file of `size` bytes whose first ones are here, if that takes no waiting; tell whether it did."""
        known = len(self.view)
        whole = memoryview(self._buffer)[_AHEAD : _AHEAD + size]
        if not read_cached(fd, whole[known:], known):
            return False
        self.view = whole
        return True

    def behind(self, head: bytes) -> memoryview | None:
        """Return the piece with `head` before it; None where that is too long."""
        start = _AHEAD - len(head)
        if start < 0:
            return None
        self._buffer[start:_AHEAD] = head
        return memoryview(self._buffer)[start : _AHEAD + len(self.view)]

    def give_back(self) -> None:
        """Let others use its memory. Nobody may look at it any more."""
        _spare.append(self._buffer)


async def read_in_thread(fd: int, position: int, length: int, executor: Executor | None) -> bytes:
    """Return `length` bytes from `position`, read in a thread; fewer only at the end.

    Raises:
        OSError: The operating system refused.
    """
    file = _Positioned(fd, closefd=False)
    file.seek(position)
    piece: bytes = await aiofiles.threadpool.wrap(file, executor=executor).read(length)
    return piece


class _Positioned(io.FileIO):
    """Reads a descriptor at a position of its own: a read that was given up on, in its thread, moves nobody else's."""

    _position = 0

    def seek(self, position: int, whence: int = os.SEEK_SET, /) -> int:  # noqa: ARG002 -- io's signature
        self._position = position
        return position

    def read(self, size: int | None = -1, /) -> bytes:
        return os.pread(self.fileno(), size or 0, self._position)
