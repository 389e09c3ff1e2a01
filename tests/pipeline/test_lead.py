"""How many posts are made ready ahead of their places."""

from __future__ import annotations

import asyncio
import math

import pytest

import linkedin_media as lm
from linkedin_media.pipeline.events import Track
from linkedin_media.pipeline.lead import Lead
from linkedin_media.pipeline.poller import Poller
from linkedin_media.pipeline.stages import Stages, Told
from linkedin_media.simulator import Latency
from tests.faults.ward import EAGER, Ward
from tests.waiting import eventually


@pytest.mark.parametrize(
    ("held", "number"),
    [
        (0.3, 9),  # LinkedIn's usual time: next to nothing waits
        (0.05, 16),
        (0.01, 48),
        (0.001, 64),  # no more than seven times the places
        (0.0, 64),
        (30.0, 8),
    ],
)
def test_as_many_are_ready_as_leave_within_a_twentieth_of_a_second(held: float, number: int) -> None:
    lead = Lead(8)
    lead.learn(held)
    assert lead.number == number


def test_nothing_is_ready_ahead_before_anything_is_known() -> None:
    assert Lead(8).number == 8


def test_a_few_slow_posts_are_not_taken_for_all_and_many_are() -> None:
    lead = Lead(8)
    lead.learn(0.005)
    lead.learn(0.2)
    assert 8 < lead.number < 64
    for _ in range(50):
        lead.learn(0.2)
    assert lead.number == 10


def test_a_failure_counts_as_slow_however_soon_it_came_and_is_forgotten_in_time() -> None:
    lead = Lead(8)
    lead.learn(0.005)
    lead.learn(0.001, failed=True)
    assert lead.number <= 11
    for _ in range(40):
        lead.learn(0.005)
    assert lead.number == 64


def test_one_place_is_led_too() -> None:
    lead = Lead(1)
    lead.learn(0.02)
    assert lead.number == 3


async def test_intents_run_ahead_of_quick_posts_which_keep_to_their_places(ward: Ward) -> None:
    client, intended = ward.client(), 0
    stages = Stages(client, lm.Concurrency(post=2), lm.ImageRules(), Poller(client, EAGER))

    def intend(body: bytes, told: Told) -> float:
        nonlocal intended
        intended += 1
        told(None)
        return math.inf

    def posting(text: str) -> list[asyncio.Task[lm.CreatedPost]]:
        drafts = [lm.PostDraft(author=ward.owner, commentary=f"{text} {number}") for number in range(30)]
        return [asyncio.create_task(stages.post(draft, Track("", ""), intend=intend)) for draft in drafts]

    await asyncio.gather(*posting("quick"))
    ready, intended = stages._lead.number, 0
    assert ready > 2

    ward.fault(Latency(seconds=0.3), "posts.create")
    slow = posting("slow")
    await eventually(lambda: len(stages._posting._waiting) == ready - 2)
    assert intended == ready

    for task in slow:
        task.cancel()
    await asyncio.wait(slow)
    assert (stages._ready._free, stages._posting._free) == (stages._ready._number, 2)
