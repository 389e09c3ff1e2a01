"""Read pieces of an open file, where it can be done without waiting here, else in a thread (aiofiles)."""

from __future__ import annotations

import io
import os
from collections import deque
from concurrent.futures import Executor
from typing import Final

import aiofiles.threadpool

CHUNK: Final = 256 * 1024
"""Bytes read at a time: larger chunks lag the event loop, smaller ones cost a thread hop each."""

_spare: deque[bytearray] = deque(maxlen=32)


class FirstPiece:
    """The beginning of a file, in memory that is used again: fresh memory costs more than reading a small file does."""

    __slots__ = ("_buffer", "view")

    def __init__(self, size: int) -> None:
        """Take memory for the first of `size` bytes."""
        try:
            self._buffer = _spare.pop()
        except IndexError:
            self._buffer = bytearray(CHUNK)
        self.view = memoryview(self._buffer)[:size]

    def read(self, fd: int) -> None:
        """Read it from where the descriptor is, which is the beginning of the file; `view` ends where the file does.

        Raises:
            OSError: The operating system refused.
        """
        self.view = self.view[: os.readv(fd, [self.view])]

    def give_back(self) -> None:
        """Let others use its memory. Nobody may look at it any more."""
        _spare.append(self._buffer)


async def read_piece(fd: int, position: int, length: int, executor: Executor | None) -> bytes:
    """Return `length` bytes from `position`, fewer only at the end.

    Raises:
        OSError: The operating system refused.
    """
    if in_memory(fd, position, length):
        return os.pread(fd, length, position)
    file = _Positioned(fd, closefd=False)
    file.seek(position)
    piece: bytes = await aiofiles.threadpool.wrap(file, executor=executor).read(length)
    return piece


def in_memory(fd: int, position: int, length: int) -> bool:
    """Tell whether the system most likely holds a piece of a file in memory: reading it here takes less than a thread hop.

    Its first and its last byte are read if that needs no disk (Linux); what lies between came with them.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return False
    byte = bytearray(1)
    try:
        return all(os.preadv(fd, [byte], at, os.RWF_NOWAIT) for at in (position, position + length - 1))
    except OSError:  # it would have to wait, or the file system cannot tell
        return False


class _Positioned(io.FileIO):
    """Reads a descriptor at a position of its own: a read that was given up on, in its thread, moves nobody else's."""

    _position = 0

    def seek(self, position: int, whence: int = os.SEEK_SET, /) -> int:  # noqa: ARG002 -- io's signature
        self._position = position
        return position

    def read(self, size: int | None = -1, /) -> bytes:
        return os.pread(self.fileno(), size or 0, self._position)
