"""What observers of a pipeline see: frozen records, told as they happen. An observer cannot break the work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import Final

import attrs

from ..errors import LinkedInMediaError
from ..model.image import ValidatedImage
from ..model.urn import Urn

_log: Final = logging.getLogger("linkedin_media.pipeline")


class Stage(StrEnum):
    """The steps of the pipeline, in their order."""

    VALIDATE = "validate"
    INITIALIZE = "initialize"
    UPLOAD = "upload"
    POLL = "poll"
    POST = "post"


@attrs.frozen(kw_only=True)
class StageStarted:
    """A file, or with stage `POST` a job, enters a stage."""

    job: str
    file: str
    stage: Stage


@attrs.frozen(kw_only=True)
class StageFinished:
    """A stage is done. `image` is its URN once known, `facts` what validation found."""

    job: str
    file: str
    stage: Stage
    image: Urn | None = None
    facts: ValidatedImage | None = None


@attrs.frozen(kw_only=True)
class StageFailed:
    """A stage ended with an error; a stage that is tried again starts anew."""

    job: str
    file: str
    stage: Stage
    error: BaseException


@attrs.frozen(kw_only=True)
class UploadProgress:
    """`sent` of `size` bytes of a file have been given to the network; a repeated upload starts again at its first byte."""

    job: str
    file: str
    sent: int
    size: int


Event = StageStarted | StageFinished | StageFailed | UploadProgress
Observer = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Observe nothing."""


@attrs.define(eq=False)
class Track:
    """One file's (or post's) way through the stages: tells the observer, and names the stage on an escaping error."""

    job: str
    file: str
    observer: Observer = ignore
    failed: Stage | None = attrs.field(default=None, init=False)
    image: Urn | None = attrs.field(default=None, init=False)
    facts: ValidatedImage | None = attrs.field(default=None, init=False)

    def at(self, stage: Stage) -> Stay:
        """Be at `stage` for as long as the block runs."""
        return Stay(self, stage)

    def fail(self, stage: Stage, error: Exception) -> None:
        """End a stage with an error, which learns where it happened."""
        self.failed = stage
        if isinstance(error, LinkedInMediaError):
            self._name(error, stage)
        self.tell(StageFailed(job=self.job, file=self.file, stage=stage, error=error))

    def progress(self, sent: int) -> None:
        """Tell how many bytes have been sent."""
        if self.observer is not ignore:
            size = self.facts.size if self.facts else sent
            self.tell(UploadProgress(job=self.job, file=self.file, sent=sent, size=size))

    def tell(self, event: Event) -> None:
        """Tell the observer; one that raises is logged and forgotten."""
        try:
            self.observer(event)
        except Exception:  # noqa: BLE001 -- an observer cannot break the work
            _log.exception("observer.failed")

    def _name(self, error: LinkedInMediaError, stage: Stage) -> None:
        error.stage = error.stage or stage.value
        error.file = error.file or self.file
        if self.image is not None and self.image not in error.images:
            error.images = (*error.images, self.image)


class Stay:
    """A track's stay at a stage. No generator: it is entered five times for each image."""

    __slots__ = ("_stage", "_track")

    def __init__(self, track: Track, stage: Stage) -> None:
        self._track = track
        self._stage = stage

    def __enter__(self) -> None:
        track = self._track
        track.failed = None
        if track.observer is not ignore:
            track.tell(StageStarted(job=track.job, file=track.file, stage=self._stage))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        track, stage = self._track, self._stage
        if error is not None:
            if isinstance(error, Exception):
                track.fail(stage, error)
        elif track.observer is not ignore:
            facts = track.facts if stage is Stage.VALIDATE else None
            track.tell(StageFinished(job=track.job, file=track.file, stage=stage, image=track.image, facts=facts))
