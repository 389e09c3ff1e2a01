"""How jobs flow: begun as their uploads come near, and no faster than their posts leave."""

from __future__ import annotations

import linkedin_media as lm
from linkedin_media.simulator import Latency
from tests.faults.ward import Ward, picture


def counted(ward: Ward, number: int, begun: list[int], images: int = 1) -> list[lm.Job]:
    def jobs():
        for index in range(number):
            begun.append(index)
            yield ward.job(*(picture(seed=100 * index + image) for image in range(images)), text=f"{index}")

    return jobs()  # type: ignore[return-value]


async def until_the_first(pipeline: lm.Pipeline, jobs: list[lm.Job]) -> None:
    async for outcome in pipeline.publish_all(jobs):
        assert isinstance(outcome, lm.Published)
        break


async def test_jobs_are_begun_as_their_uploads_come_near(ward: Ward) -> None:
    ward.fault(Latency(seconds=0.3), "uploads.put")
    begun: list[int] = []
    pipeline = ward.pipeline(concurrency=lm.Concurrency(upload=2, jobs=500))

    await until_the_first(pipeline, counted(ward, 30, begun))

    assert 2 <= len(begun) <= 6  # not five hundred


async def test_of_jobs_that_may_be_long_in_coming_one_more_is_begun_for_each_upload(ward: Ward) -> None:
    ward.fault(Latency(seconds=0.3), "uploads.put")
    begun: list[int] = []
    pipeline = ward.pipeline(concurrency=lm.Concurrency(upload=2, jobs=500))

    async def coming():
        for job in counted(ward, 30, begun):
            yield job

    await until_the_first(pipeline, coming())

    assert 4 <= len(begun) <= 10


async def test_images_that_linkedin_works_on_keep_no_other_from_being_begun(ward: Ward) -> None:
    ward.simulator.configure(processing_seconds=1.0)
    begun: list[int] = []
    pipeline = ward.pipeline(concurrency=lm.Concurrency(upload=2))

    await until_the_first(pipeline, counted(ward, 30, begun))

    assert len(begun) == 30


async def test_uploads_wait_for_posts_that_do_not_keep_up(ward: Ward) -> None:
    ward.fault(Latency(seconds=2.0), "posts.create")
    begun: list[int] = []
    pipeline = ward.pipeline(ward.client(timeouts=lm.Timeouts(call=10.0)), concurrency=lm.Concurrency(upload=4, post=2))

    await until_the_first(pipeline, counted(ward, 300, begun))

    assert 90 < ward.puts < 150


async def test_a_burst_that_waits_for_posts_stops_no_upload(ward: Ward) -> None:
    ward.fault(Latency(seconds=2.0), "posts.create")
    begun: list[int] = []
    pipeline = ward.pipeline(ward.client(timeouts=lm.Timeouts(call=10.0)), concurrency=lm.Concurrency(upload=4, post=2))

    await until_the_first(pipeline, counted(ward, 60, begun))

    assert ward.puts == 60  # all of one look; what is uploaded meanwhile keeps the places busy later


async def test_jobs_of_many_images_and_jobs_that_fail_give_their_places_back(ward: Ward) -> None:
    begun: list[int] = []
    pipeline = ward.pipeline(concurrency=lm.Concurrency(upload=1, jobs=8))
    jobs = [*counted(ward, 5, begun, images=3), *(lm.Job(author=ward.owner, images=[b"no image"]) for _ in range(20))]
    jobs += counted(ward, 5, begun)

    outcomes = [outcome async for outcome in pipeline.publish_all(jobs)]

    assert [type(outcome) for outcome in outcomes].count(lm.Published) == 10
    assert [type(outcome) for outcome in outcomes].count(lm.Failed) == 20
