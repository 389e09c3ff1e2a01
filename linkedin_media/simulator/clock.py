"""The simulator's clock: the wall clock, until a test moves it."""

from __future__ import annotations

from collections.abc import Callable


class Clock:
    """Seconds since the epoch, from a source that tests can shift or stop."""

    def __init__(self, source: Callable[[], float]) -> None:
        self._source = source
        self._offset = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        """Return the simulated time in seconds since the epoch."""
        return (self._source() if self._frozen is None else self._frozen) + self._offset

    def now_ms(self) -> int:
        """Return the simulated time in LinkedIn's epoch milliseconds."""
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> None:
        """Move the time on by `seconds`; a negative number moves it back."""
        self._offset += seconds

    def freeze(self) -> None:
        """Stop the time; from here only `advance` moves it."""
        if self._frozen is None:
            self._frozen = self._source()

    def thaw(self) -> None:
        """Let the time run again, and forget every shift."""
        self._frozen = None
        self._offset = 0.0
