"""Where it all goes: results to stdout, everything else to stderr; drawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Final, Self

import click

from ..pipeline.events import Event, StageFailed, StageFinished
from .board import Board, tell
from .options import Output
from .printable import printable
from .terminal import colours

LOGGER: Final = "linkedin_media"


class Screen:
    """Results and notes, but no progress. Its `board` knows how far each file is all the same."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.board = Board()
        self._handler = _Notes(self)

    def __enter__(self) -> Self:
        logger = logging.getLogger(LOGGER)
        self._level_before = logger.level
        logger.setLevel(_level(self.output))
        logger.addHandler(self._handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        logger = logging.getLogger(LOGGER)
        logger.removeHandler(self._handler)
        logger.setLevel(self._level_before)

    def observe(self, event: Event) -> None:
        """Be the observer of a pipeline."""
        self.board.observe(event)

    def result(self, row: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Print one result: as JSON, or as `lines` for people."""
        if self.output.as_json:
            self.print(json.dumps(row, ensure_ascii=False))
        elif text := "\n".join(lines):
            self.print(text)

    def print(self, text: str) -> None:
        """Write to stdout, at once; JSON is UTF-8 whatever the terminal's encoding."""
        click.echo(text.encode() if self.output.as_json else text, color=colours(sys.stdout))

    def note(self, line: str) -> None:
        """Write a line that is no result to stderr."""
        click.echo(line, err=True, color=colours(sys.stderr))


class Lines(Screen):
    """One plain line on stderr for each stage that ends."""

    def observe(self, event: Event) -> None:
        """Tell of the stage that ended."""
        super().observe(event)
        if not isinstance(event, StageFinished | StageFailed):
            return
        told = tell(event, self.board.row(event), self.board.clock())
        if told:
            self.tell(printable(event.file), printable(told))

    def tell(self, file: str, told: str) -> None:
        """Write a line of progress."""
        self.note(f"{file}: {told}")


def _level(output: Output) -> int:
    if output.verbose:
        return logging.DEBUG
    return logging.ERROR if output.quiet else logging.WARNING


class _Notes(logging.Handler):
    """Log records as notes: ``warning: call.retry attempt=1 delay=0.4``."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        extra = {name: value for name, value in vars(record).items() if name not in _USUAL and value not in (None, "")}
        fields = "".join(f" {name}={value}" for name, value in extra.items())
        self._screen.note(printable(f"{record.levelname.lower()}: {record.getMessage()}{fields}"))


_USUAL: Final = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "taskName"}
