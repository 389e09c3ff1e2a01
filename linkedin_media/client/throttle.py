"""What slows all calls of a client together: a shared pause after a 429, and an optional rate."""

from __future__ import annotations

import attrs


@attrs.define
class Throttle:
    """Says how long a call must wait before it leaves; knows no clock, each method is told the time (seconds)."""

    rate: float | None = None
    """Calls per second, None for no limit."""
    _paused_until: float = attrs.field(default=0.0, init=False)
    _next_slot: float = attrs.field(default=0.0, init=False)

    def pause(self, seconds: float, now: float) -> None:
        """Let no call leave for `seconds`."""
        self._paused_until = max(self._paused_until, now + seconds)

    def wait(self, now: float) -> float:
        """Take the next slot, and return the seconds until it."""
        start = max(now, self._paused_until)
        if self.rate is not None:
            start = max(start, self._next_slot)
            self._next_slot = start + 1 / self.rate
        return start - now
