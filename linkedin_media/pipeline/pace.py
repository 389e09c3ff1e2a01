"""When to look at an image for the first time: learned from those before it, one step at a time."""

from __future__ import annotations

import math
from typing import Final

import attrs

from ..options import PollPolicy

_SAMPLE: Final = 20
"""First looks after which a step is judged."""

_NEARLY_ALL: Final = 0.8
_SOON: Final = 0.01
_EARLIEST: Final = -6
"""The step at which an image is looked at right away."""


@attrs.define
class Pace:
    """The age at which images are looked at first: `PollPolicy.first_after` at step 0.

    Where a sample of first looks finds not one image done, the next step up skips that look and begins with the following
    one; where it finds nearly all of them done, the next step down begins with the look before, and from step 0 with a look
    at half the age. A step is judged only by images that came while it was in force, so that learning never overshoots.
    """

    policy: PollPolicy
    first_look: float = attrs.field(
        default=attrs.Factory(lambda self: self.policy.first_after, takes_self=True), init=False
    )
    """The age at which an image that comes now is looked at first."""
    _step: int = attrs.field(default=0, init=False)
    _in_force_since: float = attrs.field(default=-math.inf, init=False)
    _found: int = attrs.field(default=0, init=False)
    _looks: int = attrs.field(default=0, init=False)

    def looked(self, *, found: bool, since: float, now: float) -> None:
        """Learn from the first look at an image that came at `since`: was it `found` done?"""
        if since < self._in_force_since:
            return
        self._looks += 1
        self._found += found
        if self._looks < _SAMPLE:
            return
        if self._found >= _NEARLY_ALL * self._looks:
            self._take(max(self._step - 1, _EARLIEST), now)
        elif self._found == 0:
            self._take(self._step + 1, now)
        self._looks = self._found = 0

    def _take(self, step: int, now: float) -> None:
        look = _look_of(self.policy, step)
        if look <= self.policy.timeout / 4:
            self._step, self.first_look, self._in_force_since = step, look, now


def _look_of(policy: PollPolicy, step: int) -> float:
    if step <= _EARLIEST:
        return 0.0
    age = policy.first_after * 2.0 ** min(step, 0)
    for _ in range(step):
        age += regular_interval(policy, age)
    return age


def regular_interval(policy: PollPolicy, age: float) -> float:
    """Return the seconds between a look at an image of this age and the next one: growing with its age."""
    return min(max(policy.interval, age * (policy.growth - 1)), policy.max_interval)


def early_interval(policy: PollPolicy, age: float) -> float:
    """Return the seconds from a look before `PollPolicy.first_after` to the next one: at twice the age, or at that time."""
    return max(min(age, policy.first_after - age), _SOON)
