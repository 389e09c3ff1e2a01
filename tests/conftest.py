"""What every test may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says more about the machine than about the code; pytest-timeout bounds the whole test.
settings.register_profile("house", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


class _MockedResponse(aiohttp.ClientResponse):
    """A response that can be made without a connection.

    aiohttp 3.14 made `stream_writer` a required argument, and aioresponses 0.7.9 does not pass it. Remove this class, and
    the line that uses it, once https://github.com/pnuckowski/aioresponses/pull/288 is released.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream_writer": Mock(output_size=0)} | kwargs)


@pytest.fixture
def mocked_http(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses]:
    """aioresponses, which answers in place of every aiohttp session; requests to loopback go through.

    It normalizes URLs and passes neither through aiohttp's middlewares nor under its timeouts: test percent-encoding and
    deadlines against a real server. An address nobody registered raises ``ClientConnectionError``, like a dead network.
    """
    monkeypatch.setattr("aioresponses.core.ClientResponse", _MockedResponse)
    with aioresponses(passthrough=["http://127.0.0.1", "http://localhost", "http://[::1]"]) as mocked:
        yield mocked


@pytest.fixture(params=["over a connection", "over a session"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test twice: as requests leave usually, and as they do where somebody looks into the session."""
    if request.param == "over a session":
        monkeypatch.setattr("linkedin_media.transport.unobserved", lambda _: False)
