"""The work of ``linkedin-media ingest status``, ``resolve`` and ``report``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from ..ingest.database import Database, open_for_reading
from ..ingest.ledger import Ledger
from ..ingest.results import IngestResult
from ..ingest.states import State
from ..ingest.survey import Survey, WorkerSeen, find, records, survey
from .ingest_ending import summary
from .ingest_progress import duration
from .ingest_run import look
from .ingest_screen import moment, to_lines, to_row
from .options import Output
from .printable import printable
from .running import run_async
from .screen import Screen
from .status import ALL_GOOD


def show_status(location: str, output: Output) -> int:
    """Print how a ledger stands."""
    seen = look(location)
    Screen(output).result(_status_row(seen), _status_lines(seen))
    return ALL_GOOD


def _status_row(seen: Survey) -> dict[str, Any]:
    return {
        "jobs": seen.jobs,
        "left": seen.left,
        "states": {state.value: seen.states.get(state, 0) for state in State},
        "rate": round(seen.rate, 2),
        "seconds_left": None if seen.seconds_left is None else round(seen.seconds_left),
        "calls_today": seen.calls_today,
        "parked_until": None if seen.parked_until is None else moment(seen.parked_until),
        "workers": [attrs.asdict(worker) for worker in seen.workers],
        "doubts": [{**attrs.asdict(doubt), "since": moment(doubt.since)} for doubt in seen.doubts],
    }


def _status_lines(seen: Survey) -> Iterator[str]:
    yield f"{seen.jobs:,} jobs, {seen.left:,} left"
    yield from (f"  {state:11} {seen.states[state]:,}" for state in State if seen.states.get(state))
    if seen.ended_lately:
        left = "" if seen.seconds_left is None else f", {duration(seen.seconds_left)} left"
        lately = "minute" if seen.lately >= 60 else duration(seen.lately)
        yield f"{seen.rate:.1f} a second over the last {lately}{left}"
    alive = [worker for worker in seen.workers if worker.alive]
    yield from (_worker_line(worker) for worker in alive)
    if not alive:
        yield "nobody works on it" + (": run the ingest again, and it goes on" if seen.left else "")
    if seen.calls_today:
        yield f"{seen.calls_today:,} calls of today's budget are used or reserved"
    if seen.parked_until is not None:
        yield f"parked until {moment(seen.parked_until)}"
    for doubt in seen.doubts:
        yield f"in doubt since {moment(doubt.since)}: {printable(doubt.id)}  {printable(doubt.error)}".rstrip()


def _worker_line(worker: WorkerSeen) -> str:
    return f"process {worker.pid} on {printable(worker.host)} works on it, seen {worker.seconds_ago:.0f} s ago"


def resolve_job(name: str, post: str | None, location: str, output: Output) -> int:
    """Write down what a person has decided about a job in doubt."""
    look(location)  # refuses a ledger that is not there, which opening would make
    run_async(_resolve(name, post, location), network=False)
    screen, database = Screen(output), open_for_reading(location)
    try:
        for record in find(database, name):
            result = IngestResult.of(record)
            screen.result(to_row(result), to_lines(result))
    finally:
        database.close()
    if post is None and not output.as_json:
        screen.note("the next run of the ingest sends it again")
    return ALL_GOOD


async def _resolve(name: str, post: str | None, location: str) -> None:
    ledger = await Ledger.open(location)
    try:
        await ledger.resolve(name, post=post)
    finally:
        await ledger.aclose()


def write_report(
    ledger: str, html: Path | None, csv: Path | None, output: Output, *, no_thumbnails: bool = False
) -> int:
    """Write a page, a table, or with neither, every job to stdout."""
    from ..ingest.report import write_page, write_table

    began = time.monotonic()
    database = open_for_reading(ledger)
    try:
        if csv is not None:
            write_table(database, csv)
        if html is not None:
            write_page(database, html, thumbnails=not no_thumbnails)
        if output.as_json or (csv is None and html is None):
            _tell_all(database, Screen(output), began)
        else:
            _tell_written(Screen(output), [path for path in (csv, html) if path is not None])
    finally:
        database.close()
    return ALL_GOOD


def _tell_written(screen: Screen, paths: list[Path]) -> None:
    for path in paths:
        screen.note(f"wrote {printable(str(path))}")


def _tell_all(database: Database, screen: Screen, began: float) -> None:
    for record in records(database):
        if record.done or record.state is State.PARKED:
            result = IngestResult.of(record)
            screen.result(to_row(result), to_lines(result))
    seen = survey(database)
    screen.result({"summary": summary(seen, time.monotonic() - began)}, _status_lines(seen))
