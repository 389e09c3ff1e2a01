"""What slows all calls of a client together."""

from __future__ import annotations

import math

import pytest

from linkedin_media.client.throttle import PROBE_EVERY, Breaker, Throttle
from linkedin_media.errors import InvalidArgument


def test_without_a_limit_nobody_waits() -> None:
    throttle = Throttle()

    assert [throttle.wait(now) for now in (0, 0, 5)] == [0, 0, 0]


def test_a_rate_spaces_calls_evenly() -> None:
    throttle = Throttle(rate=4)

    assert [throttle.wait(10.0) for _ in range(4)] == [0, 0.25, 0.5, 0.75]
    assert throttle.wait(20.0) == 0


def test_a_pause_holds_everybody_until_it_ends() -> None:
    throttle = Throttle()
    throttle.pause(3, now=10)

    assert [throttle.wait(10), throttle.wait(12), throttle.wait(13)] == [3, 1, 0]
    assert [throttle.paused_for(10), throttle.paused_for(12), throttle.paused_for(14)] == [3, 1, 0]


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    throttle = Throttle()
    throttle.pause(10, now=0)
    throttle.pause(1, now=0)

    assert throttle.paused_for(0) == 10


def test_after_a_pause_the_rate_holds_again() -> None:
    throttle = Throttle(rate=2)
    throttle.pause(3, now=0)

    assert [throttle.wait(0), throttle.wait(0), throttle.wait(0)] == [3, 3.5, 4]


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_a_rate_that_lets_nothing_through_is_refused(rate: float) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Throttle(rate=rate)

    assert caught.value.argument == "max_calls_per_second"


def test_a_breaker_opens_after_so_many_refusals_in_a_row() -> None:
    breaker = Breaker(most=3)

    assert [breaker.refused(sent_at=now, now=now + 0.5) for now in (0, 1, 2)] == [False, False, True]
    assert not breaker.admits(3)


def test_refusals_of_calls_under_way_together_count_as_one() -> None:
    breaker = Breaker(most=2)

    assert [breaker.refused(sent_at=0, now=now) for now in (1, 1.1, 1.2)] == [False, False, False]
    assert breaker.admits(2)
    assert breaker.refused(sent_at=2, now=3)


def test_any_other_answer_closes_a_breaker() -> None:
    breaker = Breaker(most=1)
    breaker.refused(sent_at=0, now=0)
    breaker.answered()

    assert breaker.admits(1)


def test_an_open_breaker_lets_one_call_through_now_and_then() -> None:
    breaker = Breaker(most=1)
    breaker.refused(sent_at=0, now=0)

    assert [breaker.admits(PROBE_EVERY), breaker.admits(PROBE_EVERY + 1)] == [True, False]
    assert breaker.admits(2 * PROBE_EVERY)
