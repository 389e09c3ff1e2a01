"""Places are given in the order of asking, and none is lost, whoever is cancelled when."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from linkedin_media.places import Places


async def test_no_more_are_inside_than_there_are_places() -> None:
    places, inside, most = Places(3), 0, 0

    async def enter() -> None:
        nonlocal inside, most
        async with places:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(20)))

    assert (inside, most) == (0, 3)


async def test_who_asks_first_goes_first() -> None:
    places, order = Places(1), []

    async def enter(name: int) -> None:
        async with places:
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*(enter(name) for name in range(10)))

    assert order == list(range(10))


async def test_nobody_overtakes_those_who_wait() -> None:
    places, order = Places(1), []

    async def enter(name: str) -> None:
        async with places:
            order.append(name)

    async with places:
        waiting = asyncio.create_task(enter("waited"))
        await asyncio.sleep(0)
    await enter("came later")
    await waiting

    assert order == ["waited", "came later"]


async def test_a_place_handed_to_someone_who_is_cancelled_goes_on() -> None:
    places = Places(1)
    await places.take()
    first, second = asyncio.create_task(take(places)), asyncio.create_task(take(places))
    await asyncio.sleep(0)
    places.give()
    first.cancel()  # after it was handed over, before it could be told

    await asyncio.wait_for(second, 1)
    assert first.cancelled() or await _is_done(first)


async def test_a_place_is_taken_by_whoever_awaits_what_is_let_in() -> None:
    places, loop = Places(1), asyncio.get_running_loop()
    first, second = loop.create_future(), loop.create_future()

    places.let_in(first)
    places.let_in(second)
    await places.taken(first)
    assert not second.done()

    places.give()
    await places.taken(second)
    places.give()
    assert places._free == 1


async def test_what_failed_or_was_left_before_it_is_let_in_takes_no_place() -> None:
    places, loop = Places(1), asyncio.get_running_loop()
    failed, left = loop.create_future(), loop.create_future()
    failed.set_exception(OSError("full"))
    left.cancel()

    places.let_in(failed)
    places.let_in(left)
    with pytest.raises(OSError, match="full"):
        await places.taken(failed)
    with pytest.raises(asyncio.CancelledError):
        await places.taken(left)

    assert places._free == 1


async def test_a_place_whose_taker_is_cancelled_at_that_moment_goes_on() -> None:
    places, loop = Places(1), asyncio.get_running_loop()
    waiting, failed = loop.create_future(), loop.create_future()
    takers = [asyncio.create_task(places.taken(one)) for one in (waiting, failed)]
    await asyncio.sleep(0)

    places.let_in(waiting)
    failed.set_exception(OSError("full"))
    for taker in takers:
        taker.cancel()
    await asyncio.wait(takers)

    assert all(taker.cancelled() for taker in takers)
    assert places._free == 1


async def take(places: Places) -> None:
    await places.take()


async def _is_done(task: asyncio.Task[None]) -> bool:
    with pytest.raises(asyncio.CancelledError):
        await task
    return True


async def test_those_who_gave_up_waiting_are_passed_over() -> None:
    places = Places(1)
    async with places:
        gone, there = asyncio.create_task(take(places)), asyncio.create_task(take(places))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])

    await asyncio.wait_for(there, 1)
    places.give()
    await asyncio.wait_for(places.take(), 1)


@pytest.mark.parametrize("seed", range(20))
async def test_no_place_is_lost_or_made_by_cancelling_at_random(seed: int) -> None:
    chance, places, inside = random.Random(seed), Places(2), 0

    async def enter() -> None:
        nonlocal inside
        async with places:
            inside += 1
            assert inside <= 2
            try:
                await asyncio.sleep(chance.random() / 500)
            finally:
                inside -= 1

    await jostled(enter, chance, 0.5)

    assert places._free == 2


async def jostled(enter: Callable[[], Coroutine[Any, Any, None]], chance: random.Random, part: float) -> None:
    """Sixty who enter, `part` of whom are cancelled at a random moment; none may end with an error."""
    tasks = [asyncio.create_task(enter()) for _ in range(60)]
    for task in tasks:
        if chance.random() < part:
            asyncio.get_running_loop().call_later(chance.random() / 100, task.cancel)
    await asyncio.wait(tasks)

    assert not [task for task in tasks if not task.cancelled() and task.exception()]


async def test_whoever_feeds_too_fast_waits_until_fewer_wait() -> None:
    places, held = Places(2), asyncio.Event()
    holding = await crowd(places, held, 2 + 5)
    feeding = [asyncio.create_task(relieved(places)) for _ in range(2)]
    gone = asyncio.create_task(relieved(places))
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in feeding)  # five wait for two places

    gone.cancel()
    held.set()
    await asyncio.wait_for(asyncio.gather(*holding, *feeding), 1)
    await asyncio.wait_for(places.relieved(), 1)


async def test_a_crowd_is_of_those_inside_and_those_who_wait_however_many_places_there_are() -> None:
    places, held = Places(2, crowd=10), asyncio.Event()
    holding = await crowd(places, held, 2 + 8)
    await asyncio.wait_for(places.relieved(), 1)

    places.change(4)  # two more are inside: six wait, and six may
    await asyncio.sleep(0.01)
    await asyncio.wait_for(places.relieved(), 1)
    holding += await crowd(places, held, 1)
    feeding = asyncio.create_task(relieved(places))
    await asyncio.sleep(0.01)
    assert not feeding.done()

    places.change(50)  # more than a crowd, and nobody waits
    holding += await crowd(places, held, 50)
    assert not feeding.done()  # until a place is given back
    held.set()
    await asyncio.wait_for(asyncio.gather(*holding, feeding), 1)


async def test_where_there_are_more_places_than_a_crowd_twice_their_number_may_wait() -> None:
    places, held = Places(6, crowd=10), asyncio.Event()
    holding = await crowd(places, held, 6 + 12)
    await asyncio.wait_for(places.relieved(), 1)
    holding += await crowd(places, held, 1)
    feeding = asyncio.create_task(relieved(places))
    await asyncio.sleep(0.01)
    assert not feeding.done()

    held.set()
    await asyncio.wait_for(asyncio.gather(*holding, feeding), 1)


async def crowd(places: Places, held: asyncio.Event, number: int) -> list[asyncio.Task[None]]:
    """So many who hold a place, or wait for one, until `held` is set."""

    async def hold() -> None:
        async with places:
            await held.wait()

    holding = [asyncio.create_task(hold()) for _ in range(number)]
    await asyncio.sleep(0.01)
    return holding


async def relieved(places: Places) -> None:
    await places.relieved()


async def test_all_who_feed_go_on_even_if_nobody_ever_takes_a_place_again() -> None:
    places, held = Places(1), asyncio.Event()
    holding = await crowd(places, held, 1 + 3)
    feeding = [asyncio.create_task(relieved(places)) for _ in range(50)]
    await asyncio.sleep(0.01)
    for task in holding[1:]:
        task.cancel()  # nobody who waits is left
    await asyncio.sleep(0.01)

    held.set()
    await asyncio.wait_for(asyncio.gather(*feeding), 1)


async def test_those_who_feed_go_on_a_few_at_a_time_in_the_order_of_coming() -> None:
    places, held, order = Places(2), asyncio.Event(), []
    holding = await crowd(places, held, 2 + 5)

    async def feed(name: int) -> None:
        await places.relieved()
        order.append(name)

    feeding = [asyncio.create_task(feed(name)) for name in range(6)]
    await asyncio.sleep(0.01)
    places.give()  # four wait now: enough for a while
    await asyncio.sleep(0.01)
    assert order == [0, 1]

    places._free -= 1  # what was given was nobody's
    held.set()
    await asyncio.wait_for(asyncio.gather(*holding, *feeding), 1)
    assert order == list(range(6))


async def test_more_places_let_in_those_who_wait_and_no_more() -> None:
    places, held = Places(1), asyncio.Event()
    holding = await crowd(places, held, 1 + 4)
    places.change(3)
    await asyncio.sleep(0.01)
    assert (len(places._waiting), places._free) == (2, 0)

    held.set()
    await asyncio.gather(*holding)
    assert places._free == 3


async def test_fewer_places_let_those_inside_stay_and_nobody_else_in() -> None:
    places, inside, held = Places(3), 0, asyncio.Event()

    async def enter() -> None:
        nonlocal inside
        async with places:
            inside += 1
            await held.wait()
            inside -= 1

    first = [asyncio.create_task(enter()) for _ in range(3)]
    await asyncio.sleep(0.01)
    places.change(1)
    later = asyncio.create_task(enter())
    for task in first[:2]:
        task.cancel()
    await asyncio.wait(first[:2])
    inside -= 2
    await asyncio.sleep(0.01)
    assert (inside, later.done(), places._free) == (1, False, 0)

    held.set()
    await asyncio.wait_for(asyncio.gather(first[2], later), 1)
    assert places._free == 1


@pytest.mark.parametrize("seed", range(10))
async def test_no_place_is_lost_while_their_number_changes_at_random(seed: int) -> None:
    chance, places, inside = random.Random(seed), Places(3), 0

    async def enter() -> None:
        nonlocal inside
        async with places:
            inside += 1
            try:
                await asyncio.sleep(chance.random() / 500)
            finally:
                inside -= 1
                places.change(chance.randint(1, 6))

    await jostled(enter, chance, 0.3)

    assert (inside, places._free) == (0, places._number)
