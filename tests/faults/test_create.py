"""Stage C: creating a post, while its request or its answer is lost, half said, refused, or claimed a duplicate."""

from __future__ import annotations

import asyncio
import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.errors import PostOutcomeUnknown
from linkedin_media.ingest.jobs import JobSpec
from linkedin_media.ingest.options import IngestOptions
from linkedin_media.ingest.runner import Ingest, IngestResult
from linkedin_media.simulator import (
    Answer,
    CommitThenDrop,
    HalfBody,
    HalfHead,
    InvalidateToken,
    Latency,
    LimitData,
    Mutate,
    Refuse,
    Reset,
    SimulatorConfig,
    SimulatorProcess,
    Throttle,
)
from tests.faults.ward import EAGER, HOPPER, QUICK, Patience, Ward

CREATE: Final = "posts.create"
OPTIONS: Final = IngestOptions(reconcile_after=0.1, retry_delay=0.02, send_within=5.0, clock_skew=60.0, grace=2.0)
SABOTEUR: Final = str(Path(__file__).resolve().parents[1] / "ingest" / "saboteur.py")


pytestmark = pytest.mark.usefixtures("either_way")


def spec(ward: Ward, number: int = 0, **changes: Any) -> JobSpec:
    wish = {"files": [str(HOPPER)], "author": ward.owner, "owner": ward.owner, "commentary": f"text {number}"}
    return JobSpec(id=f"job-{number}", **wish | changes)


async def ingest(
    ward: Ward, ledger: Path, *specs: JobSpec, client: lm.LinkedInClient | None = None, **changes: Any
) -> list[IngestResult]:
    """Run an ingest to its end, and hold its results against the truth."""
    options = attrs.evolve(OPTIONS, **changes)
    async with Ingest(client or ward.client(), ledger=ledger, options=options, poll=EAGER) as work:
        await work.add(specs or [spec(ward)])
        results = [result async for result in work.run()]
    for result in results:
        if result.state == "posted" and result.post:
            assert set(ward.simulator.posts[result.post].images) == set(result.images)
    return results


def states(results: list[IngestResult]) -> list[str]:
    return [str(result.state) for result in results]


def requests(ward: Ward) -> int:
    return ward.count(CREATE)


async def test_C01_a_post_that_never_left_is_sent_again_and_exists_once(ward: Ward) -> None:
    ward.fault(Refuse(seconds=0.05), "images.get", nth=1)
    client = ward.client(retry=lm.RetryPolicy(max_attempts=8, initial_delay=0.03, max_delay=0.1))

    await ward.pipeline(client).publish(ward.job())

    assert (ward.posts, requests(ward)) == (1, 1)


async def test_C01_a_refused_connection_is_no_doubt(ward: Ward) -> None:
    client = ward.client()
    patience = Patience(told=lambda _: ward.simulator.listen() if len(patience.waits) == 2 else None)
    patience.given_to(client)
    ward.simulator.deafen()

    post = await client.posts.create(lm.PostDraft(author=ward.owner, commentary="Hi"))

    assert len(patience.waits) == 2
    assert list(ward.simulator.posts) == [post.id]


async def test_C01_tls_that_fails_leaves_no_doubt_either() -> None:
    from tests.faults.test_surroundings import _serving
    from tests.raw_server import CANARY, RawServer, always

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    async with RawServer(always(201), tls=_serving("tls_expired.pem")) as server:
        client = lm.LinkedInClient(CANARY, base_url=server.base_url, retry=QUICK)
        with pytest.raises(lm.ConnectionFailed) as caught:
            await client.posts.create(lm.PostDraft(author="urn:li:person:a", commentary="Hi"))
        await client.aclose()

    assert caught.value.unsent
    assert server.heads == []


@pytest.mark.parametrize("then", ["close", "reset", "stall"])
@pytest.mark.parametrize("read", [0, 40])
async def test_C02_a_request_that_may_have_left_in_part_is_in_doubt_and_not_repeated(
    ward: Ward, then: Any, read: int
) -> None:
    ward.fault(LimitData(bytes=read, then=then), CREATE)

    error = await ward.failure(ward.pipeline().publish(ward.job()))

    assert type(error) is PostOutcomeUnknown
    assert ward.simulator.faults.to_json()[0]["seen"] == 1
    assert ward.posts == 0


