"""Whatever ends a job, and whoever leaves, the places are free again and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import linkedin_media as lm
from linkedin_media.simulator import Answer
from tests.faults.ward import HOPPER, Footprint, Ward, left_open, picture, settled
from tests.waiting import eventually


async def first_of(outcomes: AsyncIterator[lm.Outcome]) -> None:
    """Leave the loop after its first outcome."""
    async for _ in outcomes:
        break


@pytest.mark.parametrize("kind", ["iterable", "async iterable"])
async def test_leaving_the_loop_leaves_no_task_no_connection_and_no_descriptor(ward: Ward, kind: str) -> None:
    before = Footprint.now()
    ward.simulator.configure(processing_seconds=lambda _, size: 0.0 if size < 1000 else 3600.0)
    client = ward.client()

    def jobs() -> Iterator[lm.Job]:
        for number in range(1_000_000):
            yield ward.job(picture(5000 if number else 0, seed=number), text=f"{number}")

    async def slowly() -> AsyncIterator[lm.Job]:
        for job in jobs():
            await asyncio.sleep(0)
            yield job

    bounds = lm.Concurrency(jobs=40)
    pipeline = ward.pipeline(client, poll=lm.PollPolicy(), concurrency=bounds)
    await first_of(pipeline.publish_all(jobs() if kind == "iterable" else slowly()))

    assert await settled(lambda: len(asyncio.all_tasks()) == before.tasks)
    await client.aclose()
    assert await settled(lambda: ward.connections == 0)
    ward.clients.clear()
    gc.collect()
    assert await left_open(before) == []
    assert ward.posts == 1
    assert len(ward.simulator.images) <= bounds.jobs + 1


async def test_leaving_after_the_iterable_has_failed_surprises_nobody(ward: Ward) -> None:
    surprises: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: surprises.append(context))
    ward.simulator.configure(processing_seconds=0.2)

    def jobs() -> Iterator[lm.Job]:
        yield ward.job(picture(), text="a")
        yield ward.job(picture(seed=1), text="b")
        raise OSError("the manifest is gone")

    await first_of(ward.pipeline().publish_all(jobs()))
    await asyncio.sleep(0.05)
    gc.collect()

    assert surprises == []


async def test_leaving_twice_leaves_no_task_either(ward: Ward) -> None:
    ward.simulator.configure(processing_seconds=3600.0)
    client, number = ward.client(), 30
    before = Footprint.now()
    jobs = [ward.job(picture(seed=seed), text=f"{seed}") for seed in range(number)]
    publishing = asyncio.create_task(first_of(ward.pipeline(client, poll=lm.PollPolicy()).publish_all(jobs)))
    await eventually(lambda: ward.puts == number, 20)

    for _ in range(3):
        publishing.cancel()
        await asyncio.sleep(0)
    await asyncio.wait([publishing])

    assert await settled(lambda: len(asyncio.all_tasks()) <= before.tasks)


async def test_what_is_no_iterable_is_an_error() -> None:
    async with lm.LinkedInClient("AQX") as client:
        with pytest.raises(TypeError, match="not iterable"):
            await first_of(lm.Pipeline(client).publish_all(7))


async def test_images_that_wait_are_records_and_not_workers(ward: Ward) -> None:
    ward.simulator.configure(processing_seconds=3600.0)
    number = 120
    pipeline = ward.pipeline(poll=lm.PollPolicy(first_after=0.2, timeout=3600.0))
    jobs = [ward.job(picture(seed=seed), text=f"{seed}") for seed in range(number)]
    publishing = asyncio.create_task(first_of(pipeline.publish_all(jobs)))
    await eventually(lambda: ward.puts == number, 20)
    await eventually(lambda: ward.count("images.batch_get") > 0)

    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    publishing.cancel()
    await asyncio.wait([publishing])

    assert names.count("Poller._run") == 1
    assert names.count("Poller._ask") <= lm.Concurrency().poll
    assert len(names) <= number + 20


async def test_a_place_is_given_back_whatever_ends_the_stay(ward: Ward) -> None:
    bounds = lm.Concurrency(inspect=1, initialize=1, upload=1, poll=1, post=1, jobs=1)
    ward.fault(Answer(status=403, body={"status": 403, "message": "no"}), "images.initializeUpload", nth=1)
    ward.fault(Answer(status=403, body={"status": 403, "message": "no"}), "uploads.put", nth=1)
    ward.fault(Answer(status=422, body={"status": 422, "message": "no"}), "posts.create", nth=1)
    pipeline = ward.pipeline(concurrency=bounds)
    jobs = [ward.job(b"no image"), *(ward.job(picture(seed=n), text=f"{n}") for n in range(4))]

    async with asyncio.timeout(10):
        outcomes = [outcome async for outcome in pipeline.publish_all(jobs)]

    assert [getattr(outcome, "stage", "published") for outcome in outcomes] == [
        *("validate", "initialize", "upload", "post", "published")
    ]


async def test_an_upload_that_is_cancelled_gives_its_place_back(ward: Ward) -> None:
    pipeline = ward.pipeline(concurrency=lm.Concurrency(inspect=1, initialize=1, upload=1))
    for stage in (lm.Stage.VALIDATE, lm.Stage.INITIALIZE, lm.Stage.UPLOAD):
        task: asyncio.Task[lm.Image]
        pipeline._observer = _once_at(stage, lambda: asyncio.get_running_loop().call_soon(task.cancel))  # noqa: B023
        task = asyncio.create_task(pipeline.upload(HOPPER, owner=ward.owner))
        await asyncio.wait([task])
        assert task.cancelled(), stage

    pipeline._observer = lambda event: None
    async with asyncio.timeout(10):
        assert (await pipeline.upload(HOPPER, owner=ward.owner)).available


def _once_at(stage: lm.Stage, deed: Callable[[], None]) -> Callable[[lm.Event], None]:
    done: list[lm.Event] = []

    def observe(event: lm.Event) -> None:
        if isinstance(event, lm.StageStarted) and event.stage is stage and not done:
            done.append(event)
            deed()

    return observe
