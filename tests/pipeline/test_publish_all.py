"""Many jobs: read as places fall free, isolated from each other, bounded, and gone without a trace when nobody looks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

import linkedin_media as lm
from linkedin_media.simulator import Answer, BlackHole, Mutate
from tests.faults.ward import Ward, picture
from tests.waiting import eventually

PATIENT: Final = lm.Timeouts(connect=5.0, call=5.0, stall=5.0, answer=5.0)
FEW: Final = lm.Concurrency(jobs=5)


def patient(ward: Ward, client: lm.LinkedInClient | None = None, **options: Any) -> lm.Pipeline:
    """A pipeline whose posts are not in doubt because the machine is busy."""
    return ward.pipeline(client or ward.client(timeouts=PATIENT), **options)


def job(ward: Ward, number: int, **wishes: Any) -> lm.Job:
    """A post whose image and text no other job has."""
    usual = {"author": ward.owner, "commentary": f"Post {number}", "images": [picture(seed=number)], "id": str(number)}
    return lm.Job(**usual | wishes)


async def outcomes_of(pipeline: lm.Pipeline, jobs: Iterable[lm.Job]) -> dict[str, lm.Outcome]:
    return {outcome.job.id: outcome async for outcome in pipeline.publish_all(jobs)}


def mixed_jobs(ward: Ward, tmp_path: Path) -> tuple[list[lm.Job], dict[str, type]]:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"just text")
    jobs = [
        *(job(ward, number) for number in range(6)),
        job(ward, 6, images=[broken]),
        job(ward, 7, images=["nowhere.png"]),
        job(ward, 8, commentary=None),
        job(ward, 9, commentary="x" * 3001),
        job(ward, 10, author="urn:li:person:somebody-else"),
        job(ward, 11, images=[picture(seed=11), picture(seed=111)]),
        job(ward, 12, images=[picture(seed=12), broken]),
        job(ward, 13, commentary="in doubt " * 300),
        job(ward, 14, author="urn:li:sponsoredAccount:1"),
    ]
    expected: dict[str, type] = dict.fromkeys(map(str, [*range(6), 11]), lm.Published)
    expected |= dict.fromkeys(map(str, [6, 7, 9, 10, 12, 14]), lm.Failed)
    return jobs, expected | {"8": lm.Uploaded, "13": lm.Unknown}


def is_long(exchange: Any) -> bool:
    return int(exchange.call.headers["Content-Length"]) > 2000


@pytest.mark.parametrize("seed", range(3))
async def test_each_job_has_its_own_end_in_whatever_order_they_come(ward: Ward, tmp_path: Path, seed: int) -> None:
    ward.fault(Answer(status=500), "posts.create", matching=is_long)
    jobs, expected = mixed_jobs(ward, tmp_path)
    random.Random(seed).shuffle(jobs)

    ended = await outcomes_of(patient(ward), jobs)

    assert {number: type(outcome) for number, outcome in ended.items()} == expected
    assert {post.commentary for post in ward.simulator.posts.values()} == {
        *(f"Post {number}" for number in (*range(6), 11))
    }
    stages = {number: outcome.stage for number, outcome in ended.items() if isinstance(outcome, lm.Failed)}
    assert stages == dict.fromkeys(["6", "7", "9", "12", "14"], "validate") | {"10": "initialize"}


async def test_every_outcome_names_the_job_and_what_it_gained(ward: Ward) -> None:
    ward.fault(Answer(status=422, body=b'{"message":"no"}'), "posts.create", nth=1)

    published = await outcomes_of(patient(ward), [job(ward, 1)])
    assert isinstance(published["1"], lm.Failed)
    assert (published["1"].stage, len(published["1"].images)) == ("post", 1)
    again = await outcomes_of(patient(ward), [job(ward, 2), job(ward, 3, commentary=None)])

    assert isinstance(again["2"], lm.Published)
    assert again["2"].post.images[0] in ward.simulator.images
    assert isinstance(again["3"], lm.Uploaded)
    assert again["3"].images[0] in ward.simulator.images


async def test_outcomes_come_as_they_finish(ward: Ward) -> None:
    ward.simulator.configure(processing_seconds=lambda _, size: 1.0 if size > 500 else 0.0)
    slow, quick = job(ward, 1, images=[picture(1000, seed=1)]), job(ward, 2)

    ended = [outcome.job.id async for outcome in patient(ward).publish_all([slow, quick])]

    assert ended == ["2", "1"]


async def test_no_jobs_have_no_outcomes(ward: Ward) -> None:
    assert await outcomes_of(patient(ward), []) == {}


# Laziness


class Counted:
    """A million jobs, of which it knows how many were taken."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.taken = 0

    def __iter__(self) -> Iterator[lm.Job]:
        for number in range(1_000_000):
            self.taken += 1
            yield job(self.ward, number)

    async def __aiter__(self) -> AsyncIterator[lm.Job]:
        for one in iter(self):
            await asyncio.sleep(0)
            yield one


