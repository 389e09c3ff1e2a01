"""Options are checked when they are made."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest

from linkedin_media.errors import InvalidArgument
from linkedin_media.options import Concurrency, ImageRules, PollPolicy, RetryPolicy, Timeouts

ALL = (Concurrency, ImageRules, PollPolicy, RetryPolicy, Timeouts)


@pytest.mark.parametrize("cls", ALL)
def test_the_defaults_are_valid_and_frozen(cls: type) -> None:
    options = cls()

    name = attrs.fields(cls)[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(options, name, 1)
    assert options == cls()
    assert hash(options) == hash(cls())


@pytest.mark.parametrize("cls", ALL)
def test_options_are_given_by_name(cls: type) -> None:
    with pytest.raises(TypeError):
        cls(1)


@pytest.mark.parametrize(("cls", "field"), [(cls, field) for cls in ALL for field in attrs.fields(cls)])
@pytest.mark.parametrize("value", [-1, math.nan, "10", True, [1]], ids=str)
def test_every_option_refuses_what_it_cannot_be_by_name(cls: type, field: Any, value: object) -> None:
    with pytest.raises(InvalidArgument, match=field.name) as caught:
        cls(**{field.name: value})

    assert caught.value.argument == field.name
    assert cls.__name__ in caught.value.message


@pytest.mark.parametrize(
    ("cls", "name"),
    [(cls, field.name) for cls in ALL for field in attrs.fields(cls) if str(field.type).startswith("int")],
)
def test_a_count_is_a_whole_number(cls: type, name: str) -> None:
    with pytest.raises(InvalidArgument, match="whole number"):
        cls(**{name: 2.5})


@pytest.mark.parametrize(
    ("made", "name", "lowest"),
    [
        (ImageRules, "pixels_below", 1),
        (ImageRules, "max_bytes", 1),
        (RetryPolicy, "max_attempts", 1),
        (RetryPolicy, "quota", 0),
        (RetryPolicy, "initial_delay", 0),
        (RetryPolicy, "deadline", 0.001),
        (PollPolicy, "timeout", 0),
        (PollPolicy, "growth", 1),
        (PollPolicy, "batch_size", 1),
        (Concurrency, "jobs", 1),
        (Timeouts, "stall", 0.001),
    ],
)
def test_the_lowest_value_is_taken_and_the_next_lower_one_is_not(made: type, name: str, lowest: float) -> None:
    assert getattr(made(**{name: lowest}), name) == lowest
    below = lowest - 1 if isinstance(lowest, int) else lowest / 2
    with pytest.raises(InvalidArgument, match=f"at least {lowest:g}"):
        made(**{name: below})


def test_what_may_be_unlimited_may_be_none() -> None:
    assert ImageRules(max_bytes=None).max_bytes is None
    assert Timeouts(upload=None).upload is None


def test_a_way_of_waiting_is_one_of_four() -> None:
    assert [PollPolicy(wait=way).wait for way in ("auto", "poll", "grace", "none")] == ["auto", "poll", "grace", "none"]
    with pytest.raises(InvalidArgument, match="one of auto, poll, grace, none"):
        PollPolicy(wait="never")


def test_linkedins_limits_are_the_default_rules() -> None:
    rules = ImageRules()

    assert (rules.pixels_below, rules.max_gif_frames, rules.max_bytes) == (36_152_320, 250, None)


def test_the_pool_holds_a_connection_for_everything_that_may_be_under_way() -> None:
    assert Concurrency(initialize=1, upload=2, poll=3, post=4).connections == 10
