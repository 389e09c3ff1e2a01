"""A clock that stands still until somebody sleeps."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from linkedin_media.client.attempts import Clock

NOON: Final = datetime(2026, 9, 1, 12, tzinfo=UTC)


@attrs.define
class SteppedClock:
    """Sleeping takes no time and moves the clock; `slept` notes each sleep. `chance` is what is drawn for jitter."""

    chance: float = 1.0
    passed: float = 0.0
    slept: list[float] = attrs.field(factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, monotonic=lambda: self.passed, fraction=lambda: self.chance, sleep=self.sleep)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds
        await asyncio.sleep(0)
