"""Stage I: registering an upload, while the network, the gateway and the answers go wrong."""

from __future__ import annotations

import asyncio
import gzip
import json
import statistics
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psutil
import pytest

import linkedin_media as lm
from linkedin_media.client.attempts import Clock
from linkedin_media.errors import ConnectionFailed, DeadlineExceeded, UnexpectedReply, UntrustedHost
from linkedin_media.protocol.retry_after import next_utc_midnight
from linkedin_media.simulator import Answer, BlackHole, CommitThenDrop, Mutate, Refuse, Throttle
from tests.faults.ward import HOPPER, MIB, QUICK, SHORT, Patience, Stopwatch, Ward
from tests.raw_server import CANARY, SIGNATURE, RawServer, always

INIT: Final = "images.initializeUpload"


def initialize(ward: Ward, client: lm.LinkedInClient) -> Any:
    return client.images.initialize_upload(ward.owner)


async def test_I01_a_refused_connection_is_tried_again_within_the_attempts(ward: Ward) -> None:
    client = ward.client()
    patience = Patience().given_to(client)
    ward.simulator.deafen()

    error = await ward.failure(initialize(ward, client))

    assert type(error) is ConnectionFailed
    assert len(patience.waits) == QUICK.max_attempts - 1
    assert ward.simulator.journal.connections == 0


async def test_I01_the_waits_between_attempts_are_drawn_evenly_below_a_growing_ceiling(ward: Ward) -> None:
    client, patience = ward.client(retry=lm.RetryPolicy(max_attempts=4, quota=10_000, deadline=1e9)), Patience()
    patience.given_to(client)
    client.clock = Clock(sleep=client.clock.sleep, monotonic=lambda: 0.0)
    ward.simulator.deafen()

    for _ in range(200):
        await ward.failure(initialize(ward, client))
    ward.errors.clear()

    assert len(patience.waits) == 200 * 3
    for number, ceiling in enumerate((0.5, 1.0, 2.0)):
        waits = [wait / ceiling for wait in patience.waits[number::3]]
        assert 0 <= min(waits) < 0.1
        assert 0.9 < max(waits) <= 1
        assert abs(statistics.mean(waits) - 0.5) < 0.1


async def test_I01_a_name_that_leads_nowhere_ends_within_attempts_and_deadline() -> None:
    retry = lm.RetryPolicy(max_attempts=3, initial_delay=0.001, deadline=2.0)
    async with lm.LinkedInClient(CANARY, base_url="https://nowhere.invalid", retry=retry) as client:
        patience = Patience().given_to(client)
        with Stopwatch() as watch, pytest.raises(ConnectionFailed, match=r"could not connect to nowhere\.invalid"):
            await client.images.initialize_upload("urn:li:person:a")

    assert len(patience.waits) <= 2
    assert watch.seconds <= 3.0


async def test_I01_a_server_that_comes_back_is_found(ward: Ward) -> None:
    ward.fault(Refuse(seconds=0.05), INIT, nth=1)
    client = ward.client(retry=lm.RetryPolicy(max_attempts=6, initial_delay=0.05, max_delay=0.2))
    client.clock = Clock(fraction=lambda: 0.9)

    assert (await initialize(ward, client)).image in ward.simulator.images
    assert ward.inits <= 2


async def test_I02_a_black_hole_is_left_at_the_timeout_and_tried_again(ward: Ward) -> None:
    ward.fault(BlackHole(), INIT, nth=1)

    with Stopwatch() as watch:
        started = await initialize(ward, ward.client())

    assert started.image in ward.simulator.images
    assert SHORT.call <= watch.seconds <= SHORT.call + 1
    assert ward.inits == 2


async def test_I02_a_black_hole_without_end_is_left_at_the_deadline(ward: Ward) -> None:
    ward.fault(BlackHole(), INIT)
    client = ward.client(retry=lm.RetryPolicy(max_attempts=100, initial_delay=0.01, deadline=1.0))

    with Stopwatch() as watch:
        error = await ward.failure(initialize(ward, client))

    assert type(error) is DeadlineExceeded
    assert watch.seconds <= 2.0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_I03_a_server_error_is_tried_again_and_one_image_is_used(ward: Ward, status: int, when: str) -> None:
    ward.fault(Answer(status=status), INIT, nth={1, 2}, when=when)

    post = await ward.pipeline().publish(ward.job())

    used = {call.image for call in ward.simulator.journal.calls(operation="uploads.put")}
    assert ward.inits == 3
    assert used == set(post.images)
    assert len(used) == 1
    orphans = set(ward.simulator.images) - used
    assert len(orphans) == (2 if when == "after" else 0)


