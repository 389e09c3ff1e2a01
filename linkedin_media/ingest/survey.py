"""What a ledger says of an ingest, read beside whoever works on it: for `ingest status` and for reports."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection, and_, func, or_, select

from .database import Database, reported
from .jobs import Record
from .ledger import DEAD_AFTER
from .schema import job, now_ms, quota, worker
from .statements import counts
from .states import State

_RECENT: Final = 60
"""Seconds over which the rate is taken at most."""

_SENDING: Final = 10
_DOUBTS: Final = 100
_PAGE: Final = 1000


@attrs.frozen
class WorkerSeen:
    """A process that works on the ledger, or did until it died."""

    pid: int
    host: str
    seconds_ago: float
    alive: bool


@attrs.frozen
class Doubt:
    """A job whose post may exist, and since when (epoch milliseconds)."""

    id: str
    since: int | None
    error: str


@attrs.frozen(kw_only=True)
class Survey:
    """How an ingest stands. `doubts` are the first hundred of them.

    `lately` is how many seconds `ended_lately` is about: a minute, or less where all of that was begun after.
    """

    states: Mapping[State, int]
    available_at_last: int
    ended_lately: int
    lately: float
    parked_until: int | None
    workers: tuple[WorkerSeen, ...]
    doubts: tuple[Doubt, ...]
    calls_today: int

    @property
    def jobs(self) -> int:
        """How many there are."""
        return sum(self.states.values())

    @property
    def left(self) -> int:
        """How many can still go on by themselves."""
        done = sum(self.states.get(state, 0) for state in (State.POSTED, State.FAILED, State.UNKNOWN))
        return self.jobs - done - self.available_at_last

    @property
    def rate(self) -> float:
        """Jobs a second, lately."""
        return self.ended_lately / self.lately

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this rate, where there is one."""
        return self.left / self.rate if self.rate and self.left else None


def survey(database: Database) -> Survey:
    """Look at a ledger."""
    with reported(database.name), database.engine.connect() as db:
        now = int(db.execute(select(now_ms())).scalar_one())
        finished = select(func.count()).where(job.c.state == State.AVAILABLE.value, job.c.done == 1)
        lately = select(func.count(), func.min(job.c.began_at)).where(job.c.ended_at > now - _RECENT * 1000)
        ended, first = db.execute(lately).one()
        parked = select(func.min(job.c.not_before)).where(job.c.state == State.PARKED.value)
        day = datetime.fromtimestamp(now / 1000, UTC).date().isoformat()
        return Survey(
            states=counts(db),
            available_at_last=db.execute(finished).scalar_one(),
            ended_lately=ended,
            lately=_RECENT if first is None else min(max((now - first) / 1000, 1), _RECENT),
            parked_until=db.execute(parked).scalar_one(),
            workers=_workers(db, now),
            doubts=_doubts(db, now),
            calls_today=db.execute(select(quota.c.used).where(quota.c.day == day)).scalar() or 0,
        )


def find(database: Database, *keys: str) -> list[Record]:
    """Return the jobs with these ids, as far as there are any."""
    statement = select(job).where(job.c.key.in_(keys)).order_by(job.c.id)
    with reported(database.name), database.engine.connect() as db:
        return [Record.of_row(dict(row)) for row in db.execute(statement).mappings()]


def _workers(db: Connection, now: int) -> tuple[WorkerSeen, ...]:
    rows = db.execute(select(worker).order_by(worker.c.seen.desc())).mappings()
    return tuple(_worker(row, (now - int(row["seen"])) / 1000) for row in rows)


def _worker(row: Mapping[Any, Any], age: float) -> WorkerSeen:
    alive = age < DEAD_AFTER and (row["host"] != socket.gethostname() or _runs(row["pid"]))
    return WorkerSeen(row["pid"] or 0, row["host"] or "", max(age, 0.0), alive)


def _runs(pid: int | None) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _doubts(db: Connection, now: int) -> tuple[Doubt, ...]:
    """Return what is unknown, and what has been on its way for longer than a sending takes."""
    overdue = and_(job.c.state == State.POSTING.value, job.c.intent_at < now - _SENDING * 1000)
    statement = (
        select(job).where(or_(job.c.state == State.UNKNOWN.value, overdue)).order_by(job.c.intent_at).limit(_DOUBTS)
    )
    found = [Record.of_row(dict(row)) for row in db.execute(statement).mappings()]
    return tuple(Doubt(record.spec.id, record.intent_at, (record.error or {}).get("message", "")) for record in found)


def records(database: Database, states: Sequence[State] = ()) -> Iterator[Record]:
    """Read the jobs of a ledger one after the other, all of them or those in `states`."""
    statement = select(job).order_by(job.c.id)
    if states:
        statement = statement.where(job.c.state.in_([state.value for state in states]))
    with reported(database.name), database.engine.connect() as connection:
        for row in connection.execution_options(yield_per=_PAGE).execute(statement).mappings():
            yield Record.of_row(dict(row))
