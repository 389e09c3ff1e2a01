"""Added latency: from an image being AVAILABLE at the server to its post arriving there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import quantiles

import attrs

from .arena import samples
from .arena.figures import Runs, Table, middle
from .arena.processes import NAIVE, OURS, PLAIN, Contender, Settings, interleaved, race, server, taking_part

COLUMNS = ("contender", "images", "processing s", "median s", "p95 s", "calls/image")

PLAIN_FEWER = attrs.evolve(PLAIN, share=0.2)
"""Its workers wait for one image after the other: what all others do in seconds takes it minutes."""


def answer(settings: Settings) -> Iterator[Table]:
    """Wait for few images and for many."""
    files = samples.jpegs(settings.folder, 200 * samples.KB)
    rows = []
    with server("http") as at:
        for number, times in ((20, (0.2, 0.2)), (20, (0.5, 2.0)), (500, (0.5, 2.0)), (500, (2.0, 10.0))):
            images = settings.images(number)
            plain = PLAIN if number < 100 else PLAIN_FEWER
            runs = interleaved(
                taking_part([OURS, plain, NAIVE], settings),
                min(settings.rounds, 3),
                partial(race, at=at, files=files, images=images, processing=settings.seconds(*times)),
                f"latency, {images} images",
            )
            rows += [_row(one, f"{times[0]:g}–{times[1]:g}", results) for one, results in runs.items()]
    yield Table(title="From AVAILABLE to the post", columns=COLUMNS, rows=rows)


def _row(contender: Contender, times: str, runs: Runs):
    waits = quantiles([wait for run in runs for wait in run.tally["waits"]], n=100)
    return contender.name, runs[0].images, times, waits[49], waits[94], f"{middle(runs, lambda run: run.calls):.2f}"