async def test_I04_an_answer_lost_after_the_deed_leaves_an_orphan_and_no_second_use(ward: Ward) -> None:
    ward.fault(CommitThenDrop(), INIT, nth=1)

    image = await ward.pipeline().upload(HOPPER, owner=ward.owner)

    assert ward.inits == 2
    assert len(ward.simulator.images) == 2
    assert {call.image for call in ward.simulator.journal.calls(operation="uploads.put")} == {image.id}


def _http_date(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("2", 2.0, 2.0),
        (lambda: _http_date(30), 28.0, 30.0),
        ("inf", 0.0, 20.0),
        ("-5", 0.0, 20.0),
        ("1e400", 0.0, 20.0),
        ("1000000000000", 0.0, 20.0),
        ("soon", 0.0, 20.0),
        ("٣", 0.0, 20.0),
        ("Mon, 99 Foo 2026 99:99:99 GMT", 0.0, 20.0),
    ],
    ids=["seconds", "date", "inf", "negative", "1e400", "10^12", "garbage", "arabic digits", "impossible date"],
)
async def test_I05_retry_after_is_honoured_up_to_the_cap_and_nonsense_is_ignored(
    ward: Ward, value: Any, least: float, most: float
) -> None:
    header = value() if callable(value) else value
    ward.fault(Throttle(retry_after=header), INIT, nth=1)
    client = ward.client(retry=lm.RetryPolicy())
    patience = Patience().given_to(client)

    await initialize(ward, client)

    longest = [max(patience.waits)]
    assert [wait for wait in longest if not least <= wait <= most] == []
    assert [wait for wait in patience.waits if not 0 <= wait <= client.retry.retry_after_cap] == []
    assert ward.inits == 2


async def test_I05_a_retry_after_beyond_the_cap_is_told_and_not_slept(ward: Ward) -> None:
    ward.fault(Throttle(retry_after="3600"), INIT)
    client = ward.client()
    patience = Patience().given_to(client)

    error = await ward.failure(initialize(ward, client))

    assert (type(error), error.retry_after) == (lm.RateLimited, 3600.0)
    assert patience.waits == []
    assert ward.inits == 1


async def test_I06_a_limit_without_an_end_opens_the_breaker_until_midnight_utc(ward: Ward) -> None:
    ward.fault(Throttle(), INIT)
    client = ward.client(concurrency=lm.Concurrency(initialize=1))
    pipeline = ward.pipeline(client)

    outcomes = [outcome async for outcome in pipeline.publish_all([ward.job(text=f"{n}") for n in range(50)])]

    errors = [outcome.error for outcome in outcomes]
    assert {type(error) for error in errors} == {lm.RateLimited}
    assert {error.resets_at for error in errors} == {next_utc_midnight(datetime.now(UTC))}
    assert ward.inits <= QUICK.max_attempts
    assert ward.posts == 0


async def test_I06_the_breaker_of_one_call_leaves_the_others_alone(ward: Ward) -> None:
    ward.fault(Throttle(), INIT)
    client = ward.client()
    await ward.failure(initialize(ward, client))

    assert (await client.images.batch_get([])).results == {}
    assert [post async for post in client.posts.find_by_author(ward.owner)] == []


async def test_I06_the_breaker_lets_a_probe_through_now_and_then_and_closes_on_a_success(ward: Ward) -> None:
    ward.fault(Throttle(), INIT, times=QUICK.max_attempts + 1)
    client = ward.client()
    patience = Patience().given_to(client)
    await ward.failure(initialize(ward, client))
    await ward.failure(initialize(ward, client))
    assert ward.inits == QUICK.max_attempts

    patience.waits.append(3600.0)
    await ward.failure(initialize(ward, client))
    assert ward.inits == QUICK.max_attempts + 1
    patience.waits.append(3600.0)

    await initialize(ward, client)
    await initialize(ward, client)
    assert ward.inits == QUICK.max_attempts + 3


async def test_I06_a_daily_limit_that_says_so_is_told_at_once_and_asked_once(ward: Ward) -> None:
    ward.fault(Throttle(day=True), INIT)

    error = await ward.failure(initialize(ward, ward.client()))

    assert (type(error), error.resets_at) == (lm.RateLimited, next_utc_midnight(datetime.now(UTC)))
    assert ward.inits == 1


def _refuse_talkatively(ward: Ward, status: int, code: str) -> None:
    message = f"no good: Bearer {ward.simulator.token} https://www.linkedin.com/dms-uploads/x?ut={SIGNATURE}"
    ward.fault(Answer(status=status, body={"status": status, "code": code, "message": message}), INIT)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "INVALID_URN", lm.BadRequest),
        (403, "ACCESS_DENIED", lm.Forbidden),
        (426, "NONEXISTENT_VERSION", lm.VersionSunset),
    ],
)
async def test_I07_a_permanent_refusal_is_asked_once_and_its_message_kept_without_secrets(
    ward: Ward, status: int, code: str, expected: type[Exception]
) -> None:
    ward.secrets.add(SIGNATURE)
    _refuse_talkatively(ward, status, code)

    error = await ward.failure(initialize(ward, ward.client()))

    assert (type(error), error.api_code) == (expected, code)
    assert "no good" in error.message
    assert ward.inits == 1


