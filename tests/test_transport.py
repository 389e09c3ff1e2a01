"""The network edge, against servers that do what no server should."""

from __future__ import annotations

import asyncio
import gzip
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import attrs
import pytest

from linkedin_media.errors import (
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    InvalidArgument,
    LinkedInMediaError,
    UnexpectedReply,
    UntrustedHost,
)
from linkedin_media.model.image import InitializedUpload
from linkedin_media.model.post import PostDraft
from linkedin_media.model.secret import Secret
from linkedin_media.options import Timeouts
from linkedin_media.protocol import images, posts
from linkedin_media.protocol.hosts import parse_base_url
from linkedin_media.protocol.wire import MAX_REPLY, Request, headers_of
from linkedin_media.transport import Transport
from tests.raw_server import (
    CANARY,
    SIGNATURE,
    Peer,
    RawServer,
    Script,
    always,
    everything_printed_about,
    header,
    self_signed,
    transport_to,
)

TOKEN: Final = Secret(CANARY)


def described(request: Request) -> Request:
    """The same request with the headers every call carries."""
    return attrs.evolve(request, headers=headers_of(request, "202609"))


GET: Final = described(images.build_get("urn:li:image:C4E10AQFn10iWtKexVA"))
CREATE: Final = described(posts.build_create(PostDraft(author="urn:li:person:a", commentary="Hi")))


pytestmark = pytest.mark.usefixtures("either_way")


async def failure_of(script: Script, request: Request = GET, *, timeout: float = 5.0) -> LinkedInMediaError:
    """The error a call ends with, seen to be ours alone and to give nothing away."""
    async with RawServer(script) as server, transport_to(server) as transport:
        with pytest.raises(LinkedInMediaError) as caught:
            await transport.send(request, TOKEN, timeout=timeout)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert CANARY not in everything_printed_about(caught.value)
    return caught.value


async def test_a_call_leaves_as_it_was_built_and_its_answer_comes_back_whole() -> None:
    async with RawServer(always(200, b'{"id":1}', "X-LI-UUID: abc")) as server, transport_to(server) as transport:
        response = await transport.send(GET, TOKEN, timeout=5)

    assert (response.status, response.body, response.request_id) == (200, b'{"id":1}', "abc")
    head = server.heads[0]
    assert head.startswith(b"GET /rest/images/urn%3Ali%3Aimage%3AC4E10AQFn10iWtKexVA HTTP/1.1\r\n")
    assert header(head, "Authorization") == f"Bearer {CANARY}"
    assert header(head, "LinkedIn-Version") == "202609"
    assert header(head, "X-Restli-Protocol-Version") == "2.0.0"
    assert header(head, "X-RestLi-Method") == "GET"
    assert header(head, "Accept-Encoding") == "gzip"
    assert (header(head, "User-Agent") or "").startswith("linkedin-media/")


async def test_a_body_is_sent_with_its_length_and_type() -> None:
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        await transport.send(CREATE, TOKEN, timeout=5)

    assert server.bodies == [CREATE.body]
    assert header(server.heads[0], "Content-Type") == "application/json"


async def test_without_a_token_there_is_no_authorization() -> None:
    async with RawServer(always(200, b"{}")) as server, transport_to(server) as transport:
        await transport.send(GET, None, timeout=5)

    assert header(server.heads[0], "Authorization") is None


async def accepts_and_says_nothing(peer: Peer) -> None:
    await peer.left()


async def closes_at_once(peer: Peer) -> None:
    pass


async def closes_after_the_request(peer: Peer) -> None:
    await peer.request()


async def resets_after_the_request(peer: Peer) -> None:
    await peer.request()
    peer.reset()


async def sends_half_a_head(peer: Peer) -> None:
    await peer.request()
    peer.writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")


async def sends_half_a_body(peer: Peer) -> None:
    await peer.request()
    await peer.send("HTTP/1.1 200 OK", "Content-Length: 100", body=b'{"id"')


