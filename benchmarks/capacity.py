"""What the server can bear: raw sockets and prepared bytes against it, so that it is seen not to be the bottleneck."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .arena.figures import Goal, Table, middle
from .arena.processes import CURL, OURS, Contender, Settings, interleaved, race, server, taking_part

SMALL = Contender("small calls, raw sockets, pipelined", "raw_sockets", share=10, extra={"mode": "calls"})
JOBS = Contender("the four calls, 200 KB, raw sockets", "raw_sockets", extra={"mode": "jobs"})
COLUMNS = ("load", "scheme", "images or calls/s", "CPU ms each", "server CPU ms each", "server busy")


def answer(settings: Settings) -> Iterator[Table]:
    """Load the server as nothing else does, beside the fastest client and ours."""
    from .arena import samples

    files = samples.jpegs(settings.folder, 200 * samples.KB)
    rows, goals = [], []
    for scheme in settings.schemes:
        with server(scheme) as at:
            runs = interleaved(
                taking_part([SMALL, JOBS, CURL, OURS], settings),
                min(settings.rounds, 3),
                partial(race, at=at, files=files, images=settings.images(2000)),
                f"capacity, {scheme}",
            )
        for one, results in runs.items():
            each = middle(results, lambda run: run.tally["cpu"] / run.images * 1000)
            busy = middle(results, lambda run: run.busy)
            rate, cpu = middle(results, lambda run: run.per_second), middle(results, lambda run: run.cpu_ms)
            rows.append((one.name, scheme, rate, cpu, each, f"{busy:.0%}"))
            if one is OURS:
                goals.append(Goal(f"server busy under ours, {scheme}", busy, 0.7))
    yield Table(title="What the server can bear", columns=COLUMNS, rows=rows, goals=goals)
