"""One poller for everyone who waits: shared looks, growing pauses, and everyone's own end."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.client.attempts import Clock
from linkedin_media.model.collection import BatchResult
from linkedin_media.pipeline.pace import next_interval
from linkedin_media.pipeline.poller import Poller, shared_poller
from linkedin_media.simulator import SimulatorConfig, ThreadedSimulator
from tests.inspection.crafted import png
from tests.waiting import eventually

QUICK: Final = lm.PollPolicy(
    first_after=0.0, interval=0.01, tick=0.0, max_interval=0.05, timeout=5.0, grace=0.05, not_found_grace=0.05
)
ONE, TWO = lm.Urn("urn:li:image:one"), lm.Urn("urn:li:image:two")
LIVE: Final = "Not enough permissions to access: partnerApiAssets.GET.20260201"
Answer = str | None | Exception


@attrs.define(eq=False)
class FakeClient:
    """Answers looks from `answer(image, number of the look)`: a status, or an error for that image, or for the call."""

    answer: Callable[[str, int], Answer] = lambda *_: "AVAILABLE"
    refuse: Callable[[Sequence[str]], Exception | None] = lambda _: None
    takes: float = 0.0
    concurrency: lm.Concurrency = attrs.field(factory=lm.Concurrency)
    timeouts: lm.Timeouts = attrs.field(factory=lambda: lm.Timeouts(call=0.05))
    clock: Clock = attrs.field(factory=lambda: Clock(fraction=lambda: 0.5))
    companions: dict[object, Any] = attrs.field(factory=dict)
    calls: list[list[str]] = attrs.field(factory=list)
    looks: dict[str, int] = attrs.field(factory=dict)
    at_once: int = 0
    peak: int = 0

    @property
    def images(self) -> FakeClient:
        return self

    async def get_chunk(self, images: Sequence[lm.Urn]) -> BatchResult[lm.Urn, lm.Image]:
        self.calls.append([str(image) for image in images])
        self.at_once += 1
        self.peak = max(self.peak, self.at_once)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.at_once -= 1
        refusal = self.refuse(images)
        if refusal is not None:
            raise refusal
        results, errors = {}, {}
        for image in images:
            self.looks[image] = self.looks.get(image, 0) + 1
            said = self.answer(image, self.looks[image])
            if isinstance(said, lm.ApiError):
                errors[image] = said
            elif isinstance(said, Exception):
                raise said
            else:
                results[image] = lm.Image(id=image, status=said)
        return BatchResult(results=results, errors=errors)


@pytest.fixture(autouse=True)
async def tasks() -> AsyncIterator[None]:
    """Every test leaves no task behind."""
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}


def poller_of(client: FakeClient, **policy: Any) -> Poller:
    return Poller(client, attrs.evolve(QUICK, **policy))  # type: ignore[arg-type]


async def waits(poller: Poller, *images: str) -> list[Any]:
    """What each of `images` ends with."""
    return await asyncio.gather(*(poller.wait(lm.Urn(image)) for image in images), return_exceptions=True)


def images(number: int) -> list[str]:
    return [f"urn:li:image:{position}" for position in range(number)]


def forbidden(message: str = "Accessing this image resource is forbidden.") -> lm.Forbidden:
    return lm.Forbidden(message, status=403)


def not_found() -> lm.NotFound:
    return lm.NotFound("Could not find entity", status=404)


async def test_an_image_is_returned_once_it_is_available() -> None:
    client = FakeClient(lambda _, look: ["WAITING_UPLOAD", "PROCESSING", None, "NEW_STATUS", "AVAILABLE"][look - 1])

    image = await poller_of(client).wait(ONE)

    assert (image.id, image.available) == (ONE, True)
    assert client.calls == [[ONE]] * 5


async def test_a_look_does_not_wait_for_company_that_cannot_come() -> None:
    client, loop = FakeClient(), asyncio.get_running_loop()
    began = loop.time()

    await waits(poller_of(client, first_after=0.6, tick=0.6), *images(3))

    assert loop.time() - began < 1.1
    assert [len(call) for call in client.calls] == [3]


async def test_a_look_waits_for_company_that_is_on_its_way() -> None:
    client = FakeClient()
    poller = poller_of(client, first_after=0.5, tick=0.4)

    async def later() -> list[Any]:
        await asyncio.sleep(0.1)
        return await waits(poller, TWO)

    await asyncio.gather(waits(poller, ONE), later())

    assert client.calls == [[ONE, TWO]]


async def test_a_crowd_is_not_left_waiting_where_images_are_done_at_once() -> None:
    client, loop = FakeClient(), asyncio.get_running_loop()
    began = loop.time()

    await waits(poller_of(client, first_after=5.0, tick=0.02), *images(120))

    assert loop.time() - began < 2.0
    assert [len(call) for call in client.calls] == [50, 50, 20]


async def test_scouts_that_find_nothing_cost_a_few_looks() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    client = FakeClient(lambda *_: "AVAILABLE" if loop.time() - began > 0.5 else "PROCESSING")

    found = await waits(poller_of(client, first_after=0.6, interval=0.6, tick=0.02), *images(100))

    assert all(image.available for image in found)
    assert 2 < len(client.calls) <= 2 + 7


async def test_scouts_whose_look_failed_teach_nothing_about_their_age() -> None:
    client = FakeClient(lambda _, look: not_found() if look == 1 else "AVAILABLE")
    poller = poller_of(client, first_after=5.0, tick=0.02, not_found_grace=10.0)

    found = await waits(poller, *images(50))

    assert all(image.available for image in found)
    assert poller._pace.first_look > 0.0


async def test_all_who_wait_share_their_looks() -> None:
    client = FakeClient()

    found = await waits(poller_of(client, tick=0.02), *images(120))

    assert [image.id for image in found] == images(120)
    assert [len(call) for call in client.calls] == [50, 50, 20]


async def test_a_batch_is_as_large_as_the_policy_says() -> None:
    client = FakeClient()

    await waits(poller_of(client, batch_size=7, tick=0.02), *images(20))

    assert [len(call) for call in client.calls] == [7, 7, 6]


async def test_an_image_that_two_wait_for_is_asked_for_once() -> None:
    client = FakeClient()

    found = await waits(poller_of(client, tick=0.02), ONE, ONE)

    assert [image.available for image in found] == [True, True]
    assert client.calls == [[ONE]]


async def test_a_partial_batch_leaves_when_its_oldest_image_has_waited_a_tick() -> None:
    client = FakeClient()
    poller = poller_of(client, tick=0.3)
    with poller:  # a third image is on its way
        first = asyncio.create_task(poller.wait(ONE))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(poller.wait(TWO))
        await asyncio.sleep(0.01)

        assert client.calls == []
        await asyncio.wait_for(asyncio.gather(first, second), 5)
    assert client.calls == [[ONE, TWO]]


async def test_a_partial_batch_leaves_at_once_when_the_last_image_on_its_way_is_there_or_never_comes() -> None:
    client = FakeClient()
    poller = poller_of(client, tick=60.0)
    with poller:
        first = asyncio.create_task(poller.wait(ONE))
        await asyncio.sleep(0.01)
        assert client.calls == []

    await asyncio.wait_for(first, 1)
    assert client.calls == [[ONE]]


async def test_no_more_batches_are_asked_for_at_once_than_allowed() -> None:
    client = FakeClient(takes=0.01, concurrency=lm.Concurrency(poll=3))

    await waits(poller_of(client, batch_size=2), *images(40))

    assert client.peak == 3


async def test_who_comes_later_does_not_wait_for_who_came_before() -> None:
    client = FakeClient(lambda image, _: "AVAILABLE" if image == TWO else "PROCESSING")
    poller = poller_of(client, interval=1.0, max_interval=1.0)
    old = asyncio.create_task(poller.wait(ONE))
    await asyncio.sleep(0.02)

    await asyncio.wait_for(poller.wait(TWO), 0.9)

    old.cancel()
    await asyncio.wait([old])


@pytest.mark.parametrize(
    ("age", "fraction", "interval"),
    [
        (0, 0.5, 0.5),
        (1, 0.5, 0.5),
        (10, 0.5, 3.0),
        (100, 0.5, 15.0),
        (10, 0.0, 2.85),
        (10, 1.0, 3.15),
        (1e9, 1.0, 15.75),
    ],
)
def test_the_pause_between_two_looks_grows_with_the_age_and_is_jittered(
    age: float, fraction: float, interval: float
) -> None:
    assert next_interval(lm.PollPolicy(), age, fraction) == pytest.approx(interval)


async def test_an_old_image_is_asked_for_less_often() -> None:
    client = FakeClient(lambda *_: "PROCESSING")

    (error,) = await waits(poller_of(client, timeout=0.5, interval=0.01, growth=2.0, max_interval=5.0), ONE)

    assert type(error) is lm.PollTimeout
    assert len(client.calls) <= 10  # 0.5 s at 0.01 s would be fifty


# Ends


async def test_an_image_that_failed_processing_is_an_error_of_its_own() -> None:
    client = FakeClient(lambda image, _: "PROCESSING_FAILED" if image == ONE else "AVAILABLE")

    failed, found = await waits(poller_of(client, tick=0.02), ONE, TWO)

    assert (type(failed), failed.image, failed.images) == (lm.ProcessingFailed, ONE, (ONE,))
    assert found.available


async def test_an_image_whose_bytes_linkedin_goes_on_waiting_for_was_never_uploaded() -> None:
    client = FakeClient(lambda *_: "WAITING_UPLOAD")

    (error,) = await waits(poller_of(client, not_found_grace=0.1), ONE)

    assert type(error) is lm.NeverUploaded
    assert len(client.calls) >= 2


async def test_an_image_that_is_not_there_yet_is_tolerated_for_a_while() -> None:
    client = FakeClient(lambda _, look: not_found() if look < 3 else "AVAILABLE")

    (found,) = await waits(poller_of(client, not_found_grace=5.0), ONE)

    assert found.available


async def test_an_image_that_stays_away_is_not_found() -> None:
    client = FakeClient(lambda *_: not_found())

    (error,) = await waits(poller_of(client, not_found_grace=0.1), ONE)

    assert type(error) is lm.NotFound
    assert len(client.calls) >= 2


@pytest.mark.parametrize("status", ["PROCESSING", "NEW_STATUS", None])
async def test_an_image_that_does_not_become_available_in_time_says_how_far_it_was(status: str | None) -> None:
    (error,) = await waits(poller_of(FakeClient(lambda *_: status), timeout=0.1), ONE)

    assert type(error) is lm.PollTimeout
    assert (error.image, error.last_status, error.seconds) == (ONE, status, 0.1)


async def test_a_look_that_hangs_does_not_prolong_the_wait_beyond_one_call() -> None:
    client = FakeClient(takes=60.0)

    (error,) = await asyncio.wait_for(waits(poller_of(client, timeout=0.1), ONE), 5)

    assert type(error) is lm.PollTimeout
    assert error.last_status is None


async def test_a_look_begun_in_time_is_heard_to_its_end() -> None:
    client = FakeClient(takes=0.1, timeouts=lm.Timeouts(call=5))

    (found,) = await waits(poller_of(client, timeout=0.05), ONE)

    assert found.available


async def test_without_a_timeout_an_image_is_waited_for_as_long_as_it_takes() -> None:
    client = FakeClient(lambda _, look: "AVAILABLE" if look > 5 else "PROCESSING")

    (found,) = await waits(poller_of(client, timeout=float("inf")), ONE)

    assert found.available


# What a token may not do


async def test_where_batches_are_refused_images_are_asked_for_one_by_one(caplog: pytest.LogCaptureFixture) -> None:
    refusal = forbidden("Not enough permissions to access: partnerApiImages.BATCH_GET.202609")
    client = FakeClient(refuse=lambda asked: refusal if len(asked) > 1 else None)
    poller = poller_of(client, tick=0.02)

    first = await waits(poller, *images(10))
    second = await waits(poller, *images(3))

    assert all(image.available for image in [*first, *second])
    assert [len(call) for call in client.calls] == [10] + [1] * 13
    assert [record.message for record in caplog.records] == ["poll.batch_refused"]


@pytest.mark.parametrize("message", [LIVE, "Accessing this image resource is forbidden."])
async def test_where_the_token_may_not_read_everyone_waits_a_while_instead(
    message: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = FakeClient(refuse=lambda _: forbidden(message))
    poller = poller_of(client, tick=0.02)

    found = await waits(poller, *images(10))
    later = await waits(poller, *images(10))

    assert [(image.id, image.status) for image in found] == [(image, None) for image in images(10)]
    assert len(later) == 10
    assert len(client.calls) <= 1 + client.concurrency.poll
    warned = [record for record in caplog.records if record.message == "poll.not_permitted"]
    assert [record.levelno for record in warned] == [logging.WARNING]


async def test_one_image_that_may_not_be_read_leaves_the_others_alone() -> None:
    client = FakeClient(
        lambda image, look: forbidden() if image == ONE else ("AVAILABLE" if look > 2 else "PROCESSING")
    )
    poller = poller_of(client, tick=0.02)

    first, second = await waits(poller, ONE, TWO)
    (third,) = await waits(poller, "urn:li:image:three")

    assert (first.status, second.available, third.available) == (None, True, True)
    assert client.looks == {ONE: 1, TWO: 3, "urn:li:image:three": 3}


async def test_once_an_image_could_be_read_a_refusal_is_about_one_image() -> None:
    client = FakeClient(lambda image, _: forbidden() if image == ONE else "AVAILABLE")
    poller = poller_of(client)

    for expected in ((TWO, True), (ONE, False), (TWO, True)):
        image = await poller.wait(expected[0])
        assert (image.id, image.available) == expected


async def test_a_refusal_that_names_the_permission_is_about_all_images() -> None:
    client = FakeClient(lambda image, _: forbidden(LIVE) if image == ONE else "AVAILABLE")
    poller = poller_of(client)

    for image in (TWO, ONE, TWO):
        await poller.wait(image)

    assert client.looks == {TWO: 1, ONE: 1}


async def test_where_the_policy_is_to_poll_a_refusal_is_an_error() -> None:
    (error,) = await waits(poller_of(FakeClient(refuse=lambda _: forbidden()), wait="poll"), ONE)

    assert type(error) is lm.Forbidden


@pytest.mark.parametrize(("way", "slept"), [("grace", [7.0]), ("none", [])])
async def test_where_the_policy_is_not_to_poll_nobody_looks(way: Any, slept: list[float]) -> None:
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    client = FakeClient(clock=Clock(sleep=sleep))

    image = await poller_of(client, wait=way, grace=7.0).wait(ONE)

    assert (image, naps, client.calls) == (lm.Image(id=ONE), slept, [])


# What goes wrong for a while, or for good


@pytest.mark.parametrize(
    "trouble",
    [
        lm.ConnectionLost("broke"),
        lm.DeadlineExceeded("no answer"),
        lm.UnexpectedReply("not JSON"),
        lm.ServerError("down", status=503),
        lm.RateLimited("slowly", status=429),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_a_look_that_fails_for_now_is_repeated(trouble: Exception) -> None:
    client = FakeClient(lambda _, look: trouble if look < 3 else "AVAILABLE")

    (found,) = await waits(poller_of(client), ONE)

    assert found.available


async def test_an_entity_of_a_batch_that_could_not_be_read_is_asked_for_again() -> None:
    client = FakeClient(lambda _, look: lm.ApiError("garbled", status=200) if look == 1 else "AVAILABLE")

    found = await waits(poller_of(client, tick=0.02), ONE, TWO)

    assert [image.available for image in found] == [True, True]


async def test_a_rate_limit_that_says_when_is_respected() -> None:
    client = FakeClient(
        lambda _, look: lm.RateLimited("slowly", status=429, retry_after=0.2) if look == 1 else "AVAILABLE"
    )
    loop = asyncio.get_running_loop()
    begun = loop.time()

    await poller_of(client).wait(ONE)

    assert loop.time() - begun >= 0.2


async def test_a_rate_limit_that_ends_too_late_ends_the_wait() -> None:
    client = FakeClient(lambda *_: lm.RateLimited("slowly", status=429, retry_after=60.0))

    (error,) = await waits(poller_of(client), ONE)

    assert type(error) is lm.PollTimeout
    assert len(client.calls) == 1


async def test_a_limit_for_the_day_ends_the_wait_with_its_end() -> None:
    midnight = Clock().now()
    client = FakeClient(lambda *_: lm.RateLimited("DAY limit", status=429, resets_at=midnight))

    (error,) = await waits(poller_of(client), ONE)

    assert (type(error), error.resets_at) == (lm.RateLimited, midnight)


async def test_an_error_of_all_is_everyones_own() -> None:
    client = FakeClient(refuse=lambda _: lm.Unauthorized("expired", status=401))

    first, second = await waits(poller_of(client, tick=0.02), ONE, TWO)
    first.images = (ONE,)

    assert (type(first), type(second)) == (lm.Unauthorized, lm.Unauthorized)
    assert second.images == ()


async def test_what_a_token_provider_raises_reaches_everyone_who_waits() -> None:
    sealed = RuntimeError("vault sealed")

    errors = await waits(poller_of(FakeClient(refuse=lambda _: sealed), tick=0.02), ONE, TWO)

    assert errors == [sealed, sealed]


async def test_a_timeout_of_somebody_else_is_not_taken_for_ours() -> None:
    late = TimeoutError("vault")

    (error,) = await waits(poller_of(FakeClient(refuse=lambda _: late)), ONE)

    assert error is late


# Comings and goings


async def test_whoever_gives_up_does_not_disturb_the_others() -> None:
    client = FakeClient(lambda _, look: "AVAILABLE" if look > 3 else "PROCESSING")
    poller = poller_of(client)
    leaves, stays = asyncio.create_task(poller.wait(ONE)), asyncio.create_task(poller.wait(TWO))
    await asyncio.sleep(0.005)
    leaves.cancel()

    assert (await stays).available
    assert leaves.cancelled()
    assert client.looks.get(ONE, 0) <= client.looks[TWO]


async def test_when_the_last_one_leaves_nothing_goes_on_and_the_next_one_is_served() -> None:
    client = FakeClient(takes=60.0)
    poller = poller_of(client)
    leaves = asyncio.create_task(poller.wait(ONE))
    await eventually(lambda: bool(client.calls))
    leaves.cancel()
    await asyncio.wait([leaves])

    assert client.at_once == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
    client.takes = 0.0
    assert (await poller.wait(TWO)).available


async def test_an_error_that_comes_as_somebody_leaves_is_nobodys_surprise() -> None:
    surprises: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: surprises.append(context))
    poller: Poller

    def leave_now(_: Sequence[str]) -> Exception:
        leaves.cancel()
        return lm.Unauthorized("expired", status=401)

    poller = poller_of(FakeClient(refuse=leave_now))
    leaves = asyncio.create_task(poller.wait(ONE))
    await asyncio.wait([leaves])
    gc.collect()

    assert surprises == []


async def test_a_poller_whose_task_broke_down_serves_the_next_one() -> None:
    client = FakeClient(lambda *_: "PROCESSING")
    poller = poller_of(client, timeout=0.05)
    waiting = asyncio.create_task(poller.wait(ONE))
    await asyncio.sleep(0.01)
    assert poller._task is not None
    poller._task.cancel()
    await asyncio.wait([poller._task])
    client.answer = lambda *_: "AVAILABLE"

    assert (await poller.wait(TWO)).available
    (ended,) = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(ended, lm.PollTimeout | lm.Image)


def test_everyone_with_the_same_client_and_policy_has_the_same_poller() -> None:
    client, other = FakeClient(), FakeClient()

    assert shared_poller(client, QUICK) is shared_poller(client, attrs.evolve(QUICK))  # type: ignore[arg-type]
    assert shared_poller(client, QUICK) is not shared_poller(client, lm.PollPolicy())  # type: ignore[arg-type]
    assert shared_poller(client, QUICK) is not shared_poller(other, QUICK)  # type: ignore[arg-type]


def test_a_poller_goes_with_its_client() -> None:
    client = lm.LinkedInClient("AQX")
    lm.Pipeline(client)
    gone = weakref.ref(client)

    del client
    gc.collect()

    assert gone() is None


# Against the simulator


async def test_two_hundred_images_share_their_looks_and_cost_three_calls_and_a_fifth_each() -> None:
    picture = png(40, 30)
    with ThreadedSimulator(SimulatorConfig(processing_seconds=0.5)) as simulator:
        jobs = [
            lm.Job(author=simulator.organization, commentary=f"Post {number}", images=[picture])
            for number in range(200)
        ]
        async with lm.LinkedInClient(simulator.token, base_url=simulator.base_url, version="202609") as client:
            outcomes = [outcome async for outcome in lm.Pipeline(client).publish_all(jobs)]
        calls = len(simulator.journal)

    assert {type(outcome) for outcome in outcomes} == {lm.Published}
    assert calls / 200 <= 3.2


async def test_two_pipelines_of_one_client_share_their_looks() -> None:
    picture = png(40, 30)
    with ThreadedSimulator(SimulatorConfig(processing_seconds=0.2)) as simulator:
        async with lm.LinkedInClient(simulator.token, base_url=simulator.base_url, version="202609") as client:
            pipelines = [lm.Pipeline(client), lm.Pipeline(client)]
            found = await asyncio.gather(
                *(pipelines[number % 2].upload(picture, owner=simulator.organization) for number in range(20))
            )
        looks = simulator.journal.calls(resource="images", restli_method="BATCH_GET")
        batched = [call.raw_path.count("urn%3Ali%3Aimage") for call in looks]

    assert all(image.available for image in found)
    assert max(batched) == 20
