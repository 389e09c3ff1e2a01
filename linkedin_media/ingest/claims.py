"""What workers of a ledger keep of each other's: the jobs one holds, and what slows all of them down."""

from __future__ import annotations

from collections.abc import Iterable

import attrs


@attrs.define
class Claim:
    """What one claim adds to the jobs held here, in the writer's thread, so that the next claim there knows of it."""

    held: set[int]
    mine: set[int] = attrs.field(factory=set)
    given_up: bool = False

    def begin(self) -> set[int]:
        """Begin, or begin again after a transaction that failed."""
        self.held.difference_update(self.mine)
        self.mine.clear()
        return self.held

    def hold(self, numbers: Iterable[int]) -> None:
        """Hold jobs, unless nobody waits for them any more."""
        self.mine.update(numbers)
        self.held.update(self.mine)
        if self.given_up:
            self.begin()

    def give_up(self) -> None:
        """Let go of everything: those who asked are gone."""
        self.given_up = True
        self.begin()


@attrs.frozen
class Brakes:
    """What slows all workers of a ledger: no call before one moment, nothing new before another (epoch milliseconds)."""

    paused_until: int | None = None
    limited_until: int | None = None
