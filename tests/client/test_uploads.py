"""An image's bytes on their way to its upload URL: again where that is safe, and never where it is not."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

import linkedin_media as lm
from linkedin_media.client.session import LinkedInClient
from tests.client.stepped_clock import NOON, SteppedClock
from tests.client.test_session import client_of
from tests.inspection.crafted import chunk, png
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
)

MIB: Final = 1 << 20
PICTURE: Final = png(40, 30, before=chunk(b"teXt", random.Random(1).randbytes(3 * MIB)))
QUICK: Final = lm.Timeouts(stall=1.0, answer=0.3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "office.png"
    path.write_bytes(PICTURE)
    return path


def started_at(server: RawServer, expires: datetime | None = None) -> lm.InitializedUpload:
    return lm.InitializedUpload(image="urn:li:image:a", upload_url=server.upload_url, upload_url_expires_at=expires)


async def upload(
    server: RawServer, path: Path, *, expires: datetime | None = None, clock: SteppedClock | None = None, **options: Any
) -> lm.UploadedImage:
    async with client_of(server, clock or SteppedClock(), **{"timeouts": QUICK} | options) as client:
        return await client.images.upload(started_at(server, expires), path)


async def failure_of(server: RawServer, path: Path, **options: Any) -> lm.LinkedInMediaError:
    with pytest.raises(lm.LinkedInMediaError) as caught:
        await upload(server, path, **options)
    printed = everything_printed_about(caught.value)
    assert [secret for secret in (CANARY, SIGNATURE) if secret in printed] == []
    return caught.value


def first(broken: Script, then: Script) -> Script:
    """Serve the first connection with one script, the others with another."""
    scripts = [broken]

    async def script(peer: Peer) -> None:
        await (scripts.pop() if scripts else then)(peer)

    return script


async def test_an_image_arrives_whole_and_its_digest_is_told(path: Path) -> None:
    async with RawServer(always(201)) as server:
        uploaded = await upload(server, path)

    assert server.bodies == [PICTURE]
    assert uploaded == lm.UploadedImage(
        image=lm.Urn("urn:li:image:a"), size=len(PICTURE), sha256=hashlib.sha256(PICTURE).hexdigest()
    )
    assert header(server.heads[0], "Authorization") == f"Bearer {CANARY}"


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_any_2xx_is_success(path: Path, status: int) -> None:
    async with RawServer(always(status)) as server:
        assert (await upload(server, path)).size == len(PICTURE)


async def closes(peer: Peer) -> None:
    pass


async def resets_after_the_head(peer: Peer) -> None:
    await peer.head()
    peer.reset()


async def resets_in_the_middle(peer: Peer) -> None:
    await peer.head()
    await peer.reader.readexactly(MIB)
    peer.reset()


async def closes_after_the_last_byte(peer: Peer) -> None:
    head = await peer.head()
    await peer.reader.readexactly(content_length(head))


async def says_nothing(peer: Peer) -> None:
    head = await peer.head()
    await peer.reader.readexactly(content_length(head))
    await peer.left()


async def succeeds_too_early(peer: Peer) -> None:
    await peer.head()
    await peer.answer(201)
    await asyncio.sleep(0.1)


async def fails_for_now(peer: Peer) -> None:
    head = await peer.head()
    await peer.reader.readexactly(content_length(head))
    await peer.answer(503)


async def takes_it(peer: Peer) -> None:
    """Give leave where it is asked for, and take the body."""
    while head := await peer.head():
        if header(head, "Expect"):
            await peer.send("HTTP/1.1 100 Continue")
        peer.server.bodies.append(await peer.reader.readexactly(content_length(head)))
        await peer.answer(201)


@pytest.mark.parametrize(
    "broken",
    [closes, resets_after_the_head, resets_in_the_middle, closes_after_the_last_byte, says_nothing, fails_for_now],
)
async def test_after_a_failure_the_whole_image_is_sent_again_from_its_first_byte(path: Path, broken: Script) -> None:
    async with RawServer(first(broken, takes_it)) as server:
        uploaded = await upload(server, path)

    assert server.bodies == [PICTURE]
    assert uploaded.sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert len({head.partition(b"\r\n")[0] for head in server.heads}) == 1


async def test_a_success_before_the_body_was_read_is_no_success(path: Path) -> None:
    path.write_bytes(png(40, 30, before=chunk(b"teXt", bytes(24 * MIB))))
    async with RawServer(first(succeeds_too_early, takes_it), receive_buffer=64 * 1024) as server:
        await upload(server, path)

    assert [len(body) for body in server.bodies] == [path.stat().st_size]
    assert len(server.heads) == 2


def refuses_and_resets(status: int) -> Script:
    """Refuse in the middle of the body, and reset at once: whether the status is seen is a matter of luck."""

    async def script(peer: Peer) -> None:
        head = await peer.head()
        if header(head, "Expect") is None:
            await peer.reader.readexactly(64 * 1024)
        await peer.answer(status, b'{"message":"too large"}')
        if header(head, "Expect") is None:
            peer.reset()

    return script


async def test_a_refusal_whose_status_is_lost_is_asked_for_before_the_body_is_sent_again(path: Path) -> None:
    path.write_bytes(png(40, 30, before=chunk(b"teXt", bytes(24 * MIB))))
    for _ in range(5):
        async with RawServer(refuses_and_resets(413)) as server:
            error = await failure_of(server, path)
        assert isinstance(error, lm.ApiError)
        assert (error.status, error.message) == (413, "too large")
        assert len(server.heads) <= 2


@pytest.mark.parametrize(
    ("broken", "asked"),
    [(resets_after_the_head, "100-continue"), (closes_after_the_last_byte, "100-continue"), (fails_for_now, None)],
)
async def test_leave_is_asked_for_only_where_the_verdict_was_lost(
    path: Path, broken: Script, asked: str | None
) -> None:
    async with RawServer(first(broken, takes_it)) as server:
        await upload(server, path)

    assert [header(head, "Expect") for head in server.heads] == [None, asked]


async def test_an_upload_ends_after_its_attempts(path: Path) -> None:
    async with RawServer(resets_after_the_head) as server:
        error = await failure_of(server, path)

    assert type(error) is lm.ConnectionLost
    assert server.connections == 4


async def test_an_upload_has_a_deadline_over_all_its_attempts(path: Path) -> None:
    clock = SteppedClock()
    patient = lm.RetryPolicy(max_attempts=1000, initial_delay=1.0, max_delay=8.0)
    async with RawServer(always(503)) as server:
        error = await failure_of(
            server, path, clock=clock, retry=patient, timeouts=lm.Timeouts(stall=1, answer=1, upload=30.0)
        )

    assert type(error) is lm.ServerError
    assert clock.slept == [1, 2, 4, 8, 8]


@pytest.mark.parametrize(("seconds", "usable"), [(3600, True), (5.1, True), (5.0, False), (0, False), (-3600, False)])
async def test_an_upload_url_is_not_used_once_it_has_expired_or_is_about_to(
    path: Path, seconds: float, *, usable: bool
) -> None:
    async with RawServer(always(201)) as server:
        if usable:
            await upload(server, path, expires=NOON + timedelta(seconds=seconds))
        else:
            error = await failure_of(server, path, expires=NOON + timedelta(seconds=seconds))
            assert type(error) is lm.UploadExpired
            assert error.hint

    assert server.connections == int(usable)


async def test_an_upload_url_that_expires_while_waiting_is_not_used_again(path: Path) -> None:
    async with RawServer(always(429, b"", "Retry-After: 30")) as server:
        error = await failure_of(server, path, expires=NOON + timedelta(seconds=20))

    assert type(error) is lm.UploadExpired
    assert len(server.heads) == 1


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_an_upload_url_that_linkedin_does_not_know_has_expired(path: Path, status: int) -> None:
    async with RawServer(always(status, b'{"message":"Image upload URL is expired"}')) as server:
        error = await failure_of(server, path)

    assert type(error) is lm.UploadExpired
    assert f"{status} Image upload URL is expired" in error.message
    assert len(server.heads) == 1


async def test_a_403_is_an_expiry_only_where_the_url_has_expired(path: Path) -> None:
    clock = SteppedClock()

    async def slow(peer: Peer) -> None:
        await peer.request()
        clock.passed += 100
        await peer.answer(403)

    async with RawServer(always(403)) as server:
        assert type(await failure_of(server, path, expires=NOON + timedelta(hours=1))) is lm.Forbidden
    async with RawServer(slow) as server:
        error = await failure_of(server, path, expires=NOON + timedelta(seconds=50), clock=clock)
    assert type(error) is lm.UploadExpired


@pytest.mark.parametrize("status", [301, 307, 308])
async def test_the_bytes_follow_no_redirect(path: Path, status: int) -> None:
    async with RawServer(always(201)) as elsewhere:
        moved = always(status, b"", f"Location: {elsewhere.upload_url}")
        async with RawServer(moved) as server:
            error = await failure_of(server, path)

    assert isinstance(error, lm.ApiError)
    assert error.status == status
    assert elsewhere.connections == 0


async def test_a_refused_token_is_renewed_for_an_upload_too(path: Path) -> None:
    tokens = ["OLD", "NEW"]

    async def provider() -> str:
        return tokens.pop(0)

    async def script(peer: Peer) -> None:
        while head := await peer.request():
            await peer.answer(201 if header(head, "Authorization") == "Bearer NEW" else 401)

    async with RawServer(script) as server:
        await upload(server, path, token=provider)

    assert len(server.bodies) == 2


async def test_an_upload_may_go_without_a_token(path: Path) -> None:
    async with RawServer(always(201)) as server:
        await upload(server, path, upload_authorization=False)

    assert header(server.heads[0], "Authorization") is None


@pytest.mark.parametrize("body", ["{0}", '{{"message":"you said {0}"}}'])
async def test_a_token_that_an_upload_server_echoes_is_shown_to_nobody(path: Path, body: str) -> None:
    async with RawServer(always(422, body.format(CANARY).encode())) as server:
        error = await failure_of(server, path)

    assert type(error) is lm.UnprocessableEntity


async def test_an_upload_url_elsewhere_sees_nothing(path: Path) -> None:
    async with (
        RawServer(always(201)) as evil,
        RawServer(always(201)) as server,
        client_of(server, SteppedClock()) as client,
    ):
        with pytest.raises(lm.UntrustedHost):
            await client.images.upload(started_at(evil), path)

    assert (evil.connections, server.connections) == (0, 0)


def rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2 * MIB)
        file.write(b"forged")


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize("change", [rewrite, grow])
async def test_a_file_that_changes_while_it_is_sent_is_not_used(path: Path, change: Callable[[Path], None]) -> None:
    async def script(peer: Peer) -> None:
        head = await peer.head()
        await asyncio.sleep(0.02)
        change(path)
        await peer.reader.readexactly(content_length(head))
        await peer.answer(201)

    async with RawServer(script) as server:
        error = await failure_of(server, path)

    assert type(error) is lm.FileChanged
    assert server.connections == 1


async def test_a_file_that_shrinks_while_it_is_sent_ends_the_upload_at_once(path: Path) -> None:
    path.write_bytes(png(40, 30, before=chunk(b"teXt", bytes(24 * MIB))))

    async def script(peer: Peer) -> None:
        await peer.head()
        with path.open("r+b") as file:
            file.truncate(MIB)
        await peer.left()

    async with RawServer(script, receive_buffer=64 * 1024) as server:
        error = await failure_of(server, path)

    assert type(error) is lm.FileChanged
    assert server.connections == 1


async def test_a_file_that_breaks_a_rule_is_refused_before_anything_is_sent(path: Path) -> None:
    path.write_bytes(png(7000, 7000))
    async with RawServer(always(201)) as server:
        error = await failure_of(server, path)

    assert isinstance(error, lm.InvalidImage)
    assert server.connections == 0


async def test_progress_is_told_and_starts_again_with_a_repeated_upload(path: Path) -> None:
    told: list[int] = []
    async with RawServer(first(fails_for_now, takes_it)) as server, client_of(server, SteppedClock()) as client:
        await client.images.upload(started_at(server), path, on_progress=told.append)

    assert told.count(len(PICTURE)) == 2
    assert [later for earlier, later in pairwise(told) if later < earlier] == [256 * 1024]


async def test_bytes_and_streams_are_uploaded_like_files() -> None:
    class Stream:
        left = PICTURE

        async def read(self, n: int = -1) -> bytes:
            piece, self.left = self.left[:n], self.left[n:]
            return piece

    async with RawServer(always(201)) as server, client_of(server) as client:
        await client.images.upload(started_at(server), PICTURE)
        await client.images.upload(started_at(server), lm.ImageSource(Stream(), size=len(PICTURE)))

    assert server.bodies == [PICTURE, PICTURE]


async def test_many_small_uploads_share_their_connections(tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    small.write_bytes(png(40, 30, before=chunk(b"teXt", bytes(200_000))))

    async def some(client: LinkedInClient, server: RawServer) -> None:
        for _ in range(10):
            await client.images.upload(started_at(server), small)

    async with RawServer(always(201)) as server, client_of(server) as client:
        await asyncio.gather(some(client, server), some(client, server))

    assert len(server.bodies) == 20
    assert server.connections <= 2
