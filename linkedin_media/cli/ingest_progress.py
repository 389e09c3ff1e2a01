"""How a run stands, gathered from events and results: what is at which stage, how fast, how long still. It draws nothing."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from ..ingest.results import IngestResult
from ..ingest.states import State
from ..pipeline.events import Event, Stage, StageFailed, StageFinished, StageStarted, UploadProgress
from .printable import byte_count

WINDOW: Final = 20.0
"""Seconds over which the rate is taken."""

_MOST_SAMPLES: Final = 2000
_DOING: Final = {
    Stage.INITIALIZE: "registering",
    Stage.UPLOAD: "uploading",
    Stage.POLL: "processing",
    Stage.POST: "posting",
}
_BAD: Final = (State.FAILED, State.UNKNOWN, State.PARKED)


@attrs.define
class Progress:
    """A run of `total` jobs. `observe` is its observer; `doubts` tells how many posts wait, and until when, if any."""

    clock: Callable[[], float] = time.monotonic
    doubts: Callable[[], tuple[int, float | None]] = lambda: (0, None)
    total: Callable[[], int] = lambda: 0
    began: float = attrs.field(init=False)
    ended: Counter[State] = attrs.field(factory=Counter, init=False)
    _at: Counter[Stage] = attrs.field(factory=Counter, init=False)
    _sent: int = attrs.field(default=0, init=False)
    _sending: dict[tuple[str, str], int] = attrs.field(factory=dict, init=False)
    _samples: deque[float] = attrs.field(factory=lambda: deque(maxlen=_MOST_SAMPLES), init=False)

    def __attrs_post_init__(self) -> None:
        self.began = self.clock()

    def observe(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case StageStarted(stage=stage):
                self._at[stage] += 1
            case StageFinished() | StageFailed():
                self._leave(event)
            case UploadProgress(sent=sent):
                self._sent += sent - self._sending.get((event.job, event.file), 0)
                self._sending[event.job, event.file] = sent

    def _leave(self, event: StageFinished | StageFailed) -> None:
        self._at[event.stage] -= 1
        if event.stage is Stage.UPLOAD:
            self._sending.pop((event.job, event.file), None)

    def result(self, result: IngestResult) -> None:
        """Count a job that has ended for now."""
        self.ended[result.state] += 1
        self._samples.append(self.clock())

    @property
    def done(self) -> int:
        """How many jobs have ended in this run."""
        return self.ended.total()

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return self.clock() - self.began

    @property
    def rate(self) -> float:
        """Jobs a second, lately."""
        now = self.clock()
        recent = [moment for moment in self._samples if moment >= now - WINDOW]
        span = now - max(recent[0], self.began) if len(recent) == _MOST_SAMPLES else min(WINDOW, now - self.began)
        return len(recent) / max(span, 0.1)

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this rate; None where nobody can tell."""
        left, rate = self.total() - self.done, self.rate
        return left / rate if rate and left > 0 else None

    def words(self) -> Iterator[str]:
        """Yield how it stands, in a few words each."""
        total = max(self.total(), self.done)
        yield f"{self.done:,} of {total:,} jobs"
        yield f"{self.rate:.1f}/s"
        if (left := self.seconds_left) is not None:
            yield f"{duration(left)} left"
        yield from (f"{doing} {self._at[stage]}" for stage, doing in _DOING.items() if self._at[stage] > 0)
        if self._sent:
            yield f"{byte_count(self._sent)} sent"
        yield from (f"{self.ended[state]:,} {state}" for state in _BAD if self.ended[state])
        yield from self._doubtful()

    def _doubtful(self) -> Iterator[str]:
        waiting, due = self.doubts()
        if waiting:
            when = f"in {duration(due)}" if due and due > 0 else "now"
            yield f"{waiting} of unknown outcome: looking for them {when}"


def duration(seconds: float) -> str:
    """Return a time as people read it: ``4 s``, ``2 min 05 s``, ``3 h 20 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole / 86400:.0f} days"
