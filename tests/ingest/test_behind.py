"""Saves that nobody waits for: soon enough, once for each job, and not at all for those that are overtaken."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from linkedin_media.errors import LedgerError
from linkedin_media.ingest import behind as module
from linkedin_media.ingest.behind import Behind
from tests.waiting import eventually


@attrs.define(eq=False)
class Job:
    """All that is asked of a record."""

    id: int


class Saved:
    """Notes what was saved, and when."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.at: list[float] = []
        self.failure: Exception | None = None
        self.behind = Behind(self.save)  # type: ignore[arg-type]

    def save(self, record: Job) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        self.ids.append(record.id)
        self.at.append(loop.time())
        future = loop.create_future()
        if self.failure is None:
            future.set_result(None)
        else:
            future.set_exception(self.failure)
        return future

    def add(self, *ids: int) -> None:
        for number in ids:
            self.behind.add(Job(number))  # type: ignore[arg-type]


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> Saved:
    monkeypatch.setattr(module, "_SOON", 0.2)
    return Saved()


async def test_what_is_added_is_saved_in_time_and_once(saved: Saved) -> None:
    began = asyncio.get_running_loop().time()
    saved.add(1, 2, 1)
    await asyncio.sleep(0.12)
    assert saved.ids == []  # it may be overtaken yet

    saved.add(3, 1)
    await eventually(lambda: len(saved.ids) == 3)
    assert saved.ids == [1, 2, 3]
    assert 0.1 < saved.at[0] - began < 0.3
    await asyncio.sleep(0.25)
    assert len(saved.ids) == 3


async def test_who_is_saved_now_is_not_saved_again_however_long_they_wait(saved: Saved) -> None:
    saved.add(1, 2)
    await asyncio.sleep(0.12)
    saved.add(3, 4)
    for number in (1, 3):
        saved.behind.overtake(Job(number))  # type: ignore[arg-type]

    await eventually(lambda: len(saved.ids) == 2)
    await asyncio.sleep(0.25)
    assert saved.ids == [2, 4]


async def test_everything_is_saved_at_once_where_somebody_wants_to_see_it(saved: Saved) -> None:
    saved.add(1)
    await asyncio.sleep(0.12)
    saved.add(2)
    saved.behind.flush()

    assert saved.ids == [1, 2]
    await asyncio.sleep(0.25)
    assert saved.ids == [1, 2]


async def test_a_save_that_failed_is_told_to_whoever_comes_next_once(saved: Saved) -> None:
    saved.failure = LedgerError("the disk is full")
    saved.add(1)
    saved.behind.flush()
    await asyncio.sleep(0)

    with pytest.raises(LedgerError, match="full"):
        saved.add(2)
    saved.failure = None
    saved.add(2)
    saved.behind.flush()
    assert saved.ids == [1, 2]
