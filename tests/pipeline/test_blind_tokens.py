"""Tokens that may upload and not look: one warning, a wait instead, and no look in vain."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.pipeline.poller import Poller
from linkedin_media.simulator import Answer, Latency
from tests.faults.ward import EAGER, Ward, picture

REFUSED: Any = {"status": 403, "message": "Accessing this image resource is forbidden."}


@pytest.mark.parametrize("refusal", ["live", "documented"])
async def test_a_hundred_images_that_nobody_may_look_at_cost_one_warning_and_a_few_looks(
    ward: Ward, caplog: pytest.LogCaptureFixture, refusal: Any
) -> None:
    ward.simulator.configure(read_refusal=refusal)
    ward.fault(Latency(seconds=0.3), "images.batch_get")  # several are under way when the first is refused
    token = ward.simulator.issue_token("w_member_social")
    ward.secrets.add(token)
    client = ward.client(token, timeouts=lm.Timeouts())  # a slow machine must not put a post in doubt
    pipeline = ward.pipeline(client, poll=attrs.evolve(EAGER, first_after=0.5, tick=0.1, grace=0.8))
    jobs = [lm.Job(author=ward.simulator.person, commentary=f"{n}", images=[picture(seed=n)]) for n in range(120)]

    outcomes = [outcome async for outcome in pipeline.publish_all(jobs)]

    looks = ward.count("images.get") + ward.count("images.batch_get")
    warned = [record.message for record in caplog.records if record.name == "linkedin_media.pipeline"]
    assert {type(outcome) for outcome in outcomes} == {lm.Published}
    assert 1 <= ward.count("images.batch_get") <= 3  # one a tick until the first is refused
    assert looks <= 10
    assert [message for message in warned if message == "poll.not_permitted"] == ["poll.not_permitted"]
    assert warned.count("poll.batch_refused") <= 1


async def test_a_grace_longer_than_the_timeout_is_waited_out(ward: Ward) -> None:
    ward.fault(Answer(status=403, body=REFUSED), "images.*get")
    client = ward.client(timeouts=lm.Timeouts(call=0.1))
    poller = Poller(client, attrs.evolve(EAGER, timeout=0.1, grace=0.6))
    begun = asyncio.get_running_loop().time()

    image = await poller.wait(lm.Urn("urn:li:image:a"))

    assert image == lm.Image(id=lm.Urn("urn:li:image:a"))
    assert asyncio.get_running_loop().time() - begun >= 0.6


async def test_the_grace_counts_from_the_upload_and_not_from_the_refusal(ward: Ward) -> None:
    ward.fault(Answer(status=403, body=REFUSED), "images.*get")
    poller = Poller(ward.client(), attrs.evolve(EAGER, first_after=0.4, grace=0.5))
    begun = asyncio.get_running_loop().time()

    await poller.wait(lm.Urn("urn:li:image:a"))

    assert asyncio.get_running_loop().time() - begun < 0.85