async def sends_broken_chunks(peer: Peer) -> None:
    await peer.request()
    await peer.send("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"5\r\nabcde\r\nZZ\r\n")
    await peer.left()


async def speaks_something_else(peer: Peer) -> None:
    await peer.request()
    peer.writer.write(b"220 mail.example.com ESMTP\r\n")
    await peer.left()


async def sends_an_endless_header(peer: Peer) -> None:
    await peer.request()
    peer.writer.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n")
    await peer.left()


@pytest.mark.parametrize(
    "script",
    [
        closes_at_once,
        closes_after_the_request,
        resets_after_the_request,
        sends_half_a_head,
        sends_half_a_body,
        sends_broken_chunks,
        speaks_something_else,
        sends_an_endless_header,
    ],
)
@pytest.mark.parametrize("request_", [GET, CREATE], ids=["get", "create"])
async def test_a_broken_answer_leaves_the_outcome_in_doubt(script: Script, request_: Request) -> None:
    error = await failure_of(script, request_)

    assert type(error) is ConnectionLost
    assert not error.unsent
    assert "127.0.0.1" in error.message


async def test_a_call_is_never_repeated_behind_our_back() -> None:
    async with RawServer(closes_after_the_request) as server, transport_to(server) as transport:
        with pytest.raises(ConnectionLost):
            await transport.send(GET, TOKEN, timeout=5)

    assert len(server.heads) == 1


async def test_a_server_that_says_nothing_is_given_up_on_at_the_deadline() -> None:
    error = await failure_of(accepts_and_says_nothing, timeout=0.2)

    assert type(error) is DeadlineExceeded
    assert "0.2 s" in error.message


async def test_an_endless_flood_of_early_hints_ends_at_the_deadline() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        while True:
            await peer.send("HTTP/1.1 103 Early Hints")
            await asyncio.sleep(0.01)

    assert type(await failure_of(script, timeout=0.3)) is DeadlineExceeded


async def test_a_head_that_drips_ends_at_the_deadline() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
            peer.writer.write(bytes([byte]))
            await asyncio.sleep(0.01)

    assert type(await failure_of(script, timeout=0.3)) is DeadlineExceeded


async def test_a_refused_connection_means_nothing_was_sent() -> None:
    async with RawServer(closes_at_once) as server:
        pass
    async with transport_to(server) as transport:
        with pytest.raises(ConnectionFailed) as caught:
            await transport.send(CREATE, TOKEN, timeout=5)

    assert caught.value.unsent
    assert caught.value.__context__ is None
    assert CANARY not in everything_printed_about(caught.value)


async def test_a_certificate_nobody_vouches_for_ends_the_call_before_a_byte_is_sent() -> None:
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the server complains of the client's refusal
    async with RawServer(always(200), tls=self_signed()) as server, transport_to(server) as transport:
        with pytest.raises(ConnectionFailed, match=r"TLS with 127\.0\.0\.1 failed") as caught:
            await transport.send(GET, TOKEN, timeout=5)

    assert server.heads == []
    assert caught.value.unsent
    assert CANARY not in everything_printed_about(caught.value)


async def test_an_answer_of_exactly_the_bound_is_read() -> None:
    async with RawServer(always(200, b"x" * MAX_REPLY)) as server, transport_to(server) as transport:
        response = await transport.send(GET, TOKEN, timeout=5)

    assert len(response.body) == MAX_REPLY


async def test_a_longer_answer_is_refused() -> None:
    error = await failure_of(always(200, b"x" * (MAX_REPLY + 1)))

    assert type(error) is UnexpectedReply
    assert error.status == 200
    assert "longer than 1,048,576 bytes" in error.message


async def test_an_answer_compressed_as_asked_for_is_read() -> None:
    packed = gzip.compress(b'{"elements":[]}' * 100)
    server_of_gzip = RawServer(always(200, packed, "Content-Encoding: gzip"))
    async with server_of_gzip as server, transport_to(server) as transport:
        response = await transport.send(GET, TOKEN, timeout=5)

    assert response.body == b'{"elements":[]}' * 100


async def test_a_compressed_answer_that_unfolds_without_end_is_refused_in_bounded_memory() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    tracemalloc.start()
    try:
        error = await failure_of(always(200, bomb, "Content-Encoding: gzip"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert "longer than" in error.message
    assert peak < 8 << 20


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "\x1b[31mred"])
async def test_an_encoding_nobody_asked_for_is_refused(encoding: str) -> None:
    error = await failure_of(always(200, b"{}", f"Content-Encoding: {encoding}"))

    assert type(error) in (UnexpectedReply, ConnectionLost)
    assert "\x1b" not in str(error)


async def test_broken_compression_is_refused() -> None:
    error = await failure_of(always(200, b"not gzip", "Content-Encoding: gzip"))

    assert type(error) is UnexpectedReply
    assert "compression is broken" in error.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with RawServer(always(200, b"{}")) as elsewhere:
        moved = always(status, b"", f"Location: {elsewhere.base_url}/stolen")
        async with RawServer(moved) as server, transport_to(server) as transport:
            response = await transport.send(CREATE, TOKEN, timeout=5)

    assert response.status == status
    assert elsewhere.connections == 0


async def test_cookies_are_not_kept() -> None:
    sticky = always(200, b"{}", *(f"Set-Cookie: c{number}=x" for number in range(50)))
    async with RawServer(sticky) as server, transport_to(server) as transport:
        await transport.send(GET, TOKEN, timeout=5)
        await transport.send(GET, TOKEN, timeout=5)

    assert [header(head, "Cookie") for head in server.heads] == [None, None]


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with RawServer(always(500)) as proxy, RawServer(always(200, b"{}")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        monkeypatch.setenv("http_proxy", proxy.base_url)
        async with transport_to(server) as transport:
            response = await transport.send(GET, TOKEN, timeout=5)

    assert response.status == 200
    assert proxy.connections == 0
    assert header(server.heads[0], "Authorization") == f"Bearer {CANARY}"


async def test_calls_beyond_the_pool_wait_for_a_connection_and_share_it() -> None:
    async with RawServer(always(200, b"{}")) as server, transport_to(server, connections=1) as transport:
        responses = await asyncio.gather(*(transport.send(GET, TOKEN, timeout=5) for _ in range(8)))

    assert [response.status for response in responses] == [200] * 8
    assert server.connections == 1


async def test_a_post_that_found_no_free_connection_in_time_was_not_sent() -> None:
    release = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await release.wait()
        await peer.answer(200, b"{}")

    async with RawServer(script) as server, transport_to(server, connections=1) as transport:
        occupant = asyncio.create_task(transport.send(GET, TOKEN, timeout=5))
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionFailed, match="nothing was sent") as caught:
            await transport.send(CREATE, TOKEN, timeout=0.1)
        release.set()
        await occupant

    assert caught.value.__context__ is None
    assert len(server.heads) == 1


async def test_a_post_that_was_sent_and_not_answered_in_time_is_in_doubt() -> None:
    error = await failure_of(accepts_and_says_nothing, CREATE, timeout=0.1)

    assert type(error) is DeadlineExceeded


async def test_whoever_cancels_a_call_sees_no_token_and_leaves_no_connection() -> None:
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.left()
        gone.set()

    async with RawServer(script) as server, transport_to(server) as transport:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.1):
                await transport.send(GET, TOKEN, timeout=5)
        await asyncio.wait_for(gone.wait(), 5)

    assert CANARY not in everything_printed_about(caught.value)


