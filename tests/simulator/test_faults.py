import asyncio
import contextlib
import json
import time

import aiohttp
import pytest

from linkedin_media.errors import InvalidArgument
from linkedin_media.simulator import (
    AdvanceClock,
    Answer,
    Bandwidth,
    BlackHole,
    CommitThenDrop,
    DailyLimit,
    EarlyAnswer,
    ExpireUploads,
    Fault,
    HalfBody,
    HalfHead,
    Hook,
    Informational,
    InvalidateToken,
    Latency,
    LimitData,
    Mutate,
    Refuse,
    Reset,
    Slice,
    SlowClose,
    Throttle,
    fault_files,
)
from linkedin_media.simulator.ids import Ids
from tests.simulator.caller import enc, png

LOST = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)


def add(sim, action, **choices):
    fault = Fault(action=action, **choices)
    sim.faults.add(fault)
    return fault


async def statuses(linkedin, count, **fields):
    return [(await linkedin.post(commentary=str(number), **fields)).status for number in range(count)]


# Reaching in


async def test_what_the_simulator_does_not_have_is_no_key(sim):
    for stored in (sim.images, sim.posts, sim.articles):
        with pytest.raises(KeyError):
            stored["urn:li:image:nobody"]

    assert len(sim.articles) == len(list(sim.articles))


def test_ids_of_posts_grow_though_very_many_are_made_in_one_millisecond():
    ids = Ids(seed=1)
    ids._sequence = (1 << 22) - 3

    made = [ids.snowflake(1_700_000_000_000) for _ in range(5)]

    assert made == sorted(set(made))
    assert [number >> 22 for number in made] == [1_700_000_000_000] * 2 + [1_700_000_000_001] * 3


# Which calls


@pytest.mark.parametrize(
    ("choices", "struck"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 2}, [2]),
        ({"nth": [1, 4]}, [1, 4]),
        ({"every": 3}, [3, 6]),
        ({"times": 2}, [1, 2]),
        ({"every": 2, "times": 1}, [2]),
    ],
)
async def test_a_fault_strikes_the_calls_chosen(sim, linkedin, choices, struck):
    fault = add(sim, Answer(status=503), on="posts.create", **choices)

    assert [number for number, status in enumerate(await statuses(linkedin, 6), 1) if status == 503] == struck
    assert sim.faults.struck(fault) == len(struck)
    assert len(sim.posts) == 6 - len(struck)


async def test_chance_follows_its_seed(sim, linkedin):
    async def drawn(seed):
        sim.reset()
        add(sim, Answer(status=503), on="posts.*", probability=0.5, seed=seed)
        return await statuses(linkedin, 12)

    assert await drawn(1) == await drawn(1) != await drawn(2)
    assert {201, 503} == set(await drawn(1))


async def test_a_fault_strikes_the_operations_it_names_and_those_that_match(sim, linkedin):
    add(sim, Answer(status=503), on="images.*")
    add(sim, Answer(status=500), matching=lambda exchange: exchange.call.method == "DELETE")

    assert (await linkedin.initialize()).status == 503
    assert (await linkedin.post()).status == 201
    assert (await linkedin.call("DELETE", "/rest/posts/urn%3Ali%3Ashare%3A1")).status == 500
    sim.faults.clear()
    assert (await linkedin.initialize()).status == 200


async def test_faults_can_be_removed_and_the_journal_names_those_that_struck(sim, linkedin):
    first = add(sim, Answer(status=503), name="outage")
    add(sim, Latency(seconds=0))
    await linkedin.post()
    sim.faults.remove(first)
    await linkedin.post()

    assert [call.fault for call in sim.journal] == ["outage, Latency before", "Latency before"]
    assert len(sim.faults) == 1
    assert [fault.on for fault in sim.faults] == ["*"]


def test_choices_that_make_no_sense_are_refused():
    with pytest.raises(InvalidArgument, match="one of nth, every and probability"):
        Fault(action=Reset(), nth=1, every=2)
    with pytest.raises(InvalidArgument, match="Mutate acts after the deed"):
        Fault(action=Mutate(), when="before")


# Answers


async def test_an_answer_before_the_deed_prevents_it_and_one_after_hides_it(sim, linkedin):
    add(sim, Answer(status=500, body={"message": "no"}, headers={"X-Why": "test"}), nth=1)
    add(sim, Answer(status=500), nth=2, when="after")

    before, after = await linkedin.post(), await linkedin.post()
    assert (before.status, before.json, before.headers["X-Why"]) == (500, {"message": "no"}, "test")
    assert (after.status, after.body) == (500, b"")
    assert len(sim.posts) == 1
    assert [call.status for call in sim.journal] == [500, 500]


