"""The jobs that a worker takes, and what slows down all workers of a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import attrs
from sqlalchemy import Connection, Dialect

from ..protocol.json_reading import parse_json
from .jobs import Record, Unread
from .schema import job, now_ms
from .statements import highest


@attrs.define
class Claim:
    """What one claim takes of the jobs that this worker owns and nobody here works on (`loose`).

    It is told in the writer's thread, so that the next claim there knows of it.
    """

    loose: set[int]
    mine: set[int] = attrs.field(factory=set)
    given_up: bool = False

    def begin(self) -> list[int]:
        """Begin, or begin again after a transaction that failed; return what may be taken though it is owned."""
        self.loose.update(self.mine)
        self.mine.clear()
        return list(self.loose)

    def hold(self, numbers: Iterable[int]) -> None:
        """Take jobs, unless nobody waits for them any more."""
        self.mine.update(numbers)
        self.loose.difference_update(self.mine)
        if self.given_up:
            self.begin()

    def give_up(self) -> None:
        """Leave everything to others: those who asked are gone."""
        self.given_up = True
        self.begin()


@attrs.frozen
class Brakes:
    """What slows all workers of a ledger: no call before one moment, nothing new before another (epoch milliseconds)."""

    paused_until: int | None = None
    limited_until: int | None = None

    def shared(self, db: Connection) -> Brakes:
        """Let the others know, and return the latest of everybody's."""
        return Brakes(
            highest(db, "paused_until", self.paused_until),
            highest(db, "limited_until", self.limited_until),
        )


def claim_jobs(
    db: Any,
    dialect: Dialect,
    me: str,
    limit: int,
    dead_after: float,
    *,
    loose: Sequence[int],
    ids: Sequence[int] | None,
) -> list[Record | Unread]:
    """Take jobs that are due and that no living worker has; of those I have, the `loose` ones.

    The rows come as one JSON text: a thread gives up the interpreter, and waits for it, around each row that it reads.
    Those of jobs that nothing was done about yet have what `Unread` has, the wish in it as JSON, not as text.
    """
    look, take = _claim(dialect, named=ids is not None)
    values = {"me": me, "most": limit, "dead_after": int(dead_after * 1000), "loose": json.dumps(loose)}
    if ids is not None:
        values["ids"] = json.dumps(list(ids))
    found = parse_json(db.exec_driver_sql(look, values).fetchone()[0] or "[]")
    if found:
        db.exec_driver_sql(take, {"me": me, "found": json.dumps([row[0] for row in found])})
    return [
        Unread(*row) if len(row) == _SHORT else Record.of_row(dict(zip(_COLUMNS, row, strict=True)))
        for row in sorted(found)
    ]


_SHORT: Final = len(attrs.fields(Unread))
_COLUMNS: Final = tuple(job.c.keys())
_UNTOUCHED: Final = " AND ".join(
    (
        *("state = 'new'", "tries = 0", "sendings = 0", "images = '[]'", "orphans = '[]'", "error IS NULL"),
        *(f"{name} IS NULL" for name in ("not_before", "intent_at", "first_intent_at", "post", "began_at")),
        *(f"{name} IS NULL" for name in ("uploaded_at", "available_at", "ended_at")),
    )
)


@lru_cache(maxsize=4)
def _claim(dialect: Dialect, *, named: bool) -> tuple[str, str]:
    """Return the SQL that finds jobs, and the SQL that takes them."""
    now, is_sqlite = str(now_ms().compile(dialect=dialect)), dialect.name == "sqlite"
    value = ":{}".format if is_sqlite else "%({})s".format

    def among(name: str) -> str:
        each = f"json_each({value(name)})" if is_sqlite else f"json_array_elements_text(CAST({value(name)} AS json))"
        return f"id IN (SELECT CAST(value AS BIGINT) FROM {each})"  # noqa: S608 -- our own names  # nosec B608

    me, living = value("me"), f"SELECT owner FROM worker WHERE seen > {now} - {value('dead_after')}"  # noqa: S608 -- our own names  # nosec B608
    free = f"(owner IS NULL OR (owner <> {me} AND owner NOT IN ({living})) OR (owner = {me} AND {among('loose')}))"
    due = f"(not_before IS NULL OR not_before <= {now})"
    conditions = " AND ".join(("done = 0", free, due, *([among("ids")] if named else ())))
    lock = "" if is_sqlite else "FOR UPDATE SKIP LOCKED"
    wanted = f"SELECT * FROM job WHERE {conditions} ORDER BY id LIMIT {value('most')} {lock}"  # noqa: S608 -- our own names  # nosec B608
    quoted = "json_quote(key)" if is_sqlite else "to_json(key)"
    short = f"'[' || id || ',' || {quoted} || ',' || spec || ']'"
    full = f"json_array({', '.join(_COLUMNS)})" if is_sqlite else f"json_build_array({', '.join(_COLUMNS)})::text"
    together = "group_concat" if is_sqlite else "string_agg"
    rows = f"'[' || {together}(CASE WHEN {_UNTOUCHED} THEN {short} ELSE {full} END, ',') || ']'"
    look = f"SELECT {rows} FROM ({wanted}) AS wanted"  # noqa: S608 -- our own names  # nosec B608
    return look, f"UPDATE job SET owner = {me} WHERE {among('found')}"  # noqa: S608 -- our own names  # nosec B608
