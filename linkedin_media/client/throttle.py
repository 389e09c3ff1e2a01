"""What slows all calls of a client together: a shared pause after a 429, an optional rate, and an end to asking in vain."""

from __future__ import annotations

import math
from typing import Final

import attrs

from ..errors import InvalidArgument

PROBE_EVERY: Final = 900.0
"""Seconds between two calls that try whether a limit is still in force."""


@attrs.define
class Throttle:
    """Says how long a call must wait before it leaves; knows no clock, each method is told the time (seconds)."""

    rate: float | None = None
    """Calls per second, None for no limit."""
    _paused_until: float = attrs.field(default=0.0, init=False)
    _next_slot: float = attrs.field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        if self.rate is not None and not self.rate > 0:
            raise InvalidArgument(
                f"max_calls_per_second={self.rate!r}: must be more than 0", argument="max_calls_per_second"
            )

    def pause(self, seconds: float, now: float) -> None:
        """Let no call leave for `seconds`."""
        self._paused_until = max(self._paused_until, now + seconds)

    def paused_for(self, now: float) -> float:
        """Return the seconds for which no call may leave."""
        return max(0.0, self._paused_until - now)

    def wait(self, now: float) -> float:
        """Take the next slot, and return the seconds until it."""
        if self.rate is None and self._paused_until <= now:
            return 0.0
        start = max(now, self._paused_until)
        if self.rate is not None:
            start = max(start, self._next_slot)
            self._next_slot = start + 1 / self.rate
        return start - now


@attrs.define
class Breaker:
    """Holds back one kind of call that LinkedIn goes on refusing for its rate without a word about until when.

    That is how a daily limit looks. It opens after `most` refusals in a row, counting of those under way at once only one;
    from then on a single call every `PROBE_EVERY` seconds is let through, and the first that is not refused closes it.
    """

    most: int
    _refusals: int = attrs.field(default=0, init=False)
    _refused_at: float = attrs.field(default=-math.inf, init=False)
    _probe_at: float | None = attrs.field(default=None, init=False)

    def admits(self, now: float) -> bool:
        """Tell whether a call may leave."""
        if self._probe_at is None:
            return True
        if now < self._probe_at:
            return False
        self._probe_at = now + PROBE_EVERY
        return True

    def refused(self, sent_at: float, now: float) -> bool:
        """Note the refusal of a call that left at `sent_at`; tell whether no more should."""
        if sent_at >= self._refused_at:
            self._refusals += 1
            self._refused_at = now
        if self._refusals >= self.most and self._probe_at is None:
            self._probe_at = now + PROBE_EVERY
        return self._probe_at is not None

    def answered(self) -> None:
        """Note any other answer."""
        self._refusals, self._probe_at = 0, None