LOST: Final = {
    "close": CommitThenDrop(),
    "reset": CommitThenDrop(how="reset"),
    "timeout": CommitThenDrop(how="stall"),
    "half head": HalfHead(),
    "half body": HalfBody(),
    "late": Latency(seconds=0.8),
}


@pytest.mark.parametrize("how", LOST)
async def test_C03_an_answer_lost_after_the_deed_is_in_doubt_for_the_client(ward: Ward, how: str) -> None:
    ward.fault(LOST[how], CREATE, when="after")

    error = await ward.failure(ward.pipeline().publish(ward.job()))

    assert type(error) is PostOutcomeUnknown
    assert (requests(ward), ward.posts) == (1, 1)


@pytest.mark.parametrize("how", LOST)
async def test_C03_an_answer_lost_after_the_deed_is_found_by_the_ingest(ward: Ward, tmp_path: Path, how: str) -> None:
    ward.fault(LOST[how], CREATE, when="after")

    results = await ingest(ward, tmp_path / "jobs.ledger")

    assert states(results) == ["posted"]
    assert [result.post for result in results] == list(ward.simulator.posts)
    assert requests(ward) == 1


@pytest.mark.parametrize("ahead", [600, 86_400, -86_400])
async def test_C03_a_lost_answer_leaves_one_post_however_wrong_the_clock_is(
    ward: Ward, tmp_path: Path, ahead: int
) -> None:
    ward.simulator.clock.advance(-ahead)
    ward.fault(CommitThenDrop(), CREATE, when="after", probability=0.5, seed=1)

    results = await ingest(ward, tmp_path / "jobs.ledger", *(spec(ward, number) for number in range(20)))

    assert states(results) == ["posted"] * 20
    assert {result.post for result in results} == set(ward.simulator.posts)
    assert requests(ward) == 20


async def test_C03_a_clock_that_is_set_during_the_run_hides_no_post(ward: Ward, tmp_path: Path) -> None:
    """What an answer told before is of no use then. Where images are shared, a post is known by its time as well."""
    ward.simulator.clock.advance(-600)
    client, options = ward.client(), {"reuse_images": True, "reconcile_after": 0.3}
    client.server_time.ahead, client.server_time.due = 0.0, math.inf  # as it was before
    ward.fault(CommitThenDrop(), CREATE, when="after")

    results = await ingest(ward, tmp_path / "jobs.ledger", client=client, **options)

    assert states(results) == ["posted"]
    assert (requests(ward), ward.posts) == (1, 1)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_C04_a_server_error_is_in_doubt_and_ends_in_one_post(
    ward: Ward, tmp_path: Path, status: int, when: Any
) -> None:
    ward.fault(Answer(status=status), CREATE, when=when, nth=1)

    results = await ingest(ward, tmp_path / "jobs.ledger")

    assert states(results) == ["posted"]
    assert requests(ward) == (1 if when == "after" else 2)
    assert ward.posts == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_C04_where_nobody_may_look_a_person_decides(ward: Ward, tmp_path: Path, when: Any) -> None:
    token = ward.simulator.issue_token("w_organization_social")
    ward.secrets.add(token)
    ward.fault(Answer(status=503), CREATE, when=when)

    results = await ingest(ward, tmp_path / "jobs.ledger", client=ward.client(token))

    assert states(results) == ["unknown"]
    assert requests(ward) == 1


async def test_C04_a_thousand_jobs_under_mixed_errors_are_never_posted_twice(ward: Ward, tmp_path: Path) -> None:
    for seed, (action, when) in enumerate(
        [
            (Answer(status=500), "before"),
            (Answer(status=502), "after"),
            (CommitThenDrop(), "after"),
            (Reset(), "before"),
        ]
    ):
        ward.fault(action, CREATE, when=when, probability=0.1, seed=seed)
    specs = [spec(ward, number) for number in range(1000)]
    client = ward.client(timeouts=lm.Timeouts(call=5.0))

    results = await ingest(ward, tmp_path / "jobs.ledger", *specs, client=client, max_sendings=20, reconcile_after=0.3)

    assert sorted(set(states(results))) == ["posted"]
    assert len(results) == 1000
    assert ward.posts == 1000
    assert len({post.commentary for post in ward.simulator.posts.values()}) == 1000


