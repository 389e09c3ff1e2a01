"""Image files: opened once, regular files only, walked, read and watched through one descriptor (aiofiles).

What was validated is what is sent. The descriptor stays open from the inspection to the last byte of the upload, size
and times are compared afterwards, and a digest is taken while reading for those who keep it.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, Self

import attrs

from .errors import FileChanged, FileUnreadable, InvalidImage, Violation
from .inspection import BytesSource, Inspection, Source, inspect
from .model.image import ValidatedImage
from .model.job import ImageSource
from .options import ImageRules
from .reading import CHUNK, FirstPiece, read_piece
from .regular_file import open_regular, rewritten
from .spooling import in_thread, spool


@attrs.define(eq=False)
class OpenImage:
    """An open image file and what it was when it was opened. Use `open_image`, which closes it."""

    facts: ValidatedImage
    warnings: tuple[Violation, ...]
    _file: io.FileIO | io.BytesIO = attrs.field(repr=False)
    _executor: Executor | None = attrs.field(repr=False)
    _first: FirstPiece | None = attrs.field(repr=False)
    _file_facts: os.stat_result | None = attrs.field(repr=False)
    sha256: str | None = None
    _began: bool = attrs.field(default=False, init=False)

    def chunks(self, *, digest: bool = True) -> AsyncIterator[bytes | memoryview]:
        """Read the file once more from its start: exactly its validated size, in pieces of at most 256 KiB.

        With `digest`, it is in `sha256` when the last piece has been given out; it costs as much as all the rest.

        Raises:
            FileChanged: The file is shorter than it was.
            FileUnreadable: The operating system refused a read.
        """
        return _Chunks(self, hashlib.sha256() if digest else None)

    async def read(self, position: int) -> bytes | memoryview:
        """Read one piece from `position`, none of it where the file has become shorter.

        What the inspection has read already is given out once: a small file costs no thread hop, a large one no memory.

        Raises:
            FileUnreadable: The operating system refused.
        """
        if self._first is not None:
            if not self._began:
                self._began = True
                return self._first.view
            self._first = None
        wanted = min(CHUNK, self.facts.size - position)
        if isinstance(self._file, io.BytesIO):
            self._file.seek(position)
            return self._file.read(wanted)
        try:
            return await read_piece(self._file.fileno(), position, wanted, self._executor)
        except OSError as error:
            raise FileUnreadable(f"{self.facts.name}: {error.strerror or 'read error'}") from None

    def check_unchanged(self) -> None:
        """Compare the file with what it was when it was opened.

        A path that leads to another file by now does no harm: the descriptor holds the one that was validated.

        Raises:
            FileChanged: Its size or times differ, other than by losing or gaining a name.
        """
        if self._file_facts is not None and rewritten(self._file_facts, os.fstat(self._file.fileno())):
            raise FileChanged(f"{self.facts.name} changed since it was validated", hint=_CHANGED)

    def was_sent(self) -> None:
        """Let others use the memory of what was read first: all of it has left for the network."""
        if self._first is not None:
            self._first.give_back()
            self._first = None

    def close(self) -> None:
        """Close the descriptor."""
        self._file.close()


class _Chunks:
    """One reading of a file. No generator: one that is not asked again after its last piece takes a task to close."""

    def __init__(self, image: OpenImage, digest: hashlib._Hash | None) -> None:
        self._image = image
        self._position = 0
        self._digest = digest

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes | memoryview:
        image = self._image
        if self._position >= image.facts.size:
            raise StopAsyncIteration
        chunk = await image.read(self._position)
        if not chunk:
            raise FileChanged(f"{image.facts.name} became shorter while it was read", hint=_CHANGED)
        self._position += len(chunk)
        if self._digest is not None:
            self._digest.update(chunk)
            if self._position == image.facts.size:
                image.sha256 = self._digest.hexdigest()
        return chunk


_CHANGED: Final = "run it again once nothing writes to the file"


@asynccontextmanager
async def open_image(
    source: ImageSource, rules: ImageRules, executor: Executor | None = None
) -> AsyncIterator[OpenImage]:
    """Open and validate an image; closed on leaving.

    Raises:
        InvalidImage: It breaks LinkedIn's rules, or is no regular file; every violation is listed.
        FileUnreadable: It cannot be opened or read.
    """
    image = await opened(source, rules, executor)
    try:
        yield image
    finally:
        image.close()


async def opened(source: ImageSource, rules: ImageRules, executor: Executor | None = None) -> OpenImage:
    """Do what `open_image` does, and leave the closing to the caller.

    Raises:
        InvalidImage, FileUnreadable: As there.
    """
    if isinstance(source.source, str | bytes | os.PathLike):
        work = partial(open_now, source, rules, executor)
    else:
        copy = await spool(source.source, source.name, source.size or 0, executor)
        work = partial(_open_copy, copy, source.name, rules, executor)
    return await in_thread(work, executor, OpenImage.close)


def open_now(source: ImageSource, rules: ImageRules, executor: Executor | None = None) -> OpenImage:
    """Do what `opened` does with a path or bytes, in this thread; `executor` will read what is not read now.

    Raises:
        InvalidImage, FileUnreadable: As there.
    """
    if isinstance(source.source, bytes):
        return _open_bytes(source.source, source.name, rules)
    if isinstance(source.source, str | os.PathLike):
        return _open_path(source.source, source.name, rules, executor)
    raise _readable_once(source)


async def inspect_file(source: ImageSource, rules: ImageRules, executor: Executor | None = None) -> Inspection:
    """Walk an image without judging it: its facts, every violation and every warning.

    Raises:
        FileUnreadable: It cannot be opened or read.
    """
    return await asyncio.get_running_loop().run_in_executor(executor, inspect_now, source, rules)


def inspect_now(source: ImageSource, rules: ImageRules) -> Inspection:
    """Do what `inspect_file` does, in this thread.

    Raises:
        FileUnreadable: It cannot be opened or read.
    """
    if isinstance(source.source, bytes):
        return inspect(BytesSource(source.source), rules)
    if not isinstance(source.source, str | os.PathLike):
        raise _readable_once(source)
    fd, facts = open_regular(source.source, source.name)
    try:
        return _inspect(_Descriptor(fd, facts.st_size), source.name, rules)
    finally:
        os.close(fd)


def _readable_once(source: ImageSource) -> FileUnreadable:
    return FileUnreadable(f"{source.name}: a stream can be read only once, while it is uploaded")


@attrs.frozen
class _Descriptor(Source):
    """Read at positions, without moving anything; what was read as `_first` is not read again."""

    _fd: int
    size: int
    _first: bytes | memoryview = b""

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end."""
        if offset + length <= len(self._first):
            return bytes(self._first[offset : offset + length])
        return os.pread(self._fd, length, offset)


