"""To which API the jobs of a ledger go: what is in doubt at one is not looked for, and sent again, at another."""

from __future__ import annotations

import pytest

from linkedin_media.errors import LedgerUnusable
from linkedin_media.ingest.binding import bind
from linkedin_media.ingest.states import State
from linkedin_media.protocol.hosts import parse_base_url

from .conftest import intend

LINKEDIN = parse_base_url("https://api.linkedin.com")
GATEWAY = parse_base_url("https://gateway.example.com/linkedin")
STAND_IN = parse_base_url("http://127.0.0.1:8080")


@pytest.fixture
async def posting(ledger, make_specs):
    """A ledger of LinkedIn's, with a job whose post is about to be sent."""
    await bind(ledger, LINKEDIN, same_api=False)
    await ledger.add(make_specs(1))
    [record] = await ledger.claim(1)
    record.enter(State.AVAILABLE)
    await intend(ledger, record, "digest")
    return ledger


async def test_a_ledger_goes_on_at_its_api(posting):
    await bind(posting, LINKEDIN, same_api=False)


@pytest.mark.parametrize("other", [STAND_IN, GATEWAY])
async def test_a_ledger_under_way_is_refused_at_another_api(posting, other):
    for _ in range(2):
        with pytest.raises(LedgerUnusable, match=r"went to https://api\.linkedin\.com, but") as caught:
            await bind(posting, other, same_api=False)
    assert "LINKEDIN_BASE_URL" in caught.value.hint

    await bind(posting, LINKEDIN, same_api=False)


async def test_another_way_to_the_same_api_is_kept(posting):
    await bind(posting, GATEWAY, same_api=True)
    await bind(posting, GATEWAY, same_api=False)

    with pytest.raises(LedgerUnusable, match="gateway"):
        await bind(posting, LINKEDIN, same_api=False)


async def test_a_ledger_of_which_nothing_is_begun_goes_anywhere(ledger, make_specs):
    await ledger.add(make_specs(2))
    await bind(ledger, STAND_IN, same_api=False)
    await bind(ledger, LINKEDIN, same_api=False)

    assert await ledger.note("api") == "https://api.linkedin.com"


async def test_every_stand_in_on_this_machine_is_one(posting):
    await bind(posting, STAND_IN, same_api=True)
    await bind(posting, parse_base_url("http://localhost:9"), same_api=False)
