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
