"""How many jobs of an ingest are begun at once, and what becomes of those that are not."""

from __future__ import annotations

import asyncio
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from linkedin_media.errors import LedgerError, LostLease
from linkedin_media.ingest.flight import Flight
from linkedin_media.ingest.image_progress import ImageProgress
from linkedin_media.ingest.jobs import JobSpec, Record
from linkedin_media.ingest.options import IngestOptions
from linkedin_media.ingest.states import State

if TYPE_CHECKING:
    from collections.abc import Callable


class Hands:
    """Stands in for a worker: a job goes on when the test says so."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.sent: dict[int, Callable[[], None]] = {}
        self.ends: dict[int, asyncio.Future[bool | None]] = {}
        self.left: list[int] = []
        self.written: dict[int, Callable[[Exception | None], None]] = {}
        self.ledger = SimpleNamespace(let_go=self.let_go, save_posted=self.save_posted)
        self.options = IngestOptions(grace=0.1)
        self.sending: set[int] = set()

    def let_go(self, records: list[Record]) -> None:
        self.left.extend(record.id for record in records)

    def save_posted(self, record: Record, told: Callable[[Record, Exception | None], None]) -> None:
        self.written[record.id] = partial(told, record)

    async def carry_out(self, record: Record, sent: Callable[[], None]) -> bool:
        self.begun.append(record.id)
        self.sent[record.id] = sent
        self.ends[record.id] = asyncio.get_running_loop().create_future()
        record.state = State.FAILED
        if await self.ends[record.id]:
            record.state = State.POSTED
        return record.state is State.POSTED


def record(number: int, *images: ImageProgress) -> Record:
    spec = JobSpec(id=str(number), files=("a.jpg",), author="urn:li:person:a", owner="urn:li:person:a", commentary="Hi")
    return Record(id=number, spec=spec, state=State.NEW, images=[*images] or [ImageProgress()], orphans=[])


def told(_: Record) -> None:
    pass


async def flight_of(hands: Any, room: float, *records: Record) -> Flight:
    flight = Flight(hands, told, room)
    for one in records:
        await flight.begin(one)
    await asyncio.sleep(0)
    return flight


async def test_jobs_begin_as_uploads_come_near() -> None:
    hands = Hands()
    flight = await flight_of(hands, 2, *(record(number) for number in range(5)))
    assert (hands.begun, len(flight)) == ([0, 1], 5)

    hands.sent[1]()
    await asyncio.sleep(0)
    assert hands.begun == [0, 1, 2]

    hands.ends[0].set_result(None)  # it failed before it was sent
    await asyncio.sleep(0.01)
    assert hands.begun == [0, 1, 2, 3]

    hands.ends[1].set_result(None)  # its place was given back when it was sent
    await asyncio.sleep(0.01)
    assert hands.begun == [0, 1, 2, 3]
    await flight.land()


async def test_a_job_with_several_images_gives_its_place_back_with_the_last() -> None:
    hands = Hands()
    flight = await flight_of(hands, 1, record(0, ImageProgress(), ImageProgress()), record(1))

    hands.sent[0]()
    await asyncio.sleep(0)
    assert hands.begun == [0]

    hands.sent[0]()
    await asyncio.sleep(0)
    assert hands.begun == [0, 1]
    await flight.land()


async def test_a_job_whose_images_were_sent_before_takes_no_place() -> None:
    hands, sent = Hands(), ImageProgress(urn="urn:li:image:a", size=1)
    flight = await flight_of(hands, 1, record(0, sent), record(1, ImageProgress(available=True)), record(2), record(3))

    assert hands.begun == [0, 1, 2]
    await flight.land()


async def test_what_was_not_begun_is_left_to_another_run() -> None:
    hands = Hands()
    flight = await flight_of(hands, 1, *(record(number) for number in range(3)))

    await flight.land()
    await asyncio.sleep(0)

    assert hands.begun == [0]
    assert sorted(hands.left) == [0, 1, 2]
    assert flight.idle


async def test_the_end_of_a_job_is_looked_at_only_once_few_are_left() -> None:
    hands = Hands()
    flight = await flight_of(hands, 3, *(record(number) for number in range(3)))
    flight.rouse_at = 1
    flight.wake.clear()

    woken = []
    for number in range(3):
        hands.ends[number].set_result(None)
        await asyncio.sleep(0.01)
        woken.append(flight.wake.is_set())

    assert woken == [False, True, True]


async def test_jobs_that_begin_are_looked_at_once_few_wait_for_their_turn() -> None:
    hands = Hands()
    flight = await flight_of(hands, 1, *(record(number) for number in range(4)))
    flight.few = 1
    flight.wake.clear()

    woken = []
    for number in range(3):
        hands.sent[number]()
        await asyncio.sleep(0)
        woken.append((flight.waiting, flight.wake.is_set()))

    assert woken == [(2, False), (1, True), (0, True)]
    await flight.land()


async def test_a_job_that_is_ended_before_it_began_is_left_to_another_run() -> None:
    hands = Hands()
    flight = Flight(hands, told)  # type: ignore[arg-type]
    await flight.begin(record(0))

    await flight.land()

    assert (hands.begun, hands.left) == ([], [0])
    assert flight.idle


async def test_whatever_a_job_raises_ends_the_run_and_a_lost_lease_does_not(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands()
    flight = await flight_of(hands, 2, record(0), record(1))

    hands.ends[0].set_exception(LostLease("job 0 was taken over"))
    await asyncio.sleep(0.01)
    assert (flight.failure, [one.message for one in caplog.records]) == (None, ["lease.lost"])

    hands.ends[1].set_exception(broken := RuntimeError("a mistake"))
    await asyncio.sleep(0.01)
    assert flight.failure is broken
    assert sorted(hands.left) == [0, 1]


async def test_a_post_is_told_of_once_it_is_written_down_and_landing_waits_for_that() -> None:
    hands = Hands()
    results: list[Record] = []
    flight = Flight(hands, results.append)  # type: ignore[arg-type]
    await flight.begin(record(0))
    await asyncio.sleep(0)
    hands.ends[0].set_result(True)
    await asyncio.sleep(0.01)
    assert (results, len(flight), flight.idle, hands.left) == ([], 1, False, [])

    landing = asyncio.create_task(flight.land())
    await asyncio.sleep(0.01)
    assert not landing.done()

    hands.written[0](None)
    await landing
    assert ([one.id for one in results], flight.idle, hands.left) == ([0], True, [])


async def test_a_post_that_could_not_be_written_down_is_not_told_of() -> None:
    hands = Hands()
    results: list[Record] = []
    flight = Flight(hands, results.append)  # type: ignore[arg-type]
    for number in range(2):
        await flight.begin(record(number))
    await asyncio.sleep(0)
    for number in range(2):
        hands.ends[number].set_result(True)
    await asyncio.sleep(0.01)

    hands.written[0](LostLease("job 0 was taken over"))
    assert flight.failure is None
    hands.written[1](full := LedgerError("database or disk is full"))

    assert flight.failure is full
    assert (results, hands.left) == ([], [0, 1])


async def test_landing_waits_no_longer_than_the_grace_for_what_nobody_writes_down() -> None:
    hands = Hands()
    flight = await flight_of(hands, 1, record(0))
    hands.ends[0].set_result(True)
    await asyncio.sleep(0.01)

    await asyncio.wait_for(flight.land(), 1)

    assert not flight.idle
