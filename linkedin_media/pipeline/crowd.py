"""Jobs side by side: each begins as places fall free, and its outcome is given as it comes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Final

from ..model.job import Job
from ..options import Concurrency
from ..places import Places
from .entrance import Entry, room_for
from .outcomes import Outcome


class Crowd:
    """Carries out jobs from an iterable. `work` is given a job and what to call for each image that is sent.

    No `asyncio.TaskGroup`: the loop would have to come round once more for each job that ends.
    """

    def __init__(
        self,
        jobs: Iterable[Job] | AsyncIterable[Job],
        work: Callable[[Job, Callable[[], None]], Awaitable[Outcome]],
        bounds: Concurrency,
    ) -> None:
        self._jobs: Final = jobs
        self._work: Final = work
        self._places: Final = Places(bounds.jobs)
        self._entrance: Final = Places(room_for(bounds.upload, awaited=isinstance(jobs, AsyncIterable)))
        self._running: Final[set[asyncio.Task[None]]] = set()
        self._outcomes: Final[deque[Outcome]] = deque()
        self._changed: Final = asyncio.Event()

    async def outcomes(self) -> AsyncIterator[Outcome]:
        """Begin, and give the outcomes; what the iterable raises comes once the jobs before it have ended.

        Whoever leaves early cancels what is under way.
        """
        feeder = asyncio.create_task(self._feed())
        feeder.add_done_callback(lambda _: self._changed.set())
        try:
            while self._outcomes or self._running or not feeder.done():
                if self._outcomes:
                    self._places.give()
                    yield self._outcomes.popleft()
                else:
                    self._changed.clear()
                    await self._changed.wait()
            await feeder
        finally:
            while left := [task for task in (feeder, *self._running) if not task.done()]:
                for task in left:
                    task.cancel()
                await asyncio.wait(left)
            if not feeder.cancelled():
                feeder.exception()  # whoever left early does not want to hear of it

    async def _feed(self) -> None:
        """Begin the jobs, none of which is taken before there are places for it."""
        jobs, places, entrance = self._jobs, self._places, self._entrance
        awaited = aiter(jobs) if isinstance(jobs, AsyncIterable) else None
        at_hand = iter(() if isinstance(jobs, AsyncIterable) else jobs)
        while True:
            await places.take()
            await entrance.take()
            try:
                job = next(at_hand) if awaited is None else await anext(awaited)
            except (StopIteration, StopAsyncIteration):
                return
            self._running.add(asyncio.create_task(self._carry_out(job)))

    async def _carry_out(self, job: Any) -> None:
        images = len(job.images) if isinstance(job, Job) else 1  # what is no job fails in its turn
        entry = Entry(images, self._entrance.give)
        try:
            self._outcomes.append(await self._work(job, entry.sent))
        finally:
            entry.leave()
            self._running.discard(asyncio.current_task())
            self._changed.set()
