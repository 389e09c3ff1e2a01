"""Uploads over the wire: counted, sent once, watched for stalls, and told what became of them."""

from __future__ import annotations

import asyncio
import hashlib
import io
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Final

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import StreamWriter

from linkedin_media import upload_body
from linkedin_media.errors import (
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    FileChanged,
    LinkedInMediaError,
    UploadIncomplete,
    UploadStalled,
)
from linkedin_media.image_file import OpenImage
from linkedin_media.lookout import Lookout
from linkedin_media.model.image import InitializedUpload, ValidatedImage
from linkedin_media.model.secret import Secret
from linkedin_media.options import Timeouts
from linkedin_media.protocol.hosts import parse_base_url
from linkedin_media.protocol.wire import Response
from linkedin_media.transport import Transport
from linkedin_media.upload_body import UploadBody
from tests.raw_server import (
    CANARY,
    SIGNATURE,
    Peer,
    RawServer,
    Script,
    always,
    content_length,
    everything_printed_about,
    header,
    pieces,
    self_signed,
)

TOKEN: Final = Secret(CANARY)
MIB: Final = 1 << 20
PATIENT: Final = Timeouts(stall=5, answer=5)


async def put(
    server: RawServer, body: UploadBody, timeouts: Timeouts = PATIENT, *, session: Any = None, **options: Any
) -> Response:
    started = InitializedUpload(image="urn:li:image:X", upload_url=server.upload_url)
    transport = Transport(parse_base_url(server.base_url), timeouts, 4, session)
    try:
        return await transport.put(started, body, TOKEN, **options)
    finally:
        await transport.aclose()


async def failure_of(server: RawServer, body: UploadBody, timeouts: Timeouts = PATIENT, **options: Any) -> Exception:
    """The error an upload ends with, seen to be ours alone and to give neither the token nor the address away."""
    with pytest.raises(LinkedInMediaError) as caught:
        await put(server, body, timeouts, **options)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    printed = everything_printed_about(caught.value)
    assert [secret for secret in (CANARY, SIGNATURE) if secret in printed] == []
    return caught.value


def zeros(size: int) -> UploadBody:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, size, 256 * 1024):
            yield bytes(min(256 * 1024, size - start))

    return UploadBody(chunks(), size)


