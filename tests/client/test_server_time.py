"""LinkedIn's time, as its answers tell it, where this machine's clock is wrong."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import formatdate, parsedate_to_datetime

import pytest

import linkedin_media as lm
from linkedin_media.client.server_time import ServerTime
from linkedin_media.protocol.wire import Headers, Response
from linkedin_media.simulator import Simulator
from tests.client.stepped_clock import NOON
from tests.faults.ward import HOPPER

HOUR = 3600.0


def answer(seconds_ago: float) -> Response:
    return Response(status=200, headers=Headers({"Date": formatdate(NOON.timestamp() - seconds_ago, usegmt=True)}))


def test_until_an_answer_has_told_this_machines_clock_is_taken_for_it() -> None:
    told = ServerTime()
    told.hear(Response(status=200), NOON, 0.0)

    assert told.ahead is None
    assert told.at(NOON) == NOON


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1001 00:00:00 GMT"])
def test_a_time_that_cannot_be_is_none(date: str) -> None:
    told = ServerTime()
    told.hear(Response(status=200, headers=Headers({"Date": date})), NOON, 0.0)

    assert told.ahead is None


@pytest.mark.parametrize("ahead", [HOUR, 0.0, -HOUR])
def test_an_answer_tells_linkedins_time(ahead: float) -> None:
    told = ServerTime()
    told.hear(answer(ahead), NOON, 0.0)

    assert told.at(NOON) - NOON == timedelta(seconds=0.5 - ahead)


def test_answers_are_heard_once_a_minute() -> None:
    told = ServerTime()

    assert told.due < 0
    told.hear(answer(0.0), NOON, 5.0)
    assert told.due == 65.0
    told.listen()
    assert told.due < 0


@pytest.mark.parametrize(("ahead", "noted"), [(29.0, []), (31.0, [30.5]), (-HOUR, [-3600.5])])
def test_a_clock_that_is_far_off_is_warned_of_once(
    ahead: float, noted: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    told = ServerTime()
    with caplog.at_level(logging.WARNING, "linkedin_media"):
        told.hear(answer(ahead), NOON, 0.0)
        told.hear(answer(ahead), NOON, 60.0)

    assert [record.seconds_ahead for record in caplog.records if record.getMessage() == "clock.skew"] == noted  # type: ignore[attr-defined]


@pytest.mark.parametrize("ahead", [48 * HOUR, -48 * HOUR])
async def test_an_image_is_uploaded_however_wrong_the_clock_is(linkedin_simulator: Simulator, ahead: float) -> None:
    linkedin_simulator.clock.advance(-ahead)
    async with lm.LinkedInClient(linkedin_simulator.token, base_url=linkedin_simulator.base_url) as client:
        started = await client.images.initialize_upload(owner="urn:li:organization:5583111")
        await client.images.upload(started, HOPPER)

        assert client.server_time.ahead == pytest.approx(ahead, abs=2)
    assert linkedin_simulator.images[started.image].status == "AVAILABLE"


async def test_the_simulator_tells_its_own_time(linkedin_simulator: Simulator) -> None:
    import aiohttp

    linkedin_simulator.clock.advance(HOUR)
    async with aiohttp.ClientSession() as session, session.get(f"{linkedin_simulator.base_url}/rest/images") as reply:
        told = parsedate_to_datetime(reply.headers["Date"])

    assert told.timestamp() == pytest.approx(linkedin_simulator.clock.now(), abs=5)
