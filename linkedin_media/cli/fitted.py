"""The work of ``linkedin-media fit``."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from ..errors import LinkedInMediaError
from ..fitting import Fitted, fit
from .failures import of_the_system, to_dict
from .options import Output
from .printable import file_name, printable
from .results import bad_lines, good
from .screen import Screen
from .status import ALL_GOOD, SOME_FAILED


@attrs.frozen
class FitResult:
    """One file: its copy, or why there is none."""

    file: str
    fitted: Fitted | None = None
    error: LinkedInMediaError | None = None

    def to_row(self) -> dict[str, Any]:
        if self.fitted is None:
            failed = {"file": self.file, "ok": False, "output": None}
            return failed | ({} if self.error is None else {"error": to_dict(self.error)})
        found = self.fitted.found
        size = {"format": found.format, "width": found.width, "height": found.height, "frames": found.frames}
        told = {"file": self.file, "ok": True, "output": file_name(self.fitted.path)}
        return told | size | {"changes": self.fitted.changes}

    def to_lines(self) -> Iterator[str]:
        if self.error is not None:
            yield from bad_lines(self.file, self.error)
        if self.fitted is not None:
            yield f"{good('ok ')}  {printable(file_name(self.fitted.path))}  {', '.join(self.fitted.changes) or 'as it was'}"


def fit_files(files: Sequence[str], folder: Path, output: Output, *, strip_metadata: bool) -> int:
    """Fit every file, tell of each, and return the exit status."""
    status = ALL_GOOD
    folder.mkdir(parents=True, exist_ok=True)
    with Screen(output) as screen, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")  # what matters of it is in the result
        for file in files:
            result = _fitted(file, folder, strip_metadata=strip_metadata)
            screen.result(result.to_row(), result.to_lines())
            status = SOME_FAILED if result.error else status
    return status


def _fitted(file: str, folder: Path, *, strip_metadata: bool) -> FitResult:
    try:
        return FitResult(file_name(file), fit(file, folder, strip_metadata=strip_metadata))
    except LinkedInMediaError as error:
        return FitResult(file_name(file), error=error)
    except OSError as error:
        return FitResult(file_name(file), error=of_the_system(error))
