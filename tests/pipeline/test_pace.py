from __future__ import annotations

from collections.abc import Callable

import pytest

import linkedin_media as lm
from linkedin_media.pipeline.pace import Pace, early_interval

SAMPLE = 20


def taught(processing: Callable[[int], float], images: int, policy: lm.PollPolicy | None = None) -> Pace:
    """A pace after so many images, each of which came when the first look at the one before was over."""
    pace, now = Pace(policy or lm.PollPolicy()), 0.0
    for number in range(images):
        since, now = now, now + pace.first_look + 0.001
        pace.looked(found=processing(number) <= now - since, since=since, now=now)
    return pace


def test_the_first_look_comes_as_the_policy_says_until_a_sample_is_seen() -> None:
    assert taught(lambda _: 9.0, SAMPLE - 1).first_look == lm.PollPolicy().first_after


def test_looks_that_never_find_anything_are_skipped() -> None:
    pace = taught(lambda _: 1.2, 2 * SAMPLE)

    assert pace.first_look == pytest.approx(1.5)  # the regular looks are at 0.5, 1, 1.5, …


def test_a_look_that_finds_some_is_kept() -> None:
    assert taught(lambda number: 0.4 if number % 5 == 0 else 3.0, 10 * SAMPLE).first_look == 0.5


def test_images_that_are_done_at_once_are_looked_at_right_away() -> None:
    assert taught(lambda _: 0.0, 10 * SAMPLE).first_look == 0.0


def test_it_goes_back_when_processing_gets_faster() -> None:
    pace = taught(lambda number: 8.0 if number < 6 * SAMPLE else 0.6, 30 * SAMPLE)

    assert pace.first_look in (0.5, 1.0)


def test_images_that_came_before_a_step_do_not_judge_it() -> None:
    pace = Pace(lm.PollPolicy())
    for _ in range(10 * SAMPLE):
        pace.looked(found=False, since=0.0, now=0.5)

    assert pace.first_look == 1.0


def test_the_first_look_stays_well_within_the_timeout() -> None:
    policy = lm.PollPolicy(timeout=40.0)

    assert 5.0 < taught(lambda _: 1e9, 100 * SAMPLE, policy).first_look <= 10.0


@pytest.mark.parametrize(("age", "pause"), [(0.0, 0.01), (0.1, 0.1), (0.2, 0.2), (0.4, 0.1), (0.499, 0.01)])
def test_a_look_ahead_of_time_is_repeated_at_twice_the_age_but_not_later_than_the_regular_one(
    age: float, pause: float
) -> None:
    assert early_interval(lm.PollPolicy(), age) == pytest.approx(pause)


def test_scouts_that_are_all_done_teach_to_look_right_away() -> None:
    pace = Pace(lm.PollPolicy())
    pace.sent_scouts(0.04)
    pace.scouted([(0.04 - number / 1000, True) for number in range(40)], now=0.05)

    assert (pace.first_look, pace.scouts_at) == (0.0, None)


def test_scouts_of_which_only_the_older_ones_are_done_teach_their_age() -> None:
    pace = Pace(lm.PollPolicy())
    pace.scouted([(number / 100, number >= 10) for number in range(25)], now=0.3)

    assert pace.first_look == 0.125  # the first step at which they would have been done


def test_a_few_scouts_that_are_done_teach_nothing() -> None:
    pace = Pace(lm.PollPolicy())
    pace.scouted([(number / 100, number % 3 == 0) for number in range(30)], now=0.3)

    assert pace.first_look == lm.PollPolicy().first_after


def test_scouts_are_sent_at_growing_ages_until_the_first_regular_look() -> None:
    pace, ages = Pace(lm.PollPolicy()), []
    while pace.scouts_at is not None:
        ages.append(pace.scouts_at)
        pace.sent_scouts(pace.scouts_at)

    assert ages == pytest.approx([0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32])


def test_no_scouts_are_sent_once_a_step_is_judged() -> None:
    assert taught(lambda _: 9.0, SAMPLE - 1).scouts_at == 0.0
    assert taught(lambda _: 9.0, SAMPLE).scouts_at is None
