"""Where nothing encrypts, the system itself sends files: every byte of them, and nothing else than was validated."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from linkedin_media import at_once, image_file, reading
from linkedin_media.at_once import is_cached, open_cached, send_file
from linkedin_media.errors import FileChanged
from linkedin_media.files import opened
from linkedin_media.image_file import OpenImage
from linkedin_media.inspection import FIRST
from linkedin_media.model.image import InitializedUpload
from linkedin_media.model.job import ImageSource
from linkedin_media.model.secret import Secret
from linkedin_media.options import ImageRules
from linkedin_media.transport import Transport
from linkedin_media.upload_body import UploadBody
from tests.inspection.crafted import chunk, png
from tests.raw_server import Peer, RawServer, always, self_signed, transport_to, trust_everybody

TOKEN: Final = Secret("token")
SIZES: Final = (10_000, 200_000, 5_000_001)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes the system took each time it was asked to send a file."""
    if not hasattr(os, "sendfile") or not sys.platform.startswith("linux"):
        pytest.skip("this system does not send files")
    taken, sendfile = [], os.sendfile

    def noted(*arguments: Any) -> int:
        taken.append(sendfile(*arguments))
        return taken[-1]

    monkeypatch.setattr(os, "sendfile", noted)
    return taken


@pytest.fixture
def cached(sent: list[int], tmp_path: Path) -> None:
    with (tmp_path / "probe").open("wb+", buffering=0) as probe:
        probe.write(b"x")
        if not is_cached(probe.fileno(), 0, 1):
            pytest.skip("this system does not tell what it holds in memory")


