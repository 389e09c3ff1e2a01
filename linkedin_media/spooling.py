"""Copy a stream to an unnamed temporary file: its header must be judged before the first byte is sent."""

from __future__ import annotations

import inspect
import io
import tempfile
from concurrent.futures import Executor
from functools import partial
from typing import Final

from .errors import FileChanged, FileUnreadable, InvalidArgument
from .model.job import AsyncReadable
from .threads import in_thread

PIECE: Final = 256 * 1024
"""Bytes asked for at a time."""


async def spool(stream: AsyncReadable, name: str, size: int, executor: Executor | None) -> io.FileIO:
    """Return a temporary file of the `size` bytes that `stream` was announced to have.

    Raises:
        FileChanged: There are more, or fewer.
        FileUnreadable: The operating system has no room for them.
        InvalidArgument: The stream does not give bytes when it is awaited.
    """
    file = await in_thread(partial(_temporary_file, name), executor, io.FileIO.close)
    try:
        await _copy(stream, file, name, size, executor)
    except BaseException:
        file.close()
        raise

    return file


async def _copy(stream: AsyncReadable, file: io.FileIO, name: str, size: int, executor: Executor | None) -> None:
    copied = 0
    while piece := await _piece(stream, name):
        copied += len(piece)
        if copied > size:
            raise FileChanged(f"{name}: size={size:,} was announced, but there are more bytes")
        await in_thread(partial(_write, file, piece, name), executor)

    if copied != size:
        raise FileChanged(f"{name}: size={size:,} was announced, but there are {copied:,} bytes")


async def _piece(stream: AsyncReadable, name: str) -> bytes:
    reading: object = stream.read(PIECE)
    piece = await reading if inspect.isawaitable(reading) else None
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    raise InvalidArgument(
        f"{name} does not give bytes when its read() is awaited", argument="source", hint="give a file by its path"
    )


def _temporary_file(name: str) -> io.FileIO:
    try:
        return tempfile.TemporaryFile(buffering=0)
    except OSError as error:
        raise _no_room(name, error) from None


def _write(file: io.FileIO, piece: bytes, name: str) -> None:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise _no_room(name, error) from None


def _no_room(name: str, error: OSError) -> FileUnreadable:
    return FileUnreadable(
        f"{name}: no temporary copy could be made: {error.strerror or 'write error'}",
        hint="make room in the temporary directory, or point TMPDIR elsewhere",
    )
