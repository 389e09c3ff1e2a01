"""What is asked of the ledger's database, in one SQL for SQLite and PostgreSQL (SQLAlchemy Core)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import InvalidArgument
from .jobs import JobSpec
from .schema import about, job, now_ms, quota, worker
from .states import State

_mine: Final = (job.c.id == bindparam("b_id"), job.c.owner == bindparam("b_owner"))
"""Every update of a job is fenced by its owner."""

_SAVED: Final = (
    *("state", "done", "images", "orphans", "error", "tries", "sendings", "not_before", "post", "owner"),
    *("began_at", "uploaded_at", "available_at", "ended_at"),
)
_first_kept: Final = case((bindparam("sendings", type_=Integer) > 0, job.c.first_intent_at), else_=None)
SAVE: Final = (
    job.update().where(*_mine).values({"first_intent_at": _first_kept, **{name: bindparam(name) for name in _SAVED}})
)
INTEND: Final = (
    job.update()
    .where(*_mine)
    .values(
        state=State.POSTING.value,
        intent_at=now_ms(),
        first_intent_at=func.coalesce(job.c.first_intent_at, now_ms()),
        intent_digest=bindparam("intent_digest"),
        sendings=bindparam("sendings"),  # not one more than there were: a repeated write must change nothing
        images=bindparam("images"),
        available_at=bindparam("available_at"),
    )
)

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


def beat(db: Connection, me: Mapping[str, Any]) -> None:
    """Say that a worker lives, and forget those that have been dead for a day."""
    insert = insert_into(db, worker).values({**me, "seen": now_ms()})
    db.execute(insert.on_conflict_do_update(index_elements=["owner"], set_={"seen": now_ms()}))
    db.execute(worker.delete().where(worker.c.seen < now_ms() - _FORGOTTEN))


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
    for spec, text in zip(specs, texts, strict=True):
        if stored[spec.id] != text:
            raise InvalidArgument(
                f"job {spec.id!r} is in the ledger with other contents",
                hint="give the changed job a new id, or use a new ledger",
            )


def living(dead_after: float, *, but: str = "") -> Any:
    """Select the workers whose jobs are theirs."""
    return select(worker.c.owner).where(worker.c.seen > now_ms() - int(dead_after * 1000), worker.c.owner != but)


def claim_jobs(
    db: Connection, me: str, limit: int, *, dead_after: float, held: Collection[int], ids: Iterable[int] | None
) -> list[dict[str, Any]]:
    """Take jobs that are due, that no other living worker has, and that are not among those `held` here already."""
    free = or_(job.c.owner.is_(None), job.c.owner.not_in(living(dead_after, but=me)))
    due = or_(job.c.not_before.is_(None), job.c.not_before <= now_ms())
    wanted = select(job.c.id).where(job.c.done == 0, free, due).order_by(job.c.id)
    if ids is None:
        wanted = wanted.limit(limit + len(held))  # fewer than a list of them would cost
    else:
        wanted = wanted.where(job.c.id.in_(list(ids)))
    found = db.execute(wanted.with_for_update(skip_locked=True)).scalars()
    chosen = [number for number in found if number not in held][:limit]
    if not chosen:
        return []
    claim = job.update().where(job.c.id.in_(chosen)).values(owner=me).returning(*job.c)
    return sorted((dict(row) for row in db.execute(claim).mappings()), key=lambda row: int(row["id"]))


def reopen_jobs(db: Connection, states: Iterable[State]) -> int:
    """Begin jobs anew; return how many."""
    values: dict[str, Any] = {"done": 0, "not_before": None, "tries": 0, "error": None, "ended_at": None}
    update = job.update().values(**values)
    return sum(
        db.execute(update.where(job.c.state == state.value).values(state=REOPENED[state].value)).rowcount
        for state in states
    )


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
    """Return a note kept beside the jobs; with `value`, keep it first."""
    if value is not None:
        insert = insert_into(db, about).values(name=name, value=value)
        db.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
    text: str | None = db.execute(select(about.c.value).where(about.c.name == name)).scalar_one_or_none()
    return text


def latest(db: Connection, name: str, moment: int | None) -> int | None:
    """Return a moment (epoch milliseconds) that workers share: the later of the one noted and the one given."""
    noted = int(note(db, name) or 0)
    if moment is not None and moment > noted:
        note(db, name, str(moment))
        return moment
    return noted or None
