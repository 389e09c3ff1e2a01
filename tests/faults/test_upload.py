"""Stage U: the bytes of an image, while servers stop reading, answer early or break off, and files change."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import attrs
import psutil
import pytest

import linkedin_media as lm
from linkedin_media import image_file
from linkedin_media.reading import CHUNK
from linkedin_media.simulator import (
    Answer,
    Bandwidth,
    BlackHole,
    CommitThenDrop,
    EarlyAnswer,
    ExpireUploads,
    HalfBody,
    HalfHead,
    Informational,
    LimitData,
    Reset,
    SimulatorConfig,
    SimulatorProcess,
    Slice,
)
from tests.faults.ward import MIB, QUICK, SHORT, Footprint, Patience, Stopwatch, Ward, picture, settled
from tests.raw_server import RawServer, always

PUT: Final = "uploads.put"
PATIENT: Final = attrs.evolve(SHORT, call=5.0, stall=5.0, answer=5.0)


pytestmark = pytest.mark.usefixtures("either_way")


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"receive_buffer": 64 * 1024}


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.png"
    path.write_bytes(picture(12 * MIB))
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def upload(ward: Ward, source: Any, **options: Any) -> Any:
    return ward.pipeline(ward.client(**{"timeouts": PATIENT} | options)).upload(source, owner=ward.owner)


def stored(ward: Ward, image: lm.Image) -> str | None:
    return ward.simulator.images[image.id].sha256


@pytest.mark.parametrize("status", [413, 403])
@pytest.mark.parametrize("then", ["linger", "close", "reset"])
async def test_U01_a_refusal_in_the_middle_of_the_body_is_reported_and_not_repeated(
    ward: Ward, large: Path, status: int, then: Any
) -> None:
    ward.fault(EarlyAnswer(status=status, after=MIB, then=then, body={"message": "no"}), PUT)

    error = await ward.failure(upload(ward, large))

    assert error.status == status
    assert [call.status for call in ward.simulator.journal.calls(operation=PUT)] == [status]
    assert ward.inits == 1


async def test_U01_the_status_of_an_early_refusal_is_seen_in_two_hundred_runs(ward: Ward) -> None:
    ward.fault(EarlyAnswer(status=413, after=256 * 1024, then="reset"), PUT)
    client = ward.client(timeouts=PATIENT, concurrency=lm.Concurrency(upload=32, initialize=32))
    content = picture(2 * MIB)
    pipeline = ward.pipeline(client)

    errors = await asyncio.gather(*(ward.failure(pipeline.upload(content, owner=ward.owner)) for _ in range(200)))
    ward.errors = ward.errors[:5]

    seen = [error for error in errors if getattr(error, "status", None) == 413]
    assert len(seen) >= 198
    assert ward.puts <= 200 + 2 * QUICK.max_attempts


async def test_U01_where_the_status_is_lost_the_next_attempt_asks_for_leave(ward: Ward, large: Path) -> None:
    ward.fault(LimitData(bytes=MIB, then="reset"), PUT, nth=1)

    image = await upload(ward, large)

    calls = ward.simulator.journal.calls(operation=PUT)
    assert [call.headers.get("Expect") for call in calls] == [None, "100-continue"]
    assert stored(ward, image) == digest(large)


async def test_U01_a_status_that_is_lost_each_time_ends_within_the_attempts(ward: Ward, large: Path) -> None:
    ward.fault(LimitData(bytes=MIB, then="reset"), PUT)

    error = await ward.failure(upload(ward, large))

    assert type(error) is lm.ConnectionLost
    assert ward.puts == QUICK.max_attempts


@pytest.mark.parametrize("then", ["linger", "reset", "close"])
async def test_U02_a_success_before_the_body_was_read_is_no_success(ward: Ward, large: Path, then: Any) -> None:
    ward.fault(EarlyAnswer(status=201, after=0, then=then), PUT, nth=1)

    image = await upload(ward, large)

    assert ward.puts == 2
    assert stored(ward, image) == digest(large)


async def test_U02_a_server_that_never_reads_to_the_end_never_has_the_image(ward: Ward, large: Path) -> None:
    ward.fault(EarlyAnswer(status=201, after=0, then="reset"), PUT)

    error = await ward.failure(upload(ward, large))

    assert type(error) in {lm.UploadIncomplete, lm.ConnectionLost}
    assert ward.puts <= QUICK.max_attempts


async def test_U03_a_server_that_stops_reading_is_left_half_a_second_after_the_stall(ward: Ward, large: Path) -> None:
    ward.fault(BlackHole(read_body=False), PUT)
    client = ward.client(retry=attrs.evolve(QUICK, max_attempts=1), timeouts=attrs.evolve(SHORT, stall=0.6))
    started = await client.images.initialize_upload(ward.owner)
    before = Footprint.now().tasks

    with Stopwatch() as watch:
        error = await ward.failure(client.images.upload(started, large))

    assert type(error) is lm.UploadStalled
    assert 0.6 <= watch.seconds <= 0.6 + 0.5
    assert await settled(lambda: ward.connections <= 1)
    assert await settled(lambda: Footprint.now().tasks == before)


async def test_U03_a_stalled_upload_is_begun_anew(ward: Ward, large: Path) -> None:
    ward.fault(BlackHole(read_body=False), PUT, nth=1)

    image = await upload(ward, large, timeouts=SHORT)

    assert ward.puts == 2
    assert stored(ward, image) == digest(large)


def _small_buffers(address: Any) -> socket.socket:
    made = socket.socket(*address[:3])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
    return made


async def test_U04_a_server_that_reads_slowly_but_steadily_is_not_taken_for_a_stall(ward: Ward) -> None:
    stall, rate, content = 0.5, 400_000, picture(600_000)
    ward.fault(Bandwidth(bytes_per_second=rate), PUT)
    connector = aiohttp.TCPConnector(socket_factory=_small_buffers)
    async with aiohttp.ClientSession(connector=connector) as session:
        timeouts = attrs.evolve(SHORT, stall=stall, answer=5.0)
        with Stopwatch() as watch:
            image = await upload(ward, content, session=session, timeouts=timeouts)

    assert watch.seconds > 2 * stall
    assert ward.puts == 1
    assert stored(ward, image) == hashlib.sha256(content).hexdigest()


async def test_U04_a_slow_upload_ends_at_the_deadline_where_there_is_one(ward: Ward, large: Path) -> None:
    ward.fault(Bandwidth(bytes_per_second=400_000), PUT)

    with Stopwatch() as watch:
        error = await ward.failure(upload(ward, large, timeouts=attrs.evolve(PATIENT, upload=1.0)))

    assert type(error) is lm.DeadlineExceeded
    assert watch.seconds <= 2.0


async def test_U05_a_body_that_was_read_and_not_answered_is_sent_again_to_the_same_address(
    ward: Ward, large: Path
) -> None:
    ward.fault(CommitThenDrop(how="stall"), PUT, nth=1)

    image = await upload(ward, large, timeouts=SHORT)

    assert (ward.inits, ward.puts) == (1, 2)
    assert stored(ward, image) == digest(large)


CUTS: Final = {
    "at 0 %": LimitData(bytes=0),
    "at 50 %": LimitData(bytes=6 * MIB),
    "at 50 % by reset": LimitData(bytes=6 * MIB, then="reset"),
    "at 100 %": LimitData(bytes=12 * MIB),
    "before the head": CommitThenDrop(),
    "before the head by reset": CommitThenDrop(how="reset"),
    "in the head": HalfHead(),
    "in the body": HalfBody(),
    "unread": Reset(),
}


@pytest.mark.parametrize("cut", CUTS)
async def test_U06_a_connection_that_breaks_is_begun_anew_from_the_first_byte(
    ward: Ward, large: Path, cut: str
) -> None:
    ward.fault(CUTS[cut], PUT, nth={1, 2})

    image = await upload(ward, large)

    assert stored(ward, image) == digest(large)
    assert ward.simulator.faults.to_json()[0]["seen"] == 3


@pytest.mark.parametrize("cut", ["at 0 %", "at 50 %", "before the head", "in the head"])
async def test_U06_no_attempt_is_made_that_was_not_counted(ward: Ward, large: Path, cut: str) -> None:
    ward.fault(CUTS[cut], PUT)

    error = await ward.failure(upload(ward, large))

    assert isinstance(error, lm.TransportError)
    assert ward.simulator.faults.to_json()[0]["seen"] == QUICK.max_attempts


class Meddler:
    """Does something to a file once an upload has begun."""

    def __init__(self, deed: Any) -> None:
        self._deed = deed
        self.done = False

    def __call__(self, event: object) -> None:
        if isinstance(event, lm.UploadProgress) and not self.done:
            self.done = True
            self._deed()


async def _while_uploading(ward: Ward, path: Path, deed: Any) -> Any:
    ward.fault(Bandwidth(bytes_per_second=60 * MIB), PUT)
    meddler = Meddler(deed)
    error = await ward.failure(ward.pipeline(ward.client(timeouts=PATIENT), observer=meddler).publish(ward.job(path)))
    assert meddler.done
    return error


async def test_U07_a_file_that_grows_is_sent_at_its_validated_size_and_then_refused(ward: Ward, large: Path) -> None:
    size = large.stat().st_size

    def grow() -> None:
        with large.open("ab") as file:
            file.write(bytes(MIB))

    error = await _while_uploading(ward, large, grow)

    assert type(error) is lm.FileChanged
    assert [call.bytes for call in ward.simulator.journal.calls(operation=PUT)] == [size]
    assert ward.posts == 0


async def test_U08_a_file_that_shrinks_ends_the_upload_and_its_connection_at_once(ward: Ward, large: Path) -> None:
    with Stopwatch() as watch:
        error = await _while_uploading(ward, large, lambda: os.truncate(large, 3 * MIB))

    assert type(error) is lm.FileChanged
    assert watch.seconds < 1.0
    assert await settled(lambda: ward.puts == 1)
    assert ward.posts == 0
    assert await settled(lambda: ward.connections <= 1)


async def test_U09_a_read_error_is_the_files_and_not_the_networks(
    ward: Ward, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = os.pread

    def failing(fd: int, length: int, offset: int) -> bytes:
        if offset > 3 * MIB and length == CHUNK:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return usual(fd, length, offset)

    monkeypatch.setattr(image_file, "read_cached", lambda *_: False)
    monkeypatch.setattr(os, "pread", failing)
    error = await ward.failure(ward.pipeline().publish(ward.job(large)))

    assert type(error) is lm.FileUnreadable
    assert "Input/output error" in error.message
    assert await settled(lambda: ward.puts == 1)
    assert (ward.inits, ward.posts) == (1, 0)


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_U10_an_address_that_expired_or_is_unknown_is_asked_for_anew_once(ward: Ward, status: int) -> None:
    ward.simulator.configure(upload_expired_status=status)
    ward.fault(ExpireUploads(), PUT, nth=1)

    image = await upload(ward, picture())

    assert ward.inits == 2
    assert image.available
    assert [call.status for call in ward.simulator.journal.calls(operation=PUT)] == [status, 201]
    assert len(ward.simulator.images) == 2


async def test_U10_a_server_to_whom_no_address_is_good_is_asked_twice(ward: Ward) -> None:
    ward.fault(ExpireUploads(), PUT)

    error = await ward.failure(upload(ward, picture()))

    assert type(error) is lm.UploadExpired
    assert (ward.inits, ward.puts) == (2, 2)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_U11_a_redirect_of_an_upload_is_refused_and_nobody_else_sees_the_image(ward: Ward, status: int) -> None:
    async with RawServer(always(201)) as elsewhere:
        ward.fault(Answer(status=status, headers={"Location": f"{elsewhere.base_url}/x"}), PUT)

        error = await ward.failure(upload(ward, picture()))

        assert (elsewhere.connections, elsewhere.bodies) == (0, [])
    assert (error.status, ward.puts) == (status, 1)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("seconds", [30, 3600])
async def test_U12_an_address_that_expires_while_waiting_is_not_used_again(
    ward: Ward, status: int, seconds: int
) -> None:
    ward.simulator.configure(upload_url_seconds=20.0)
    ward.fault(Answer(status=status, headers={"Retry-After": str(seconds)}), PUT, nth=1)
    client = ward.client(retry=lm.RetryPolicy(max_attempts=3, initial_delay=25.0, max_delay=30.0))
    patience = Patience(fraction=lambda: 0.9, told=ward.simulator.clock.advance)
    patience.given_to(client)
    now = client.clock.now
    client.clock = attrs.evolve(client.clock, now=lambda: now() + _passed(patience))

    outcome: Any = await ward.outcome(ward.pipeline(client).upload(picture(), owner=ward.owner))

    if seconds == 30:
        assert outcome.available
        assert (ward.inits, ward.puts) == (2, 2)
    else:
        assert (outcome.status, outcome.retry_after) == (status, 3600)
        assert ward.puts == 1
    first, *rest = ward.simulator.journal.calls(operation=PUT)
    assert [call for call in rest if call.image == first.image] == []


def _passed(patience: Patience) -> timedelta:
    return timedelta(seconds=sum(patience.waits))


async def test_U13_an_upload_may_take_longer_than_any_timeout_of_the_session(ward: Ward) -> None:
    ward.fault(Bandwidth(bytes_per_second=400_000), PUT)
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=0.3), connector=aiohttp.TCPConnector(socket_factory=_small_buffers)
    )
    async with session:
        with Stopwatch() as watch:
            image = await upload(ward, picture(400_000), session=session)

    assert watch.seconds > 0.6
    assert image.available
    assert ward.puts == 1


async def test_U13_no_request_has_a_total_of_aiohttps(ward: Ward) -> None:
    assert ward.client().transport._patience.total is None


@pytest.mark.parametrize(
    "action",
    [
        Informational(status=100, count=None, interval=0.01),
        Informational(status=103, count=None, interval=0.01),
        Slice(size=1, delay=0.05),
    ],
    ids=["100", "103", "slow head"],
)
async def test_U14_an_answer_without_end_is_left_at_the_deadline(ward: Ward, action: Any) -> None:
    ward.fault(action, PUT)
    client = ward.client(timeouts=attrs.evolve(PATIENT, upload=0.5), retry=attrs.evolve(QUICK, max_attempts=1))

    with Stopwatch() as watch:
        error = await ward.failure(ward.pipeline(client).upload(picture(), owner=ward.owner))

    assert type(error) is lm.DeadlineExceeded
    assert watch.seconds <= 1.5


@pytest.mark.parametrize("status", [100, 103])
async def test_U14_interim_answers_without_end_are_left_even_without_a_deadline(ward: Ward, status: int) -> None:
    ward.fault(Informational(status=status, count=None, interval=0.01), PUT)
    client = ward.client(timeouts=attrs.evolve(SHORT, answer=0.5), retry=attrs.evolve(QUICK, max_attempts=1))

    with Stopwatch() as watch:
        error = await ward.failure(ward.pipeline(client).upload(picture(), owner=ward.owner))

    assert type(error) is lm.UploadStalled
    assert watch.seconds <= 1.5


async def test_U15_sixty_four_uploads_of_thirty_mebibytes_cost_a_mebibyte_each(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(picture(30 * MIB))
    with SimulatorProcess(SimulatorConfig(processing_seconds=0.0, keep_bytes=0)) as simulator:
        bounds = lm.Concurrency(upload=64, initialize=64, inspect=64)
        async with lm.LinkedInClient(simulator.token, base_url=simulator.base_url, concurrency=bounds) as client:
            warm_up = await client.images.initialize_upload(simulator.organization)
            await client.images.upload(warm_up, path)
            started = [await client.images.initialize_upload(simulator.organization) for _ in range(64)]
            peak = _Peak()
            async with peak:
                await asyncio.gather(*(client.images.upload(one, path) for one in started))
        sizes = [call.bytes for call in simulator.journal.calls(operation=PUT, status=201)]

    assert sizes == [path.stat().st_size] * 65
    assert peak.grown <= 64 * MIB


class _Peak:
    """How much a process grew while a block ran."""

    async def __aenter__(self) -> None:
        self._process = psutil.Process()
        self._before = self._highest = self._process.memory_info().rss
        self._task = asyncio.create_task(self._watch())

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            self._highest = max(self._highest, self._process.memory_info().rss)
            await asyncio.sleep(0.01)

    @property
    def grown(self) -> int:
        return self._highest - self._before
