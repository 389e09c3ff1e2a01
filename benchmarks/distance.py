"""Images per second where every call takes its time, as over the internet: nobody is short of processor there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from operator import attrgetter

import attrs

from linkedin_media.options import Concurrency

from .arena import samples
from .arena.figures import Goal, Runs, Table, middle
from .arena.processes import INGEST, NAIVE, OURS, PLAIN, Contender, Settings, interleaved, race, server, taking_part

COLUMNS = ("contender", "images", "ms per call", "images/s", "calls/image", "CPU ms/image", "÷ what the places allow")
DELAYS = (0.02, 0.05)
PROCESSING = 0.5
POSTS = Concurrency().post
"""Places for posts: no more than these can be under way, whatever else is."""

PLAIN_FEWER, NAIVE_FEWER = attrs.evolve(PLAIN, share=0.2), attrs.evolve(NAIVE, share=0.5)


def answer(settings: Settings) -> Iterator[Table]:
    """Publish from near and from far. The other contenders have sixteen workers; one call is under way in each."""
    files = samples.jpegs(settings.folder, 200 * samples.KB)
    rows, goals = [], []
    with server("http") as at:
        for delay in DELAYS:
            runs = interleaved(
                taking_part([OURS, INGEST, PLAIN_FEWER, NAIVE_FEWER], settings),
                min(settings.rounds, 3),
                partial(
                    race,
                    at=at,
                    files=files,
                    images=settings.images(1000),
                    processing=settings.seconds(PROCESSING, PROCESSING),
                    delay=delay,
                ),
                f"distance, {delay * 1000:g} ms",
            )
            rows += [_row(one, delay, results) for one, results in runs.items()]
            goals += [
                Goal(
                    f"{one.name}, {delay * 1000:g} ms ÷ what its places allow",
                    _share(runs[one], delay),
                    0.75,
                    least=True,
                )
                for one in (OURS, INGEST)
                if one in runs
            ]
    yield Table(title="Images per second from afar, processing half a second", columns=COLUMNS, rows=rows, goals=goals)


def _row(contender: Contender, delay: float, runs: Runs):
    share = _share(runs, delay) if contender in (OURS, INGEST) else None
    figures = (middle(runs, attrgetter(name)) for name in ("per_second", "calls", "cpu_ms"))
    return contender.name, runs[0].images, f"{delay * 1000:g}", *figures, share


def _share(runs: Runs, delay: float) -> float:
    """Return the speed as a share of what it would be if all the places for posts were taken once the first image is there."""
    return middle(runs, lambda run: (run.images * delay / POSTS + PROCESSING + 3 * delay) / run.wall)
