"""Run an ingest: claim jobs, carry them out within bounds, settle what is in doubt, stop without losing anything."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import attrs

from ..errors import LinkedInMediaError, LostLease, RateLimited
from ..model.urn import Urn
from ..options import Concurrency, ImageRules, PollPolicy
from ..pipeline.events import Observer, ignore
from ..pipeline.poller import shared_poller
from ..pipeline.stages import Stages
from .budget import CallBudget
from .doubts import Doubts
from .jobs import JobSpec, Record
from .ledger import Added, Ledger
from .options import IngestOptions
from .sharing import SharedImages
from .states import State
from .worker import Worker

if TYPE_CHECKING:
    from ..client.session import LinkedInClient

_log: Final = logging.getLogger("linkedin_media.ingest")
_CLAIM: Final = 100
_IDLE: Final = 0.5
_UNREAD: Final = 1000


@attrs.frozen
class IngestResult:
    """How one job ended, for now: `posted`, `failed`, `unknown`, `parked`, or `available` where no post was wished for."""

    id: str
    state: State
    post: Urn | None
    images: tuple[Urn, ...]
    error: dict[str, str] | None

    @classmethod
    def of(cls, record: Record) -> IngestResult:
        """Read a job of the ledger."""
        post = Urn(record.post) if record.post else None
        return cls(record.spec.id, record.state, post, record.image_urns, record.error)


class Ingest:
    """A durable, resumable run over the jobs of a ledger.

    .. code-block:: python

        async with Ingest(client, ledger="spring.ledger") as ingest:
            await ingest.add(specs)
            async for result in ingest.run(): ...

    Kill it at any moment and run it again: every job is posted once, or honestly said to be unknown.

    Args:
        client: Sends the calls; it stays yours to close.
        ledger: A path (SQLite, one process), a ``postgresql://`` URL (many processes), or an open `Ledger`.
        options: How it behaves.
        concurrency, poll, rules, observer: As for a `Pipeline`.
    """

    def __init__(
        self,
        client: LinkedInClient,
        *,
        ledger: str | os.PathLike[str] | Ledger,
        options: IngestOptions | None = None,
        concurrency: Concurrency | None = None,
        poll: PollPolicy | None = None,
        rules: ImageRules | None = None,
        observer: Observer = ignore,
    ) -> None:
        self.client = client
        self.options = options or IngestOptions()
        self._location = ledger
        self._bounds = concurrency or client.concurrency
        poller = shared_poller(client, poll or PollPolicy())
        self._stages = Stages(client, self._bounds, rules or ImageRules(), poller)
        self._observer = observer
        self._stopping = asyncio.Event()
        self._failure: BaseException | None = None
        self._limited_until: int | None = None
        self._told_parked: set[int] = set()
        self._tasks: dict[asyncio.Task[None], Record] = {}
        self._results: asyncio.Queue[IngestResult] = asyncio.Queue(_UNREAD)

    async def __aenter__(self) -> Self:
        ledger = self._location if isinstance(self._location, Ledger) else await Ledger.open(self._location)
        self.ledger = ledger
        self._worker = Worker(self.client, ledger, self._stages, self.options, self._observer)
        if self.options.reuse_images:
            self._worker.images = SharedImages(ledger)
        self._doubts = Doubts(self._worker)
        if self.options.max_calls_per_day is not None:
            self.client.before_call = CallBudget(ledger, self.options.max_calls_per_day).take
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._drain()
        self.client.before_call = None
        if not isinstance(self._location, Ledger):
            await self.ledger.aclose()

    async def add(self, specs: Iterable[JobSpec]) -> Added:
        """Add the jobs that the ledger does not know yet.

        Raises:
            InvalidArgument: A known job wishes for something else now.
        """
        return await self.ledger.add(specs)

    def stop(self) -> None:
        """Begin nothing new, let posts under way finish, and end `run`; the rest resumes with the next run."""
        self._stopping.set()

    async def run(self) -> AsyncGenerator[IngestResult, None]:
        """Carry out every job of the ledger, and give the results as they come.

        Raises:
            Unauthorized, VersionSunset: Every job would fail the same way; none was spoiled.
            LedgerError: The ledger refused a write; nothing was sent without one.
        """
        work = asyncio.create_task(self._work())
        try:
            while not (work.done() and self._results.empty()):
                next_result = asyncio.create_task(self._results.get())
                await asyncio.wait({work, next_result}, return_when=asyncio.FIRST_COMPLETED)
                if next_result.done():
                    yield next_result.result()
                else:
                    next_result.cancel()
            await work
        finally:
            self.stop()
            work.cancel()
            await asyncio.wait([work])
            await self._drain()

    async def run_chunk(self, ids: Sequence[int]) -> list[IngestResult]:
        """Carry out these jobs as far as they go, once; those another worker has are left to it.

        It is idempotent and knows no engine: any scheduler may call it, twice or at once.
        """
        records = await self.ledger.claim(len(ids), ids=ids)
        for record in records:
            await self._begin(record)
        results: list[IngestResult] = []
        while self._tasks or not self._results.empty():
            await asyncio.wait(self._tasks, timeout=_IDLE, return_when=asyncio.FIRST_COMPLETED) if self._tasks else None
            results += [self._results.get_nowait() for _ in range(self._results.qsize())]
        self._raise_failure()
        return results

    async def _work(self) -> None:
        heart = asyncio.create_task(self._beat())
        try:
            while not self._stopping.is_set():
                claimed = await self._claim()
                await self._settle_doubts()
                if not claimed and not self._tasks and await self._finished():
                    break
                await self._pause(busy=bool(claimed))

            if not self._failure and not self._stopping.is_set():
                await self._report_parked()
        finally:
            heart.cancel()
        self._raise_failure()

    async def _claim(self) -> int:
        """Fill the window of jobs under way; those in doubt wait outside it."""
        free = self._bounds.jobs - len(self._tasks)
        if self._limited_until is not None:
            return 0
        if free < min(_CLAIM, self._bounds.jobs) // 2:
            return 0
        held = {record.id for record in self._tasks.values()} | self._doubts.ids
        records = await self.ledger.claim(min(free, _CLAIM), held=held)
        for record in records:
            await self._begin(record)
        return len(records)

    async def _begin(self, record: Record) -> None:
        if record.state is State.POSTING:
            await self._doubt(record, age=(await self.ledger.now()) - (record.intent_at or 0))
            return
        task = asyncio.create_task(self._carry_out(record))
        self._tasks[task] = record
        task.add_done_callback(self._done)

    async def _carry_out(self, record: Record) -> None:
        await self._worker.carry_out(record)
        if record.state is State.POSTING:
            await self._doubt(record, age=None)
        elif record.state is State.PARKED:
            await self._parked(record)
        elif record.done:
            await self._tell(record)

    async def _parked(self, record: Record) -> None:
        """Begin nothing more once a daily limit is used up: every further job would run into it."""
        if record.error and record.error.get("code") == RateLimited.code:
            self._limited_until = max(self._limited_until or 0, record.not_before or 0)
        self._told_parked.add(record.id)
        await self._tell(record)

    def _done(self, task: asyncio.Task[None]) -> None:
        record = self._tasks.pop(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, LostLease):
            _log.warning("lease.lost", extra={"job": record.spec.id})
        elif error is not None:
            self._failure = self._failure or error
            self.stop()

    async def _doubt(self, record: Record, *, age: int | None) -> None:
        """Put a post in doubt aside; `age` is that of an intent of an earlier run, in milliseconds."""
        if not self.options.wait:
            await self._worker.give_up_unwaited(record)
            await self._tell(record)
            return
        wait = self.options.reconcile_after
        if age is not None:
            if self.ledger.shared:  # the other process may be alive, and sending
                wait += self.options.send_within + self.client.timeouts.call
            wait = max(0.0, wait - age / 1000)
        self._doubts.add(record, seconds=wait)

    async def _settle_doubts(self) -> None:
        for record in await self._doubts.settle_due():
            if record.done:
                await self._tell(record)
            else:
                await self._begin(record)

    async def _finished(self) -> bool:
        """Tell whether nothing is left that could go on in this run."""
        if len(self._doubts):
            return False
        return self._limited_until is not None or not await self.ledger.unfinished()

    async def _pause(self, *, busy: bool) -> None:
        if busy:
            await asyncio.sleep(0)
            return
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({stopped, *self._tasks}, timeout=_IDLE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.options.heartbeat)
            try:
                await self.ledger.heartbeat()
            except LinkedInMediaError as error:
                self._failure = self._failure or error
                self.stop()

    async def _report_parked(self) -> None:
        """Park what a daily limit left over, and tell of every parked job that was not told of."""
        if self._limited_until is not None:
            await self.ledger.park_rest(self._limited_until)
        after = 0
        while page := await self.ledger.page(State.PARKED, after=after):
            after = page[-1].id
            for record in page:
                if record.id not in self._told_parked:
                    await self._tell(record)

    async def _tell(self, record: Record) -> None:
        """Give a result out; a reader that does not keep up slows the run down."""
        await self._results.put(IngestResult.of(record))

    async def _drain(self) -> None:
        """End what is under way: posts finish and are written down, everything else is cancelled and resumes later."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self.options.grace + 5)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
