"""Peak memory: how it grows with the number of jobs and with the size of a file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from linkedin_media.options import Concurrency

from .arena import samples
from .arena.figures import MB, Goal, Run, Runs, Table, middle, ratio
from .arena.processes import (
    NAIVE,
    OURS,
    OURS_UVLOOP,
    PLAIN,
    Contender,
    Settings,
    interleaved,
    race,
    server,
    taking_part,
)

COLUMNS = ("contender", "images", "file", "start MB", "peak MB", "over start MB", "connections")
PROCESSING = (0.5, 2.0)
SIZES = ((samples.MB, 200), (10 * samples.MB, 50), (50 * samples.MB, 20))
"""Bytes of a file, and how many images of that size."""
LIMIT = Concurrency().connections
"""Connections that a client opens at most, if nobody tells it otherwise."""


def answer(settings: Settings) -> Iterator[Table]:
    """Measure the peak for ever more jobs, then for ever larger files."""
    rounds = min(settings.rounds, 3)
    with server("https" if "https" in settings.schemes else "http") as at:
        small = samples.jpegs(settings.folder, 200 * samples.KB)
        few, many, most = (_with(OURS, str(number)) for number in (200, 2000, 8000))
        wide = _with(NAIVE, "2000")
        runs = interleaved(
            taking_part([few, many, most, wide], settings),
            rounds,
            lambda one: race(
                one, at, small, settings.images(int(one.extra["images"])), processing=settings.seconds(*PROCESSING)
            ),
            "memory by jobs",
        )
        rows = [_row(one, "200 KB", results) for one, results in runs.items()]
        yield Table(
            title="Peak memory by number of jobs", columns=COLUMNS, rows=rows, goals=_goals(runs, few, many, most)
        )

        rows = []
        for size, number in SIZES:
            large = samples.jpegs(settings.folder, size, distinct=2)
            runs = interleaved(
                taking_part([OURS, OURS_UVLOOP, PLAIN], settings),
                rounds,
                partial(race, at=at, files=large, images=settings.images(number)),
                f"memory by size, {size // samples.MB} MB",
            )
            rows += [_row(one, f"{size // samples.MB} MB", results) for one, results in runs.items()]
        yield Table(title="Peak memory by file size", columns=COLUMNS, rows=rows)


def _with(contender: Contender, images: str) -> Contender:
    return Contender(contender.name, contender.module, extra={"images": images})


def _row(contender: Contender, file: str, runs: Runs):
    return (
        contender.name,
        runs[0].images,
        file,
        middle(runs, lambda run: run.start / MB),
        middle(runs, lambda run: run.peak / MB),
        middle(runs, lambda run: run.over_start),
        int(middle(runs, lambda run: run.connections)),
    )


def _goals(runs, few: Contender, many: Contender, most: Contender) -> list[Goal]:
    if few not in runs:
        return []
    numbers = [runs[one][0].images for one in (few, many, most)]
    return [
        Goal(f"peak, {numbers[1]:,} ÷ {numbers[0]:,} jobs", ratio(runs[many], runs[few], _peak), 1.1),
        Goal(f"peak, {numbers[2]:,} ÷ {numbers[1]:,} jobs", ratio(runs[most], runs[many], _peak), 1.05),
        Goal(f"MB over start, {numbers[2]:,} jobs", middle(runs[most], lambda run: run.over_start), 25),
        Goal(f"new connections, {numbers[2]:,} jobs", middle(runs[most], lambda run: run.connections), LIMIT),
    ]


def _peak(run: Run) -> int:
    return run.peak
