"""What is asked of the ledger's database, in one SQL for SQLite and PostgreSQL (SQLAlchemy Core)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Dialect, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import InvalidArgument
from .jobs import JobSpec
from .schema import LONGEST_NOTE, about, content, job, now_ms, quota, worker
from .states import State

JobRow = Sequence[Any]
"""One write of a job: its id, its owner and its kind, then what the kind has.

That is the digest of an intent (or None) and the columns of `WRITTEN`; for `POSTED`, the columns of `_POSTED` alone.
"""

KIND: Final = 2
PROGRESS: Final = 0
INTENT: Final = 1
POSTED: Final = 2
_FENCE: Final = ("id", "owner", "done")  # the third is a number, like a kind
_POSTED: Final = ("post", "ended_at")
WRITTEN: Final = (
    *("owner", "state", "done", "images", "orphans", "error", "tries", "sendings", "not_before", "post"),
    *("began_at", "uploaded_at", "available_at", "ended_at"),
)

_ALL: Final = ("intent_digest", *WRITTEN)
_DONE: Final = len(_FENCE) + _ALL.index("done")
_OF_THE_DONE: Final = frozenset({"done", "post"})
_as_json: Final = json.JSONEncoder(separators=(",", ":")).encode

REOPENED: Final[Mapping[State, State]] = {
    State.FAILED: State.NEW,
    State.PARKED: State.NEW,
    State.UNKNOWN: State.POSTING,
}
"""Where a job begins anew when somebody asks for it; a post that may exist stays in doubt."""

_FORGOTTEN: Final = 86_400_000


def insert_into(db: Connection, table: Any) -> Any:
    """Return an INSERT that may say what to do on a conflict."""
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)


def remember_content(db: Connection, values: Mapping[str, Any]) -> None:
    """Keep which image holds a content, unless one does already."""
    db.execute(insert_into(db, content).values(values).on_conflict_do_nothing())


def beat(db: Connection, me: Mapping[str, Any]) -> None:
    """Say that a worker lives, and forget those that have been dead for a day."""
    insert = insert_into(db, worker).values({**me, "seen": now_ms()})
    db.execute(insert.on_conflict_do_update(index_elements=["owner"], set_={"seen": now_ms()}))
    db.execute(worker.delete().where(worker.c.seen < now_ms() - _FORGOTTEN))


def sign_out(db: Connection, me: str | None = None) -> None:
    """Hand back the jobs of a worker, or of all of them, and forget it."""
    db.execute(
        job.update().where(job.c.done == 0, job.c.owner == me if me else job.c.owner.is_not(None)).values(owner=None)
    )
    db.execute(worker.delete().where(worker.c.owner == me) if me else worker.delete())


class JobUpdate:
    """Writes any number of jobs, each row fenced by its owner; an intent takes the database's own time.

    It is one statement for all that is not done, one for all that is, and one for what was posted, of which all else is
    written: a thread gives up the interpreter, and waits for it, around each. SQLite has them as a table of values, which
    costs least, and keeps a statement for each power of two and what lies halfway.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._texts: dict[tuple[int, str], str] = {}

    def apply(self, connection: Any, rows: Sequence[JobRow]) -> int:
        """Write the rows; return how many there were to write to. There is at most one for each job."""
        changed, groups = 0, defaultdict[str, list[JobRow]](list)
        for row in rows:
            groups["posted" if row[KIND] == POSTED else "done" if row[_DONE] else "under way"].append(row)
        for sort, group in groups.items():
            text, values = self._statement(group, sort)
            changed += connection.exec_driver_sql(text, values).rowcount
        return changed

    def _statement(self, rows: Sequence[JobRow], sort: str) -> tuple[str, tuple[Any, ...]]:
        if self._dialect.name != "sqlite":
            return self._text(1, sort), (_as_json(rows),)
        size = _room_for(len(rows))
        nobody = (0,) * (len(rows[0]) * (size - len(rows)))  # no job has this number; None takes thrice as long to pass
        return self._text(size, sort), (*chain.from_iterable(rows), *nobody)

    def _text(self, size: int, sort: str) -> str:
        text = self._texts.get((size, sort))
        if text is None:
            text = self._texts[size, sort] = _update_text(self._dialect, size, sort)
        return text


