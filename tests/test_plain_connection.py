"""Answers over a connection that reads the plain ones itself: the same as if aiohttp's parser had read them all."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from hypothesis import example, given, settings, strategies as st

from linkedin_media.connections import Connections
from linkedin_media.containment import contained
from linkedin_media.errors import LinkedInMediaError
from linkedin_media.exchange import Outgoing, OverConnection
from linkedin_media.lookout import Limit, Lookout
from linkedin_media.model.secret import Secret
from linkedin_media.plain_connection import READ, PlainConnection
from linkedin_media.protocol import images
from linkedin_media.protocol.head import HeaderFields
from tests.raw_server import Peer, RawServer, self_signed, transport_to, trust_everybody

PLAIN = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
_WAITS = "waits for more"


class Wire(asyncio.Transport):
    """A transport whose other side is the test."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: Any = None
        self.closed = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: Any) -> None:
        """Send nothing anywhere."""

    def pause_reading(self) -> None:
        """Go on all the same."""

    def resume_reading(self) -> None:
        """Go on."""

    def close(self) -> None:
        self.closed = True


def connection_over(wire: Wire) -> PlainConnection:
    loop = asyncio.get_running_loop()
    handler = ResponseHandler(loop)
    handler.connection_made(wire)
    pool = SimpleNamespace(_release=lambda _, protocol, should_close=False: protocol.close())
    connection = Connection(cast("Any", pool), cast("Any", None), handler, loop)
    return PlainConnection(connection, handler, wire)


class Hands:
    """Gives out one connection, and remembers whether it came back."""

    def __init__(self, connection: PlainConnection) -> None:
        self._connection = connection
        self.kept_it: bool | None = None

    def kept(self, _: str) -> PlainConnection:
        return self._connection

    def keep(self, _: str, connection: PlainConnection) -> None:
        self.kept_it = connection.take_again()


async def outcome(pieces: list[bytes], *, plain: bool, ends: bool, most: int = 1000) -> tuple[Any, ...]:
    """Return what comes of an answer, read by us where it is plain or by aiohttp in any case."""
    wire = Wire()
    connection = connection_over(wire)
    if not plain:
        connection.leave()
    hands = Hands(connection)
    outgoing = Outgoing(method="GET", root="http://h", target="/", headers=HeaderFields({}), token=None)
    exchange = OverConnection(cast("Connections", hands), outgoing).response(most)
    asking = asyncio.create_task(contained(exchange, Limit(Lookout(), 60), what="no answer", host="h"))
    await asyncio.sleep(0)
    for piece in pieces:
        if not wire.closed:
            wire.protocol.data_received(piece)
        for _ in range(4):
            await asyncio.sleep(0)
    if ends and not wire.closed:
        wire.closed = True
        wire.protocol.eof_received()
        wire.protocol.connection_lost(None)
        for _ in range(4):
            await asyncio.sleep(0)
    waits = not asking.done()
    asking.cancel()
    await asyncio.wait([asking])
    connection.close()
    if waits:
        return (_WAITS,)
    try:
        response = asking.result()
    except LinkedInMediaError as error:
        return type(error), str(error), getattr(error, "status", None), hands.kept_it
    headers = {name.lower(): response.headers.get(name) for name in response.headers}
    return response.status, headers, response.body, hands.kept_it


async def both(pieces: list[bytes], *, ends: bool = False, most: int = 1000) -> tuple[Any, ...]:
    ours = await outcome(pieces, plain=True, ends=ends, most=most)
    assert ours == await outcome(pieces, plain=False, ends=ends, most=most)
    return ours


async def test_an_answer_in_one_piece_is_read_and_its_connection_kept() -> None:
    status, _, body, kept = await both([PLAIN])

    assert (status, body, kept) == (200, b'{"a":1}', True)


@pytest.mark.parametrize("at", range(1, len(PLAIN)))
async def test_an_answer_in_two_pieces_is_the_same(at: int) -> None:
    assert (await both([PLAIN[:at], PLAIN[at:]]))[2:] == (b'{"a":1}', True)


async def test_an_answer_byte_by_byte_is_the_same() -> None:
    assert (await both([bytes([byte]) for byte in PLAIN]))[2:] == (b'{"a":1}', True)


@pytest.mark.parametrize("end", range(len(PLAIN)))
async def test_an_answer_that_breaks_off_is_none(end: int) -> None:
    assert (await both([PLAIN[:end]] if end else [], ends=True))[0] is not _WAITS
    assert (await both([PLAIN[:-3], PLAIN[-3:end]] if end > len(PLAIN) - 3 else [PLAIN[:end]], ends=True))[0] != 200


