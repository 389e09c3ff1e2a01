"""What is asked of the ledger's database, in one SQL for SQLite and PostgreSQL (SQLAlchemy).

What every run asks for is text: a run that is short would spend a tenth of its time on composing it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Dialect, func, or_, select, text as sql
from sqlalchemy.dialects import sqlite

from ..errors import InvalidArgument
from .jobs import JobSpec, Record
from .schema import LONGEST_NOTE, about, content, job, now_ms, quota, worker
from .states import State

JobRow = Sequence[Any]
"""One write of a job: its id, its owner and its kind, then what the kind has.

That is the digest of an intent (or None) and the columns of `WRITTEN`. `FIRST_INTENT` has the columns of `_FIRST` alone, all
else being as it was when the job was added; `POSTED` those of `_POSTED`, all else being as its intent left it.
"""

KIND: Final = 2
PROGRESS: Final = 0
INTENT: Final = 1
FIRST_INTENT: Final = 2
POSTED: Final = 3
INTENTS: Final = (INTENT, FIRST_INTENT)
_FENCE: Final = ("id", "owner", "done")  # the third is a number, like a kind
_FIRST: Final = ("intent_digest", "images", "began_at", "uploaded_at", "available_at")
_POSTED: Final = ("post", "ended_at")
WRITTEN: Final = (
    *("owner", "state", "done", "images", "orphans", "error", "tries", "sendings", "not_before", "post"),
    *("began_at", "uploaded_at", "available_at", "ended_at"),
)

_ALL: Final = ("intent_digest", *WRITTEN)
_DONE: Final = len(_FENCE) + _ALL.index("done")
_BRIEF: Final = {FIRST_INTENT: "first", POSTED: "posted"}
_COLUMNS: Final[Mapping[str, Sequence[str]]] = {"first": _FIRST, "posted": _POSTED}
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
    if db.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # for whoever uses it: it takes as long to load as all of this package

    return postgresql.insert(table)


def remember_content(db: Connection, values: Mapping[str, Any]) -> None:
    """Keep which image holds a content, unless one does already."""
    db.execute(insert_into(db, content).values(values).on_conflict_do_nothing())


def beat(db: Connection, me: Mapping[str, Any]) -> None:
    """Say that a worker (its `owner`, `pid` and `host`) lives, and forget those that have been dead for a day."""
    now = str(now_ms().compile(dialect=db.dialect))
    again = "ON CONFLICT (owner) DO UPDATE SET seen = excluded.seen"
    db.execute(sql(f"INSERT INTO worker (owner, seen, pid, host) VALUES (:owner, {now}, :pid, :host) {again}"), me)  # noqa: S608 -- our own names  # nosec B608
    db.execute(sql(f"DELETE FROM worker WHERE seen < {now} - {_FORGOTTEN}"))  # noqa: S608 -- our own names  # nosec B608


def sign_out(db: Connection, me: str | None = None) -> None:
    """Hand back the jobs of a worker, or of all of them, and forget it."""
    mine, values = ("owner = :me", {"me": me}) if me else ("owner IS NOT NULL", {})
    db.execute(sql(f"UPDATE job SET owner = NULL WHERE done = 0 AND {mine}"), values)  # noqa: S608 -- our own names  # nosec B608
    db.execute(sql(f"DELETE FROM worker WHERE {mine}"), values)  # noqa: S608 -- our own names  # nosec B608


class JobUpdate:
    """Writes any number of jobs, each row fenced by its owner; an intent takes the database's own time.

    It is one statement for all that is not done, one for all that is, and one for each of the brief kinds: a thread gives up
    the interpreter, and waits for it, around each. SQLite has them as a table of values, which costs least, and keeps a
    statement for each power of two and what lies halfway.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._texts: dict[tuple[int, str], str] = {}

    def apply(self, connection: Any, rows: Sequence[JobRow]) -> int:
        """Write the rows; return how many there were to write to. There is at most one for each job."""
        changed, groups = 0, defaultdict[str, list[JobRow]](list)
        for row in rows:
            groups[_BRIEF.get(row[KIND]) or ("done" if row[_DONE] else "under way")].append(row)
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
    columns = (*_FENCE, *_COLUMNS.get(sort, _ALL))
    if dialect.name == "sqlite":
        row = f"({', '.join('?' * len(columns))})"
        source = f"(VALUES {', '.join([row] * size)})"
        cells = [f"wish.column{place}" for place in range(1, len(columns) + 1)]
    else:
        source = "json_array_elements(CAST(%s AS json))"
        kinds = [job.c[name].type.compile(dialect) for name in columns]
        cells = [f"CAST(wish.value->>{place} AS {kind})" for place, kind in enumerate(kinds)]
    (number, owner, kind, *written), now = cells, str(now_ms().compile(dialect=dialect))
    if sort == "first":
        changes = _first(now, written)
    elif sort == "posted":
        changes = _posted(*written)
    else:
        changes = _changes(now, kind, written, done=sort == "done")
    assignments = ", ".join(f"{name} = {value}" for name, value in changes.items())
    return f"UPDATE job SET {assignments} FROM {source} AS wish WHERE job.id = {number} AND job.owner = {owner}"  # noqa: S608 -- our own names  # nosec B608


def _first(now: str, cells: Sequence[str]) -> dict[str, str]:
    """Return what the first intent of a job changes that went well so far."""
    first = {"intent_at": now, "first_intent_at": f"coalesce(job.first_intent_at, {now})"}
    return {"state": f"'{State.POSTING.value}'", "sendings": "1", **first, **dict(zip(_FIRST, cells, strict=True))}


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


def is_unfinished(db: Connection) -> bool:
    """Tell whether a job is left that is neither done nor parked, whoever has it."""
    left = sql("SELECT id FROM job WHERE done = 0 AND state <> :parked LIMIT 1")
    return db.execute(left, {"parked": State.PARKED.value}).first() is not None


def page(db: Connection, state: State, after: int, most: int) -> list[Record]:
    """Return up to `most` jobs in a state whose ids come after one, in their order."""
    jobs = sql("SELECT * FROM job WHERE state = :state AND id > :after ORDER BY id LIMIT :most")
    rows = db.execute(jobs, {"state": state.value, "after": after, "most": most}).mappings()
    return [Record.of_row(dict(row)) for row in rows]


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


def highest(db: Connection, name: str, number: int | None) -> int | None:
    """Return a number above 0 that workers share, such as a moment: the higher of the one noted and the one given."""
    noted = int(note(db, name) or 0)
    if number is not None and number > noted:
        note(db, name, str(number))
        return number
    return noted or None
