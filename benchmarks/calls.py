"""API calls per image, its post among them, for each time that LinkedIn may take to process an image."""

from __future__ import annotations

from collections.abc import Iterator

from .arena import samples
from .arena.figures import Goal, Run, Table
from .arena.processes import OURS, Settings, race, say, server

COLUMNS = ("images", "processing s", "calls/image", "polls/image", "images/s", "connections")
NUMBERS = (100, 1000, 10_000)
TIMES = (0.0, 0.5, 2.0)
GOALS = ((500, (1.0, 1.0), 3.1), (2000, (0.5, 2.0), 3.06), (2000, (2.0, 10.0), 3.15))
"""Images, the range of processing times, and the most calls per image."""


def answer(settings: Settings) -> Iterator[Table]:
    """Count the calls of ours; calls hardly vary, so each cell is one run."""
    files = samples.jpegs(settings.folder, 200 * samples.KB)
    with server("http") as at:

        def cell(number: int, low: float, high: float) -> Run:
            say(f"calls: {number} images, processing {low:g} to {high:g} s")
            return race(OURS, at, files, settings.images(number), processing=settings.seconds(low, high))

        aimed = [(cell(number, *times), times, limit) for number, times, limit in GOALS]
        others = [(cell(number, seconds, seconds), (seconds, seconds)) for number in NUMBERS for seconds in TIMES]
    cells = [*((run, times) for run, times, _ in aimed), *others]
    yield Table(
        title="API calls per image, the post among them",
        columns=COLUMNS,
        rows=[_row(run, *times) for run, times in cells],
        goals=[
            Goal(f"calls/image, {run.images:,} at {_range(*times)} s", run.calls, most) for run, times, most in aimed
        ],
    )


def _row(run: Run, low: float, high: float):
    return run.images, _range(low, high), f"{run.calls:.3f}", f"{run.polls:.3f}", run.per_second, run.connections


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"
