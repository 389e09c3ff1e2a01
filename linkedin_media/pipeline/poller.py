"""One poller for everyone who waits: all their images share batch gets.

A waiting image is a record in a heap, never a worker. A batch leaves when it is full, when its oldest image has been due
for a tick, or when nobody can join it until then; each image is asked for at intervals that grow with its age. Where the application may not batch, images are
asked for one by one; where the token may not read at all, waiting becomes a delay, once and for all, with a warning.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from ..client.retry import is_transient
from ..errors import (
    Forbidden,
    LinkedInMediaError,
    NeverUploaded,
    NotFound,
    PollTimeout,
    ProcessingFailed,
    RateLimited,
)
from ..model.collection import BatchResult
from ..model.image import Image, MediaStatus
from ..model.urn import Urn
from ..options import PollPolicy
from ..protocol.hints import names_permission
from .pace import Pace, pause_at
from .schedule import Limits, Schedule, Waiting

if TYPE_CHECKING:
    from ..client.session import LinkedInClient

_GLANCES: Final = 10
"""How often a batch that waits for company looks who has come; each time for all who came since."""

_DONE: Final = (MediaStatus.AVAILABLE, MediaStatus.PROCESSING_FAILED)

_log: Final = logging.getLogger("linkedin_media.pipeline")


def shared_poller(client: LinkedInClient, policy: PollPolicy) -> Poller:
    """Return the poller that everyone with this client and policy shares."""
    pollers: dict[PollPolicy, Poller] = client.companions.setdefault(Poller, {})
    return pollers.setdefault(policy, Poller(client, policy))


@attrs.define(eq=False)
class Poller:
    """See the module. Its one task lives for as long as somebody waits."""

    client: LinkedInClient
    policy: PollPolicy
    _queue: Schedule = attrs.field(factory=Schedule, init=False)
    _pace: Pace = attrs.field(default=attrs.Factory(lambda self: Pace(self.policy), takes_self=True), init=False)
    _waiting: int = attrs.field(default=0, init=False)
    _expected: int = attrs.field(default=0, init=False)
    _limits: Limits = attrs.field(factory=Limits, init=False)
    _task: asyncio.Task[None] | None = attrs.field(default=None, init=False)
    _wake: asyncio.Event = attrs.field(factory=asyncio.Event, init=False, repr=False)
    _may_batch: bool = attrs.field(default=True, init=False)
    _may_read: bool = attrs.field(default=True, init=False)
    _has_read: bool = attrs.field(default=False, init=False)

    def __enter__(self) -> None:
        """Expect an image: it is on its way. While there are any, a batch waits for company."""
        self._expected += 1

    def __exit__(self, *_: object) -> None:
        self._expected -= 1
        if not self._expected:
            self._wake.set()

    async def wait(self, image: Urn) -> Image:
        """Return the image once it is AVAILABLE. Where nobody may look, it is returned without a status after a delay.

        Raises:
            ProcessingFailed: LinkedIn could not process it.
            PollTimeout: It was not AVAILABLE in time.
            NeverUploaded: LinkedIn still waits for its bytes.
            Forbidden: The token may not read it, and the policy is to poll.
        """
        if self.policy.wait == "none":
            return Image(id=image)
        if self.policy.wait == "grace" or not self._may_read:
            await self.client.clock.sleep(self.policy.grace)
            return Image(id=image)
        loop = asyncio.get_running_loop()
        waiting = Waiting(image, loop.time(), loop.create_future())
        self._schedule(waiting, waiting.since + self._pace.first_look)
        self._waiting += 1
        if self._task is None or self._task.done():
            self._wake = asyncio.Event()
            self._task = loop.create_task(self._run())
        self._limits.add(waiting, waiting.since + self._at_most(), self._give_up)
        try:
            return await waiting.done
        finally:
            self._limits.remove(waiting)
            self._waiting -= 1
            if not waiting.done.cancel() and not waiting.done.cancelled():
                waiting.done.exception()  # noted, even if whoever waited was cancelled at that moment
            if not self._waiting:
                await self._stop()

    def _give_up(self, waiting: Waiting) -> None:
        self._finish(waiting, self._timeout_of(waiting))

    def _at_most(self) -> float:
        """Return when to give up even on a look that was begun in time: after as long as one call may take."""
        policy = self.policy
        return max(policy.timeout, policy.first_after, policy.grace) + policy.tick + self.client.timeouts.call

    async def _stop(self) -> None:
        task, self._task = self._task, None
        self._queue.clear()
        self._limits.stop()
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _schedule(self, waiting: Waiting, at: float) -> None:
        if self._queue.add(waiting, at) or self._scouts_wanted(waiting.since):
            self._wake.set()

    async def _run(self) -> None:
        slots = asyncio.Semaphore(self.client.concurrency.poll)
        async with asyncio.TaskGroup() as group:
            while True:
                await slots.acquire()
                task = group.create_task(self._ask(await self._next_batch()))
                task.add_done_callback(lambda _: slots.release())

    async def _next_batch(self) -> list[Waiting]:
        """Wait for a full batch, or for one that nobody joins in time."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            size = self.policy.batch_size if self._may_batch else 1
            self._queue.collect(now)
            self._send_scouts(now)
            if self._queue.ready and (len(self._queue.ready) >= size or not self._may_grow(now)):
                return self._queue.take(size)
            await self._sleep(now)

    def _may_grow(self, now: float) -> bool:
        """Tell whether another image may fall due before the oldest one of the batch has been due for a tick."""
        leaves = self._queue.ready[0].due + self.policy.tick
        if leaves <= now:
            return False
        newcomers = self._expected > 0 and self._pace.first_look < self.policy.tick
        due = self._queue.next_due
        return newcomers or (due is not None and due <= leaves)

    def _scouts_wanted(self, now: float) -> bool:
        """Tell whether a batch of those who wait may teach something that they would have to wait for."""
        age, later = self._pace.scouts_at, self._queue.later
        return age is not None and len(later) >= self.policy.batch_size and now - later[0][2].since >= age

    def _send_scouts(self, now: float) -> None:
        if self._may_batch and not self._queue.ready and self._scouts_wanted(now):
            self._pace.sent_scouts(now - self._queue.later[0][2].since)
            self._queue.send_scouts(now, self.policy.batch_size)

    async def _sleep(self, now: float) -> None:
        """Sleep until the next image falls due, a partial batch has waited long enough, or somebody comes."""
        due, ready = self._queue.next_due, self._queue.ready
        moments = [due] if due is not None else []
        if ready:
            moments = [max(moment, now + self.policy.tick / _GLANCES) for moment in moments]
            moments.append(ready[0].due + self.policy.tick)
        self._wake.clear()
        try:
            async with asyncio.timeout(max(min(moments) - now, 0.001) if moments else None):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _ask(self, batch: Sequence[Waiting]) -> None:
        images = list(dict.fromkeys(waiting.image for waiting in batch))
        try:
            answer = await self.client.images.get_chunk(images)
        except LinkedInMediaError as error:
            self._refused(batch, error)
        except Exception as error:  # noqa: BLE001 -- whatever a token provider raises belongs to those who wait
            for waiting in batch:
                self._finish(waiting, error)
        else:
            self._has_read = self._has_read or bool(answer.results) or len(images) > 1
            self._learn(batch, answer)
            for waiting in batch:
                self._answered(waiting, answer)

    def _learn(self, batch: Sequence[Waiting], answer: BatchResult[Urn, Image]) -> None:
        """Learn when to look first, and look sooner at those who wait if it turns out that this is worth it."""
        before, found = self._pace.first_look, answer.results
        first = [one for one in batch if one.last_status is None and one.image in found]
        looks = [(one.since, one.scouts, found[one.image].status in _DONE) for one in first]
        self._pace.learn(looks, asyncio.get_running_loop().time())
        if self._pace.first_look < before:
            self._queue.hasten(self._pace.first_look)
            self._wake.set()

    def _refused(self, batch: Sequence[Waiting], error: LinkedInMediaError) -> None:
        """Deal with a call that failed as a whole."""
        if isinstance(error, Forbidden) and len(batch) > 1:
            if self._may_batch:
                self._may_batch = False
                _log.warning("poll.batch_refused", extra={"hint": error.hint})
            for waiting in batch:
                self._schedule(waiting, waiting.due)
            return

        for waiting in batch:
            self._failed(waiting, error)

    def _answered(self, waiting: Waiting, answer: BatchResult[Urn, Image]) -> None:
        error = answer.errors.get(waiting.image)
        if error is not None:
            self._failed(waiting, error)
            return

        image = answer.results[waiting.image]
        if waiting.scouts is not None and image.status not in _DONE:  # as if nobody had looked
            self._schedule(waiting, max(waiting.since + self._pace.first_look, asyncio.get_running_loop().time()))
            return

        waiting.last_status = None if image.status is None else str(image.status)
        if image.status == MediaStatus.AVAILABLE:
            self._finish(waiting, image)
        elif image.status == MediaStatus.PROCESSING_FAILED:
            self._finish(waiting, ProcessingFailed(waiting.image))
        elif image.status == MediaStatus.WAITING_UPLOAD and self._age(waiting) > self.policy.not_found_grace:
            self._finish(waiting, NeverUploaded(waiting.image))
        else:
            self._again(waiting)

    def _failed(self, waiting: Waiting, error: LinkedInMediaError) -> None:
        if isinstance(error, Forbidden) and self.policy.wait == "auto":
            if not self._has_read or names_permission(error.message):
                self._stop_reading(error)
            self._finish_after_grace(waiting)
        elif isinstance(error, RateLimited) and error.resets_at is None:
            self._again(waiting, not_before=error.retry_after or 0.0)
        elif is_transient(error) or (isinstance(error, NotFound) and self._age(waiting) <= self.policy.not_found_grace):
            self._again(waiting)
        else:
            self._finish(waiting, error)

    def _stop_reading(self, error: Forbidden) -> None:
        """Give up looking, for everyone who waits now or later: the token may upload but not read.

        A refusal that names no permission may be about one image only; it is, once another could be read.
        """
        if self._may_read:
            self._may_read = False
            _log.warning("poll.not_permitted", extra={"grace": self.policy.grace, "hint": error.hint})
        for waiting in self._queue.clear():
            self._finish_after_grace(waiting)

    def _finish_after_grace(self, waiting: Waiting) -> None:
        left = max(0.0, self.policy.grace - self._age(waiting))
        asyncio.get_running_loop().call_later(left, self._finish, waiting, Image(id=waiting.image))

    def _again(self, waiting: Waiting, *, not_before: float = 0.0) -> None:
        """Ask once more, in `not_before` seconds at the earliest and later the older the image is; or give up."""
        age = self._age(waiting)
        if age >= self.policy.timeout or age + not_before > self.policy.timeout:
            self._finish(waiting, self._timeout_of(waiting))
            return

        pause = max(pause_at(self.policy, age, self.client.clock.fraction()), not_before)
        now = asyncio.get_running_loop().time()
        self._schedule(waiting, min(now + pause, max(waiting.since + self.policy.timeout, now)))

    def _timeout_of(self, waiting: Waiting) -> PollTimeout:
        return PollTimeout(waiting.image, last_status=waiting.last_status, seconds=self.policy.timeout)

    def _age(self, waiting: Waiting) -> float:
        return asyncio.get_running_loop().time() - waiting.since

    def _finish(self, waiting: Waiting, result: Image | Exception) -> None:
        if waiting.done.done():
            return
        if isinstance(result, Image):
            waiting.done.set_result(result)
        else:
            waiting.done.set_exception(copy.copy(result) if isinstance(result, LinkedInMediaError) else result)