def _open_path(path: str | os.PathLike[str], name: str, rules: ImageRules, executor: Executor | None) -> OpenImage:
    fd, facts = open_regular(path, name)
    return _open_file(io.FileIO(fd), facts, name, rules, executor)


def _open_copy(file: io.FileIO, name: str, rules: ImageRules, executor: Executor | None) -> OpenImage:
    file.seek(0)
    return _open_file(file, os.fstat(file.fileno()), name, rules, executor)


def _open_file(
    file: io.FileIO, before: os.stat_result, name: str, rules: ImageRules, executor: Executor | None
) -> OpenImage:
    try:
        first = _first_chunk(file, name, before.st_size)
        inspection = _inspect(_Descriptor(file.fileno(), before.st_size, first.view), name, rules)
        refuse(name, inspection)
    except BaseException:
        file.close()
        raise

    return OpenImage(
        facts=_facts(inspection, name, before.st_size),
        warnings=inspection.warnings,
        file=file,
        executor=executor,
        first=first,
        file_facts=before,
    )


def _open_bytes(content: bytes, name: str, rules: ImageRules) -> OpenImage:
    inspection = inspect(BytesSource(content), rules)
    refuse(name, inspection)
    return OpenImage(
        facts=_facts(inspection, name, len(content)),
        warnings=inspection.warnings,
        file=io.BytesIO(content),
        executor=None,
        first=None,
        file_facts=None,
    )


def _inspect(source: _Descriptor, name: str, rules: ImageRules) -> Inspection:
    try:
        return inspect(source, rules)
    except OSError as error:
        raise FileUnreadable(f"{name}: {error.strerror or 'read error'}") from None


def refuse(name: str, inspection: Inspection) -> None:
    """Raise `InvalidImage` where there are violations."""
    if inspection.violations:
        raise InvalidImage(name, inspection.violations)


def _facts(inspection: Inspection, name: str, size: int) -> ValidatedImage:
    return ValidatedImage(
        name=name,
        size=size,
        format=inspection.format or "",
        width=inspection.width or 0,
        height=inspection.height or 0,
        frames=inspection.frames or 1,
    )


def _first_chunk(file: io.FileIO, name: str, size: int) -> FirstPiece:
    try:
        return FirstPiece(file.fileno(), size)
    except OSError as error:
        raise FileUnreadable(f"{name}: {error.strerror or 'read error'}") from None
