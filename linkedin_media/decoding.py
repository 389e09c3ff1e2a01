"""Decode every pixel of an image, to find damage that headers do not show; in processes of their own, within bounds.

Decoding is Pillow's, written in C and fed by strangers: it may take minutes, gigabytes, or the process with it. A `Decoder`
therefore hands files to a worker that it can end, one file at a time. Only `verify_pixels` needs Pillow.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import attrs

from .errors import Violation
from .inspection.rules import too_many_pixels
from .options import ImageRules

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

SECONDS: Final = 60.0
"""How long one file may take."""

MEMORY: Final = 2 * 1024**3
"""Bytes of address space a worker may use."""

_FORMATS: Final = ("JPEG", "PNG", "GIF")
_HOME: Final = os.fspath(Path(__file__).resolve().parents[1])


def verify_pixels(path: str | os.PathLike[str], rules: ImageRules = ImageRules()) -> Violation | None:
    """Decode the image, of a GIF every frame, and return what is wrong with it; None where nothing is.

    It is meant for files whose headers break no rule (`files.inspect_file`), and takes as long as it takes: see `Decoder`.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=_FORMATS) as image:
            for _ in _frames(image, rules):
                if image.width * image.height >= rules.pixels_below:
                    return too_many_pixels(image.width, image.height, rules.pixels_below)
                image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        return Violation("TOO_MANY_PIXELS", str(error))
    except (OSError, ValueError, SyntaxError, LookupError, EOFError, ArithmeticError) as error:
        return damage_of(error)
    except MemoryError:
        return _undecodable("that takes too much memory")
    return None


def _frames(image: ImageFile, rules: ImageRules) -> Iterator[None]:
    """Go from frame to frame of a GIF; of other formats only the first picture matters."""
    yield
    for number in range(1, rules.max_gif_frames) if image.format == "GIF" else ():
        try:
            image.seek(number)
        except EOFError:
            return
        yield


def damage_of(error: Exception) -> Violation:
    """Return what an error of Pillow's says about the file."""
    text = str(error) or type(error).__name__
    if "truncated" in text.lower():
        return Violation("TRUNCATED", f"cut off: {text}: download or export it again")
    return _undecodable(text)


def _undecodable(problem: str) -> Violation:
    return Violation("UNDECODABLE", f"its pixels cannot be decoded: {problem}: export it again from an image editor")


class Decoder:
    """A worker process that verifies one file at a time; it starts when first used, and anew when it had to be ended.

    Use it with ``async with``.
    """

    def __init__(self, rules: ImageRules = ImageRules(), *, seconds: float = SECONDS) -> None:
        self._rules = rules
        self._seconds = seconds
        self._worker: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end()

    async def verify(self, path: str | os.PathLike[str]) -> Violation | None:
        """Return what is wrong with the pixels of a file, None where nothing is."""
        answer = b""
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(path)
        except TimeoutError:
            return _undecodable(f"that took longer than {self._seconds:g} s")
        finally:
            if not answer:
                await self._end()  # else its answer would be taken for the next file's

        if not answer:
            return _undecodable("the decoder crashed")
        found = json.loads(answer)
        return Violation(*found) if found else None

    async def _ask(self, path: str | os.PathLike[str]) -> bytes:
        worker = self._worker = self._worker or await _start()
        if worker.stdin is None or worker.stdout is None:
            raise AssertionError("a worker has pipes")
        question = [os.fsdecode(path), attrs.asdict(self._rules)]
        with contextlib.suppress(ConnectionError):
            worker.stdin.write(json.dumps(question).encode() + b"\n")
            await worker.stdin.drain()
        return await worker.stdout.readline()

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()


async def _start() -> asyncio.subprocess.Process:
    """Start a worker that no Ctrl-C reaches, that prints nothing, and that imports from where this module is."""
    program = "import sys; sys.path.append(sys.argv[1]); from linkedin_media.decoding import serve; serve()"
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", program, _HOME), stdin=pipe, stdout=pipe, stderr=nowhere, start_new_session=True
    )


def serve() -> None:
    """Be the worker: verify the file named on each line of stdin, and write the verdict as a line to stdout."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # where the system has such bounds
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for question in sys.stdin.buffer:
        path, rules = json.loads(question)
        found = verify_pixels(path, ImageRules(**rules))
        sys.stdout.write(json.dumps(attrs.astuple(found) if found else None) + "\n")
        sys.stdout.flush()
