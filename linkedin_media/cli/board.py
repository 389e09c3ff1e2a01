"""What a pipeline is doing right now, gathered from its events: one row for each file. It draws nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

import attrs

from ..errors import InvalidImage, LinkedInMediaError
from ..model.image import ValidatedImage
from ..model.urn import Urn
from ..pipeline.events import Event, Stage, StageFailed, StageFinished, StageStarted, UploadProgress
from .printable import byte_count

UPLOADING: Final = (Stage.VALIDATE, Stage.INITIALIZE, Stage.UPLOAD, Stage.POLL)
_MOMENT: Final = 0.05
PUBLISHING: Final = (*UPLOADING, Stage.POST)


@attrs.define
class Row:
    """One file, and how far it is. `stage` is where it is or where it failed."""

    job: str
    file: str
    stage: Stage | None = None
    since: float = 0.0
    done: set[Stage] = attrs.field(factory=set)
    error: BaseException | None = None
    facts: ValidatedImage | None = None
    image: Urn | None = None
    sent: int = 0
    size: int = 0

    @property
    def running(self) -> bool:
        """Whether it is within a stage."""
        return self.stage is not None and self.stage not in self.done and self.error is None

    def start(self, stage: Stage, now: float) -> None:
        """Enter a stage, for the first time or again."""
        self.stage, self.since, self.error = stage, now, None
        self.done.discard(stage)

    def finish(self, event: StageFinished) -> None:
        """Leave a stage behind."""
        self.done.add(event.stage)
        self.image = event.image or self.image
        self.facts = event.facts or self.facts


@attrs.define
class Board:
    """The rows, in the order they began. `observe` is a pipeline's observer."""

    clock: Callable[[], float] = time.monotonic
    rows: dict[tuple[str, str], Row] = attrs.field(factory=dict, init=False)

    def observe(self, event: Event) -> None:
        """Take note of an event; what happens to a post happens to all its files."""
        for row in self._concerned(event):
            match event:
                case StageStarted():
                    row.start(event.stage, self.clock())
                case StageFinished():
                    row.finish(event)
                case StageFailed():
                    row.error = event.error
                case UploadProgress():
                    row.sent, row.size = event.sent, event.size

    def expect(self, files: Iterable[tuple[str, str]]) -> None:
        """Show files, each as its job and its name, before anything happens to them."""
        self.rows.update({(job, file): Row(job, file) for job, file in files})

    def row(self, event: Event) -> Row:
        """Return the row of the file that an event is about."""
        return self.rows.setdefault((event.job, event.file), Row(event.job, event.file))

    def uploaded(self, file: str, job: str = "") -> Urn | None:
        """Return the URN of a file all of whose bytes are sent, AVAILABLE or not yet."""
        row = self.rows.get((job, file))
        return row.image if row and Stage.UPLOAD in row.done else None

    def posting(self, job: str = "") -> bool:
        """Whether a post is being created at this moment."""
        return any(row.running and row.stage is Stage.POST for row in self.rows.values() if row.job == job)

    @property
    def bytes_sent(self) -> int:
        """How many bytes have been given to the network."""
        return sum(row.sent for row in list(self.rows.values()))

    def _concerned(self, event: Event) -> list[Row]:
        if not isinstance(event, UploadProgress) and event.stage is Stage.POST:
            return [row for row in self.rows.values() if row.job == event.job]
        return [self.row(event)]


def facts_of(facts: ValidatedImage) -> str:
    """Return what validation found: ``JPEG 1600x1067, 312 kB``."""
    frames = f", {facts.frames} frames" if facts.frames > 1 else ""
    return f"{facts.format} {facts.width}x{facts.height}{frames}, {byte_count(facts.size)}"


def tell(event: StageFinished | StageFailed, row: Row, now: float) -> str | None:
    """Return what an event means, in a few words; None where it says nothing new."""
    if isinstance(event, StageFailed):
        return f"{_FAILED[event.stage]}: {code_of(event.error)}"
    match event.stage:
        case Stage.VALIDATE:
            return f"validated, {facts_of(event.facts)}" if event.facts else None
        case Stage.INITIALIZE:
            return f"registered as {event.image}"
        case Stage.UPLOAD:
            return f"uploaded, {byte_count(row.sent)}"
        case Stage.POLL:
            waited = now - row.since
            return f"ready after {waited:.1f} s" if waited >= _MOMENT else "not waited for"
        case Stage.POST:
            return "posted"


def code_of(error: BaseException) -> str:
    """Return an error's name for programs; for a refused file, the first rule it breaks."""
    if isinstance(error, InvalidImage):
        return error.violations[0].code
    return error.error_code if isinstance(error, LinkedInMediaError) else type(error).__name__


_FAILED: Final = {
    Stage.VALIDATE: "refused",
    Stage.INITIALIZE: "not registered",
    Stage.UPLOAD: "not uploaded",
    Stage.POLL: "not ready",
    Stage.POST: "not posted",
}
