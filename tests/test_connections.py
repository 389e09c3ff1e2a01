"""Connections between requests: which are used again, and which are not."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import pytest

from linkedin_media import connections
from linkedin_media.connections import Connections
from linkedin_media.errors import LinkedInMediaError
from linkedin_media.model.secret import Secret
from linkedin_media.passing_time import passing_time
from linkedin_media.plain_connection import PlainConnection
from linkedin_media.protocol import images
from tests.raw_server import Peer, RawServer, always, self_signed, transport_to, trust_everybody
from tests.waiting import eventually

GET: Final = images.build_get("urn:li:image:C4E10AQFn10iWtKexVA")
TOKEN: Final = Secret("a-token")


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with RawServer(always(200, b"{}")) as server, transport_to(server, connections=4) as transport:
        for _ in range(5):
            await transport.send(GET, TOKEN, timeout=5)

    assert server.connections == 1


async def test_requests_at_the_same_time_share_none() -> None:
    async with RawServer(always(200, b"{}")) as server, transport_to(server, connections=4) as transport:
        for _ in range(3):
            await asyncio.gather(*(transport.send(GET, TOKEN, timeout=5) for _ in range(4)))

    assert server.connections == 4


def test_a_new_connection_over_tls_is_used_while_the_end_of_its_handshake_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uvloop = pytest.importorskip("uvloop")  # which counts that among what is still to be sent

    async def send() -> int:
        async with (
            RawServer(always(200, b"{}"), tls=self_signed()) as server,
            transport_to(server, connections=2) as transport,
        ):
            for _ in range(3):
                await transport.send(GET, TOKEN, timeout=5)
        return server.connections

    trust_everybody(monkeypatch)
    assert uvloop.run(send()) == 1


async def test_a_connection_that_the_server_ends_is_not_kept() -> None:
    async with (
        RawServer(always(200, b"{}", "Connection: close")) as server,
        transport_to(server, connections=1) as transport,
    ):
        for _ in range(2):
            await transport.send(GET, TOKEN, timeout=5)

    assert server.connections == 2


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    pushed = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(200, b'{"asked":true}')
        if peer.server.connections == 1:
            await asyncio.sleep(0.05)
            await peer.answer(200, b'{"asked":false}')
            pushed.set()
            await peer.left()

    async with RawServer(script) as server, transport_to(server, connections=1) as transport:
        await transport.send(GET, TOKEN, timeout=5)
        await pushed.wait()
        await asyncio.sleep(0.05)
        second = await transport.send(GET, TOKEN, timeout=5)

    assert second.body == b'{"asked":true}'
    assert server.connections == 2


@pytest.mark.parametrize("left_over", [b"H", b"HTTP/1.1 500 O", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"])
async def test_what_comes_behind_an_answer_does_not_spoil_the_next_one(left_over: bytes) -> None:
    async def script(peer: Peer) -> None:
        while await peer.request():
            peer.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" + left_over)

    async with RawServer(script) as server, transport_to(server, connections=1) as transport:
        answers = [await transport.send(GET, TOKEN, timeout=5) for _ in range(3)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, b"{}")] * 3


async def test_a_connection_that_speaks_another_protocol_from_now_on_is_not_kept() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade")
        await peer.left()

    async with RawServer(script) as server, transport_to(server, connections=1) as transport:
        for _ in range(2):
            assert (await transport.send(GET, TOKEN, timeout=5)).status == 101

    assert server.connections == 2


async def test_one_that_waited_too_long_is_not_used_however_late_the_timer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_IDLE", 0.1)
    async with RawServer(always(200, b"{}")) as server, transport_to(server, connections=1) as transport:
        await transport.send(GET, TOKEN, timeout=5)
        time.sleep(0.2)  # noqa: ASYNC251 -- whoever blocks the event loop
        await transport.send(GET, TOKEN, timeout=5)

    assert server.connections == 2


async def test_one_that_was_kept_while_the_machine_slept_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(always(200, b"{}")) as server, transport_to(server, connections=1) as transport:
        await transport.send(GET, TOKEN, timeout=5)
        monkeypatch.setattr(connections, "passing_time", lambda: passing_time() + 3600)
        await transport.send(GET, TOKEN, timeout=5)

    assert server.connections == 2


async def test_one_that_waits_too_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_IDLE", 0.1)
    gone: list[bool] = []

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(200, b"{}")
        gone.append(await peer.left())

    async with RawServer(script) as server, transport_to(server, connections=1) as transport:
        await transport.send(GET, TOKEN, timeout=5)
        assert gone == []
        await eventually(lambda: gone == [True])
        assert transport._connections is not None
        assert not transport._connections._kept
        assert transport._connections._timer is None


def connector_of(*usable: bool) -> Any:
    """A pool that has connections of use and of none, in this order."""
    dialled: list[Any] = []

    async def connect(*_: Any) -> Any:
        protocol = SimpleNamespace(should_close=not usable[len(dialled)], is_connected=lambda: True)
        transport = SimpleNamespace(
            get_write_buffer_size=lambda: 0, is_closing=lambda: False, set_protocol=lambda _: None
        )
        made = SimpleNamespace(protocol=protocol, transport=transport, closed=False)
        made.close = lambda: setattr(made, "closed", True)
        dialled.append(made)
        return made

    return SimpleNamespace(connect=connect, dialled=dialled)


async def opened_of(*usable: bool) -> tuple[Any, list[Any]]:
    async with aiohttp.ClientSession() as session:
        hands, pool = Connections(session, aiohttp.ClientTimeout()), connector_of(*usable)
        session._connector, real = pool, session._connector
        try:
            return await hands.opened("http://127.0.0.1:1"), pool.dialled
        finally:
            session._connector = real


async def test_a_stale_connection_of_the_pool_is_replaced() -> None:
    taken, dialled = await opened_of(False, True)

    assert (taken.transport is dialled[1].transport, dialled[0].closed, dialled[1].closed) == (True, True, False)


async def test_a_server_that_ends_every_connection_is_not_dialled_without_end() -> None:
    taken, dialled = await opened_of(False, False, False)

    assert (taken.transport is dialled[1].transport, len(dialled)) == (True, 2)


async def test_a_connection_with_bytes_still_to_be_sent_is_not_kept() -> None:
    async with aiohttp.ClientSession() as session:
        hands, pool = Connections(session, aiohttp.ClientTimeout()), connector_of(True)
        made = await pool.connect()
        made.transport.get_write_buffer_size = lambda: 1
        hands.keep("http://127.0.0.1:1", PlainConnection(made, made.protocol, made.transport))

    assert made.closed
    assert hands.kept("http://127.0.0.1:1") is None


async def test_origins_are_not_remembered_without_end() -> None:
    async with aiohttp.ClientSession() as session:
        hands = Connections(session, aiohttp.ClientTimeout())
        for port in range(1, 200):
            hands._destination(f"http://127.0.0.1:{port}")

        assert len(hands._destinations) <= 64


async def test_a_connection_that_cannot_be_made_in_time_means_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(*_: Any) -> Any:
        raise TimeoutError

    async with RawServer(always(200)) as server, transport_to(server, connections=1) as transport:
        session = transport._http()
        assert session.connector is not None
        monkeypatch.setattr(session.connector, "connect", never)
        with pytest.raises(LinkedInMediaError, match="could not connect") as caught:
            await transport.send(GET, TOKEN, timeout=5)

    assert getattr(caught.value, "unsent", None) is True
