"""Stage P: waiting for an image, while LinkedIn takes long, errs, forgets, flaps and refuses."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final
from urllib.parse import unquote

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.pipeline.pace import next_interval
from linkedin_media.pipeline.stages import MAX_UPLOADS
from linkedin_media.simulator import Answer, CommitThenDrop, Fault, HalfBody, Mutate, Reset, Throttle
from tests.faults.ward import EAGER, HOPPER, QUICK, Stopwatch, Ward, picture

GET: Final = "images.get"
BATCH: Final = "images.batch_get"
READS: Final = "images.*get"


def looks(ward: Ward) -> int:
    return ward.count(GET) + ward.count(BATCH)


def _status(ward: Ward, status: str | None, **when: Any) -> None:
    """Let LinkedIn tell another status than the true one."""

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        for image in answer.get("results", {"": answer}).values():
            image.pop("status", None)
            if status is not None:
                image["status"] = status
        return json.dumps(answer).encode()

    ward.fault(Mutate(change=change), READS, **when)


async def test_P01_a_long_wait_ends_as_pending_within_its_deadline_and_its_budget_of_looks(ward: Ward) -> None:
    ward.simulator.configure(processing_seconds=3600.0)
    policy = attrs.evolve(EAGER, timeout=1.0, interval=0.05, max_interval=10.0)

    with Stopwatch() as watch:
        error = await ward.failure(ward.pipeline(poll=policy).publish(ward.job()))

    assert type(error) is lm.PollTimeout
    assert error.last_status == "PROCESSING"
    assert list(error.images) == list(ward.simulator.images)
    assert watch.seconds <= 2.0
    assert 3 <= looks(ward) <= 20
    assert ward.posts == 0


async def test_P01_a_wait_that_ended_can_be_taken_up_again_without_another_upload(ward: Ward) -> None:
    ward.simulator.configure(processing_seconds=3600.0)
    client = ward.client()
    error = await ward.failure(
        ward.pipeline(client, poll=attrs.evolve(EAGER, timeout=0.2)).upload(HOPPER, owner=ward.owner)
    )
    ward.simulator.clock.advance(3600.0)

    assert (await client.images.get(error.image)).available
    assert (ward.inits, ward.puts) == (1, 1)


def test_P01_the_interval_grows_with_the_age_and_is_jittered() -> None:
    policy = lm.PollPolicy()

    grown = [next_interval(policy, age, 0.5) for age in (0, 1, 5, 20, 100, 1000)]
    drawn = {next_interval(policy, 20, fraction) for fraction in (0.0, 0.3, 0.99)}

    assert grown == sorted(grown)
    assert grown[0] == policy.interval
    assert grown[-1] == policy.max_interval
    assert len(drawn) == 3


async def test_P02_an_image_that_failed_processing_ends_its_job_and_no_other(ward: Ward) -> None:
    ward.fault(Mutate(replace={'"AVAILABLE"': '"PROCESSING_FAILED"'}), READS)

    error = await ward.failure(ward.pipeline().publish(ward.job()))

    assert type(error) is lm.ProcessingFailed
    assert error.stage == "poll"
    assert "failed to process urn:li:image:" in error.message
    assert (ward.puts, ward.posts) == (1, 0)


async def test_P03_an_acknowledged_upload_that_is_still_waited_for_is_sent_anew_within_bounds(ward: Ward) -> None:
    _status(ward, "WAITING_UPLOAD")

    error = await ward.failure(ward.pipeline().publish(ward.job()))

    assert type(error) is lm.NeverUploaded
    assert ward.puts == MAX_UPLOADS
    assert ward.puts - 1 <= 2
    assert ward.posts == 0


async def test_P03_one_upload_that_was_lost_is_made_good(ward: Ward) -> None:
    client = ward.client()
    seen: list[str] = []

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        seen.append(answer["id"])
        if answer["id"] == seen[0]:
            answer["status"] = "WAITING_UPLOAD"
        return json.dumps(answer).encode()

    ward.fault(Mutate(change=change), GET)
    post = await ward.pipeline(client).publish(ward.job())

    assert ward.puts == 2
    assert list(post.images) != [seen[0]]
    assert ward.posts == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "code": "NOT_FOUND", "message": "Not Found"},
        {"status": 400, "code": "RESOURCE_NOT_FOUND", "message": "Could not find entity"},
    ],
)
async def test_P04_an_image_that_is_not_there_yet_is_tolerated(ward: Ward, answer: dict[str, Any]) -> None:
    ward.fault(Answer(status=answer["status"], body=answer), GET, nth={1, 2, 3})

    post = await ward.pipeline().publish(ward.job())

    assert looks(ward) == 4
    assert ward.simulator.posts[post.id].images == tuple(post.images)


@pytest.mark.parametrize("grace", [0.0, 0.2])
async def test_P04_an_image_that_stays_away_is_an_error_once_the_grace_is_over(ward: Ward, grace: float) -> None:
    ward.fault(Answer(status=404, body={"status": 404, "message": "Not Found"}), GET)
    policy = attrs.evolve(EAGER, not_found_grace=grace)

    with Stopwatch() as watch:
        error = await ward.failure(ward.pipeline(poll=policy).publish(ward.job()))

    assert type(error) is lm.NotFound
    assert grace <= watch.seconds <= grace + 1
    assert looks(ward) >= (3 if grace else 1)
    assert ward.posts == 0


async def test_P05_a_token_that_may_not_read_waits_once_and_posts(ward: Ward) -> None:
    token = ward.simulator.issue_token("w_member_social")
    ward.secrets.add(token)
    client = ward.client(token)
    pipeline = ward.pipeline(client, poll=attrs.evolve(EAGER, grace=0.1))
    jobs = [lm.Job(author=ward.simulator.person, commentary=f"{n}", images=[HOPPER]) for n in range(20)]

    outcomes = [outcome async for outcome in pipeline.publish_all(jobs)]
    first = looks(ward)
    outcomes += [outcome async for outcome in pipeline.publish_all([attrs.evolve(jobs[0], commentary="one more")])]

    assert {type(outcome) for outcome in outcomes} == {lm.Published}
    assert ward.posts == 21
    assert first <= 20
    assert looks(ward) == first


async def test_P05_where_the_policy_is_to_poll_a_refusal_ends_the_job_after_one_look(ward: Ward) -> None:
    token = ward.simulator.issue_token("w_member_social")
    ward.secrets.add(token)
    pipeline = ward.pipeline(ward.client(token), poll=attrs.evolve(EAGER, wait="poll"))
    job = lm.Job(author=ward.simulator.person, commentary="Hi", images=[HOPPER])

    error = await ward.failure(pipeline.publish(job))

    assert type(error) is lm.Forbidden
    assert (looks(ward), ward.posts) == (1, 0)


@pytest.mark.parametrize("status", ["PROCESSING", "REVIEWING", "", None, "available"])
async def test_P06_a_status_that_is_not_available_is_never_posted_on(ward: Ward, status: str | None) -> None:
    _status(ward, status)
    policy = attrs.evolve(EAGER, timeout=0.3)

    error = await ward.failure(ward.pipeline(poll=policy).publish(ward.job()))

    assert type(error) is lm.PollTimeout
    assert error.last_status == status
    assert ward.count("posts.create") == 0


@pytest.mark.parametrize("status", ["PROCESSING", "REVIEWING", None])
async def test_P06_a_status_that_flaps_is_waited_out(ward: Ward, status: str | None) -> None:
    _status(ward, status, nth={1, 2})

    await ward.pipeline().publish(ward.job())

    assert looks(ward) == 3
    assert ward.posts == 1


async def test_P07_what_fails_for_one_image_of_a_batch_leaves_the_others_alone(ward: Ward) -> None:
    chosen: dict[str, str] = {}

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        for urn in list(answer["results"]):
            size = ward.simulator.images[urn].size
            if size in broken:
                chosen[urn] = broken[size]
                del answer["results"][urn]
                status = int(broken[size])
                answer["statuses"][urn] = status
                answer["errors"][urn] = {"status": status, "message": "no"}
        return json.dumps(answer).encode()

    broken = {len(picture(404)): "404", len(picture(500)): "500", len(picture(410)): "410"}
    ward.fault(Mutate(change=change), BATCH)
    again = Fault(action=Answer(status=500), on=GET, matching=lambda look: unquote(look.call.raw_path)[13:] in chosen)
    ward.simulator.faults.add(again)
    policy = attrs.evolve(EAGER, first_after=0.3, tick=0.2, timeout=0.8, not_found_grace=0.0)
    images = [picture(404), picture(500), picture(410), *(picture(seed=seed) for seed in range(7))]
    jobs = [ward.job(image, text=f"{n}") for n, image in enumerate(images)]

    outcomes = {int(outcome.job.commentary): outcome async for outcome in _published(ward, jobs, policy)}

    assert ward.count(BATCH) >= 1
    assert [type(outcomes[n]) for n in range(3, 10)] == [lm.Published] * 7
    assert [type(outcomes[n].error) for n in range(3)] == [lm.NotFound, lm.PollTimeout, lm.NotFound]
    assert sorted(chosen.values()) == ["404", "410", "500"]
    assert ward.posts == 7


def _published(ward: Ward, jobs: list[lm.Job], policy: lm.PollPolicy) -> Any:
    return ward.pipeline(poll=policy).publish_all(jobs)


@pytest.mark.parametrize(
    "action",
    [
        Answer(status=500),
        Answer(status=503),
        Answer(status=200, body=b"{"),
        Answer(status=200, body=b"[]"),
        Reset(),
        CommitThenDrop(),
        HalfBody(),
    ],
    ids=["500", "503", "half JSON", "no object", "reset", "lost", "half body"],
)
async def test_P08_a_look_that_fails_is_repeated_within_its_attempts_and_the_job_goes_on(
    ward: Ward, action: Any
) -> None:
    times = QUICK.max_attempts + 1
    ward.simulator.faults.add(Fault(action=action, on=READS, times=times))

    await ward.pipeline().publish(ward.job())

    assert ward.posts == 1
    assert ward.simulator.faults.to_json()[0]["struck"] == times
    assert ward.simulator.faults.to_json()[0]["seen"] == times + 1


async def test_P08_looks_that_always_fail_end_at_the_deadline_within_the_quota(ward: Ward) -> None:
    ward.fault(Answer(status=503), READS)
    client = ward.client(retry=attrs.evolve(QUICK, quota=5))

    with Stopwatch() as watch:
        error = await ward.failure(ward.pipeline(client, poll=attrs.evolve(EAGER, timeout=0.5)).publish(ward.job()))

    assert isinstance(error, lm.PollTimeout | lm.ServerError)
    assert watch.seconds <= 1.5
    assert looks(ward) <= 40
    assert ward.posts == 0


async def test_P09_five_hundred_jobs_that_wait_share_batches_and_one_limit(ward: Ward) -> None:
    rate = 40.0
    ward.simulator.configure(processing_seconds=0.5)
    client = ward.client(max_calls_per_second=rate, timeouts=lm.Timeouts())
    fill = ward.client(timeouts=lm.Timeouts())
    started = [await fill.images.initialize_upload(ward.owner) for _ in range(500)]
    content = picture()
    await asyncio.gather(*(fill.images.upload(one, content) for one in started))
    ward.simulator.faults.add(Fault(action=Throttle(retry_after="1"), on=READS, nth=3))
    poller = ward.pipeline(client, poll=attrs.evolve(EAGER, timeout=20.0, batch_size=50))._stages._poller

    waited = await asyncio.gather(*(poller.wait(one.image) for one in started))

    calls = [call for call in ward.simulator.journal if call.operation in {GET, BATCH}]
    assert {image.status for image in waited} == {lm.MediaStatus.AVAILABLE}
    assert {call.operation for call in calls} == {BATCH}
    assert len(calls) <= 100
    times = [call.time for call in calls]
    busiest = max(sum(1 for time in times if start <= time < start + 1) for start in times)
    assert busiest <= rate + 1
    refused = next(call for call in calls if call.status == 429)
    paused = [call for call in calls if refused.time + 0.2 < call.time < refused.time + 0.95]
    assert paused == []