@pytest.mark.parametrize("more", [b"H", PLAIN, b"\r\n"])
async def test_what_comes_behind_an_answer_is_not_part_of_it(more: bytes) -> None:
    for pieces in ([PLAIN + more], [PLAIN[:-3], PLAIN[-3:] + more]):
        assert (await both(pieces))[2] == b'{"a":1}'


async def test_what_comes_behind_an_answer_before_it_is_taken_is_not_lost_on_the_connection() -> None:
    wire = Wire()
    connection = connection_over(wire)
    asked = connection.ask()
    wire.protocol.data_received(PLAIN)
    wire.protocol.data_received(b"H")

    assert (await asked) is not None
    assert not connection.take_again()
    connection.close()


@pytest.mark.parametrize("length", [READ - 1000, READ + 1, 10 * READ])
async def test_an_answer_longer_than_one_read_is_the_same(length: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + bytes(length)
    pieces = [answer[at : at + READ] for at in range(0, len(answer), READ)]

    assert (await both(pieces, most=length))[2:] == (bytes(length), True)
    assert "longer than" in (await both(pieces, most=length - 1))[1]


async def test_an_encoded_answer_is_decoded() -> None:
    content = gzip.compress(b"{}")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(content)

    assert (await both([head + content]))[2] == b"{}"


async def test_an_interim_answer_is_not_the_answer() -> None:
    assert (await both([b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", PLAIN]))[0] == 200
    assert (await both([b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN]))[0] == 200


LENGTHS = st.sampled_from(
    [b"Content-Length: 2"] * 6 + [b"Content-Length: 0", b"content-length: 30", b"Content-Length:  2 ", b""]
)
FRAMING = st.sampled_from(
    [
        b"Transfer-Encoding: chunked",
        b"Content-Encoding: gzip",
        b"Connection: keep-alive",
        b"Connection: close",
        b"Content-Length: 2",
        b"Content-Length: x",
        b"",
    ]
)
LINES = st.sampled_from(
    [
        b"Content-Type: application/json",
        b"x-li-uuid: AAA==",
        b"X-LI-UUID:",
        b"Retry-After: 1",
        b"Upgrade: x",
        b"Server : x",
        b" folded",
        b"X: \xc3\xa9",
        b"X_Y: a b  ",
    ]
)
STATUSES = st.sampled_from([b"200 OK"] * 9 + [b"201 ", b"200", b"204 No Content", b"304 X", b"100 X", b"999 X"])
CONTENTS = st.sampled_from([b"{}"] * 4 + [b"", b"2\r\n{}\r\n0\r\n\r\n", b"{} and more", b"x" * 30])


@st.composite
def answers(draw: st.DrawFn) -> list[bytes]:
    framing = [line for line in (draw(LENGTHS), draw(FRAMING)) if line]
    lines = draw(st.permutations([*framing, *draw(st.lists(LINES, max_size=2))]))
    whole = b"\r\n".join([b"HTTP/1.1 " + draw(STATUSES), *lines, b"", b""]) + draw(CONTENTS)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(whole) - 1)), max_size=3)))
    return [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True) if start < end]


@given(answers(), st.booleans())
@example([PLAIN[:-7], b"2\r\n{}\r\n0\r\n\r\n"], False)
@settings(max_examples=400, deadline=None)
def test_every_answer_is_read_as_aiohttp_reads_it(pieces: list[bytes], ends: bool) -> None:
    asyncio.run(both(pieces, ends=ends))


async def test_a_connection_goes_back_to_the_pool_with_its_own_protocol() -> None:
    wire = Wire()
    connection = connection_over(wire)
    connection.release()

    assert wire.protocol is connection.handler


async def three_plain_answers_and_three_others(tls: ssl.SSLContext | None) -> tuple[list[bytes], int]:
    async def script(peer: Peer) -> None:
        while await peer.request():
            await peer.answer(200, b'{"plain":true}')
            await peer.request()
            await peer.send("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"2\r\n{}\r\n0\r\n\r\n")

    get = images.build_get("urn:li:image:C4E10AQFn10iWtKexVA")
    async with RawServer(script, tls=tls) as server, transport_to(server, connections=1) as transport:
        bodies = [(await transport.send(get, Secret("t"), timeout=5)).body for _ in range(6)]
    return bodies, server.connections


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("encrypted", [False, True])
def test_one_connection_serves_plain_answers_and_others(
    loop: str, encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = pytest.importorskip(loop).run
    trust_everybody(monkeypatch)

    bodies, connections = run(three_plain_answers_and_three_others(self_signed() if encrypted else None))

    assert bodies == [b'{"plain":true}', b"{}"] * 3
    assert connections == 1
