"""A daily budget of API calls, kept in the ledger and reserved in blocks, so that a crash wastes a few and overruns none."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Final

import attrs

from ..errors import RateLimited
from ..protocol.retry_after import next_utc_midnight
from .ledger import Ledger

_BLOCK: Final = 25


@attrs.define(eq=False)
class CallBudget:
    """Lets `cap` calls per UTC day leave, all processes on the ledger together."""

    ledger: Ledger
    cap: int
    _left: int = attrs.field(default=0, init=False)
    _day: date | None = attrs.field(default=None, init=False)
    _lock: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False, repr=False)

    async def take(self) -> None:
        """Take one call from the budget.

        Raises:
            RateLimited: The day's are used up; ``resets_at`` says when there are more.
        """
        async with self._lock:
            now = datetime.now(UTC)
            if self._left == 0 or self._day != now.date():
                self._left, self._day = await self.ledger.reserve_calls(_BLOCK, self.cap), now.date()
            if self._left == 0:
                raise RateLimited(
                    f"the budget of {self.cap:,} calls for {now.date()} (UTC) is used up",
                    status=429,
                    resets_at=next_utc_midnight(now),
                    hint="run it again after 00:00 UTC, or raise --max-calls-per-day",
                )
            self._left -= 1

    async def aclose(self) -> None:
        """Give back what was reserved and not used."""
        async with self._lock:
            left, self._left = self._left, 0
            if left and self._day is not None:
                await self.ledger.reserve_calls(-left, self.cap, day=self._day.isoformat())
