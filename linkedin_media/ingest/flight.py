"""The jobs under way at once: their tasks, those in doubt, and how all of them are brought to an end."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import attrs

from ..errors import LostLease
from ..pipeline.entrance import Entry
from .doubts import Doubts
from .jobs import Record, Unread
from .states import AVAILABLE, POSTING
from .worker import Worker

_log: Final = logging.getLogger("linkedin_media.ingest")
_LAST: Final = 5.0


@attrs.define(eq=False)
class Flight:
    """Carries jobs out side by side, and settles what falls into doubt. `tell` gets every job that is done.

    At most `room` jobs are begun whose images are still to be sent; the others wait for their turn.
    """

    worker: Worker
    tell: Callable[[Record], None]
    room: float = math.inf
    failure: BaseException | None = attrs.field(default=None, init=False)
    doubts: Doubts = attrs.field(init=False)
    wake: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    """Set when something is to be looked at."""
    rouse_at: float = attrs.field(default=math.inf, init=False)
    """A job that ends or is begun is to be looked at once no more than so many are under way or wait for their turn…"""
    few: float = attrs.field(default=math.inf, init=False)
    """… and no more than so many of these wait."""
    _queue: deque[Record | Unread] = attrs.field(factory=deque, init=False)
    _tasks: dict[int, tuple[asyncio.Task[None], Record]] = attrs.field(factory=dict, init=False)
    """By the numbers of the jobs."""
    _unwritten: set[int] = attrs.field(factory=set, init=False)
    """The jobs that are posted, while that is being written down."""
    _settling: asyncio.Task[None] | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.doubts = Doubts(self.worker)

    def __len__(self) -> int:
        return len(self._tasks) + len(self._queue) + len(self._unwritten)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._queue)

    @property
    def idle(self) -> bool:
        """True when nothing is under way and nothing in doubt."""
        return not len(self) and not len(self.doubts) and self._settling is None

    async def begin(self, *claimed: Record | Unread) -> None:
        """Carry jobs out, each in its turn; one whose post may have been sent already is looked for first."""
        for one in claimed:
            if one.state is POSTING:
                record = one.read()
                age = await self.worker.ledger.now() - (record.intent_at or 0)
                await self._doubt(record, seconds=self._wait_for_another(age / 1000))
            else:
                self._queue.append(one)
        self._begin_next()

    def _begin_next(self) -> None:
        while self._queue and self.room > 0:
            record = self._queue.popleft().read()
            unsent = record.unsent
            self.room -= unsent > 0
            task = asyncio.create_task(self._carry_out(record, Entry(unsent, self._make_room)))
            self._tasks[record.id] = task, record
            self._rouse()

    def _rouse(self) -> None:
        if len(self._queue) <= self.few and len(self) <= self.rouse_at:
            self.wake.set()

    def _make_room(self) -> None:
        self.room += 1
        self._begin_next()

    def fail(self, error: BaseException) -> None:
        """End with an error; the first one counts."""
        self.failure = self.failure or error
        self.wake.set()

    async def _carry_out(self, record: Record, entry: Entry) -> None:
        try:
            try:
                is_posted = await self.worker.carry_out(record, entry.sent)
            finally:
                entry.leave()
            if is_posted:
                self.worker.ledger.save_posted(record, self._written)
                self._unwritten.add(record.id)
            elif record.state is POSTING:
                await self._doubt(record, seconds=self.worker.options.reconcile_after)
            elif record.done:
                self.tell(record)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it ends the run
            self._failed(record, error)
        finally:  # not a callback of the task, which the loop would have to come round to
            self._end(record)

    def _end(self, record: Record) -> None:
        ended = self._tasks.pop(record.id, None)
        if ended is not None and record.id not in self._unwritten:
            self._leave(record)

    def _written(self, record: Record, error: Exception | None) -> None:
        """Go on with what waited for a post to be written down."""
        self._unwritten.discard(record.id)
        if error is None:
            try:
                self.tell(record)
            except Exception as failure:  # noqa: BLE001 -- others wait to hear of theirs
                self.fail(failure)
            self._rouse()
        else:
            self._failed(record, error)
            self._leave(record)

    def _leave(self, record: Record) -> None:
        self._rouse()
        if not self.doubts or record.id not in self.doubts.ids:
            self.worker.ledger.let_go([record])

    def _failed(self, record: Record, error: Exception) -> None:
        if isinstance(error, LostLease):
            _log.warning("lease.lost", extra={"job": record.spec.id})
        else:
            self.fail(error)

    def _wait_for_another(self, age: float) -> float:
        """Return how long to wait for a post whose intent another process wrote `age` seconds ago.

        It may have been sent until the end of the time for that, and have taken a call's time to arrive. Where that process
        may be alive, and only slow, that time is waited for in any case: the clocks of machines may jump.
        """
        options, worker = self.worker.options, self.worker
        sending = options.send_within + worker.client.timeouts.call
        if worker.ledger.shared:
            return max(sending, sending + options.reconcile_after - age)
        return min(options.reconcile_after, max(0.0, sending + options.reconcile_after - age))

    async def _doubt(self, record: Record, *, seconds: float) -> None:
        """Put a post in doubt aside until it may be looked for."""
        if seconds > 0 and not self.worker.options.wait:
            await self.worker.give_up_unwaited(record)
            self.worker.ledger.let_go([record])
            self.tell(record)
        else:
            self.doubts.add(record, seconds=seconds)
            self.wake.set()

    def settle_due(self) -> None:
        """Look for the posts whose time has come, beside the jobs under way."""
        due = self.doubts.next_due()
        if self._settling is None and due is not None and due <= asyncio.get_running_loop().time():
            self._settling = asyncio.create_task(self._settle())
            self._settling.add_done_callback(self._settled)

    async def _settle(self) -> None:
        for record in await self.doubts.settle_due():
            if record.state is AVAILABLE:
                await self.begin(record)
            else:
                self.worker.ledger.let_go([record])
                self.tell(record)

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._settling = None
        self.wake.set()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.fail(error)

    async def pause(self, seconds: float) -> None:
        """Wait until something happens, but no longer than `seconds` or until a post in doubt is due."""
        due = self.doubts.next_due()
        if due is not None and self._settling is None:
            seconds = min(seconds, max(0.0, due - asyncio.get_running_loop().time()))
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            return
        finally:
            self.wake.clear()

    async def land(self) -> None:
        """End what is under way: posts being sent finish and are written down, everything else is left to another run."""
        self.worker.ledger.let_go(self._queue)
        self._queue.clear()
        try:
            await self._cancel(self._others())
            await self._wait(self._under_way(), self.worker.options.grace)
            await self._wait_until_written(self.worker.options.grace)
        finally:
            await self._cancel(self._under_way())
            self.worker.ledger.let_go(self.doubts.abandon())

    async def _wait_until_written(self, seconds: float) -> None:
        self.rouse_at = self.few = math.inf
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._unwritten:
                    self.wake.clear()
                    await self.wake.wait()

    def _under_way(self) -> list[asyncio.Task[None]]:
        return [task for task, _ in self._tasks.values()]

    def _others(self) -> list[asyncio.Task[None]]:
        others = [task for number, (task, _) in self._tasks.items() if number not in self.worker.sending]
        return others if self._settling is None else [*others, self._settling]

    async def _cancel(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await self._wait(tasks, _LAST)
        for task, record in [*self._tasks.values()]:
            if task.done():
                self._end(record)  # one that was cancelled before it began ends nothing itself

    @staticmethod
    async def _wait(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
