"""One timer for many wishes: it rings once, no later than the most impatient of them asked for."""

from __future__ import annotations

import asyncio

from linkedin_media.ingest.alarm import Alarm


class Bell:
    """Notes when it rang."""

    def __init__(self) -> None:
        self.rung: list[float] = []
        self.alarm = Alarm(self.ring)

    def wish(self, seconds: float) -> None:
        self.alarm.within(seconds, asyncio.get_running_loop())

    def ring(self) -> None:
        self.rung.append(asyncio.get_running_loop().time())


async def test_it_rings_once_for_all_wishes_at_the_earliest() -> None:
    bell, began = Bell(), asyncio.get_running_loop().time()
    for seconds in (0.5, 0.03, 0.4, 0.03, 0.05):
        bell.wish(seconds)
    await asyncio.sleep(0.6)

    [rung] = bell.rung
    assert 0.02 < rung - began < 0.4


async def test_a_wish_that_ends_earlier_though_it_is_longer_counts_for_nothing() -> None:
    bell = Bell()
    bell.wish(0.05)
    await asyncio.sleep(0.03)
    bell.wish(0.04)  # the first one rings before that
    bell.wish(0.1)
    await asyncio.sleep(0.2)

    assert len(bell.rung) == 1


async def test_a_shorter_wish_that_would_end_later_does_not_put_it_off() -> None:
    bell, began = Bell(), asyncio.get_running_loop().time()
    bell.wish(0.1)
    await asyncio.sleep(0.08)
    bell.wish(0.09)
    await asyncio.sleep(0.2)

    [rung] = bell.rung
    assert rung - began < 0.17


async def test_it_rings_again_for_what_is_wished_after_it_rang_or_was_cancelled() -> None:
    bell = Bell()
    bell.wish(0)
    await asyncio.sleep(0.01)
    bell.wish(0.01)
    bell.alarm.cancel()
    await asyncio.sleep(0.03)
    assert len(bell.rung) == 1

    bell.wish(0.01)
    await asyncio.sleep(0.03)
    assert len(bell.rung) == 2


def test_a_loop_that_ended_takes_its_wishes_with_it() -> None:
    bell = Bell()

    async def wish(seconds: float) -> None:
        bell.wish(seconds)
        await asyncio.sleep(0.03)

    asyncio.run(wish(0.05))
    asyncio.run(wish(0.02))  # longer than what was left of the other's

    assert len(bell.rung) == 1
