"""The figures of a report, gathered in two passes over the ledger and in bounded memory."""

from __future__ import annotations

import json
import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import attrs
from sqlalchemy import select

from .database import Database, reported
from .schema import job
from .states import State

BINS: Final = 160
"""Columns of the timeline."""

PER_DECADE: Final = 24
"""Steps of a distribution between one and ten."""

_PAUSE: Final = 10 * 60_000
_MINUTE: Final = 60_000
_MOST_STRETCHES: Final = 12
_DECADES: Final = 9
_ROWS: Final = 5000
_MOMENTS: Final = (job.c.began_at, job.c.uploaded_at, job.c.available_at, job.c.ended_at)


class Axis:
    """Time with its long pauses left out: an ingest resumed the next day is two stretches, not a day of nothing.

    `busy` holds the first and the last moment (epoch milliseconds) of every minute in which something happened.
    """

    def __init__(self, busy: Mapping[int, tuple[int, int]]) -> None:
        self.stretches: Final = _stretches([busy[minute] for minute in sorted(busy)])
        self.length: Final = sum(end - start for start, end in self.stretches)

    def column(self, moment: int) -> int:
        """Return the column of the timeline that a moment (epoch milliseconds) falls into."""
        passed = 0
        for start, end in self.stretches:
            if moment < end:
                passed += max(moment - start, 0)
                break
            passed += end - start
        return min(passed * BINS // max(self.length, 1), BINS - 1)

    def share(self, stretch: int) -> float:
        """Return how far along the axis a stretch begins, from 0 to 1."""
        return sum(end - start for start, end in self.stretches[:stretch]) / max(self.length, 1)


def _stretches(busy: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what lies close together; the longest pauses divide the rest."""
    gaps = sorted((later[0] - earlier[1] for earlier, later in pairwise(busy)), reverse=True)
    pause = max(_PAUSE, gaps[_MOST_STRETCHES - 1] if len(gaps) >= _MOST_STRETCHES else 0)
    found: list[tuple[int, int]] = []
    for start, end in busy:
        if found and start - found[-1][1] <= pause:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


class Distribution:
    """How long something took, in steps of a logarithmic scale that begins at a millisecond."""

    def __init__(self) -> None:
        self.steps: Final = array("q", [0]) * (PER_DECADE * _DECADES)
        self.count = 0
        self.longest = 0

    def add(self, milliseconds: int) -> None:
        """Count one more."""
        self.count += 1
        self.longest = max(self.longest, milliseconds)
        self.steps[min(int(math.log10(max(milliseconds, 1)) * PER_DECADE), len(self.steps) - 1)] += 1

    def percentile(self, share: float) -> float:
        """Return how long the fastest `share` of them took at most, in milliseconds, as exact as the steps are."""
        wanted, seen = share * self.count, 0
        for position, step in enumerate(self.steps):
            if step and seen + step >= wanted:
                within = (wanted - seen) / step
                return float(min(10 ** ((position + within) / PER_DECADE), self.longest))
            seen += step
        return self.longest


@attrs.define
class Figures:
    """What a report shows.

    The `lines` of the timeline count, column by column, the jobs that had begun, were uploaded, available, and ended.
    """

    states: Counter[State]
    available_at_last: int
    orphans: int
    codes: dict[State, Counter[str]]
    axis: Axis
    lines: tuple[array[int], ...]
    uploading: Distribution = attrs.field(factory=Distribution)
    processing: Distribution = attrs.field(factory=Distribution)
    posting: Distribution = attrs.field(factory=Distribution)
    whole: Distribution = attrs.field(factory=Distribution)

    @property
    def jobs(self) -> int:
        """How many there are."""
        return self.states.total()

    @property
    def seconds(self) -> float:
        """How long it took, long pauses left out."""
        return self.axis.length / 1000


def gather(database: Database) -> Figures:
    """Read everything that a report counts."""
    busy: dict[int, tuple[int, int]] = {}
    for row in _rows(database, *_MOMENTS):
        for moment in row:
            if moment is not None:
                first, last = busy.get(moment // _MINUTE, (moment, moment))
                busy[moment // _MINUTE] = (min(first, moment), max(last, moment))

    return _counted(database, Axis(busy))


def _counted(database: Database, axis: Axis) -> Figures:
    lines = tuple(array("q", [0]) * BINS for _ in _MOMENTS)
    figures = Figures(Counter(), 0, 0, {}, axis, lines)
    for *moments, state, done, orphans, error in _rows(
        database, *_MOMENTS, job.c.state, job.c.done, job.c.orphans, job.c.error
    ):
        reached = State(state)
        figures.states[reached] += 1
        figures.available_at_last += reached is State.AVAILABLE and bool(done)
        figures.orphans += orphans.count('"') // 2
        if reached in (State.FAILED, State.UNKNOWN, State.PARKED):
            figures.codes.setdefault(reached, Counter())[code_of(error)] += 1
        _take_times(figures, moments, reached if done else None)
    for line in lines:
        for position in range(1, BINS):
            line[position] += line[position - 1]
    return figures


def _take_times(figures: Figures, moments: Sequence[int | None], ended_as: State | None) -> None:
    began, uploaded, available, ended = moments
    if began is None:
        return
    last = ended if ended_as else None
    for line, moment in zip(figures.lines, (began, uploaded or last, available or last, last), strict=True):
        if moment is not None:
            line[figures.axis.column(moment)] += 1
    if uploaded is not None:
        figures.uploading.add(uploaded - began)
    if uploaded is not None and available is not None:
        figures.processing.add(available - uploaded)
    if last is not None and ended_as in (State.POSTED, State.AVAILABLE):
        figures.whole.add(last - began)
        if ended_as is State.POSTED and available is not None:
            figures.posting.add(last - available)


def code_of(error: str | None) -> str:
    """Return the code of an error as the ledger keeps it."""
    return str(json.loads(error).get("code", "")) if error else ""


def _rows(database: Database, *columns: Any) -> Iterator[Any]:
    with reported(database.name), database.engine.connect() as db:
        yield from db.execution_options(yield_per=_ROWS).execute(select(*columns).order_by(job.c.id))
