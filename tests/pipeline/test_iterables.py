"""Where the jobs come from, and whose error an error is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import attrs
import pytest

import linkedin_media as lm
from tests.faults.ward import Ward, picture


@attrs.define
class Jobs:
    """Some jobs, to be read either way."""

    make: Callable[[int], lm.Job]
    number: int

    def __iter__(self) -> Iterator[lm.Job]:
        return map(self.make, range(self.number))

    async def read(self) -> AsyncIterator[lm.Job]:
        for job in self:
            await asyncio.sleep(0)
            yield job


def plain(ward: Ward, number: int) -> lm.Job:
    return ward.job(picture(seed=number), text=f"Post {number}", id=str(number))


async def keep(outcomes: AsyncIterator[lm.Outcome], seen: list[lm.Outcome]) -> None:
    async for outcome in outcomes:
        seen.append(outcome)  # noqa: PERF401 -- those before an error are looked at too


@pytest.mark.parametrize("number", [0, 1, 25])
async def test_an_async_iterable_is_read_to_its_end(ward: Ward, number: int) -> None:
    seen: list[lm.Outcome] = []

    await keep(ward.pipeline().publish_all(Jobs(lambda n: plain(ward, n), number).read()), seen)

    assert {type(outcome) for outcome in seen} <= {lm.Published}
    assert sorted(int(outcome.job.id) for outcome in seen) == list(range(number))
    assert ward.posts == number


@pytest.mark.parametrize("kind", ["iterable", "async iterable"])
async def test_what_an_iterable_raises_is_raised_as_it_is_once_the_jobs_under_way_have_ended(
    ward: Ward, kind: str
) -> None:
    ward.simulator.configure(processing_seconds=0.2)
    torn = OSError("the manifest cannot be read on")
    seen: list[lm.Outcome] = []

    def make(number: int) -> lm.Job:
        if number == 3:
            raise torn
        return plain(ward, number)

    jobs = Jobs(make, 10)
    with pytest.raises(OSError, match="cannot be read on") as raised:
        await keep(ward.pipeline().publish_all(iter(jobs) if kind == "iterable" else jobs.read()), seen)

    assert raised.value is torn
    assert [type(outcome) for outcome in seen] == [lm.Published] * 3


@pytest.mark.parametrize(("sealed_after", "stage", "gained"), [(0, "initialize", 0), (2, "poll", 1), (3, "post", 1)])
async def test_an_error_that_is_not_ours_is_placed_where_it_came_up(
    ward: Ward, sealed_after: int, stage: str, gained: int
) -> None:
    client, sealed = ward.client(), LookupError("the vault is sealed")

    async def vault() -> None:
        if len(ward.simulator.journal) >= sealed_after:
            raise sealed

    client.before_call = vault
    seen: list[Any] = []
    await keep(ward.pipeline(client).publish_all([plain(ward, 0)]), seen)

    assert [(type(outcome), outcome.stage, outcome.error) for outcome in seen] == [(lm.Failed, stage, sealed)]
    assert len(seen[0].images) == gained
    assert list(seen[0].images) == list(ward.simulator.images)


async def test_an_error_of_the_token_is_each_jobs_own(ward: Ward) -> None:
    ward.simulator.revoke_token(ward.simulator.token)
    seen: list[Any] = []

    await keep(ward.pipeline().publish_all([plain(ward, number) for number in range(4)]), seen)

    assert [(outcome.stage, type(outcome.error)) for outcome in seen] == [("initialize", lm.Unauthorized)] * 4
    assert len({id(outcome.error) for outcome in seen}) == 4