def _room_for(rows: int) -> int:
    """Return the size of a statement for so many rows: a power of two, or one and a half."""
    size = 1 << (rows - 1).bit_length()
    return size * 3 // 4 if rows <= size * 3 // 4 else size


def _update_text(dialect: Dialect, size: int, sort: str) -> str:
    """Return an update of `size` rows, all of one sort."""
    columns = (*_FENCE, *(_POSTED if sort == "posted" else _ALL))
    if dialect.name == "sqlite":
        row = f"({', '.join('?' * len(columns))})"
        source = f"(VALUES {', '.join([row] * size)})"
        cells = [f"wish.column{place}" for place in range(1, len(columns) + 1)]
    else:
        source = "json_array_elements(CAST(%s AS json))"
        kinds = [job.c[name].type.compile(dialect) for name in columns]
        cells = [f"CAST(wish.value->>{place} AS {kind})" for place, kind in enumerate(kinds)]
    number, owner, kind, *written = cells
    if sort == "posted":
        changes = _posted(*written)
    else:
        changes = _changes(str(now_ms().compile(dialect=dialect)), kind, written, done=sort == "done")
    assignments = ", ".join(f"{name} = {value}" for name, value in changes.items())
    return f"UPDATE job SET {assignments} FROM {source} AS wish WHERE job.id = {number} AND job.owner = {owner}"  # noqa: S608 -- our own names  # nosec B608


def _posted(post: str, ended_at: str) -> dict[str, str]:
    """Return what being posted changes; the row of the intent has all the rest."""
    state = f"'{State.POSTED.value}'"
    return {"owner": "NULL", "state": state, "done": "1", "post": post, "error": "NULL", "ended_at": ended_at}


def _changes(now: str, intent: str, cells: Sequence[str], *, done: bool) -> dict[str, str]:
    """Return what a row changes. One that is not done has not got what two indexes are about, which saves their upkeep."""
    digest, values = cells[0], dict(zip(WRITTEN, cells[1:], strict=True))
    changes = {name: value for name, value in values.items() if done or name not in _OF_THE_DONE}
    changes["intent_at"] = f"CASE WHEN {intent} = 1 THEN {now} ELSE job.intent_at END"
    changes["intent_digest"] = f"CASE WHEN {intent} = 1 THEN {digest} ELSE job.intent_digest END"
    first = f"CASE WHEN {intent} = 1 THEN coalesce(job.first_intent_at, {now}) ELSE job.first_intent_at END"
    changes["first_intent_at"] = f"CASE WHEN {values['sendings']} = 0 THEN NULL ELSE {first} END"
    return changes


def add_jobs(db: Connection, specs: Sequence[JobSpec]) -> int:
    """Add those that are not known yet; return how many that were.

    Raises:
        InvalidArgument: A known job wishes for something else now.
    """
    texts = [spec.dump() for spec in specs]
    if db.dialect.name == "postgresql":
        rows = [{"key": spec.id, "spec": text, "author": spec.author} for spec, text in zip(specs, texts, strict=True)]
        insert = insert_into(db, job).on_conflict_do_nothing(index_elements=["key"]).returning(job.c.id)
        new = len(db.execute(insert, rows).all())
    else:
        values = [(spec.id, text, spec.author) for spec, text in zip(specs, texts, strict=True)]
        sql = "INSERT INTO job (key, spec, author) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING"
        new = db.exec_driver_sql(sql, values).rowcount
    if new < len(specs):
        _compare(db, specs, texts)
    return new