class Synchronous:
    def __init__(self, counted: Counted) -> None:
        self._counted = counted

    def __iter__(self) -> Iterator[lm.Job]:
        return iter(self._counted)


@pytest.mark.parametrize("kind", ["iterable", "async iterable"])
async def test_a_million_jobs_are_taken_as_places_fall_free(ward: Ward, kind: str) -> None:
    million = Counted(ward)
    jobs: Any = Synchronous(million) if kind == "iterable" else million
    seen = 0

    async for _ in patient(ward, concurrency=FEW).publish_all(jobs):
        seen += 1
        assert million.taken <= seen + FEW.jobs
        if seen == 12:
            break

    assert million.taken <= 12 + FEW.jobs


async def test_a_consumer_that_pauses_is_not_run_ahead_of(ward: Ward) -> None:
    million = Counted(ward)
    outcomes: Any = patient(ward, concurrency=FEW).publish_all(Synchronous(million))

    await anext(outcomes)
    await asyncio.sleep(0.2)

    assert million.taken <= 1 + FEW.jobs
    await outcomes.aclose()


# Trouble with the jobs themselves


async def test_what_the_jobs_raise_comes_after_the_outcomes_of_those_before(ward: Ward) -> None:
    torn = ValueError("line 4: torn")

    def jobs() -> Iterator[lm.Job]:
        yield from (job(ward, number) for number in range(3))
        raise torn

    seen: list[lm.Outcome] = []

    async def read() -> None:
        async for outcome in patient(ward).publish_all(jobs()):
            seen.append(outcome)  # noqa: PERF401 -- what came before the error counts

    with pytest.raises(ValueError, match="torn") as caught:
        await read()

    assert caught.value is torn
    assert [type(outcome) for outcome in seen] == [lm.Published] * 3
    assert ward.posts == 3


@pytest.mark.parametrize("other", ["a.png", None, SimpleNamespace(images=5)], ids=str)
async def test_what_is_no_job_fails_alone(ward: Ward, other: Any) -> None:
    outcomes = [outcome async for outcome in patient(ward).publish_all([job(ward, 1), other])]

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Failed", "Published"]


async def test_what_a_token_provider_raises_fails_each_job_where_it_was(ward: Ward) -> None:
    sealed = RuntimeError("vault sealed")

    async def provider() -> str:
        raise sealed

    ended = await outcomes_of(patient(ward, ward.client(provider)), [job(ward, 1), job(ward, 2, images=[b"text"])])

    first, second = ended["1"], ended["2"]
    assert isinstance(first, lm.Failed)
    assert isinstance(second, lm.Failed)
    assert (first.stage, first.error) == ("initialize", sealed)
    assert (second.stage, type(second.error)) == ("validate", lm.InvalidImage)


async def test_what_a_token_provider_raises_late_loses_no_image(ward: Ward) -> None:
    sealed = RuntimeError("vault sealed")
    sealing = False

    async def provider() -> str:
        if sealing:
            raise sealed
        return ward.simulator.token

    client = ward.client(provider)

    async def seal() -> None:
        nonlocal sealing
        sealing = sealing or ward.puts >= 2
        client.tokens._asked_at = -1e9

    client.before_call = seal
    ended = await outcomes_of(patient(ward, client), [job(ward, 1, images=[picture(seed=1), picture(seed=2)])])

    failed = ended["1"]
    assert isinstance(failed, lm.Failed)
    assert failed.error is sealed
    assert set(failed.images) == set(ward.simulator.images)


