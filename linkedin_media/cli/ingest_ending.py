"""What an ingest says last: the sum, every failure with its file and its fix, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any, Final

import attrs
import click

from ..errors import InvalidManifest
from ..ingest.advice import fix_for
from ..ingest.jobs import Record
from ..ingest.states import State
from ..ingest.survey import Survey
from .failures import report, status_of
from .ingest_progress import duration
from .ingest_run import MOST_LISTED, Run
from .ingest_screen import moment
from .options import Output
from .printable import file_name, printable
from .results import bad
from .screen import Screen
from .status import ALL_GOOD, SOME_FAILED, UNKNOWN, USAGE, Interrupted

_SUMMED: Final = (State.POSTED, State.FAILED, State.UNKNOWN, State.PARKED)


def end(run: Run, output: Output) -> int:
    """Say how it ended, and return the exit status.

    Raises:
        Interrupted: A signal has stopped it.
    """
    screen = Screen(output)
    if not output.as_json:
        for line in _bad_lines(run.bad):
            screen.note(line)
    if run.failure is not None:
        report(run.failure, as_json=output.as_json)
    if run.after is not None:
        screen.result({"summary": summary(run.after, run.seconds)}, _summary_lines(run.after, run))
    if run.signal is not None:
        raise Interrupted(run.signal)
    return status_of(run.failure) if run.failure is not None else _status(run.after)


def summary(after: Survey, seconds: float) -> dict[str, Any]:
    """Return the last line of ``--json``: the whole ledger, and how long this run took."""
    counted = {state.value: after.states.get(state, 0) for state in _SUMMED}
    return {"jobs": after.jobs, **counted, "seconds": round(seconds, 3)}


def _status(after: Survey | None) -> int:
    states = after.states if after else {}
    if states.get(State.UNKNOWN) or states.get(State.PARKED):
        return UNKNOWN
    return SOME_FAILED if states.get(State.FAILED) else ALL_GOOD


def _summary_lines(after: Survey, run: Run) -> Iterator[str]:
    words = [f"{after.states[state]:,} {state}" for state in _SUMMED if after.states.get(state)]
    if after.available_at_last:
        words.append(f"{after.available_at_last:,} available")
    yield f"{after.jobs:,} jobs: {', '.join(words) or 'none of them done'}; {duration(run.seconds)}"
    yield from _next_steps(after, run)


def _next_steps(after: Survey, run: Run) -> Iterator[str]:
    where = f"--ledger {shlex.quote(printable(run.ledger_name))}"
    if run.signal is not None or (run.failure is not None and after.left):
        yield f"{after.left:,} are left: run the same command again, and it goes on where it stopped"
    if after.states.get(State.PARKED):
        yield f"parked until {moment(after.parked_until)}: run the same command again then"
    if after.states.get(State.UNKNOWN):
        yield f"of unknown outcome: linkedin-media ingest reconcile {where}"
    if after.states.get(State.FAILED):
        yield f"failed: mend what is wrong, then run it with --retry-failed; all of them: linkedin-media ingest report {where}"


def _bad_lines(found: list[Record]) -> Iterator[str]:
    for record in found[:MOST_LISTED]:
        error = record.error or {}
        name = printable(file_name(record.spec.files[0])) if record.spec.files else ""
        yield f"{bad(record.state)}  {printable(record.spec.id)}  {name}"
        yield f"     {printable(error.get('message', ''))}"
        yield f"     {printable(fix_for(record))}"
    if len(found) > MOST_LISTED:
        yield "     and more: see the report"


def refuse_manifest(error: InvalidManifest, output: Output) -> int:
    """Say what is wrong with a manifest, line by line, and return the exit status."""
    screen, path = Screen(output), printable(error.path)
    count = len(error.problems) + error.more
    message = f"{path}: {count:,} error{'s' * (count != 1)}; nothing was sent"
    hint = "mend these lines, and check again with --dry-run"
    if output.as_json:
        problems = [attrs.asdict(problem) for problem in error.problems]
        row = {"code": error.code, "message": message, "hint": hint, "problems": problems, "more": error.more}
        screen.result({"error": row}, ())
        return USAGE
    for problem in error.problems:
        screen.note(f"{path}:{problem.line}: {printable(problem.message)}")
    if error.more:
        screen.note(f"{path}: and {error.more:,} more")
    screen.note(click.style("error: ", fg="red", bold=True) + message)
    screen.note(click.style("hint: ", bold=True) + hint)
    return USAGE
