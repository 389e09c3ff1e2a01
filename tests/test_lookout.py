"""Time limits that share one timer end what they bound, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from linkedin_media.lookout import Limit, Lookout


async def within(lookout: Lookout, seconds: float | None, work: float) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    with Limit(lookout, seconds):
        await asyncio.sleep(work)
    return loop.time() - began


async def test_a_limit_ends_its_block() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    with pytest.raises(TimeoutError):
        await within(Lookout(), 0.1, 5.0)

    assert 0.1 <= loop.time() - began < 0.3


async def test_what_is_done_in_time_is_left_alone() -> None:
    assert await within(Lookout(), 1.0, 0.01) < 0.5
    assert await within(Lookout(), None, 0.01) < 0.5


async def test_each_has_its_own_limit() -> None:
    lookout = Lookout()
    results = await asyncio.gather(
        within(lookout, 0.4, 5.0),
        within(lookout, 5.0, 0.2),
        within(lookout, 0.05, 5.0),
        within(lookout, None, 0.1),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [TimeoutError, float, TimeoutError, float]


async def test_a_shorter_limit_that_comes_later_is_noticed_in_time() -> None:
    lookout, loop = Lookout(), asyncio.get_running_loop()
    long = asyncio.create_task(within(lookout, 60.0, 1.0))
    await asyncio.sleep(0.01)
    began = loop.time()

    with pytest.raises(TimeoutError):
        await within(lookout, 0.02, 5.0)

    assert loop.time() - began < 0.15
    long.cancel()
    await asyncio.wait([long])
    assert long.cancelled()


async def test_a_cancellation_from_outside_stays_one() -> None:
    task = asyncio.create_task(within(Lookout(), 5.0, 5.0))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()


async def test_a_cancellation_that_meets_the_limit_stays_one() -> None:
    limit = Limit(Lookout(), 5.0)

    async def work() -> None:
        with limit:
            await asyncio.sleep(5.0)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    task.cancel()
    limit.reach()
    await asyncio.wait([task])

    assert task.cancelled()


async def test_an_error_of_the_block_comes_out_as_it_is() -> None:
    with pytest.raises(ValueError, match="its own"), Limit(Lookout(), 5.0):
        raise ValueError("its own")


async def test_a_limit_belongs_to_a_task() -> None:
    failures: list[BaseException] = []

    def outside() -> None:
        try:
            Limit(Lookout(), 1.0).__enter__()
        except RuntimeError as error:
            failures.append(error)

    asyncio.get_running_loop().call_soon(outside)
    await asyncio.sleep(0.01)

    assert len(failures) == 1


async def test_nothing_is_looked_at_once_nothing_is_under_way() -> None:
    lookout = Lookout()
    await within(lookout, 0.08, 0.0)
    await asyncio.sleep(0.05)

    assert lookout._timer is None
