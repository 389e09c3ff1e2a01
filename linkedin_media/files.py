"""Image files: opened once, regular files only, walked, read and watched through one descriptor (aiofiles).

What was validated is what is sent. The descriptor stays open from the inspection to the last byte of the upload, the
digest is taken while reading, and size and times are compared afterwards.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import aiofiles.threadpool
import attrs

from .errors import FileChanged, FileUnreadable, InvalidImage, Violation
from .inspection import BytesSource, Inspection, Source, inspect
from .model.image import ValidatedImage
from .model.job import AsyncReadable, ImageSource
from .options import ImageRules

CHUNK: Final = 256 * 1024
"""Bytes read at a time: larger chunks lag the event loop, smaller ones cost a thread hop each."""

T = TypeVar("T")
_REFUSED: Final = "NOT_A_REGULAR_FILE"


@attrs.define(eq=False)
class OpenImage:
    """An open image file and what it was when it was opened. Use `open_image`, which closes it."""

    facts: ValidatedImage
    warnings: tuple[Violation, ...]
    _file: io.FileIO | io.BytesIO = attrs.field(repr=False)
    _executor: Executor | None = attrs.field(repr=False)
    _first: bytes = attrs.field(repr=False)
    _print: tuple[int, ...] = attrs.field(repr=False)
    sha256: str | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read the file once more from its start: exactly its validated size, in pieces of at most 256 KiB.

        The digest is in `sha256` when the last piece has been given out.

        Raises:
            FileChanged: The file is shorter than it was.
            FileUnreadable: The operating system refused a read.
        """
        digest, position = hashlib.sha256(), 0
        while position < self.facts.size:
            chunk = self._first if position == 0 else await self._read(position)
            if not chunk:
                raise FileChanged(f"{self.facts.name} became shorter while it was read", hint=_CHANGED)
            digest.update(chunk)
            position += len(chunk)
            if position == self.facts.size:
                self.sha256 = digest.hexdigest()
            yield chunk

    async def _read(self, position: int) -> bytes:
        self._file.seek(position)
        wanted = min(CHUNK, self.facts.size - position)
        try:
            if isinstance(self._file, io.BytesIO):
                return self._file.read(wanted)
            chunk: bytes = await aiofiles.threadpool.wrap(self._file, executor=self._executor).read(wanted)
        except OSError as error:
            raise FileUnreadable(f"{self.facts.name}: {error.strerror or 'read error'}") from None
        return chunk

    def check_unchanged(self) -> None:
        """Compare the file with what it was when it was opened.

        Raises:
            FileChanged: Its size, its content's time or its inode's time differ.
        """
        if isinstance(self._file, io.FileIO) and _fingerprint(os.fstat(self._file.fileno())) != self._print:
            raise FileChanged(f"{self.facts.name} changed since it was validated", hint=_CHANGED)

    def close(self) -> None:
        """Close the descriptor."""
        self._file.close()


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
    if isinstance(source.source, AsyncReadable):
        work = partial(_open_file, await _spool(source, source.source, executor), source.name, rules, executor)
    elif isinstance(source.source, bytes):
        work = partial(_open_bytes, source.source, source.name, rules)
    else:
        work = partial(_open_path, source.source, source.name, rules, executor)
    image = await _in_thread(work, executor)
    try:
        yield image
    finally:
        image.close()


async def inspect_file(source: ImageSource, rules: ImageRules, executor: Executor | None = None) -> Inspection:
    """Walk an image without judging it: its facts, every violation and every warning.

    Raises:
        FileUnreadable: It cannot be opened or read.
    """
    return await _in_thread(partial(inspect_now, source, rules), executor)


def inspect_now(source: ImageSource, rules: ImageRules) -> Inspection:
    """Do what `inspect_file` does, in this thread.

    Raises:
        FileUnreadable: It cannot be opened or read.
    """
    if isinstance(source.source, bytes):
        return inspect(BytesSource(source.source), rules)
    if isinstance(source.source, AsyncReadable):
        raise FileUnreadable(f"{source.name}: a stream can be read only once, while it is uploaded")
    with _regular_file(source.source, source.name) as file:
        return _inspect(file, source.name, rules)