async def test_I08_fifty_jobs_with_an_expired_token_refresh_it_once_and_replay_once(ward: Ward) -> None:
    old, asked = ward.simulator.issue_token(), []
    ward.secrets.add(old)
    ward.simulator.expire_token(old)

    async def provider() -> str:
        asked.append(1)
        await asyncio.sleep(0.01)
        return old if len(asked) == 1 else ward.simulator.token

    client = ward.client(provider, concurrency=lm.Concurrency(initialize=50))
    started = await asyncio.gather(*(initialize(ward, client) for _ in range(50)))

    assert len({upload.image for upload in started}) == 50
    assert len(asked) == 2
    assert ward.count(INIT, status=401) == 50
    assert ward.count(INIT, status=200) == 50


EVIL: Final = "http://127.0.0.1:{port}/dms-uploads/X?ut=s"


@pytest.mark.parametrize(
    "url",
    [
        EVIL,
        "//127.0.0.1:{port}/x",
        "https://127.0.0.1:{port}/x",
        "http://localhost:{port}/x",
        "https://linkedin.com.evil.example/x",
        "https://evillinkedin.com/x",
        "https://www.linkedin.com@127.0.0.1:{port}/x",
        "http://www.linkedin.com:x@127.0.0.1:{port}/x",
        "https://www.linkedin.com:8443/x",
        "https://\uff57\uff57\uff57.linkedin.com/x",
        "https://www.linkedin.com/x y",
        "https://www.linkedin.com/x\r\nHost: evil",
        "https://www.linkedin.com/x\tz",
        "https://www.linkedin.com\\@127.0.0.1:{port}/",
        "https://127.0.0.1:{port}#@www.linkedin.com/",
        "https://[::1]:{port}/x",
        "https://2130706433:{port}/x",
        "https://www.linkedin.com/" + "x" * 8192,
        "ftp://www.linkedin.com/x",
        "http://www.linkedin.com/x",
        "",
    ],
)
async def test_I09_an_upload_address_that_is_not_linkedins_sees_nothing(ward: Ward, url: str) -> None:
    async with RawServer(always(201)) as evil:
        text = url.replace("{port}", str(evil.port))
        ward.fault(Mutate(change=lambda body: _with(body, uploadUrl=text)), INIT)

        error = await ward.failure(ward.pipeline().upload(HOPPER, owner=ward.owner))

        assert (evil.connections, evil.heads) == (0, [])
    assert type(error) is UntrustedHost
    assert ward.puts == 0


def _with(body: bytes, **changes: Any) -> bytes:
    value = json.loads(body)
    for name, change in changes.items():
        if change is None:
            del value["value"][name]
        else:
            value["value"][name] = change
    return json.dumps(value).encode()


BODIES: Final[dict[str, bytes]] = {
    "empty": b"",
    "no object": b"[]",
    "no value": b"{}",
    "value of null": b'{"value":null}',
    "no image": b'{"value":{"uploadUrl":"https://www.linkedin.com/x"}}',
    "no url": b'{"value":{"image":"urn:li:image:a"}}',
    "number for url": b'{"value":{"image":"urn:li:image:a","uploadUrl":1}}',
    "list for image": b'{"value":{"image":[],"uploadUrl":"https://www.linkedin.com/x"}}',
    "another urn": b'{"value":{"image":"urn:li:video:a","uploadUrl":"https://www.linkedin.com/x"}}',
    "no urn": b'{"value":{"image":"a\\r\\nb","uploadUrl":"https://www.linkedin.com/x"}}',
    "NaN": b'{"value":{"image":"urn:li:image:a","uploadUrl":"https://www.linkedin.com/x","uploadUrlExpiresAt":NaN}}',
    "infinite expiry": b'{"value":{"image":"urn:li:image:a","uploadUrl":"x","uploadUrlExpiresAt":1e999}}',
    "deep": b"[" * 200_000 + b"]" * 200_000,
    "deep object": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "long number": b'{"value":{"image":"urn:li:image:a","uploadUrlExpiresAt":' + b"9" * 5000 + b"}}",
    "lone surrogate": b'{"value":{"image":"urn:li:image:\\ud800","uploadUrl":"https://www.linkedin.com/x"}}',
    "not utf-8": b'{"value":"\xff\xfe"}',
    "html": b"<html>" + b"x" * 2000 + f"https://www.linkedin.com/x?ut={SIGNATURE}".encode(),
}


