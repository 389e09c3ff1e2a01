"""Many jobs under a few faults of every kind: memory, descriptors and tasks stay where they are."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import attrs
import psutil
import pytest

import linkedin_media as lm
from linkedin_media.simulator import (
    Answer,
    CommitThenDrop,
    Fault,
    HalfBody,
    LimitData,
    Mutate,
    Reset,
    SimulatorConfig,
    SimulatorProcess,
    Throttle,
)
from tests.faults.ward import Footprint, left_open, picture

FAULTS: Final = (
    (Answer(status=500), "images.*", "before"),
    (Answer(status=503), "images.*", "after"),
    (Reset(), "*", "before"),
    (CommitThenDrop(), "*", "after"),
    (HalfBody(), "images.*", "after"),
    (LimitData(bytes=60), "uploads.put", "before"),
    (Throttle(retry_after="0"), "images.*", "before"),
    (Answer(status=502), "posts.create", "after"),
    (Mutate(replace={'"AVAILABLE"': '"PROCESSING"'}), "images.*get", "after"),
)


@attrs.define
class Soak:
    """Publishes jobs, and measures this process after every thousand (or fewer) of them."""

    simulator: SimulatorProcess
    step: int
    outcomes: Counter[str] = attrs.field(factory=Counter)
    memory: list[int] = attrs.field(factory=list)
    footprints: list[Footprint] = attrs.field(factory=list)

    def jobs(self, first: int) -> Iterator[lm.Job]:
        author = self.simulator.organization
        for number in range(first, first + self.step):
            yield lm.Job(author=author, commentary=f"job {number}.", images=[picture(20_000, seed=number)])

    async def run(self, steps: int) -> None:
        policy = lm.PollPolicy(first_after=0.02, interval=0.05, tick=0.01, max_interval=0.2)
        retry = lm.RetryPolicy(initial_delay=0.01, max_delay=0.1, quota=100_000)
        bounds = lm.Concurrency(jobs=64)
        async with lm.LinkedInClient(
            self.simulator.token, base_url=self.simulator.base_url, retry=retry, concurrency=bounds
        ) as client:
            pipeline = lm.Pipeline(client, poll=policy)
            for number in range(steps):
                async for outcome in pipeline.publish_all(self.jobs(number * self.step)):
                    self.outcomes[type(outcome).__name__] += 1
                await asyncio.sleep(0.1)
                self.measure()

    def measure(self) -> None:
        gc.collect()
        self.memory.append(psutil.Process().memory_info().rss)
        self.footprints.append(Footprint.now())

    @property
    def growth(self) -> float:
        """Bytes per job by which the process grew, from the second measurement to the last (least squares)."""
        values = self.memory[1:]
        middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
        above = sum((place - middle) * (value - mean) for place, value in enumerate(values))
        below = sum((place - middle) ** 2 for place in range(len(values)))
        return above / below / self.step


async def soaked(steps: int, step: int) -> Soak:
    before = Footprint.now()
    with SimulatorProcess(SimulatorConfig(processing_seconds=0.02, keep_bytes=0)) as simulator:
        share = 0.01 / len(FAULTS) * 3
        simulator.faults.add(
            *(Fault(action=a, on=on, when=when, probability=share, seed=n) for n, (a, on, when) in enumerate(FAULTS))
        )
        soak = Soak(simulator, step)
        await soak.run(steps)
        _hold_against_the_truth(soak)
    assert await left_open(before) == []
    return soak


def _hold_against_the_truth(soak: Soak) -> None:
    posts: Any = soak.simulator.posts
    texts = Counter(post.commentary for post in posts.values())
    assert [text for text, times in texts.items() if times > 1] == []
    assert sum(soak.outcomes.values()) == len(soak.memory) * soak.step
    assert soak.outcomes["Published"] <= len(posts) <= soak.outcomes["Published"] + soak.outcomes["Unknown"]
    assert soak.outcomes["Failed"] == 0
    assert sum(fault["struck"] for fault in soak.simulator.faults.to_json()) > 0


async def test_three_hundred_jobs_leave_nothing_open() -> None:
    soak = await soaked(steps=6, step=50)

    assert {place.tasks for place in soak.footprints} == {soak.footprints[0].tasks}
    descriptors = [len(place.descriptors) for place in (soak.footprints[0], soak.footprints[-1])]
    assert descriptors[1] <= descriptors[0] + lm.Concurrency(jobs=64).connections
    assert soak.growth * 300 < 16 << 20


@pytest.mark.soak
@pytest.mark.timeout(3000)
async def test_ten_thousand_jobs_grow_by_less_than_a_mebibyte_in_a_thousand() -> None:
    soak = await soaked(steps=20, step=500)

    assert {place.tasks for place in soak.footprints} == {soak.footprints[0].tasks}
    assert soak.growth * 1000 < 1 << 20