async def test_an_upload_answered_instead_of_taken_leaves_the_image_waiting(sim, linkedin):
    add(sim, Answer(status=201), on="uploads.put")

    assert sim.images[await linkedin.upload()].status == "WAITING_UPLOAD"
    assert sim.journal[-1].bytes == len(png())


async def test_throttling_looks_like_linkedins(sim, linkedin):
    add(sim, Throttle(retry_after="2"), nth=1)
    add(sim, Throttle(day=True), nth=2)

    first, second = await linkedin.post(), await linkedin.post()
    assert (first.status, first.headers["Retry-After"], first.json["serviceErrorCode"]) == (429, "2", 101)
    assert "Retry-After" not in second.headers
    assert "APPLICATION DAY limit" in second.json["message"]


async def test_a_daily_limit_lasts_until_midnight_utc(sim, linkedin):
    add(sim, DailyLimit(calls=2), on="posts.create")

    assert await statuses(linkedin, 4) == [201, 201, 429, 429]
    sim.clock.advance(86_400 - sim.clock.now() % 86_400)
    assert (await linkedin.post(commentary="next day")).status == 201


async def test_an_answer_is_mutated_in_body_headers_and_status(sim, linkedin):
    add(
        sim,
        Mutate(replace={r"https?://[^/]+/dms": "https://evil.example/dms"}, headers={"x-li-uuid": None, "X-New": "1"}),
        on="images.initializeUpload",
    )
    add(sim, Mutate(status=200, change=bytes.upper), on="posts.get")

    reply = await linkedin.initialize()
    assert reply.json["value"]["uploadUrl"].startswith("https://evil.example/dms-uploads/")
    assert "x-li-uuid" not in reply.headers
    assert reply.headers["X-New"] == "1"
    assert (await linkedin.get("/rest/posts/urn%3Ali%3Ashare%3A1")).body.startswith(b'{"STATUS":404')


# Time and state


async def test_latency_delays_before_the_deed_or_after_it(sim, linkedin):
    add(sim, Latency(seconds=0.1), nth=1)
    add(sim, Latency(seconds=0.1), nth=2, when="after")

    for expected in (0, 1):
        call = asyncio.create_task(linkedin.post(commentary=str(expected)))
        await asyncio.sleep(0.05)
        assert len(sim.posts) == expected * 2
        assert (await call).status == 201


async def test_the_deed_is_done_even_if_the_client_gave_up_waiting(sim, linkedin):
    add(sim, Latency(seconds=0.1), on="posts.create")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.03):
            await linkedin.post()
    assert len(sim.posts) == 0
    await asyncio.sleep(0.15)
    assert len(sim.posts) == 1


async def test_uploads_expire_clocks_jump_and_tokens_die_on_cue(sim, linkedin):
    value = (await linkedin.initialize()).json["value"]
    add(sim, ExpireUploads(), on="uploads.put", nth=1)
    assert (await linkedin.put(value["uploadUrl"])).code == "EXPIRED_UPLOAD_URL"

    add(sim, AdvanceClock(seconds=100), on="posts.create", nth=1)
    now = sim.clock.now()
    await linkedin.post()
    assert sim.clock.now() == now + 100

    add(sim, InvalidateToken(how="expired"), on="posts.create", nth=1)
    assert (await linkedin.post()).json["serviceErrorCode"] == 65602
    token = sim.issue_token()
    add(sim, InvalidateToken(how="revoked"), on="posts.create", nth=1, when="after")
    assert (await linkedin.post(commentary="2", token=token)).status == 201
    assert (await linkedin.post(commentary="3", token=token)).json["serviceErrorCode"] == 65601
    assert (await linkedin.post(token="nobody's")).status == 401


async def test_a_hook_may_do_anything(sim, linkedin):
    seen: list = []
    add(sim, Hook(call=lambda exchange: seen.append(exchange.reply)), on="posts.create")
    add(sim, Hook(call=lambda exchange: seen.append(exchange.reply.status)), on="posts.create", when="after")

    await linkedin.post()
    assert seen == [None, 201]


# The connection


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_committed_and_then_dropped(sim, linkedin, how):
    add(sim, CommitThenDrop(how=how), on="posts.create")

    with pytest.raises(LOST):
        await linkedin.post()
    call = sim.journal[-1]
    assert (len(sim.posts), call.status) == (1, None)
    assert call.post in sim.posts


