"""Open image files, once and regular ones only, and find out what they are: at once where that takes no waiting."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Final

import attrs

from .at_once import open_cached, read_cached
from .errors import FileUnreadable, InvalidImage
from .image_file import OpenImage
from .inspection import FIRST, BytesSource, Inspection, Source, inspect
from .model.image import ValidatedImage
from .model.job import ImageSource
from .options import ImageRules
from .reading import CHUNK, Piece
from .regular_file import LinkFree, open_regular
from .spooling import spool
from .threads import in_thread


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


async def opened(
    source: ImageSource, rules: ImageRules, executor: Executor | None = None, *, whole: bool = True
) -> OpenImage:
    """Do what `open_image` does, and leave the closing to the caller.

    Of a file that is not wanted `whole` no more is read than tells what it is, if that takes no waiting.

    Raises:
        InvalidImage, FileUnreadable: As there.
    """
    if isinstance(source.source, str | os.PathLike):
        at_once = _open_at_once(source.source, source.name, rules, executor, CHUNK if whole else FIRST)
        if at_once is not None:
            return at_once
        work = partial(_open_path, source.source, source.name, rules, executor)
    elif isinstance(source.source, bytes):
        work = partial(_open_bytes, source.source, source.name, rules)
    else:
        copy = await spool(source.source, source.name, source.size or 0, executor)
        work = partial(_open_copy, copy, source.name, rules, executor)
    return await in_thread(work, executor, OpenImage.close)


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
    if not isinstance(source.source, _PATHS):
        raise FileUnreadable(f"{source.name}: a stream can be read only once, while it is uploaded")
    fd, facts = open_regular(source.source, source.name)
    try:
        return _inspect(_OnDisk(fd, facts.st_size), source.name, rules)
    finally:
        os.close(fd)


@attrs.define
class _OnDisk(Source):
    """Read at positions, without moving anything."""

    _fd: int
    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end."""
        return os.pread(self._fd, length, offset)


@attrs.define
class _Descriptor(_OnDisk):
    """Do not read again what was read as `_first`."""

    _first: bytes | memoryview
    _at_once: bool = attrs.field(default=False, kw_only=True)

    def read(self, offset: int, length: int) -> bytes:
        """Do what every source does; `BlockingIOError` where it was not to wait."""
        end, known = offset + length, len(self._first)
        if end <= known or known == self.size:
            return bytes(self._first[offset:end])
        if not self._at_once:
            return super().read(offset, length)
        piece = bytearray(min(end, self.size) - offset)
        if not read_cached(self._fd, memoryview(piece), offset):
            raise BlockingIOError
        return bytes(piece)


def _open_at_once(
    path: str | os.PathLike[str], name: str, rules: ImageRules, executor: Executor | None, most: int
) -> OpenImage | None:
    """Open a file that breaks no rule, if that takes no waiting and next to no time; None where it might."""
    cached = open_cached(path, links=not isinstance(path, LinkFree))
    if cached is None:
        return None
    fd, facts = cached
    first = Piece(min(facts.st_size, most))
    try:
        if read_cached(fd, first.view, 0) and bytes(first.view[:3]) != _GIF:
            inspection = inspect(_Descriptor(fd, facts.st_size, first.view, at_once=True), _brief(rules))
            if not inspection.violations:
                return _image(inspection, name, facts.st_size, io.FileIO(fd), executor, first=first, file_facts=facts)
    except BlockingIOError:
        pass  # what it takes to judge the file is on the disk
    first.give_back()
    os.close(fd)
    return None


_PATHS: Final = (str, Path, os.PathLike)  # Path by name, for an abstract class takes longer to ask
_GIF: Final = b"GIF"  # its frames are counted, which takes its time


@cache
def _brief(rules: ImageRules) -> ImageRules:
    """Return the same rules, for as many steps as most files take."""
    return attrs.evolve(rules, max_steps=min(rules.max_steps, 200))


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
        first = _first_piece(file, name, before.st_size)
        inspection = _inspect(_Descriptor(file.fileno(), before.st_size, first.view), name, rules)
        refuse(name, inspection)
    except BaseException:
        file.close()
        raise

    return _image(inspection, name, before.st_size, file, executor, first=first, file_facts=before)


def _open_bytes(content: bytes, name: str, rules: ImageRules) -> OpenImage:
    inspection = inspect(BytesSource(content), rules)
    refuse(name, inspection)
    return _image(inspection, name, len(content), io.BytesIO(content))


def _inspect(source: Source, name: str, rules: ImageRules) -> Inspection:
    try:
        return inspect(source, rules)
    except OSError as error:
        raise FileUnreadable(f"{name}: {error.strerror or 'read error'}") from None


def refuse(name: str, inspection: Inspection) -> None:
    """Raise `InvalidImage` where there are violations."""
    if inspection.violations:
        raise InvalidImage(name, inspection.violations)


def _image(
    inspection: Inspection,
    name: str,
    size: int,
    file: io.FileIO | io.BytesIO,
    executor: Executor | None = None,
    *,
    first: Piece | None = None,
    file_facts: os.stat_result | None = None,
) -> OpenImage:
    facts = ValidatedImage(
        name=name,
        size=size,
        format=inspection.format or "",
        width=inspection.width or 0,
        height=inspection.height or 0,
        frames=inspection.frames or 1,
    )
    return OpenImage(facts, inspection.warnings, file=file, executor=executor, first=first, file_facts=file_facts)


def _first_piece(file: io.FileIO, name: str, size: int) -> Piece:
    first = Piece(size)
    try:
        first.read(file.fileno())
    except OSError as error:
        raise FileUnreadable(f"{name}: {error.strerror or 'read error'}") from None
    return first