@pytest.fixture(params=SIZES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return picture(tmp_path, request.param)


def picture(folder: Path, size: int) -> Path:
    content = png(40, 30, before=chunk(b"teXt", random.Random(size).randbytes(size)))
    path = folder / "picture.png"
    path.write_bytes(content)
    return path


async def put(path: Path, server: RawServer, transport: Transport, *, digest: bool = False) -> OpenImage:
    image = await opened(ImageSource(path), ImageRules(), whole=not transport.sends_files)
    try:
        started = InitializedUpload(image="urn:li:image:X", upload_url=server.upload_url)
        body = UploadBody(image.chunks(digest=digest), image.facts.size, on_sent=image.was_sent)
        response = await transport.put(started, body, TOKEN)
        assert (response.status, body.sent, body.complete) == (201, image.facts.size, True)
        image.check_unchanged()
    finally:
        image.close()
    return image


async def test_files_arrive_whole_and_the_connection_is_kept(path: Path) -> None:
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        for _ in range(3):
            await put(path, server, transport)

    assert server.bodies == [path.read_bytes()] * 3
    assert server.connections == 1


@pytest.mark.usefixtures("cached")
async def test_the_system_sends_what_it_holds_in_memory(tmp_path: Path, sent: list[int]) -> None:
    path = picture(tmp_path, 200_000)
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        await put(path, server, transport)

    assert sent == [path.stat().st_size]


@pytest.mark.usefixtures("cached")
def test_uvloop_sends_files_too(path: Path, sent: list[int]) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def twice() -> list[bytes]:
        async with RawServer(always(201)) as server, transport_to(server) as transport:
            await put(path, server, transport)
            await put(path, server, transport)
        return server.bodies

    assert uvloop.run(twice()) == [path.read_bytes()] * 2
    assert bool(sent) is (path.stat().st_size > FIRST)


@pytest.mark.usefixtures("cached")
async def test_no_more_than_a_part_is_sent_in_one_go(tmp_path: Path, sent: list[int]) -> None:
    path = picture(tmp_path, 20_000_000)
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        await put(path, server, transport)

    assert server.bodies == [path.read_bytes()]
    assert 0 < max(sent) <= 2 << 20


async def test_what_the_network_does_not_take_at_once_follows(path: Path) -> None:
    async def slow(peer: Peer) -> None:
        reading: Any = peer.writer.transport
        reading.pause_reading()
        await asyncio.sleep(0.2)
        reading.resume_reading()
        await always(201)(peer)

    told: list[int] = []
    async with RawServer(slow, receive_buffer=8192) as server, transport_to(server) as transport:
        image = await opened(ImageSource(path), ImageRules(), whole=False)
        body = UploadBody(image.chunks(digest=False), image.facts.size, told.append, image.was_sent)
        started = InitializedUpload(image="urn:li:image:X", upload_url=server.upload_url)
        await transport.put(started, body, TOKEN)
        image.close()

    assert server.bodies == [path.read_bytes()]
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


async def test_what_must_be_fetched_from_the_disk_is_read_in_a_thread(
    path: Path, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_file, "is_cached", lambda *_: False)
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        await put(path, server, transport)

    assert server.bodies == [path.read_bytes()]
    assert sent == []


async def test_a_system_that_refuses_to_send_files_lets_us(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "sendfile", refused, raising=False)
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        await put(path, server, transport)

    assert server.bodies == [path.read_bytes()]


async def test_what_is_encrypted_is_read(path: Path, sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    trust_everybody(monkeypatch)
    async with RawServer(always(201), tls=self_signed()) as server, transport_to(server) as transport:
        assert not transport.sends_files
        await put(path, server, transport)

    assert server.bodies == [path.read_bytes()]
    assert sent == []


async def test_what_goes_over_a_borrowed_session_is_read(path: Path, sent: list[int]) -> None:
    async with (
        RawServer(always(201)) as server,
        aiohttp.ClientSession() as session,
        transport_to(server, borrowed=session) as transport,
    ):
        assert not transport.sends_files
        await put(path, server, transport)

    assert server.bodies == [path.read_bytes()]
    assert sent == []


async def test_what_takes_a_digest_is_read(path: Path, sent: list[int]) -> None:
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        image = await put(path, server, transport, digest=True)

    assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sent == []


async def test_a_file_cut_short_behind_our_back_ends_its_upload(tmp_path: Path) -> None:
    path = picture(tmp_path, 200_000)
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        image = await opened(ImageSource(path), ImageRules(), whole=False)
        os.truncate(path, 100_000)
        started = InitializedUpload(image="urn:li:image:X", upload_url=server.upload_url)
        body = UploadBody(image.chunks(digest=False), image.facts.size, on_sent=image.was_sent)
        with pytest.raises(FileChanged, match="shorter"):
            await transport.put(started, body, TOKEN)
        image.close()

    assert server.bodies == []


async def test_no_more_is_read_than_tells_what_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read, preadv = picture(tmp_path, 200_000), [], os.preadv

    def noted(fd: int, buffers: list[Any], *rest: Any) -> int:
        read.append(sum(map(len, buffers)))
        return preadv(fd, buffers, *rest)

    monkeypatch.setattr(os, "preadv", noted)
    image = await opened(ImageSource(path), ImageRules(), whole=False)
    image.close()

    if not read:
        pytest.skip("this system opens nothing at once")
    assert sum(read) < FIRST + 100


async def test_what_the_system_does_not_tell_of_leaves_with_its_head(
    tmp_path: Path, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, written = picture(tmp_path, 200_000), []
    genuine = UploadBody._write_whole

    def noted(self: UploadBody, *arguments: Any) -> None:
        genuine(self, *arguments)
        written.append(self.given)

    monkeypatch.setattr(at_once, "_CACHESTAT", 100_000)  # no such call
    monkeypatch.setattr(UploadBody, "_write_whole", noted)
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        await put(path, server, transport)

    assert server.bodies == [path.read_bytes()]
    assert sent == []
    cached = open_cached(path)
    if cached is not None:
        os.close(cached[0])
        assert written == [path.stat().st_size]


async def test_the_rest_of_a_small_file_is_read_only_if_that_takes_no_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = picture(tmp_path, 200_000)
    monkeypatch.setattr(image_file, "is_cached", lambda *_: False)
    monkeypatch.setattr(reading, "read_cached", lambda *_: False)
    async with RawServer(always(201)) as server, transport_to(server) as transport:
        await put(path, server, transport)

    assert server.bodies == [path.read_bytes()]


class TestTheSystem:
    @pytest.fixture
    def ends(self) -> Iterator[tuple[socket.socket, socket.socket]]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours, theirs:
            yield ours, theirs

    @pytest.mark.usefixtures("cached")
    def test_it_sends_a_part(self, ends: tuple[socket.socket, socket.socket], tmp_path: Path) -> None:
        path = picture(tmp_path, 20_000)
        with path.open("rb") as file:
            assert send_file(file.fileno(), ends[0].fileno(), 5000, 3000) == 3000

        assert ends[1].recv(9999) == path.read_bytes()[5000:8000]

    @pytest.mark.usefixtures("cached")
    def test_it_tells_what_left_its_memory(self, tmp_path: Path) -> None:
        with picture(tmp_path, 200_000).open("rb") as file:
            assert is_cached(file.fileno(), 0, 200_000)
            assert is_cached(file.fileno(), 4095, 2)
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            if at_once.read_cached(file.fileno(), memoryview(bytearray(1)), 100_000):
                pytest.skip("this system keeps what it was asked to forget")
            assert not is_cached(file.fileno(), 0, 200_000)

    def test_one_without_such_a_call_tells_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(at_once, "_CACHESTAT", 100_000)
        with picture(tmp_path, 200_000).open("rb") as file:
            assert not is_cached(file.fileno(), 0, 1000)

    @pytest.mark.usefixtures("sent")
    def test_a_socket_that_is_full_or_gone_takes_nothing(
        self, ends: tuple[socket.socket, socket.socket], tmp_path: Path
    ) -> None:
        with picture(tmp_path, 5_000_000).open("rb") as file:
            while send_file(file.fileno(), ends[0].fileno(), 0, 1_000_000):
                pass
            ends[1].close()
            assert send_file(file.fileno(), ends[0].fileno(), 0, 1000) == 0
