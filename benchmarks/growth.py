"""How the cost of a job grows with their number, with and without the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from .arena import samples
from .arena.figures import MB, Goal, Run, Table
from .arena.processes import INGEST, OURS, Contender, Settings, race, say, server, taking_part

COLUMNS = ("contender", "jobs", "CPU ms/job", "jobs/s", "peak MB", "over start MB", "connections")
NUMBERS = (500, 1000, 2000, 8000, 100_000)


def answer(settings: Settings) -> Iterator[Table]:
    """Publish ever more small files; the small numbers are run several times."""
    files = samples.jpegs(settings.folder, 20 * samples.KB)
    runs: dict[tuple[Contender, int], Run] = {}
    with server("http") as at:
        for number in NUMBERS:
            for contender in taking_part([OURS, INGEST], settings):
                say(f"growth: {contender.name}, {settings.images(number):,} jobs")
                tries = settings.rounds if number <= 2000 else 1
                tried = [race(contender, at, files, settings.images(number)) for _ in range(tries)]
                runs[contender, number] = sorted(tried, key=lambda run: run.cpu)[len(tried) // 2]
    goals = [
        Goal(f"CPU per job at {NUMBERS[-1]:,} ÷ at 1,000, {one.name}", run.cpu_ms / runs[one, 1000].cpu_ms, 1.1)
        for (one, number), run in runs.items()
        if number == NUMBERS[-1]
    ]
    rows = [_row(one.name, run) for (one, _), run in runs.items()]
    yield Table(title="Cost by number of jobs (20 KB each)", columns=COLUMNS, rows=rows, goals=goals)


def _row(name: str, run: Run):
    return name, run.images, run.cpu_ms, run.per_second, run.peak / MB, run.over_start, run.connections
