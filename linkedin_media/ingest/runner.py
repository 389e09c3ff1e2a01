"""Run an ingest: claim jobs, carry them out within bounds, settle what is in doubt, stop without losing anything."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from ..errors import LedgerError, LinkedInMediaError
from ..options import Concurrency, ImageRules, PollPolicy
from ..pipeline.entrance import room_for
from ..pipeline.events import Observer, ignore
from ..pipeline.poller import shared_poller
from ..pipeline.stages import Stages
from .binding import bind
from .budget import CallBudget
from .claims import Brakes
from .clocks import clock_ahead
from .doubts import Doubts
from .flight import Flight
from .jobs import Added, JobSpec, Record
from .ledger import Ledger
from .options import IngestOptions
from .results import IngestResult, Results
from .sharing import SharedImages
from .states import State
from .worker import Worker

if TYPE_CHECKING:
    from ..client.session import LinkedInClient

__all__ = ["Ingest", "IngestResult"]

_CLAIM: Final = 200
_IDLE: Final = 0.5
_OFTEN: Final = 1.0
_DOUBTS_PER_JOB: Final = 8


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
        self._stopping = False
        self._nothing_until = 0.0
        self._failure: BaseException | None = None
        self._budget: CallBudget | None = None
        self._flights: list[Flight] = []
        self._results = Results()

    async def __aenter__(self) -> Self:
        self.ledger = ledger = await self._opened()
        self._worker = Worker(self.client, ledger, self._stages, self.options, self._observer)
        if self.options.reuse_images:
            self._worker.images = SharedImages(ledger)
        self._flight = self._new_flight(self._tell)
        if self.options.max_calls_per_day is not None:
            self._budget = CallBudget(ledger, self.options.max_calls_per_day)
            self.client.before_call = self._budget.take
        self._heart = asyncio.create_task(self._beat())
        return self

    async def _opened(self) -> Ledger:
        ledger = self._location if isinstance(self._location, Ledger) else await Ledger.open(self._location)
        try:
            await bind(ledger, self.client.base_url, same_api=self.options.same_api)
        except BaseException:
            if ledger is not self._location:
                await ledger.aclose()
            raise
        return ledger

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._flight.land()
            if self._budget is not None:
                self.client.before_call = None
                await self._budget.aclose()
        except LedgerError:
            pass  # whoever met it first has heard of it
        finally:
            self._heart.cancel()
            await asyncio.wait([self._heart])
            if not isinstance(self._location, Ledger):
                await self.ledger.aclose()

    def _new_flight(self, tell: Callable[[Record], None]) -> Flight:
        """Return a flight; where images are shared, whoever waits for another's must not keep others from beginning."""
        room = math.inf if self.options.reuse_images else room_for(self._bounds.upload)
        return Flight(self._worker, tell, room)

    @property
    def _doubts(self) -> Doubts:
        return self._flight.doubts

    async def add(self, specs: Iterable[JobSpec]) -> Added:
        """Add the jobs that the ledger does not know yet.

        Raises:
            InvalidArgument: A known job wishes for something else now.
        """
        return await self.ledger.add(specs)

    def stop(self) -> None:
        """Begin nothing new, let posts under way finish, and end `run`; the rest resumes with the next run."""
        self._stopping = True
        for flight in (self._flight, *self._flights):
            flight.wake.set()

    async def run(self) -> AsyncGenerator[IngestResult, None]:
        """Carry out every job of the ledger, and give the results as they come.

        Raises:
            Unauthorized, SignInError, VersionSunset: Every job would fail the same way; none was spoiled.
            LedgerError: The ledger refused a write; nothing was sent without one.
        """
        self._results = Results()
        self._flight = self._new_flight(self._tell)
        work = asyncio.create_task(self._work())
        work.add_done_callback(lambda _: self._results.end())
        try:
            while (result := await self._results.get()) is not None:
                yield result
            await work
        finally:
            self._results.end()
            work.cancel()
            await asyncio.wait([work])
            if not work.cancelled():
                work.exception()

    async def run_chunk(self, ids: Sequence[int]) -> list[IngestResult]:
        """Carry out these jobs as far as they go; those another worker has, or another call here, are left to it.

        It is idempotent and knows no engine: any scheduler may call it, twice or at once. A result says how far a job is:
        one that is neither done nor parked is to be tried again later, at a time that the ledger knows.

        Raises:
            Unauthorized, SignInError, VersionSunset: Every job would fail the same way; none was spoiled.
            LedgerError: The ledger refused a write; nothing was sent without one.
        """
        records = await self.ledger.claim(len(ids), ids=ids)
        flight = self._new_flight(_ignore)
        self._flights.append(flight)
        left = list(reversed(records))
        try:
            while not self._ending(flight):
                while left and len(flight) < self._bounds.jobs:
                    await flight.begin(left.pop())
                flight.settle_due()
                if not left and flight.idle:
                    break
                await flight.pause(_IDLE)
        finally:
            self._flights.remove(flight)
            await flight.land()
            self.ledger.let_go(records)
        self._raise_failure(flight)
        return [IngestResult.of(record) for record in records]

    async def _work(self) -> None:
        flight = self._flight
        try:
            while not self._ending(flight):
                await self._results.room()
                claimed = await self._claim()
                flight.settle_due()
                if not claimed and flight.idle and await self._finished():
                    break
                await flight.pause(0 if claimed else _IDLE)
        finally:
            await flight.land()
        self._raise_failure(flight)
        if not self._stopping:
            await self._report_parked()

    def _ending(self, flight: Flight) -> bool:
        return self._stopping or self._failure is not None or flight.failure is not None

    async def _claim(self) -> int:
        """Fill the window of jobs under way; those in doubt wait outside it, as many as memory allows."""
        free, now = self._bounds.jobs - len(self._flight), self.client.clock.monotonic()
        self._flight.rouse_at = 0 if self._nothing_until > now else self._bounds.jobs - self._worth_a_claim
        self._flight.few = self._worth_a_claim
        if self._worker.limited_until is not None or self._worker.hold_until > now:
            return 0
        if free < self._worth_a_claim or len(self._doubts) > _DOUBTS_PER_JOB * self._bounds.jobs:
            return 0
        if self._flight.waiting > self._worth_a_claim or self._nothing_until > now:
            return 0
        claimed = await self.ledger.claim_unread(min(free, _CLAIM))
        if len(claimed) < min(free, _CLAIM):
            self._nothing_until = now + _IDLE
        await self._flight.begin(*claimed)
        return len(claimed)

    @property
    def _worth_a_claim(self) -> int:
        return max(1, min(_CLAIM, self._bounds.jobs) // 2)

    async def _finished(self) -> bool:
        """Tell whether nothing is left that could go on in this run."""
        return self._worker.limited_until is not None or not await self.ledger.unfinished()

    async def _beat(self) -> None:
        """Say that this worker lives, whatever it is doing, and share what slows it down with the others."""
        pause = min(self.options.heartbeat, _OFTEN) if self.ledger.shared else self.options.heartbeat
        while True:
            await asyncio.sleep(pause)
            try:
                await self._share_brakes()
            except LinkedInMediaError as error:
                self._failure = self._failure or error
                self.stop()
                return

    async def _share_brakes(self) -> None:
        await clock_ahead(self.client, self.ledger)
        if not self.ledger.shared:
            await self.ledger.heartbeat()
            return
        monotonic = self.client.clock.monotonic()
        now, paused = await self.ledger.now(), self.client.throttle.paused_for(monotonic)
        mine = Brakes(now + int(paused * 1000) if paused else None, self._worker.limited_until)
        theirs = await self.ledger.heartbeat(mine)
        if theirs.paused_until is not None and theirs.paused_until > now:
            self.client.throttle.pause((theirs.paused_until - now) / 1000, monotonic)
        if theirs.limited_until is not None and theirs.limited_until > now:
            self._worker.limited_until = theirs.limited_until

    async def _report_parked(self) -> None:
        """Park what a daily limit left over, and tell of every parked job."""
        if self._worker.limited_until is not None:
            error = {"code": "RATE_LIMITED", "message": "a daily limit was used up before its turn", "hint": ""}
            await self.ledger.park_rest(self._worker.limited_until, json.dumps(error))
            self._worker.limited_until = None
        after = 0
        while page := await self.ledger.page(State.PARKED, after=after):
            after = page[-1].id
            for record in page:
                await self._results.room()
                self._tell(record)

    def _tell(self, record: Record) -> None:
        self._results.put(IngestResult.of(record))

    def _raise_failure(self, flight: Flight) -> None:
        failure = self._failure or flight.failure
        if failure is not None:
            raise failure


def _ignore(record: Record) -> None:
    """Results of a chunk are read from its records."""
