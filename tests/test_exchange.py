"""Which way a request goes, and what only one of them has to see to; the rest is tested both ways (`either_way`)."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import pytest

import linkedin_media as lm
from linkedin_media import exchange
from linkedin_media.exchange import Outgoing, unobserved
from linkedin_media.protocol import images
from linkedin_media.protocol.head import HeaderFields
from linkedin_media.upload_body import UploadBody
from tests.raw_server import RawServer, always, header

if TYPE_CHECKING:
    from aioresponses import aioresponses

IMAGE: Final = "urn:li:image:C4E10AQFn10iWtKexVA"
GET: Final = images.build_get(IMAGE)


@pytest.fixture
def by_session(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The requests that went over a session."""
    seen: list[Any] = []

    class Watched(exchange.OverSession):
        def __init__(self, session: Any, outgoing: Any, *args: Any, **kwargs: Any) -> None:
            seen.append(outgoing)
            super().__init__(session, outgoing, *args, **kwargs)

    monkeypatch.setattr("linkedin_media.transport.OverSession", Watched)
    return seen


async def sent(server: RawServer, session: aiohttp.ClientSession | None = None) -> lm.LinkedInClient:
    async with lm.LinkedInClient("a-token", base_url=server.base_url, session=session) as client:
        await client.send(GET)
    return client


async def test_a_request_goes_straight_over_a_connection(by_session: list[Any]) -> None:
    async with RawServer(always(200, b"{}")) as server:
        await sent(server)

    assert by_session == []
    assert len(server.heads) == 1


async def test_the_same_request_leaves_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(always(200, b"{}")) as server:
        await sent(server)
        monkeypatch.setattr("linkedin_media.transport.unobserved", lambda _: False)
        await sent(server)

    straight, by_session = (sorted(head.lower().split(b"\r\n")) for head in server.heads)
    assert straight == by_session


async def test_a_borrowed_session_is_used(by_session: list[Any]) -> None:
    async with RawServer(always(200, b"{}")) as server, aiohttp.ClientSession() as session:
        await sent(server, session)

    assert len(by_session) == 1


async def test_a_mock_of_aiohttp_gets_every_request(mocked_http: aioresponses) -> None:
    mocked_http.get(re.compile("https://api.linkedin.com/rest/images/.*"), payload={"id": IMAGE})

    async with lm.LinkedInClient("a-token") as client:
        response = await client.send(GET)

    assert response.body == f'{{"id": "{IMAGE}"}}'.encode()


async def test_whoever_traces_sessions_sees_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def started(_: Any, __: Any, params: aiohttp.TraceRequestStartParams) -> None:
        seen.append(params.url.path)

    made = aiohttp.ClientSession.__init__

    def traced(self: aiohttp.ClientSession, **options: Any) -> None:  # as instrumentation does it
        config = aiohttp.TraceConfig()
        config.on_request_start.append(started)
        made(self, trace_configs=[config], **options)

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", traced)
    async with RawServer(always(200, b"{}")) as server:
        await sent(server)

    assert seen == [f"/rest/images/{IMAGE}"]


def test_what_was_replaced_before_our_import_is_not_taken_for_aiohttps_own() -> None:
    program = """
from aioresponses import aioresponses
with aioresponses():
    from linkedin_media import exchange
    print(exchange.unobserved(None))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


async def test_our_own_session_is_seen_to_be_unobserved() -> None:
    async with aiohttp.ClientSession() as session:
        assert unobserved(session)


async def test_the_host_is_named_with_its_port() -> None:
    async with RawServer(always(200, b"{}")) as server:
        await sent(server)

    assert header(server.heads[0], "Host") == f"127.0.0.1:{server.port}"


async def test_an_upload_over_a_session_is_no_text_and_is_not_sent_again() -> None:
    body = UploadBody(no_chunks(), 3)
    outgoing = Outgoing(
        method="PUT", root="http://h", target="/", headers=HeaderFields({"Accept": "*/*"}), token=None, upload=body
    )
    payload = exchange._options(outgoing, ours=True)["data"]

    assert (payload.size, payload.consumed) == (3, True)
    with pytest.raises(TypeError, match="not text"):
        payload.decode()


async def no_chunks() -> AsyncIterator[bytes]:
    yield b""
