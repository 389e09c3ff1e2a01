"""The ledger: every job and how far it is, written before the step that follows; one SQL layer for both databases."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, Self

import attrs
from sqlalchemy import Connection, and_, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import InvalidArgument, LedgerError
from .database import Database, open_database, reported
from .jobs import JobSpec, Record
from .schema import about, content, job, now_ms, quota, worker
from .states import State
from .writer import Writer

DEAD_AFTER: Final = 30.0
"""Seconds without a heartbeat after which a worker's jobs are anyone's."""

_ROWS: Final = 1000
_SAVE: Final = (
    job.update()
    .where(job.c.id == bindparam("b_id"), job.c.owner == bindparam("b_owner"))
    .values(
        {
            name: bindparam(name)
            for name in (
                *("state", "done", "images", "orphans", "error", "tries", "not_before", "post", "owner"),
                *("began_at", "uploaded_at", "available_at", "ended_at"),
            )
        }
    )
)
_INTEND: Final = (
    job.update()
    .where(job.c.id == bindparam("b_id"), job.c.owner == bindparam("b_owner"))
    .values(
        state=State.POSTING.value,
        intent_at=now_ms(),
        first_intent_at=func.coalesce(job.c.first_intent_at, now_ms()),
        intent_digest=bindparam("intent_digest"),
        sendings=job.c.sendings + 1,
        images=bindparam("images"),
        available_at=bindparam("available_at"),
    )
)


@attrs.frozen
class Added:
    """What adding a manifest's jobs did."""

    new: int
    known: int


