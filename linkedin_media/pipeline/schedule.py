"""Who waits for a look, and when it falls due: records in a heap, and those whose time has come."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

import attrs

from ..model.image import Image
from ..model.urn import Urn


@attrs.define(eq=False)
class Waiting:
    """An image somebody waits for. `scouts` is its age when it was sent ahead of its time, to learn from."""

    image: Urn
    since: float
    done: asyncio.Future[Image]
    due: float = 0.0
    last_status: str | None = None
    scouts: float | None = None


@attrs.define(eq=False)
class Schedule:
    """The images that wait, by the moment (of the event loop's clock) at which each is to be looked at."""

    later: list[tuple[float, int, Waiting]] = attrs.field(factory=list, init=False)
    ready: list[Waiting] = attrs.field(factory=list, init=False)
    _order: count[int] = attrs.field(factory=count, init=False)

    @property
    def next_due(self) -> float | None:
        """When the next one falls due, None where nobody waits for that."""
        return self.later[0][0] if self.later else None

    def add(self, waiting: Waiting, at: float) -> bool:
        """Have an image looked at at a moment; tell whether it is the next one now."""
        waiting.due, waiting.scouts = at, None
        heapq.heappush(self.later, (at, next(self._order), waiting))
        return self.later[0][2] is waiting

    def collect(self, now: float) -> None:
        """Make ready whose time has come, and forget those nobody waits for any more."""
        self.ready = [waiting for waiting in self.ready if not waiting.done.done()]
        while self.later and self.later[0][0] <= now:
            waiting = heapq.heappop(self.later)[2]
            if not waiting.done.done():
                self.ready.append(waiting)

    def send_scouts(self, now: float, number: int) -> None:
        """Make the next `number` ready, though it is not their time yet."""
        while self.later and len(self.ready) < number:
            waiting = heapq.heappop(self.later)[2]
            waiting.due, waiting.scouts = now, now - waiting.since
            if not waiting.done.done():
                self.ready.append(waiting)

    def hasten(self, first_look: float) -> None:
        """Look at images that nobody has looked at yet when they are `first_look` seconds old, if that is sooner."""
        for _, _, waiting in self.later:
            if waiting.last_status is None:
                waiting.due = min(waiting.due, waiting.since + first_look)
        self.later = [(waiting.due, order, waiting) for _, order, waiting in self.later]
        heapq.heapify(self.later)

    def take(self, number: int) -> list[Waiting]:
        """Take up to `number` of those that are ready."""
        taken, self.ready = self.ready[:number], self.ready[number:]
        return taken

    def clear(self) -> list[Waiting]:
        """Forget everybody; return who that was."""
        everyone = [waiting for _, _, waiting in self.later] + self.ready
        self.later, self.ready = [], []
        return everyone


@attrs.define(eq=False)
class Limits:
    """When to give up on whom. Who came first is first in turn, so that one timer does for everyone."""

    _limits: dict[Waiting, float] = attrs.field(factory=dict, init=False)
    _timer: asyncio.TimerHandle | None = attrs.field(default=None, init=False)

    def add(self, waiting: Waiting, at: float, give_up: Callable[[Waiting], None]) -> None:
        """Give up on an image at a moment no earlier than those of the images before it."""
        self._limits[waiting] = at
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(at, self._reached, give_up)

    def remove(self, waiting: Waiting) -> None:
        """Forget an image nobody waits for any more."""
        del self._limits[waiting]

    def stop(self) -> None:
        """Give up on nobody: nobody waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _reached(self, give_up: Callable[[Waiting], None]) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        for waiting, at in self._limits.items():
            if at > loop.time():
                self._timer = loop.call_at(at, self._reached, give_up)
                return
            give_up(waiting)