def _compare(db: Connection, specs: Sequence[JobSpec], texts: Sequence[str]) -> None:
    known = db.execute(select(job.c.key, job.c.spec).where(job.c.key.in_([spec.id for spec in specs])))
    stored = {row[0]: row[1] for row in known}
    for spec, wish in zip(specs, texts, strict=True):
        if stored[spec.id] != wish:
            raise InvalidArgument(
                f"job {spec.id!r} is in the ledger with other contents",
                hint="give the changed job a new id, or use a new ledger",
            )


def living(dead_after: float) -> Any:
    """Select the workers whose jobs are theirs."""
    return select(worker.c.owner).where(worker.c.seen > now_ms() - int(dead_after * 1000))


def counts(db: Connection) -> dict[State, int]:
    """Return how many jobs are in each state."""
    rows = db.execute(select(job.c.state, func.count()).group_by(job.c.state))
    return {State(row[0]): row[1] for row in rows}


def reopen_jobs(db: Connection, states: Iterable[State]) -> int:
    """Begin jobs anew; return how many."""
    values: dict[str, Any] = {"done": 0, "not_before": None, "tries": 0, "error": None, "ended_at": None}
    update = job.update().values(**values)
    return sum(
        db.execute(update.where(job.c.state == state.value).values(state=REOPENED[state].value)).rowcount
        for state in states
    )


def park_rest(db: Connection, until: int, error: str | None) -> int:
    """Park what nobody has and is not in doubt; return how many that were."""
    rest = job.update().where(job.c.done == 0, job.c.owner.is_(None), job.c.state != State.POSTING.value)
    later = func.coalesce(job.c.not_before, 0) < until
    values = {"state": State.PARKED.value, "not_before": until, "error": error}
    return db.execute(rest.where(later).values(**values)).rowcount


def resolve_job(db: Connection, key: str, post: str | None, dead_after: float) -> bool:
    """Decide about a job in doubt that no living worker has; tell whether there was one."""
    values: dict[str, Any] = {"state": State.AVAILABLE.value, "done": 0, "not_before": None}
    if post:
        values = {"state": State.POSTED.value, "done": 1, "post": post, "ended_at": now_ms()}
    doubtful = job.c.state.in_((State.UNKNOWN.value, State.POSTING.value))
    free: ColumnElement[bool] = or_(job.c.owner.is_(None), job.c.owner.not_in(living(dead_after)))
    update = job.update().where(job.c.key == key, doubtful, free).values(**values, error=None, owner=None)
    return db.execute(update).rowcount == 1


def reserve(db: Connection, day: str, count: int, cap: int) -> int:
    """Take up to `count` of a day's `cap` calls, or give -`count` back; return how many."""
    db.execute(insert_into(db, quota).values(day=day, used=0).on_conflict_do_nothing(index_elements=["day"]))
    used = int(db.execute(select(quota.c.used).where(quota.c.day == day).with_for_update()).scalar_one())
    granted = max(-used, min(count, max(0, cap - used)))
    db.execute(quota.update().where(quota.c.day == day).values(used=used + granted))
    return granted


def note(db: Connection, name: str, value: str | None = None) -> str | None:
    """Return a note kept beside the jobs; with `value`, keep it first.

    Raises:
        InvalidArgument: The name is too long for PostgreSQL, and so for either.
    """
    if len(name) > LONGEST_NOTE:
        raise InvalidArgument(f"{name[:20]}… is no name of a note: at most {LONGEST_NOTE} characters", argument="name")
    if value is not None:
        insert = insert_into(db, about).values(name=name, value=value)
        db.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
    noted: str | None = db.execute(select(about.c.value).where(about.c.name == name)).scalar_one_or_none()
    return noted


def latest(db: Connection, name: str, moment: int | None) -> int | None:
    """Return a moment (epoch milliseconds) that workers share: the later of the one noted and the one given."""
    noted = int(note(db, name) or 0)
    if moment is not None and moment > noted:
        note(db, name, str(moment))
        return moment
    return noted or None
