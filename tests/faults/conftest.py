"""Every fault happens under observation: secrets stay in, and nothing is left open."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.faults.ward import Footprint, Ward, left_open, settled, simulator_of


@pytest.fixture
def settings() -> dict[str, Any]:
    """How the simulator of a test behaves; parametrise or override it to choose."""
    return {}


@pytest.fixture
async def ward(settings: dict[str, Any], caplog: pytest.LogCaptureFixture) -> AsyncIterator[Ward]:
    """A simulator and its clients; afterwards no post was made twice, no secret was told, and nothing is left open."""
    caplog.set_level(logging.DEBUG)
    before = Footprint.now()
    with simulator_of(**settings) as simulator:
        ward = Ward(simulator)
        yield ward
        await ward.close()
        assert await settled(lambda: ward.connections == 0)
        logged = "\n".join(f"{record.__dict__} {record.getMessage()}" for record in caplog.records)
        assert ward.leaks(logged) == []
        images = [image for post in simulator.posts.values() for image in post.images]
        assert len(images) == len(set(images))
    ward.clients.clear()
    assert await left_open(before) == []
