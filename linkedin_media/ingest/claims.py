"""What workers of a ledger keep of each other's: the jobs one takes, and what slows all of them down."""

from __future__ import annotations

from collections.abc import Iterable

import attrs


@attrs.define
class Claim:
    """What one claim takes of the jobs that this worker owns and nobody here works on (`loose`).

    It is told in the writer's thread, so that the next claim there knows of it.
    """

    loose: set[int]
    mine: set[int] = attrs.field(factory=set)
    given_up: bool = False

    def begin(self) -> list[int]:
        """Begin, or begin again after a transaction that failed; return what may be taken though it is owned."""
        self.loose.update(self.mine)
        self.mine.clear()
        return list(self.loose)

    def hold(self, numbers: Iterable[int]) -> None:
        """Take jobs, unless nobody waits for them any more."""
        self.mine.update(numbers)
        self.loose.difference_update(self.mine)
        if self.given_up:
            self.begin()

    def give_up(self) -> None:
        """Leave everything to others: those who asked are gone."""
        self.given_up = True
        self.begin()


@attrs.frozen
class Brakes:
    """What slows all workers of a ledger: no call before one moment, nothing new before another (epoch milliseconds)."""

    paused_until: int | None = None
    limited_until: int | None = None
