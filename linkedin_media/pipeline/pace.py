"""When to look at an image for the first time: learned from those before it, one step at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from ..options import PollPolicy

_SAMPLE: Final = 20
"""First looks after which a step is judged."""

_NEARLY_ALL: Final = 0.8
_ENOUGH: Final = 10
"""Scouts of one age or more that tell what is to be expected at that age."""

_SOON: Final = 0.01
_EARLIEST: Final = -6
"""The step at which an image is looked at right away."""


@attrs.define
class Pace:
    """The age at which images are looked at first: `PollPolicy.first_after` at step 0.

    Where a sample of first looks finds not one image done, the next step up skips that look and begins with the following
    one; where it finds nearly all of them done, the next step down begins with the look before, and from step 0 with a look
    at half the age. A step is judged only by images that came while it was in force, so that learning never overshoots.

    Before the first step is judged, scouts are sent: a call's worth of images, looked at ahead of their time. Where nearly
    all of some age are done, that age is learned at once.
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
    scouts_at: float | None = attrs.field(default=0.0, init=False)
    """The age of the oldest image at which scouts are worth sending, None where no more are."""

    def sent_scouts(self, oldest: float) -> None:
        """Send none again before images are twice as old as the oldest one of these."""
        after = max(2 * oldest, _SOON)
        self.scouts_at = after if after < self.policy.first_after else None

    def learn(self, looks: Iterable[tuple[float, float | None, bool]], now: float) -> None:
        """Learn from first looks: since when each image waited, its age if it was a scout, and whether it was done."""
        scouts = []
        for since, age, found in looks:
            if age is None:
                self.looked(found=found, since=since, now=now)
            else:
                scouts.append((age, found))
        self.scouted(scouts, now)

    def scouted(self, looks: Sequence[tuple[float, bool]], now: float) -> None:
        """Learn from looks ahead of time: each at an image of some age, which was done or not."""
        by_age = sorted(looks)
        for number in range(len(by_age) - _ENOUGH + 1):
            older = by_age[number:]
            if sum(found for _, found in older) >= _NEARLY_ALL * len(older):
                age = older[0][0] if number else 0.0
                steps = range(_EARLIEST, self._step)
                self.scouts_at = None
                self._take(next((step for step in steps if _look_of(self.policy, step) >= age), self._step), now)
                return

    def looked(self, *, found: bool, since: float, now: float) -> None:
        """Learn from the first look at an image that came at `since`: was it `found` done?"""
        if since < self._in_force_since:
            return
        self._looks += 1
        self._found += found
        if self._looks < _SAMPLE:
            return
        self.scouts_at = None
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


def next_interval(policy: PollPolicy, age: float, fraction: float) -> float:
    """Return the seconds between two regular looks, jittered by a tenth."""
    return regular_interval(policy, age) * (0.95 + 0.1 * fraction)


def pause_at(policy: PollPolicy, age: float, fraction: float) -> float:
    """Return the seconds until an image of this age is asked for again."""
    return early_interval(policy, age) if age < policy.first_after else next_interval(policy, age, fraction)