@pytest.mark.parametrize("name", BODIES)
async def test_I10_an_answer_unlike_the_documented_one_is_a_typed_error_with_a_short_excerpt(
    ward: Ward, name: str
) -> None:
    ward.secrets.add(SIGNATURE)
    ward.fault(Answer(status=200, body=BODIES[name], headers={"Content-Type": "application/json"}), INIT)

    error = await ward.failure(ward.pipeline().upload(HOPPER, owner=ward.owner))

    assert type(error) is UnexpectedReply
    assert len(error.excerpt.encode()) <= 512
    assert ward.puts == 0


async def test_I10_doubled_keys_and_unknown_ones_do_no_harm(ward: Ward) -> None:
    ward.fault(Mutate(change=lambda body: body.replace(b'{"value":{', b'{"value":1,"new":[1],"value":{"x":{},')), INIT)

    assert (await ward.pipeline().upload(HOPPER, owner=ward.owner)).available


def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS + 16)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(512))
    return packed + packer.flush()


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """512 MiB of zeros, gzipped: half a megabyte on the wire."""
    return _bomb()


async def test_I11_half_a_gigabyte_in_gzip_is_left_after_a_mebibyte(ward: Ward, bomb: bytes) -> None:
    ward.fault(Answer(status=200, body=bomb, headers={"Content-Encoding": "gzip"}), INIT, nth=1)
    client = ward.client(retry=lm.RetryPolicy(max_attempts=1), timeouts=lm.Timeouts())
    process = psutil.Process()
    before = process.memory_info().rss

    error = await ward.failure(initialize(ward, client))

    assert type(error) is UnexpectedReply
    assert "longer than 1,048,576 bytes" in error.message
    assert process.memory_info().rss - before < 16 * MIB


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate"])
async def test_I11_an_encoding_nobody_asked_for_is_not_decoded(ward: Ward, encoding: str) -> None:
    ward.fault(Answer(status=200, body=gzip.compress(b"{}"), headers={"Content-Encoding": encoding}), INIT)

    error = await ward.failure(initialize(ward, ward.client(retry=lm.RetryPolicy(max_attempts=1))))

    assert type(error) is UnexpectedReply
    assert ward.inits == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_I12_a_redirect_elsewhere_is_an_error_and_is_not_followed(ward: Ward, status: int) -> None:
    async with RawServer(always(200, b"{}")) as elsewhere:
        ward.fault(Answer(status=status, headers={"Location": f"{elsewhere.base_url}/rest/images"}), INIT)

        error = await ward.failure(initialize(ward, ward.client()))

        assert (elsewhere.connections, elsewhere.heads) == (0, [])
    assert (type(error), error.status) == (lm.ApiError, status)
    assert ward.inits == 1


def _expiring(ward: Ward, seconds: float | None, *, unit: int = 1000, **when: Any) -> None:
    def change(body: bytes) -> bytes:
        at = None if seconds is None else int((ward.simulator.clock.now() + seconds) * unit)
        return _with(body, uploadUrlExpiresAt=at)

    ward.fault(Mutate(change=change), INIT, **when)


@pytest.mark.parametrize("seconds", [-3600.0, -0.001, 2.0])
async def test_I13_an_address_that_is_expired_or_about_to_is_not_used_and_another_is_asked_for(
    ward: Ward, seconds: float
) -> None:
    _expiring(ward, seconds, nth=1)

    image = await ward.pipeline().upload(HOPPER, owner=ward.owner)

    assert ward.inits == 2
    assert [call.image for call in ward.simulator.journal.calls(operation="uploads.put")] == [image.id]


async def test_I13_a_server_that_only_gives_expired_addresses_sees_no_upload(ward: Ward) -> None:
    _expiring(ward, -1.0)

    error = await ward.failure(ward.pipeline().upload(HOPPER, owner=ward.owner))

    assert type(error) is lm.UploadExpired
    assert (ward.inits, ward.puts) == (2, 0)


@pytest.mark.parametrize(("seconds", "unit"), [(3600.0, 1), (None, 1000), (3600.0, 1000)], ids=["s", "missing", "ms"])
async def test_I13_an_expiry_in_seconds_or_none_at_all_is_understood(
    ward: Ward, seconds: float | None, unit: int
) -> None:
    _expiring(ward, seconds, unit=unit)

    assert (await ward.pipeline().upload(HOPPER, owner=ward.owner)).available
    assert (ward.inits, ward.puts) == (1, 1)


async def test_I13_an_expiry_in_seconds_that_has_passed_has_passed(ward: Ward) -> None:
    _expiring(ward, -10.0, unit=1, nth=1)

    await ward.pipeline().upload(HOPPER, owner=ward.owner)

    assert (ward.inits, ward.puts) == (2, 1)