DEFINITE: Final = {
    400: lm.BadRequest,
    403: lm.Forbidden,
    404: lm.NotFound,
    422: lm.UnprocessableEntity,
    426: lm.VersionSunset,
}


@pytest.mark.parametrize("status", DEFINITE)
async def test_C05_a_definite_refusal_is_not_repeated_and_leaves_no_doubt(ward: Ward, status: int) -> None:
    ward.fault(Answer(status=status, body={"status": status, "message": "no"}), CREATE)

    error = await ward.failure(ward.pipeline().publish(ward.job()))

    assert type(error) is DEFINITE[status]
    assert (requests(ward), ward.posts) == (1, 0)


async def test_C05_a_429_is_waited_for_and_a_401_refreshed_once(ward: Ward) -> None:
    old, given = ward.simulator.issue_token(), []
    ward.secrets.add(old)

    async def provider() -> str:
        given.append(1)
        return old if len(given) == 1 else ward.simulator.token

    ward.fault(Throttle(retry_after="0"), CREATE, nth=1)
    ward.fault(InvalidateToken(), CREATE, nth=2)
    await ward.pipeline(ward.client(provider)).publish(ward.job())

    answers = [call.status for call in ward.simulator.journal.calls(operation=CREATE)]
    assert answers == [429, 401, 201]
    assert len(given) == 2
    assert ward.posts == 1


@pytest.mark.parametrize(("times", "expected"), [(1, lm.CreatedPost), (9, lm.Conflict)])
async def test_C06_a_conflict_is_tried_once_more(ward: Ward, times: int, expected: type) -> None:
    ward.fault(Answer(status=409, body={"status": 409, "code": "CONFLICT", "message": "no"}), CREATE, times=times)

    outcome = await ward.outcome(ward.pipeline().publish(ward.job()))

    assert type(outcome) is expected
    assert requests(ward) == 2
    assert ward.posts == (expected is lm.CreatedPost)


def _hide_from_the_finder(ward: Ward, **when: Any) -> None:
    ward.fault(
        Mutate(change=lambda _: b'{"elements":[],"paging":{"start":0,"count":100,"links":[]}}'), "posts.finder", **when
    )


async def test_C07_a_duplicate_after_a_try_in_doubt_is_adopted_where_it_is_the_jobs_own(
    ward: Ward, tmp_path: Path
) -> None:
    ward.fault(CommitThenDrop(), CREATE, nth=1)
    _hide_from_the_finder(ward)

    results = await ingest(ward, tmp_path / "jobs.ledger")

    assert states(results) == ["posted"]
    assert [result.post for result in results] == list(ward.simulator.posts)
    assert [call.status for call in ward.simulator.journal.calls(operation=CREATE)] == [None, 422]


def _duplicate_of(urn: str) -> Answer:
    body = {
        "status": 422,
        "message": f"Content is a duplicate of {urn}",
        "errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST", "description": "duplicate"}]},
    }
    return Answer(status=422, body=body)


@pytest.mark.parametrize("whose", ["old", "another job's", "nobody's", "a person"])
async def test_C07_a_duplicate_that_cannot_be_the_jobs_own_is_not_adopted(
    ward: Ward, tmp_path: Path, whose: str
) -> None:
    now = int(time.time() * 1000)
    urn = {
        "old": f"urn:li:share:{(now - 3_600_000) << 22}",
        "nobody's": f"urn:li:share:{now << 22}",
        "a person": "urn:li:person:a",
        "another job's": "",
    }[whose]
    if not urn:
        await ingest(ward, tmp_path / "jobs.ledger", spec(ward, 1))
        urn = next(iter(ward.simulator.posts))
    before = ward.posts
    ward.fault(Answer(status=500), CREATE, nth=1)
    ward.fault(_duplicate_of(urn), CREATE, nth=2)

    results = await ingest(ward, tmp_path / "jobs.ledger", spec(ward, 2))

    assert states(results) == ["unknown"]
    assert ward.posts == before


