"""How many posts are made ready ahead of the places to send them from, so that a slow preparation stops no post."""

from __future__ import annotations

import math
from typing import Final

import attrs

_SECONDS: Final = 0.05
_MOST: Final = 7
"""Times the places themselves."""

_WEIGHT: Final = 1 / 8


@attrs.define
class Lead:
    """Learns how long a post holds its place, and lets as many be ready as get one within a twentieth of a second.

    Where calls take longer than that, next to nothing is made ready ahead: what is ready may be on its way in everyone's
    eyes, and would have to be looked for after a crash.
    """

    places: int
    _held: float = attrs.field(default=math.inf, init=False)
    """Seconds; that of the last few posts counts most."""

    @property
    def number(self) -> int:
        """How many may be ready or on their way."""
        return self.places + min(_MOST * self.places, int(self.places * _SECONDS / self._held))

    def learn(self, held: float, *, failed: bool = False) -> None:
        """Take down for how many seconds a post held its place; one that failed for at least a second.

        What is ready behind a failure may fail as well, and has to be taken back.
        """
        held = max(held, 1.0 if failed else 1e-6)
        self._held = held if math.isinf(self._held) else self._held + _WEIGHT * (held - self._held)
