"""The ledger: every job and how far it is, written before the step that follows; one behaviour on both databases."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, select

from ..errors import InvalidArgument, LedgerError
from ..threads import in_thread, take
from . import claims, statements
from .behind import Behind
from .claims import Brakes, Claim
from .database import Database, open_database
from .jobs import Added, JobSpec, Record, Unread
from .schema import content, job, now_ms
from .statements import FIRST_INTENT, INTENT, POSTED, PROGRESS, JobRow
from .states import POSTING, State
from .writer import Writer

T = TypeVar("T")

DEAD_AFTER: Final = 30.0
"""Seconds without a heartbeat after which a worker's jobs are anyone's."""

_ROWS: Final = 1000


class Ledger:
    """An open ledger, and this process as one of its workers. Use `Ledger.open`, and close it."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self._behind = Behind(lambda record: self._write(record, self._row(record)))
        self._held: set[int] = set()
        self._loose: set[int] = set()  # owned, while nobody here works on them
        self.dead_after = DEAD_AFTER
        self.me: Final = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"

    @classmethod
    async def open(cls, location: str | os.PathLike[str]) -> Self:
        """Open or make a ledger, and sign in as a worker.

        Raises:
            LedgerBusy: Another process owns the file.
            LedgerUnusable: It cannot be used; it is left as it is.
        """
        database = await in_thread(partial(open_database, location), discard=Database.close)
        ledger = cls(database, Writer(database))
        try:
            await ledger._writer.run(ledger._sign_in)
        except BaseException:
            await ledger._close()
            raise
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
            self._behind.flush()
            await self._writer.run(lambda db: statements.sign_out(db, self.me))
        except LedgerError:
            pass  # a dead database knows us dead after a while
        finally:
            await self._close()

    async def _close(self) -> None:
        self._writer.finish()
        await in_thread(self._end)

    def _end(self) -> None:
        self._writer.join()
        self._database.close()

    def _sign_in(self, db: Connection) -> None:
        """The owner of a file is its only worker: whoever else signed in is dead."""
        if not self.shared:
            statements.sign_out(db)
        self._beat(db)

    async def heartbeat(self, mine: Brakes | None = None) -> Brakes:
        """Say that this worker lives and what slows it down; return what slows them all down."""

        def work(db: Connection) -> Brakes:
            self._beat(db)
            return (mine or Brakes()).shared(db)

        return await self._run(work)

    def _beat(self, db: Connection) -> None:
        statements.beat(db, {"owner": self.me, "pid": os.getpid(), "host": socket.gethostname()})

    async def add(self, specs: Iterable[JobSpec]) -> Added:
        """Add jobs that are not known yet, by their ids.

        Raises:
            InvalidArgument: A known job wishes for something else now.
        """
        total, new = 0, 0
        iterator = iter(specs)
        while chunk := await take(iterator, _ROWS):
            new += await self._run(lambda db, chunk=chunk: statements.add_jobs(db, chunk))  # type: ignore[misc]
            total += len(chunk)
        return Added(new, total - new)

    async def claim(self, limit: int, *, ids: Sequence[int] | None = None) -> list[Record]:
        """Take up to `limit` unfinished jobs that no living worker has, in the order of the manifest.

        What was claimed here before is held until it is done, handed back or let go of, and is not given out twice: not to
        another caller in this process either. `ids` narrows it down.
        """
        return [one.read() for one in await self.claim_unread(limit, ids=ids)]

    async def claim_unread(self, limit: int, *, ids: Sequence[int] | None = None) -> list[Record | Unread]:
        """Do as `claim` does, for whoever has many wait for their turn: what takes memory is made by `read`."""
        claim, dialect = Claim(self._loose), self._database.engine.dialect

        def work(db: Any) -> list[Record | Unread]:
            jobs = claims.claim_jobs(db, dialect, self.me, limit, self.dead_after, loose=claim.begin(), ids=ids)
            claim.hold(one.id for one in jobs)
            return jobs

        try:
            jobs = await (self._look if self._loose else self._run)(work, plainly=True)
        except BaseException:
            claim.give_up()
            raise
        self._held.update(claim.mine)
        return jobs

    def let_go(self, records: Iterable[Record | Unread]) -> None:
        """Say that nobody here works on these jobs any more; they are claimed again by whoever comes first."""
        for record in records:
            if record.id in self._held:
                self._held.discard(record.id)
                self._loose.add(record.id)

    async def save(self, record: Record, *, release: bool = False) -> None:
        """Write a job down; returns once that is durable. `release` hands it back, as being done does.

        Raises:
            LostLease: Another worker has taken it over.
        """
        self._behind.overtake(record)
        await self._write(record, self._row(record, release=release))
        if release or record.done:
            self._held.discard(record.id)

    def save_posted(self, record: Record, told: Callable[[Record, Exception | None], None]) -> None:
        """Write down that the post of an intent exists, of which nothing else has changed.

        `told` is called once that is durable, or with the error: `LostLease` where another worker has taken it over.
        """
        self._behind.raise_failure()
        row = (record.id, self.me, POSTED, record.post and str(record.post), record.ended_at)
        self._writer.update_then(record.id, row, partial(self._saved_posted, record, told), crowd=len(self._held))

    def _saved_posted(
        self, record: Record, told: Callable[[Record, Exception | None], None], error: Exception | None
    ) -> None:
        if error is None:
            self._held.discard(record.id)
        told(record, error)

    def save_soon(self, record: Record) -> None:
        """Write a job down a little later, as it is then: what may be forgotten. Counts, pages and claims see it at once.

        Raises:
            LedgerError: The database refused an earlier one.
        """
        self._behind.add(record)

    def intend(self, record: Record, digest: str, told: Callable[[Exception | None], None]) -> None:
        """Write down, with the database's own time, that the post is about to be sent.

        `told` is called once that is durable, or with the error: `LostLease` where another worker has taken it over.

        Raises:
            LedgerError: An earlier save failed, or the ledger is closed.
        """
        record.enter(POSTING)
        record.sendings += 1  # not one more than there were: a repeated write must change nothing
        self._behind.overtake(record)
        first = record.first_intent()
        row = self._row(record, digest) if first is None else (record.id, self.me, FIRST_INTENT, digest, *first)
        self._writer.update_then(record.id, row, told, crowd=len(self._held))

    def _write(self, record: Record, row: JobRow) -> asyncio.Future[None]:
        return self._writer.update(record.id, row, crowd=len(self._held))

    def _row(self, record: Record, digest: str | None = None, *, release: bool = False) -> JobRow:
        owner, kind = None if release or record.done else self.me, PROGRESS if digest is None else INTENT
        return record.id, self.me, kind, digest, owner, *record.cells()

    async def _run(self, work: Callable[[Connection], T], *, plainly: bool = False) -> T:
        self._behind.raise_failure()
        return await self._writer.run(work, plainly=plainly)

    async def _look(self, work: Callable[[Connection], T], *, plainly: bool = False) -> T:
        """Run `work` in a transaction that sees all that was to be saved soon."""
        self._behind.flush()
        return await self._run(work, plainly=plainly)

    async def refresh(self, record: Record) -> None:
        """Read a job's intent anew."""
        columns = (job.c.intent_at, job.c.first_intent_at, job.c.sendings)
        row = await self._run(lambda db: db.execute(select(*columns).where(job.c.id == record.id)).one())
        record.intent_at, record.first_intent_at, record.sendings = row

    async def now(self) -> int:
        """Return the database's clock in epoch milliseconds."""
        return int(await self._run(lambda db: db.execute(select(now_ms())).scalar_one()))

    async def highest(self, name: str, number: int | None) -> int | None:
        """Return the highest number above 0 that was ever given under a name, `number` among them."""
        return await self._run(lambda db: statements.highest(db, name, number))

    async def counts(self) -> dict[State, int]:
        """Return how many jobs are in each state."""
        return await self._look(statements.counts)

    async def unfinished(self) -> bool:
        """Tell whether a job is left that is neither done nor parked, whoever has it."""
        return await self._run(statements.is_unfinished)

    async def park_rest(self, until: int, error: str | None = None) -> int:
        """Park every job that nobody has and that is not in doubt until a moment (epoch milliseconds)."""
        return await self._run(lambda db: statements.park_rest(db, until, error))

    async def page(self, state: State, *, after: int = 0) -> list[Record]:
        """Return the next thousand jobs in a state, by id."""
        return await self._look(lambda db: statements.page(db, state, after, _ROWS))

    async def reopen(self, states: Sequence[State]) -> int:
        """Begin the jobs in `states` anew where they are: failed ones to try again, parked ones before their time."""
        return await self._run(lambda db: statements.reopen_jobs(db, states))

    async def has_post(self, post: str) -> bool:
        """Tell whether a job has this post already."""
        statement = select(job.c.id).where(job.c.post == post).limit(1)
        return await self._run(lambda db: db.execute(statement).first() is not None)

    async def resolve(self, key: str, *, post: str | None) -> None:
        """Let a person decide about a job whose outcome is unknown: it is `post`, or it is to be sent again (None).

        Raises:
            InvalidArgument: There is no such job, its outcome is known, a worker is at it, or the post is another job's.
        """
        if post and await self.has_post(post):
            raise InvalidArgument(f"{post} is the post of another job", argument="post")
        if not await self._run(lambda db: statements.resolve_job(db, key, post, self.dead_after)):
            raise InvalidArgument(f"job {key!r} is not in doubt", argument="id", hint="`ingest status` shows which are")

    async def image_of(self, owner: str, sha256: str) -> str | None:
        """Return the image that already holds this content for this owner."""
        statement = select(content.c.image).where(content.c.owner == owner, content.c.sha256 == sha256)
        return await self._run(lambda db: db.execute(statement).scalar_one_or_none())

    async def remember_image(self, owner: str, sha256: str, image: str) -> None:
        """Keep which image holds this content."""
        values = {"owner": owner, "sha256": sha256, "image": image}
        await self._run(lambda db: statements.remember_content(db, values))

    async def forget_image(self, image: str) -> None:
        """Stop sharing an image that cannot be used."""
        await self._run(lambda db: db.execute(content.delete().where(content.c.image == image)))

    async def shares_images(self) -> bool:
        """Tell whether an image may be in several posts, in this run or because of an earlier one."""
        return await self._run(lambda db: db.execute(select(content.c.image).limit(1)).first() is not None)

    async def reserve_calls(self, count: int, cap: int, *, day: str | None = None) -> int:
        """Reserve up to `count` of today's (UTC) `cap` calls; returns how many, 0 when the day's are used up.

        A negative `count` gives back what was reserved and not used.
        """
        today = day or datetime.now(UTC).date().isoformat()
        return await self._run(lambda db: statements.reserve(db, today, count, cap))

    async def note(self, name: str, value: str | None = None) -> str | None:
        """Return a note kept beside the jobs; with `value`, keep it first. Its name has room for 64 characters."""
        return await self._run(lambda db: statements.note(db, name, value))
