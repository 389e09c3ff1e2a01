"""How late the event loop wakes while uploads run, and how much later while files are validated beside them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .arena import samples
from .arena.figures import Goal, Run, Table, middle, ratio
from .arena.processes import OURS, Contender, Settings, interleaved, race, server, taking_part

COLUMNS = ("validated beside the uploads", "by", "files/s", "lag p50 ms", "p99 ms", "worst ms", "p99 ÷ uploads alone")
EVERY = 0.01
"""Seconds between the end of one validation and the beginning of the next."""


def answer(settings: Settings) -> Iterator[Table]:
    """Upload the same images again and again, with nothing beside, with large pictures, with animations."""
    folder = settings.folder
    files = samples.jpegs(folder, 200 * samples.KB)
    pictures, animation = (
        [str(samples.large_jpeg(folder)), str(samples.large_png(folder))],
        [str(samples.gif(folder, 250))],
    )
    alone = _case("nothing", "", [])
    cases = [
        alone,
        _case("36-megapixel JPEG and PNG", "ours", pictures),
        _case("250-frame GIF", "ours", animation),
        _case("36-megapixel JPEG and PNG", "pillow", pictures),
        _case("250-frame GIF", "pillow", animation),
    ]
    with server("https" if "https" in settings.schemes else "http") as at:
        runs = interleaved(
            taking_part(cases, settings),
            settings.rounds,
            partial(race, at=at, files=files, images=settings.images(4000)),
            "lag",
        )
    if alone not in runs:
        return
    rows = [_row(one, results, runs[alone]) for one, results in runs.items()]
    goals = [
        Goal(f"lag p99, uploads beside {one.name} ÷ uploads alone", ratio(results, runs[alone], _p99), 1.3)
        for one, results in runs.items()
        if one.extra["validate"]["by"] == "ours"
    ]
    yield Table(title="Lag of the event loop during uploads", columns=COLUMNS, rows=rows, goals=goals)


def _case(what: str, by: str, files: list[str]) -> Contender:
    return Contender(what, OURS.module, extra={"validate": {"by": by, "files": files, "every": EVERY}})


def _p99(run: Run) -> float:
    return run.details["lag_p99"]


def _row(contender: Contender, runs: list[Run], alone: list[Run]):
    return (
        contender.name,
        contender.extra["validate"]["by"],
        middle(runs, lambda run: run.details["validated"] / run.wall),
        middle(runs, lambda run: run.details["lag_p50"] * 1000),
        middle(runs, lambda run: _p99(run) * 1000),
        middle(runs, lambda run: run.details["lag_max"] * 1000),
        ratio(runs, alone, _p99),
    )