async def _in_thread(work: Callable[[], T], executor: Executor | None) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, work)


@attrs.frozen
class _Descriptor(Source):
    """Read at positions, without moving anything."""

    _fd: int
    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end."""
        return os.pread(self._fd, length, offset)


def _open_path(path: str | os.PathLike[str], name: str, rules: ImageRules, executor: Executor | None) -> OpenImage:
    return _open_file(_regular_file(path, name), name, rules, executor)


def _open_file(file: io.FileIO, name: str, rules: ImageRules, executor: Executor | None) -> OpenImage:
    try:
        before = _fingerprint(os.fstat(file.fileno()))
        inspection = _inspect(file, name, rules)
        refuse(name, inspection)
        first = _first_chunk(file, name)
    except BaseException:
        file.close()
        raise

    return OpenImage(
        facts=_facts(inspection, name, before[0]),
        warnings=inspection.warnings,
        file=file,
        executor=executor,
        first=first,
        print=before,
    )


def _open_bytes(content: bytes, name: str, rules: ImageRules) -> OpenImage:
    inspection = inspect(BytesSource(content), rules)
    refuse(name, inspection)
    return OpenImage(
        facts=_facts(inspection, name, len(content)),
        warnings=inspection.warnings,
        file=io.BytesIO(content),
        executor=None,
        first=content[:CHUNK],
        print=(),
    )


def _inspect(file: io.FileIO, name: str, rules: ImageRules) -> Inspection:
    try:
        return inspect(_Descriptor(file.fileno(), os.fstat(file.fileno()).st_size), rules)
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


def _first_chunk(file: io.FileIO, name: str) -> bytes:
    try:
        return os.pread(file.fileno(), CHUNK, 0)
    except OSError as error:
        raise FileUnreadable(f"{name}: {error.strerror or 'read error'}") from None


def _regular_file(path: str | os.PathLike[str], name: str) -> io.FileIO:
    """Open a regular file without ever waiting: a FIFO or a device is refused before anything is read from it."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        kind = _mode(Path(path))
        if not stat.S_ISREG(kind):
            raise InvalidImage(name, (Violation(_REFUSED, f"this is {_kind(kind)}, not a regular file"),))
        fd = os.open(path, flags)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise FileUnreadable(f"{name}: {problem}", hint="check the path and the permissions") from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise InvalidImage(name, (Violation(_REFUSED, "this is not a regular file"),))
    return io.FileIO(fd)


def _mode(path: Path) -> int:
    return path.stat().st_mode if path.exists() else path.lstat().st_mode


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


def _fingerprint(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino, facts.st_dev


async def _spool(source: ImageSource, stream: AsyncReadable, executor: Executor | None) -> io.FileIO:
    """Copy a stream to an unnamed temporary file: its header must be judged before the first byte is sent."""
    raw = await _in_thread(lambda: tempfile.TemporaryFile(buffering=0), executor)  # noqa: SIM115 -- handed over
    file = io.FileIO(os.dup(raw.fileno()), "r+")
    raw.close()
    try:
        await _copy(stream, file, source, executor)
    except BaseException:
        file.close()
        raise

    return file


async def _copy(stream: AsyncReadable, file: io.FileIO, source: ImageSource, executor: Executor | None) -> None:
    size, copied = source.size or 0, 0
    while chunk := await stream.read(CHUNK):
        copied += len(chunk)
        if copied > size:
            raise FileChanged(f"{source.name}: size={size:,} was announced, but there are more bytes")
        await _in_thread(partial(file.write, chunk), executor)

    if copied != size:
        raise FileChanged(f"{source.name}: size={size:,} was announced, but there are {copied:,} bytes")
