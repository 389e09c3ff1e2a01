"""Where a download goes: a path, at which the file appears whole or not at all, or something to write to (aiofiles)."""

from __future__ import annotations

import contextlib
import inspect
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias, runtime_checkable

import aiofiles.os
import aiofiles.threadpool
import attrs

from .errors import CHECK_FOLDER, FileUnwritable, InvalidArgument

Write: TypeAlias = Callable[[bytes], Awaitable[object]]


@runtime_checkable
class Writable(Protocol):
    """Anything with ``write(data)``, plain or ``async``: an open binary file, a stream of a web framework."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`."""


@attrs.define(eq=False)
class Destination:
    """A path or a `Writable`; `begun` tells whether bytes have arrived there for good."""

    target: str | os.PathLike[str] | Writable
    executor: Executor | None = None
    begun: bool = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Write]:
        """Give what writes there; a file takes its name when everything in it is on the disk.

        Raises:
            InvalidArgument: The path is a folder, or `target` is nothing to write to.
            FileUnwritable: The operating system refused to write there.
        """
        target: object = self.target
        if isinstance(target, str | os.PathLike):
            async with _whole_file(Path(target), self.executor) as write:
                yield write
        elif isinstance(target, Writable):
            yield partial(self._pass_on, target)
        else:
            kind = type(target).__name__
            raise InvalidArgument(f"cannot download to a {kind}: give a path or something with write()")

    async def _pass_on(self, target: Writable, piece: bytes) -> None:
        self.begun = True
        written = target.write(piece)
        if inspect.isawaitable(written):
            await written


@asynccontextmanager
async def _whole_file(path: Path, executor: Executor | None) -> AsyncIterator[Write]:
    part = path.parent / f".download-{secrets.token_hex(8)}.part"
    with _named(path):
        raw = _create(part, path)
    try:
        file = aiofiles.threadpool.wrap(raw, executor=executor)

        async def write(piece: bytes) -> None:
            with _named(path):
                await file.write(piece)

        yield write
        with _named(path):
            await file.flush()
            await aiofiles.os.wrap(os.fsync)(raw.fileno(), executor=executor)
            raw.close()
            await aiofiles.os.replace(part, path, executor=executor)
    finally:
        _discard(raw, part)


def _create(part: Path, path: Path) -> BinaryIO:
    """Open without a hop to a thread: a hop that is cancelled would leave the file behind."""
    if path.is_dir():
        raise InvalidArgument(f"{path} is a folder: name a file", argument="destination")
    return part.open("xb")


def _discard(raw: BinaryIO, part: Path) -> None:
    with contextlib.suppress(OSError):
        raw.close()
    part.unlink(missing_ok=True)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = error.strerror or type(error).__name__
    else:
        return
    raise FileUnwritable(f"{path}: {problem}", hint=CHECK_FOLDER)