def test_a_client_used_in_another_event_loop_says_so() -> None:
    transport = Transport(parse_base_url("http://127.0.0.1:1"), Timeouts(), 4)

    async def use(expected: type[LinkedInMediaError]) -> LinkedInMediaError:
        with pytest.raises(expected) as caught:
            await transport.send(GET, TOKEN, timeout=5)
        return caught.value

    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(use(ConnectionFailed))
        error = second.run(use(InvalidArgument))
        first.run(transport.aclose())

    assert "another event loop" in error.message
    assert "one LinkedInClient per event loop" in error.hint


async def test_a_closed_client_says_so_instead_of_opening_anew() -> None:
    async with RawServer(always(200, b"{}")) as server, transport_to(server) as transport:
        await transport.send(GET, TOKEN, timeout=5)
        await transport.aclose()
        with pytest.raises(InvalidArgument, match="closed"):
            await transport.send(GET, TOKEN, timeout=5)


async def test_a_borrowed_session_is_used_as_we_need_it_and_left_open() -> None:
    picky = aiohttp.ClientSession(raise_for_status=True, timeout=aiohttp.ClientTimeout(total=0.05))

    async def script(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(0.15)
        await peer.answer(404, gzip.compress(b"{}"), "Content-Encoding: gzip")

    async with picky as session, RawServer(script) as server:
        async with transport_to(server, borrowed=session) as transport:
            response = await transport.send(GET, TOKEN, timeout=5)
        assert not session.closed

    assert (response.status, response.body) == (404, b"{}")


async def test_a_borrowed_session_that_was_closed_is_told_from_a_dead_network() -> None:
    async with aiohttp.ClientSession() as session:
        pass
    transport = Transport(parse_base_url("http://127.0.0.1:1"), Timeouts(), 4, session)

    with pytest.raises(InvalidArgument, match="closed"):
        await transport.send(GET, TOKEN, timeout=5)


def refused_download(url: str) -> Callable[[Transport], Any]:
    return lambda transport: transport.download(url, _discard)


async def _discard(piece: bytes) -> None:
    pass


@pytest.mark.parametrize(
    "url",
    [
        f"http://media.licdn.com/x?t={SIGNATURE}",
        f"https://evil.example/x?t={SIGNATURE}",
        f"https://linkedin.com.evil.example/x?t={SIGNATURE}",
    ],
)
async def test_a_download_from_elsewhere_is_refused_without_showing_its_address(url: str) -> None:
    transport = Transport(parse_base_url("https://api.linkedin.com"), Timeouts(), 4)

    with pytest.raises(UntrustedHost) as caught:
        await refused_download(url)(transport)

    ours = [entry for entry in traceback.walk_tb(caught.tb) if "linkedin_media" in entry[0].f_code.co_filename]
    assert SIGNATURE not in str(caught.value)
    assert ours
    assert all(SIGNATURE not in repr(frame.f_locals) for frame, _ in ours)


async def test_an_upload_url_that_is_not_linkedins_sees_nothing() -> None:
    async with RawServer(always(201)) as evil:
        transport = Transport(parse_base_url("https://api.linkedin.com"), Timeouts(), 4)
        started = InitializedUpload(image="urn:li:image:X", upload_url=evil.upload_url)
        with pytest.raises(UntrustedHost, match="not https") as caught:
            await transport.put(started, None, TOKEN)

    assert evil.connections == 0
    assert caught.value.unsent
    assert SIGNATURE not in everything_printed_about(caught.value)


async def test_a_download_gives_its_bytes_away_in_pieces_and_keeps_the_token() -> None:
    picture, received = bytes(range(256)) * 1000, bytearray()

    async def write(piece: bytes) -> None:
        received.extend(piece)

    async with RawServer(always(200, picture, "Content-Type: image/png")) as server, transport_to(server) as transport:
        downloaded = await transport.download(f"{server.base_url}/dms/image/x?e=1&t={SIGNATURE}", write)

    assert bytes(received) == picture
    assert (downloaded.size, downloaded.content_type) == (len(picture), "image/png")
    assert header(server.heads[0], "Authorization") is None
    assert header(server.heads[0], "Accept-Encoding") == "identity"


async def cuts_short(peer: Peer) -> None:
    await peer.request()
    await peer.send("HTTP/1.1 200 OK", "Content-Length: 100", body=b"x" * 50)


async def falls_silent(peer: Peer) -> None:
    await peer.request()
    await peer.send("HTTP/1.1 200 OK", "Content-Length: 100", body=b"x" * 50)
    await peer.left()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (always(403, b"expired"), UnexpectedReply),
        (always(200, b"\x1f\x8b", "Content-Encoding: gzip"), UnexpectedReply),
        (cuts_short, ConnectionLost),
        (falls_silent, DeadlineExceeded),
    ],
    ids=["refused", "encoded", "cut short", "silent"],
)
async def test_a_download_that_fails_says_how_and_does_not_show_its_address(
    script: Script, expected: type[LinkedInMediaError]
) -> None:
    async with RawServer(script) as server, transport_to(server, timeouts=Timeouts(stall=0.2)) as transport:
        with pytest.raises(LinkedInMediaError) as caught:
            await transport.download(f"{server.base_url}/x?t={SIGNATURE}", _discard)

    assert type(caught.value) is expected
    assert SIGNATURE not in everything_printed_about(caught.value)


async def test_what_the_receiver_of_a_download_raises_comes_out_as_it_is() -> None:
    full = OSError(28, "No space left on device")

    async def write(piece: bytes) -> None:
        raise full

    async with RawServer(always(200, b"x" * 1000)) as server, transport_to(server) as transport:
        with pytest.raises(OSError, match="No space") as caught:
            await transport.download(f"{server.base_url}/x", write)

    assert caught.value is full