@pytest.mark.parametrize("read_body", [True, False])
async def test_reset_before_the_deed(sim, linkedin, read_body):
    add(sim, Reset(read_body=read_body), on="posts.create")

    with pytest.raises(LOST):
        await linkedin.post()
    assert (len(sim.posts), sim.journal[-1].status) == (0, None)
    assert bool(sim.journal[-1].bytes) == read_body


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_a_black_hole_never_answers(sim, linkedin, when, made):
    add(sim, BlackHole(), on="posts.create", when=when)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await linkedin.post()
    assert (len(sim.posts), sim.journal[-1].status) == (made, None)


async def test_a_black_hole_may_end(sim, linkedin):
    add(sim, BlackHole(seconds=0.05, read_body=False), on="posts.create")

    with pytest.raises(LOST):
        await linkedin.post()


async def test_refusing_is_being_down_for_a_while(sim, linkedin):
    await linkedin.get("/rest/nothing")
    add(sim, Refuse(seconds=0.2), on="posts.create", nth=1)

    with pytest.raises(LOST):
        await linkedin.post()
    with pytest.raises(aiohttp.ClientConnectorError):
        await linkedin.post()
    await asyncio.sleep(0.3)
    assert (await linkedin.post()).status == 201


async def test_listening_can_be_stopped_and_begun_by_hand(sim, linkedin):
    sim.deafen()
    with pytest.raises(aiohttp.ClientConnectorError):
        await linkedin.post()
    await sim.listen()
    assert (await linkedin.post()).status == 201


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("limit", [0, 1000])
async def test_only_so_much_of_a_body_is_passed(sim, linkedin, then, limit):
    add(sim, LimitData(bytes=limit, then=then), on="uploads.put")
    url = (await linkedin.initialize()).json["value"]["uploadUrl"]

    with pytest.raises(LOST):
        await linkedin.put(url, b"x" * 900_000)
    assert limit <= sim.journal[-1].bytes < 900_000
    assert {image.uploads for image in sim.images.values()} == {0}


async def test_a_server_that_stops_reading_stalls_the_upload(sim, linkedin):
    add(sim, LimitData(bytes=1, then="stall"), on="uploads.put")
    url = (await linkedin.initialize()).json["value"]["uploadUrl"]
    sent = 0

    async def chunks():
        nonlocal sent
        for _ in range(400):
            sent += 65536
            yield b"x" * 65536

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await linkedin.put(url, chunks(), headers={"Content-Length": str(400 * 65536)})
    assert sent < 400 * 65536


@pytest.mark.parametrize("limit", [0, 10, 200])
async def test_only_so_much_of_an_answer_is_passed(sim, linkedin, limit):
    add(sim, LimitData(bytes=limit, direction="down"), on="images.initializeUpload")

    with pytest.raises(LOST):
        await linkedin.initialize()
    assert len(sim.images) == 1


async def test_bandwidth_slows_the_way_up_and_the_way_down(sim, linkedin):
    add(sim, Bandwidth(bytes_per_second=1_000_000), on="uploads.put")
    add(sim, Bandwidth(bytes_per_second=3000, direction="down"), on="images.initializeUpload")

    begin = time.monotonic()
    value = (await linkedin.initialize()).json["value"]
    middle = time.monotonic()
    assert (await linkedin.put(value["uploadUrl"], b"x" * 200_000)).status == 201
    assert 0.1 < middle - begin < 1
    assert 0.15 < time.monotonic() - middle < 1


async def test_an_answer_may_come_in_slices(sim, linkedin):
    add(sim, Slice(size=50, delay=0.01), on="posts.create")

    begin = time.monotonic()
    assert (await linkedin.post()).status == 201
    assert time.monotonic() - begin > 0.04


async def test_a_connection_may_close_late(sim, linkedin):
    add(sim, SlowClose(seconds=0.2), on="posts.create")

    reply = await linkedin.post()
    assert (reply.status, reply.headers["Connection"]) == (201, "close")


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("action", [HalfHead(), HalfHead(bytes=12, then="reset"), HalfBody(), HalfBody(then="reset")])
async def test_half_an_answer(sim, linkedin, action, when, made):
    add(sim, action, on="posts.create", when=when)

    with pytest.raises(LOST):
        await linkedin.post()
    assert len(sim.posts) == made


