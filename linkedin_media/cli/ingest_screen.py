"""What an ingest writes while it runs: a line every few seconds, or a drawing on a terminal; results as they come."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ..ingest.results import IngestResult
from ..ingest.states import State
from ..pipeline.events import Event
from .ingest_progress import Progress
from .options import Output
from .printable import printable
from .results import bad, good
from .screen import Screen
from .terminal import is_terminal

if TYPE_CHECKING:
    from ..ingest.metrics import Metrics

EVERY: Final = 5.0
"""Seconds between two lines of progress."""


class IngestScreen(Screen):
    """Results, and notes that are no progress."""

    def __init__(self, output: Output, progress: Progress) -> None:
        super().__init__(output)
        self.progress = progress
        self._metrics: Metrics | None = None

    def watched_by(self, metrics: Metrics | None) -> None:
        """Pass on to `metrics` whatever happens."""
        self._metrics = metrics

    def observe(self, event: Event) -> None:
        """Count; a million files would not fit on a board."""
        self.progress.observe(event)
        if self._metrics is not None:
            self._metrics.observe(event)

    def tell(self, result: IngestResult) -> None:
        """Count a result and print it. On a terminal, people read the failures at the end instead."""
        self.progress.result(result)
        if self._metrics is not None:
            self._metrics.result(result)
        if self.output.as_json or not is_terminal(sys.stdout):
            self.result(to_row(result), to_lines(result))

    async def keep_telling(self) -> None:
        """Tell how it stands, until cancelled."""

    def abandon(self) -> None:
        """Leave the terminal as it was, in a hurry."""


class IngestLines(IngestScreen):
    """A plain line on stderr every few seconds."""

    async def keep_telling(self) -> None:
        """Write a line every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            self.note(" · ".join(self.progress.words()))


def to_row(result: IngestResult) -> dict[str, Any]:
    """Return a result as ``--json`` shows it."""
    return {
        "id": result.id,
        "state": result.state.value,
        "post": None if result.post is None else str(result.post),
        "images": [str(image) for image in result.images],
        "error": result.error,
    }


def to_lines(result: IngestResult) -> Iterator[str]:
    """Yield a result for people."""
    word = f"{result.state:9}"
    name, what = printable(result.id), _what(result)
    yield f"{good(word) if result.state in (State.POSTED, State.AVAILABLE) else bad(word)}  {name}  {what}".rstrip()


def _what(result: IngestResult) -> str:
    if result.error:
        return printable(result.error.get("message", ""))
    if result.state is State.POSTED:
        return str(result.post or "(LinkedIn did not tell its id)")
    return " ".join(result.images)


def moment(epoch_ms: int | None) -> str:
    """Return an instant of the ledger as people read it."""
    if epoch_ms is None:
        return "later"
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