class Ledger:
    """An open ledger, and this process as one of its workers. Use `Ledger.open`, and close it."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self.me: Final = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"

    @classmethod
    async def open(cls, location: str | os.PathLike[str]) -> Self:
        """Open or make a ledger, and sign in as a worker.

        Raises:
            LedgerBusy: Another process owns the file.
            LedgerUnusable: It cannot be used; it is left as it is.
        """
        database = open_database(location)
        ledger = cls(database, Writer(database))
        await ledger.heartbeat()
        if not database.shared:
            await ledger._writer.run(
                lambda db: db.execute(job.update().where(job.c.owner.is_not(None)).values(owner=None))
            )
        return ledger

    @property
    def name(self) -> str:
        """What to call it; a URL's password is not part of it."""
        return self._database.name

    @property
    def shared(self) -> bool:
        """True where other processes may work on it too."""
        return self._database.shared

    async def aclose(self) -> None:
        """Hand back what is held, sign out and close."""
        try:
            await self._writer.run(self._sign_out)
        except LedgerError:
            pass  # a dead database knows us dead after a while
        finally:
            self._writer.close()
            self._database.close()

    def _sign_out(self, db: Connection) -> None:
        db.execute(job.update().where(job.c.owner == self.me).values(owner=None))
        db.execute(worker.delete().where(worker.c.owner == self.me))

    async def heartbeat(self) -> None:
        """Say that this worker lives."""
        await self._writer.run(self._beat)

    def _beat(self, db: Connection) -> None:
        values = {"owner": self.me, "seen": now_ms(), "pid": os.getpid(), "host": socket.gethostname()}
        db.execute(
            self._insert(worker).values(values).on_conflict_do_update(index_elements=["owner"], set_={"seen": now_ms()})
        )

    def _insert(self, table: Any) -> Any:
        dialect = postgresql if self._database.shared else sqlite
        return dialect.insert(table)

    async def add(self, specs: Iterable[JobSpec]) -> Added:
        """Add jobs that are not known yet, by their ids.

        Raises:
            InvalidArgument: A known job wishes for something else now.
        """
        total, new = 0, 0
        iterator = iter(specs)
        while chunk := list(islice(iterator, _ROWS)):
            new += await self._writer.run(lambda db, chunk=chunk: self._add(db, chunk))  # type: ignore[misc]
            total += len(chunk)
        return Added(new, total - new)

    def _add(self, db: Connection, specs: Sequence[JobSpec]) -> int:
        texts = {spec.id: spec.dump() for spec in specs}
        known = {
            row.key: row.spec for row in db.execute(select(job.c.key, job.c.spec).where(job.c.key.in_(list(texts))))
        }
        for key, text in known.items():
            if text != texts[key]:
                raise InvalidArgument(
                    f"job {key!r} is in the ledger with other contents",
                    hint="give the changed job a new id, or use a new ledger",
                )
        rows = [
            {"key": spec.id, "spec": texts[spec.id], "author": spec.author} for spec in specs if spec.id not in known
        ]
        if rows:
            insert = self._insert(job).on_conflict_do_nothing(index_elements=["key"]).returning(job.c.id)
            return len(db.execute(insert, rows).all())
        return 0

    async def claim(self, limit: int, *, held: Collection[int] = (), ids: Sequence[int] | None = None) -> list[Record]:
        """Take up to `limit` unfinished jobs that no living worker has, in the order of the manifest.

        Jobs of this worker that are not among `held` are taken again: nobody works on them. `ids` narrows it down.
        """
        return await self._writer.run(lambda db: self._claim(db, limit, held, ids))

    def _claim(self, db: Connection, limit: int, held: Collection[int], ids: Sequence[int] | None) -> list[Record]:
        living = select(worker.c.owner).where(
            worker.c.seen > now_ms() - int(DEAD_AFTER * 1000), worker.c.owner != self.me
        )
        free = or_(job.c.owner.is_(None), job.c.owner.not_in(living))
        due = or_(job.c.not_before.is_(None), job.c.not_before <= now_ms())
        mine = and_(job.c.owner == self.me, job.c.id.in_(list(held)))
        wanted = select(job.c.id).where(job.c.done == 0, free, due, ~mine)
        if ids is not None:
            wanted = wanted.where(job.c.id.in_(list(ids)))
        chosen = wanted.order_by(job.c.id).limit(limit).with_for_update(skip_locked=True)
        claimed = [row.id for row in db.execute(chosen)]
        if not claimed:
            return []
        db.execute(job.update().where(job.c.id.in_(claimed)).values(owner=self.me))
        rows = db.execute(select(job).where(job.c.id.in_(claimed)).order_by(job.c.id)).mappings()
        return [Record.of_row(dict(row)) for row in rows]

    async def save(self, record: Record, *, release: bool = False) -> None:
        """Write a job down; returns once that is durable. `release` hands it back, as being done does.

        Raises:
            LostLease: Another worker has taken it over.
        """
        owner = None if release or record.done else self.me
        await self._writer.update(_SAVE, {"b_id": record.id, "b_owner": self.me, "owner": owner, **record.row()})

    async def intend(self, record: Record, digest: str) -> None:
        """Write down, with the database's own time, that the post is about to be sent; durable before it returns.

        Raises:
            LostLease: Another worker has taken it over: do not send.
        """
        record.enter(State.POSTING)
        await self._writer.update(
            _INTEND,
            {
                "b_id": record.id,
                "b_owner": self.me,
                "intent_digest": digest,
                "images": record.dump_images(),
                "available_at": record.available_at,
            },
        )
        record.sendings += 1

    async def refresh(self, record: Record) -> None:
        """Read a job's intent anew."""
        columns = (job.c.intent_at, job.c.first_intent_at, job.c.sendings)
        row = await self._writer.run(lambda db: db.execute(select(*columns).where(job.c.id == record.id)).one())
        record.intent_at, record.first_intent_at, record.sendings = row

    async def now(self) -> int:
        """Return the database's clock in epoch milliseconds."""
        return int(await self._writer.run(lambda db: db.execute(select(now_ms())).scalar_one()))

    async def counts(self) -> dict[State, int]:
        """Return how many jobs are in each state."""
        return await self._writer.run(counts)

    async def unfinished(self) -> bool:
        """Tell whether a job is left that is neither done nor parked, whoever has it."""
        left = select(job.c.id).where(job.c.done == 0, job.c.state != State.PARKED.value).limit(1)
        return await self._writer.run(lambda db: db.execute(left).first() is not None)

    async def park_rest(self, until: int) -> int:
        """Park every job that nobody has and that is not in doubt until a moment (epoch milliseconds)."""
        rest = job.update().where(job.c.done == 0, job.c.owner.is_(None), job.c.state != State.POSTING.value)
        values = {"state": State.PARKED.value, "not_before": until}
        return await self._writer.run(lambda db: db.execute(rest.values(**values)).rowcount)

    async def page(self, state: State, *, after: int = 0) -> list[Record]:
        """Return the next thousand jobs in a state, by id."""
        statement = select(job).where(job.c.state == state.value, job.c.id > after).order_by(job.c.id).limit(_ROWS)
        rows = await self._writer.run(lambda db: db.execute(statement).mappings().all())
        return [Record.of_row(dict(row)) for row in rows]

    async def reopen(self, states: Sequence[State]) -> int:
        """Begin the jobs in `states` anew where they are: failed ones to try again, parked ones before their time."""
        values: dict[str, Any] = {"done": 0, "not_before": None, "tries": 0, "error": None, "ended_at": None}
        moved = {State.FAILED: State.NEW, State.PARKED: State.NEW, State.UNKNOWN: State.POSTING}

        def work(db: Connection) -> int:
            return sum(
                db.execute(
                    job.update().where(job.c.state == state.value).values(state=moved[state].value, **values)
                ).rowcount
                for state in states
            )

        return await self._writer.run(work)

    async def has_post(self, post: str) -> bool:
        """Tell whether a job has this post already."""
        statement = select(job.c.id).where(job.c.post == post).limit(1)
        return await self._writer.run(lambda db: db.execute(statement).first() is not None)

    async def resolve(self, key: str, *, post: str | None) -> None:
        """Let a person decide about a job whose outcome is unknown: it is `post`, or it is to be sent again (None).

        Raises:
            InvalidArgument: There is no such job, or its outcome is known.
        """
        values = (
            {"state": State.POSTED.value, "done": 1, "post": post, "error": None, "ended_at": now_ms()}
            if post
            else {"state": State.AVAILABLE.value, "done": 0, "error": None, "not_before": None, "owner": None}
        )
        doubtful = job.c.state.in_((State.UNKNOWN.value, State.POSTING.value))
        statement = job.update().where(job.c.key == key, doubtful).values(**values)
        if await self._writer.run(lambda db: db.execute(statement).rowcount) != 1:
            raise InvalidArgument(f"job {key!r} is not in doubt", argument="id", hint="`ingest status` shows which are")

    async def image_of(self, owner: str, sha256: str) -> str | None:
        """Return the image that already holds this content for this owner."""
        statement = select(content.c.image).where(content.c.owner == owner, content.c.sha256 == sha256)
        return await self._writer.run(lambda db: db.execute(statement).scalar_one_or_none())

    async def remember_image(self, owner: str, sha256: str, image: str) -> None:
        """Keep which image holds this content."""
        statement = self._insert(content).values(owner=owner, sha256=sha256, image=image).on_conflict_do_nothing()
        await self._writer.run(lambda db: db.execute(statement))

    async def forget_image(self, image: str) -> None:
        """Stop sharing an image that cannot be used."""
        await self._writer.run(lambda db: db.execute(content.delete().where(content.c.image == image)))

    async def reserve_calls(self, count: int, cap: int) -> int:
        """Reserve up to `count` of today's (UTC) `cap` calls; returns how many, 0 when the day's are used up."""
        day = datetime.now(UTC).date().isoformat()

        def work(db: Connection) -> int:
            db.execute(self._insert(quota).values(day=day, used=0).on_conflict_do_nothing(index_elements=["day"]))
            used = db.execute(select(quota.c.used).where(quota.c.day == day).with_for_update()).scalar_one()
            granted = max(0, min(count, cap - int(used)))
            db.execute(quota.update().where(quota.c.day == day).values(used=used + granted))
            return granted

        return await self._writer.run(work)

    async def note(self, name: str, value: str | None = None) -> str | None:
        """Return a note kept beside the jobs; with `value`, keep it first."""

        def work(db: Connection) -> str | None:
            if value is not None:
                insert = self._insert(about).values(name=name, value=value)
                db.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
            return db.execute(select(about.c.value).where(about.c.name == name)).scalar_one_or_none()

        return await self._writer.run(work)


def counts(db: Connection) -> dict[State, int]:
    """Return how many jobs are in each state."""
    rows = db.execute(select(job.c.state, func.count()).group_by(job.c.state))
    return {State(row[0]): row[1] for row in rows}


def records(database: Database, states: Sequence[State] = ()) -> Iterator[Record]:
    """Read the jobs of a ledger one after the other, all of them or those in `states`."""
    statement = select(job).order_by(job.c.id)
    if states:
        statement = statement.where(job.c.state.in_([state.value for state in states]))
    with reported(database.name), database.engine.connect() as connection:
        for row in connection.execution_options(yield_per=_ROWS).execute(statement).mappings():
            yield Record.of_row(dict(row))