async def test_C08_a_duplicate_at_the_first_try_is_a_failure_and_adopts_nothing(ward: Ward, tmp_path: Path) -> None:
    ward.fault(_duplicate_of(f"urn:li:share:{int(time.time() * 1000) << 22}"), CREATE)

    results = await ingest(ward, tmp_path / "jobs.ledger")

    assert states(results) == ["failed"]
    assert [(result.post, result.error and result.error["code"]) for result in results] == [(None, "DUPLICATE_POST")]
    assert requests(ward) == 1


IDS: Final[dict[str, dict[str, str | None]]] = {
    "none": {"x-restli-id": None, "x-linkedin-id": None, "Location": None},
    "two": {"x-restli-id": "urn:li:share:1", "x-linkedin-id": "urn:li:share:2", "Location": None},
    "not ASCII": {"x-restli-id": "urn:li:share:\xff", "x-linkedin-id": None, "Location": None},
    "another type": {"x-restli-id": "urn:li:image:a", "x-linkedin-id": None, "Location": None},
    "no urn": {"x-restli-id": "42", "x-linkedin-id": None, "Location": None},
}


@pytest.mark.parametrize("ids", IDS)
async def test_C09_a_post_without_a_readable_id_exists_and_is_never_sent_again(
    ward: Ward, tmp_path: Path, ids: str
) -> None:
    ward.fault(Mutate(headers=IDS[ids]), CREATE)

    results = await ingest(ward, tmp_path / "jobs.ledger")
    again = await ingest(ward, tmp_path / "jobs.ledger")

    assert states(results) == ["posted"]
    assert [result.post for result in results] in ([None], list(ward.simulator.posts))
    assert again == []
    assert (requests(ward), ward.posts) == (1, 1)


def _killed_at(simulator: SimulatorProcess, ledger: Path, point: str) -> list[int]:
    """Kill an ingest at a point, run it again to its end, and return how both ended."""
    order = {
        "token": simulator.token,
        "base_url": simulator.base_url,
        "author": simulator.organization,
        "file": str(HOPPER),
        "ledger": str(ledger),
        "jobs": 1,
        "options": {"reconcile_after": 0.3, "send_within": 5.0, "clock_skew": 60.0, "retry_delay": 0.1},
    }
    ends = []
    for more in ({"point": point, "nth": 1}, {}):
        ran = subprocess.run(
            [sys.executable, SABOTEUR, json.dumps({**order, **more})], capture_output=True, check=False
        )
        ends.append(ran.returncode)
    return ends


@pytest.mark.parametrize("point", ["after post"])
def test_C10_a_process_killed_between_the_answer_and_the_ledger_finds_its_post(tmp_path: Path, point: str) -> None:
    with SimulatorProcess(SimulatorConfig(processing_seconds=0.0)) as simulator:
        assert _killed_at(simulator, tmp_path / "jobs.ledger", point) == [-signal.SIGKILL, 0]
        assert (len(simulator.posts), simulator.journal.count(operation=CREATE)) == (1, 1)
        assert simulator.journal.count(operation="posts.finder") >= 1


@pytest.mark.parametrize("point", ["before post", "after intent"])
def test_C11_a_process_killed_before_the_post_left_looks_and_then_posts_once(tmp_path: Path, point: str) -> None:
    with SimulatorProcess(SimulatorConfig(processing_seconds=0.0)) as simulator:
        assert _killed_at(simulator, tmp_path / "jobs.ledger", point) == [-signal.SIGKILL, 0]
        journal = simulator.journal
        operations = [call.operation for call in journal if call.resource == "posts"]
        assert len(simulator.posts) == 1
        assert operations[-1] == CREATE
        assert operations.count(CREATE) == 1
        assert len(operations) >= 2