class InMemory:
    """Pieces that are there all at once, as those of a small file are."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __aiter__(self) -> InMemory:
        return self

    async def __anext__(self) -> bytes:
        raise AssertionError("nobody has to wait for it")

    def whole(self, head: bytes) -> memoryview | None:
        return memoryview(head + bytes(self._size))


def zeros_in_memory(size: int) -> UploadBody:
    return UploadBody(InMemory(size), size)


def zeros_in_file(size: int) -> UploadBody:
    if size not in _files:
        _files[size] = io.FileIO(tempfile.mkstemp()[0], "r+")
        _files[size].write(bytes(size))
    facts = ValidatedImage(name="zeros.png", size=size, format="PNG", width=1, height=1, frames=1)
    image = OpenImage(facts, (), file=_files[size], executor=None, first=None, file_facts=None)
    return UploadBody(image.chunks(digest=False), size)


_files: Final[dict[int, io.FileIO]] = {}


@pytest.fixture(scope="module", autouse=True)
def _temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("zeros")))
        yield
    for file in _files.values():
        file.close()
    _files.clear()


either_body = pytest.mark.parametrize(
    "body_of", [zeros, zeros_in_memory, zeros_in_file], ids=["in pieces", "in memory", "in a file"]
)


async def test_a_body_in_memory_leaves_with_its_head() -> None:
    told: list[int] = []
    body = UploadBody(InMemory(200_000), 200_000, told.append, on_sent=lambda: told.append(-1))
    async with RawServer(always(201)) as server:
        response = await put(server, body)

    assert response.ok
    assert server.bodies == [bytes(200_000)]
    assert (body.complete, body.sent) == (True, 200_000)
    assert told[-1] == 200_000


async def test_who_watches_a_body_in_memory_may_end_its_upload() -> None:
    def refuse(_: int) -> None:
        raise FileChanged("enough")

    async with RawServer(always(201)) as server:
        error = await failure_of(server, UploadBody(InMemory(1000), 1000, refuse))

    assert type(error) is FileChanged


async def test_every_byte_arrives_under_the_exact_url_with_its_length() -> None:
    content = bytes(range(256)) * 2000
    async with RawServer(always(201)) as server:
        body = UploadBody(pieces(content[:300_000], content[300_000:]), len(content))
        response = await put(server, body)

    assert response.status == 201
    assert server.bodies == [content]
    head = server.heads[0]
    assert head.startswith(f"PUT /dms-uploads/X/uploaded-image/0?ca=a%2Db&ut={SIGNATURE} HTTP/1.1\r\n".encode())
    assert content_length(head) == len(content)
    assert header(head, "Transfer-Encoding") is None
    assert header(head, "Authorization") == f"Bearer {CANARY}"
    assert header(head, "Content-Type") == "application/octet-stream"


async def test_progress_is_told_as_bytes_leave() -> None:
    told: list[int] = []
    async with RawServer(always(201)) as server:
        await put(server, UploadBody(pieces(b"x" * 10, b"y" * 5), 15, told.append))

    assert told == [10, 15]


async def test_many_uploads_share_one_connection_for_each_that_is_under_way() -> None:
    content = b"x" * 200_000
    async with RawServer(always(201)) as server:
        transport = Transport(parse_base_url(server.base_url), PATIENT, 2)
        started = InitializedUpload(image="urn:li:image:X", upload_url=server.upload_url)

        async def some() -> None:
            for _ in range(10):
                assert (await transport.put(started, UploadBody(pieces(content), len(content)), TOKEN)).ok

        await asyncio.gather(some(), some())
        await transport.aclose()

    assert len(server.bodies) == 20
    assert {hashlib.sha256(body).digest() for body in server.bodies} == {hashlib.sha256(content).digest()}
    assert server.connections <= 2


@either_body
async def test_a_success_before_the_last_byte_is_no_success(body_of: Any) -> None:
    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.answer(201)
        await peer.left()

    async with RawServer(script, receive_buffer=64 * 1024) as server:
        error = await failure_of(server, body_of(32 * MIB))

    assert type(error) is UploadIncomplete
    assert "of 33,554,432 bytes" in str(error)


def refuses_after_a_mebibyte(end: str) -> Script:
    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.reader.readexactly(MIB)
        await peer.answer(413, b'{"message":"too large"}')
        if end == "fin":
            peer.finish()
        await asyncio.sleep(0.1)
        if end == "rst":
            peer.reset()
        else:
            await peer.left()

    return script


@pytest.mark.parametrize("end", ["lingers", "fin", "rst"])
@either_body
async def test_a_refusal_in_the_middle_of_the_body_is_reported_with_its_status(end: str, body_of: Any) -> None:
    async with RawServer(refuses_after_a_mebibyte(end)) as server:
        response = await put(server, body_of(32 * MIB))

    assert (response.status, response.body) == (413, b'{"message":"too large"}')


def _trusting_anyone() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_giving_up_a_connection_that_closed_once_everything_had_left_is_no_error(tls: bool) -> None:
    goes_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        raw: Any = peer.writer.transport
        raw.pause_reading()
        await goes_on.wait()
        raw.resume_reading()
        await peer.left()

    async with RawServer(script, receive_buffer=64 * 1024, tls=self_signed() if tls else None) as server:
        loop, body = asyncio.get_running_loop(), zeros(32 * MIB)
        transport, protocol = await loop.create_connection(
            partial(ResponseHandler, loop), "127.0.0.1", server.port, ssl=_trusting_anyone() if tls else None
        )
        gone, writing = protocol.closed, asyncio.create_task(body.write(StreamWriter(protocol, loop)))
        while not protocol.writing_paused:  # noqa: ASYNC110 -- an event would have to be set by aiohttp
            await asyncio.sleep(0.01)
        writing.cancel()
        transport.close()
        goes_on.set()
        assert gone is not None
        await asyncio.wait_for(gone, 5)

        body.give_up()

    assert not body.complete


async def stop_reading(peer: Peer, *, for_seconds: float) -> None:
    transport: Any = peer.writer.transport
    transport.pause_reading()
    await asyncio.sleep(for_seconds)
    transport.resume_reading()


@either_body
async def test_a_server_that_stops_reading_is_given_up_on(body_of: Any) -> None:
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.head()
        await stop_reading(peer, for_seconds=1.2)
        await peer.left()
        gone.set()

    async with RawServer(script, receive_buffer=64 * 1024) as server:
        begun = asyncio.get_running_loop().time()
        error = await failure_of(server, body_of(64 * MIB), Timeouts(stall=0.4, answer=30))
        took = asyncio.get_running_loop().time() - begun
        await asyncio.wait_for(gone.wait(), 5)

    assert type(error) is UploadStalled
    assert "no progress for 0.4 s" in str(error)
    assert took < 5


async def test_a_stall_is_noticed_within_half_a_second_of_its_time() -> None:
    longest = Timeouts(stall=30.0, answer=60.0)
    async with RawServer(always(201)):
        watchdog = upload_body.Watchdog(Lookout(), zeros(1), longest)

    assert watchdog.interval <= 0.25


async def test_a_server_that_reads_slowly_but_steadily_is_left_in_peace() -> None:
    async def script(peer: Peer) -> None:
        await peer.head()
        for _ in range(16):
            await peer.reader.readexactly(64 * 1024)
            await asyncio.sleep(0.09)
        await peer.answer(201)
        await peer.left()

    def small_buffers(address: Any) -> socket.socket:
        made = socket.socket(*address[:3])
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * 1024)
        return made

    stall = 0.6
    async with RawServer(script, receive_buffer=32 * 1024) as server:
        begun = asyncio.get_running_loop().time()
        connector = aiohttp.TCPConnector(socket_factory=small_buffers)
        async with aiohttp.ClientSession(connector=connector) as session:
            response = await put(server, zeros(MIB), Timeouts(stall=stall, answer=30), session=session)
        took = asyncio.get_running_loop().time() - begun

    assert response.status == 201
    assert took > 2 * stall


async def test_a_server_that_took_everything_and_says_nothing_is_given_up_on() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.left()

    async with RawServer(script) as server:
        error = await failure_of(server, zeros(1000), Timeouts(stall=30, answer=0.3))

    assert type(error) is UploadStalled
    assert "0.3 s after 1,000 of 1,000 bytes" in str(error)


async def test_an_upload_has_a_deadline_where_one_is_set() -> None:
    async def script(peer: Peer) -> None:
        await peer.left()

    async with RawServer(script) as server:
        error = await failure_of(server, zeros(1000), timeout=0.2)

    assert type(error) is DeadlineExceeded


async def closes_at_once(peer: Peer) -> None:
    pass


async def resets_in_the_middle(peer: Peer) -> None:
    await peer.head()
    await peer.reader.readexactly(MIB)
    peer.reset()


async def closes_after_the_last_byte(peer: Peer) -> None:
    await peer.request()


async def answers_half(peer: Peer) -> None:
    await peer.request()
    peer.writer.write(b"HTTP/1.1 201 Cre")


@pytest.mark.parametrize("script", [closes_at_once, resets_in_the_middle, closes_after_the_last_byte, answers_half])
async def test_a_connection_that_breaks_is_told_and_nothing_is_repeated_behind_our_back(script: Script) -> None:
    async with RawServer(script) as server:
        error = await failure_of(server, zeros(4 * MIB))

    assert type(error) is ConnectionLost
    assert server.connections == 1


async def test_a_refused_connection_means_nothing_was_sent() -> None:
    async with RawServer(closes_at_once) as server:
        pass

    assert type(await failure_of(server, zeros(10))) is ConnectionFailed


@pytest.mark.parametrize("good", [0, 300_000])
async def test_a_file_that_fails_ends_the_upload_with_its_own_error_and_the_connection(good: int) -> None:
    changed = FileChanged("office.png became shorter while it was read")

    async def chunks() -> AsyncIterator[bytes]:
        if good:
            yield bytes(good)
        raise changed

    left = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.left()
        left.set()

    async with RawServer(script) as server:
        error = await failure_of(server, UploadBody(chunks(), 500_000))
        await asyncio.wait_for(left.wait(), 5)

    assert error is changed


async def test_a_watcher_that_raises_ends_the_upload_with_its_own_error() -> None:
    refusal = RuntimeError("enough")

    def on_progress(given: int) -> None:
        raise refusal

    async with RawServer(always(201)) as server:
        with pytest.raises(RuntimeError) as caught:
            await put(server, UploadBody(pieces(b"x" * 10, b"y" * 10), 20, on_progress))

    assert caught.value is refusal
    assert CANARY not in everything_printed_about(caught.value)


async def asks_for_the_body(peer: Peer) -> None:
    head = await peer.head()
    assert header(head, "Expect") == "100-continue"
    await peer.send("HTTP/1.1 100 Continue")
    peer.server.bodies.append(await peer.reader.readexactly(content_length(head)))
    await peer.answer(201)


async def test_leave_can_be_asked_for_before_the_body_is_sent() -> None:
    async with RawServer(asks_for_the_body) as server:
        response = await put(server, UploadBody(pieces(b"x" * 100), 100), expect_continue=True)

    assert response.status == 201
    assert server.bodies == [b"x" * 100]


async def test_a_server_that_gives_no_leave_says_why_and_sees_no_byte_of_the_body() -> None:
    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.answer(413, b"", "Connection: close")
        peer.server.bodies.append(await peer.reader.read(-1))

    async with RawServer(script) as server:
        response = await put(server, zeros(MIB), expect_continue=True)

    assert response.status == 413
    assert server.bodies in ([b""], [])


async def test_a_server_that_never_heard_of_asking_for_leave_costs_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_body, "_LEAVE", 0.2)

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(201)

    async with RawServer(script) as server:
        error = await failure_of(server, zeros(100), Timeouts(stall=30, answer=30), expect_continue=True)

    assert type(error) is UploadStalled
    assert server.bodies == []


async def test_waiting_for_a_free_connection_is_no_stall() -> None:
    async def script(peer: Peer) -> None:
        while await peer.request():
            await asyncio.sleep(0.4)
            await peer.answer(201)

    async with RawServer(script) as server:
        transport = Transport(parse_base_url(server.base_url), Timeouts(stall=0.5, answer=5), 1)
        started = InitializedUpload(image="urn:li:image:X", upload_url=server.upload_url)
        uploads = [transport.put(started, zeros(100), TOKEN) for _ in range(3)]
        responses = await asyncio.gather(*uploads)
        await transport.aclose()

    assert [response.status for response in responses] == [201, 201, 201]


async def test_an_upload_is_written_once() -> None:
    class Writer:
        written = b""

        async def write(self, chunk: bytes) -> None:
            self.written += chunk

    body, writer = UploadBody(pieces(b"abc"), 3), Writer()
    await body.write(writer)

    assert writer.written == b"abc"
    with pytest.raises(ConnectionLost, match="never re-sent"):
        await body.write(writer)
