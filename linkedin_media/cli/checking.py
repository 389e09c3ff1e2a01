"""The work of ``linkedin-media check``."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

import attrs

from ..decoding import Decoder
from ..errors import FileUnreadable, InvalidImage, Violation
from ..files import inspect_file
from ..inspection import Inspection
from ..model.job import ImageSource
from ..options import ImageRules
from .options import Output
from .printable import file_name, printable
from .results import bad, good
from .running import as_finished
from .screen import Screen
from .status import ALL_GOOD, SOME_FAILED

_MOST_DECODERS: Final = 4
_UNKNOWN: Final = Inspection(None, None, None, None, 0, (), ())


@attrs.frozen
class CheckResult:
    """One file: what it is, and every rule it breaks."""

    file: str
    found: Inspection

    @classmethod
    def unreadable(cls, file: str, *violations: Violation) -> CheckResult:
        """Return the result of a file of which nothing could be read."""
        return cls(file, attrs.evolve(_UNKNOWN, violations=violations))

    @property
    def ok(self) -> bool:
        """Whether LinkedIn takes it."""
        return self.found.ok

    def to_row(self) -> dict[str, Any]:
        found = self.found
        return {
            "file": self.file,
            "ok": self.ok,
            "format": found.format or found.foreign,
            "width": found.width,
            "height": found.height,
            "frames": found.frames,
            "violations": [attrs.asdict(violation) for violation in found.violations],
            "warnings": [attrs.asdict(warning) for warning in found.warnings],
        }

    def to_lines(self, width: int = 0) -> Iterator[str]:
        found, name = self.found, printable(self.file)
        size = f" {found.width}x{found.height}" if found.width else ""
        frames = f", {found.frames} frames" if found.frames > 1 else ""
        yield f"{good('ok ') if self.ok else bad('BAD')}  {name:{width}}  {found.format or found.foreign or '-'}{size}{frames}"
        for violation in found.violations:
            yield f"     {printable(violation.message)}"
        for warning in found.warnings:
            yield f"     warning: {printable(warning.message)}"


async def check_files(files: Sequence[str], output: Output, *, strict: bool) -> int:
    """Check every file, tell of each as it finishes, and return the exit status."""
    status, width = ALL_GOOD, min(max(len(printable(file_name(file))) for file in files), 40)
    with Screen(output) as screen:
        async for result in _strictly(files) if strict else _by_headers(files):
            screen.result(result.to_row(), result.to_lines(width))
            status = status if result.ok else SOME_FAILED
    return status


async def _by_headers(files: Sequence[str]) -> AsyncIterator[CheckResult]:
    for file in files:
        yield await _inspected(file)


async def _strictly(files: Sequence[str]) -> AsyncIterator[CheckResult]:
    """Decode several files at once, each in a process that may be ended."""
    count = min(len(files), os.cpu_count() or 1, _MOST_DECODERS)
    async with AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(Decoder()) for _ in range(count)]
        async for result in as_finished((partial(_decoded, file, idle) for file in files), at_once=count):
            yield result


async def _decoded(file: str, idle: list[Decoder]) -> CheckResult:
    result = await _inspected(file)
    if not result.ok:
        return result
    decoder = idle.pop()
    try:
        damage = await decoder.verify(file)
    finally:
        idle.append(decoder)
    return result if damage is None else CheckResult(result.file, _damaged(result.found, damage))


def _damaged(found: Inspection, damage: Violation) -> Inspection:
    """Add the damage, in the words of the header's warning where it had seen it coming."""
    foreseen = [warning for warning in found.warnings if warning.code == damage.code]
    others = tuple(warning for warning in found.warnings if warning.code != damage.code)
    return attrs.evolve(found, violations=tuple(foreseen or [damage]), warnings=others)


async def _inspected(file: str) -> CheckResult:
    source = ImageSource(file)
    try:
        return CheckResult(source.name, await inspect_file(source, ImageRules()))
    except InvalidImage as error:
        return CheckResult.unreadable(source.name, *error.violations)
    except FileUnreadable as error:
        problem = error.message.removeprefix(f"{source.name}: ")
        return CheckResult.unreadable(
            source.name, Violation(error.code, f"{problem}: {error.hint}" if error.hint else problem)
        )