# Bounds


class Gauge:
    """Notes how many calls of each kind are under way at once."""

    def __init__(self) -> None:
        self.now: dict[str, int] = {}
        self.peak: dict[str, int] = {}

    def around(self, kind: str, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def measured(*arguments: Any, **options: Any) -> Any:
            self.now[kind] = self.now.get(kind, 0) + 1
            self.peak[kind] = max(self.peak.get(kind, 0), self.now[kind])
            try:
                await asyncio.sleep(0.01)
                return await work(*arguments, **options)
            finally:
                self.now[kind] -= 1

        return measured


async def test_every_bound_holds_and_is_made_use_of(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    from linkedin_media.client.images import Images
    from linkedin_media.client.posts import Posts
    from linkedin_media.pipeline import stages

    gauge = Gauge()
    for kind, owner, name in (
        ("inspect", stages, "opened"),
        ("initialize", Images, "initialize_upload"),
        ("upload", Images, "upload_open"),
        ("poll", Images, "get_chunk"),
        ("post", Posts, "send"),
    ):
        monkeypatch.setattr(owner, name, gauge.around(kind, getattr(owner, name)))
    bounds = lm.Concurrency(inspect=2, initialize=3, upload=4, poll=1, post=2, jobs=20)
    client = ward.client(concurrency=bounds, timeouts=PATIENT)

    ended = await outcomes_of(patient(ward, client), [job(ward, number) for number in range(40)])

    assert {type(outcome) for outcome in ended.values()} == {lm.Published}
    uploading = gauge.peak.pop("upload")  # shares its slots with what comes before it
    assert 1 < uploading <= 4
    assert gauge.peak == {"inspect": 2, "initialize": 3, "poll": 1, "post": 2}
    assert ward.simulator.journal.connections <= bounds.connections


async def test_a_pipeline_of_its_own_bounds_holds_those(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    from linkedin_media.client.posts import Posts

    gauge = Gauge()
    monkeypatch.setattr(Posts, "send", gauge.around("post", Posts.send))

    await outcomes_of(patient(ward, concurrency=lm.Concurrency(post=1)), [job(ward, number) for number in range(10)])

    assert gauge.peak == {"post": 1}


# Leaving early


async def test_leaving_the_loop_early_cancels_what_is_under_way(ward: Ward) -> None:
    ward.fault(BlackHole(), "uploads.put", nth=range(3, 51))
    before = asyncio.all_tasks()

    async for outcome in patient(ward).publish_all(job(ward, n) for n in range(50)):
        assert isinstance(outcome, lm.Published)
        break

    await eventually(lambda: asyncio.all_tasks() == before)
    assert ward.posts <= 50


async def test_cancelling_whoever_reads_cancels_what_is_under_way(ward: Ward) -> None:
    ward.fault(BlackHole(), "uploads.put")
    pipeline = patient(ward)
    before = asyncio.all_tasks()
    reading = asyncio.create_task(outcomes_of(pipeline, [job(ward, number) for number in range(5)]))
    await eventually(lambda: ward.inits >= 5)

    reading.cancel()
    await asyncio.wait([reading])

    assert reading.cancelled()
    await eventually(lambda: asyncio.all_tasks() == before)
    assert ward.posts == 0


async def test_an_outcome_in_doubt_is_never_sent_again(ward: Ward) -> None:
    ward.fault(Mutate(status=502), "posts.create", when="after")

    ended = await outcomes_of(patient(ward), [job(ward, number) for number in range(5)])

    assert {type(outcome) for outcome in ended.values()} == {lm.Unknown}
    assert (ward.posts, ward.count("posts.create")) == (5, 5)
    assert all(len(outcome.images) == 1 for outcome in ended.values() if isinstance(outcome, lm.Unknown))