async def test_half_a_body_is_half_of_it(sim, linkedin):
    add(sim, HalfBody(fraction=0.9), on="images.initializeUpload")

    with pytest.raises(aiohttp.ClientPayloadError):
        await linkedin.initialize()


@pytest.mark.parametrize("then", ["linger", "close", "reset"])
async def test_an_answer_may_come_before_the_body_is_read(sim, linkedin, then):
    add(sim, EarlyAnswer(status=413, body="too large", after=1, then=then), on="uploads.put")
    url = (await linkedin.initialize()).json["value"]["uploadUrl"]

    status = None
    with contextlib.suppress(*LOST):
        status = (await linkedin.put(url, _slowly(), headers={"Content-Length": "400000"})).status
    assert status in ((413,) if then != "reset" else (413, None))
    assert sim.journal[-1].status == 413
    assert {image.uploads for image in sim.images.values()} == {0}


async def _slowly():
    for _ in range(400):
        yield b"x" * 1000
        await asyncio.sleep(0.001)


async def test_an_early_success_takes_nothing(sim, linkedin):
    add(sim, EarlyAnswer(status=201), on="uploads.put")
    url = (await linkedin.initialize()).json["value"]["uploadUrl"]

    assert (await linkedin.put(url, b"x" * 900_000)).status == 201
    assert {image.status for image in sim.images.values()} == {"WAITING_UPLOAD"}


async def test_interim_answers_come_first_or_for_ever(sim, linkedin):
    add(sim, Informational(status=103, count=20), on="posts.create", nth=1)
    add(sim, Informational(count=None, interval=0.001), on="posts.create", nth=2, when="after")

    assert (await linkedin.post()).status == 201
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await linkedin.post(commentary="again")
    assert len(sim.posts) == 2


# Files


def test_every_action_reads_back_as_it_was_written():
    faults = [
        Fault(action=Answer(status=500, body=b"\xff", headers={"a": "b"}), on="posts.*", nth=[1, 2]),
        Fault(action=DailyLimit(calls=3), times=2),
        Fault(action=Mutate(replace={"a": "b"}, headers={"X": None})),
        Fault(action=LimitData(bytes=10, then="stall"), probability=0.5, seed=7, name="half"),
        Fault(action=ExpireUploads(), every=4, when="after"),
    ]

    for fault in faults:
        mapping = json.loads(json.dumps(fault_files.to_mapping(fault)))
        again = fault_files.fault_of(mapping)
        assert fault_files.to_mapping(again) == fault_files.to_mapping(fault)
        assert (again.on, again.when, again.nth) == (fault.on, fault.when, fault.nth)


def test_a_fault_with_a_function_cannot_be_written():
    for fault in (
        Fault(action=Hook(call=print)),
        Fault(action=Mutate(change=bytes.upper)),
        Fault(action=Reset(), matching=lambda exchange: True),
    ):
        with pytest.raises(InvalidArgument, match="holds a function"):
            fault_files.to_mapping(fault)


def test_faults_are_read_from_toml_and_json(tmp_path):
    toml, listed = tmp_path / "faults.toml", tmp_path / "faults.json"
    toml.write_text('[[fault]]\non = "posts.create"\nnth = [1, 3]\naction = "commit_then_drop"\nhow = "reset"\n')
    listed.write_text('[{"action": "half_body", "fraction": 0.1}]')

    assert fault_files.read_file(toml) == [Fault(action=CommitThenDrop(how="reset"), on="posts.create", nth=[1, 3])]
    assert fault_files.read_file(listed) == [Fault(action=HalfBody(fraction=0.1))]


@pytest.mark.parametrize(
    "text",
    [
        "[",
        '{"action": "explode"}',
        "7",
        '{"action": "latency"}',
        '{"action": "reset", "when": "never"}',
        '{"action": "bandwidth", "bytes_per_second": 0}',
    ],
)
def test_a_fault_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "faults.json"
    path.write_text(text)

    with pytest.raises(InvalidArgument):
        fault_files.read_file(path)


async def test_a_batch_get_is_struck_in_a_tunnel_too(sim, linkedin):
    add(sim, Answer(status=503), on="images.batch_get")
    headers = {
        "X-HTTP-Method-Override": "GET",
        "X-RestLi-Method": "BATCH_GET",
        "Content-Type": "application/x-www-form-urlencoded",
    }

    query = f"ids=List({enc('urn:li:image:X')})"
    assert (await linkedin.call("POST", "/rest/images", data=query, headers=headers)).status == 503
