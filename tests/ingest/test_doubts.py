"""Posts in doubt: when they are looked for, and what becomes of them by what the look brings."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from linkedin_media.errors import LostLease, RateLimited
from linkedin_media.ingest import doubts as doubting
from linkedin_media.ingest.doubts import Doubts
from linkedin_media.ingest.image_progress import ImageProgress
from linkedin_media.ingest.jobs import JobSpec, Record
from linkedin_media.ingest.options import IngestOptions
from linkedin_media.ingest.reconcile import Findings
from linkedin_media.ingest.states import State
from linkedin_media.model.post import CreatedPost
from linkedin_media.model.urn import Urn

ANN, BOB = "urn:li:organization:1", "urn:li:organization:2"
POST = CreatedPost(Urn("urn:li:share:7"))


def record(number, author=ANN, sendings=1):
    spec = JobSpec(id=f"job-{number}", files=["/a.png"], author=author, owner=author, commentary="hello")
    images = [ImageProgress(urn=f"urn:li:image:I{number}", available=True)]
    return Record(number, spec, State.POSTING, images, [], sendings=sendings, first_intent_at=1, intent_at=1)


@attrs.define
class Hands:
    """A worker that writes down what it is told to do, and lost the lease of some jobs."""

    options: IngestOptions = attrs.field(factory=IngestOptions)
    lost: set = attrs.field(factory=set)
    done: list = attrs.field(factory=list)
    let_gone: list = attrs.field(factory=list)
    client: object = None

    @property
    def ledger(self):
        return self

    def let_go(self, records):
        self.let_gone += [one.id for one in records]

    def _note(self, what, one, *more):
        if one.id in self.lost:
            raise LostLease(f"job {one.id} was taken over")
        self.done.append((what, one.id, *more))

    async def posted(self, one, post):
        self._note("posted", one, post)

    async def absent(self, one):
        self._note("absent", one)

    async def give_up(self, one, error):
        self._note("given up", one, error.message)

    async def leave_in_doubt(self, one, error):
        self._note("left", one, error.message)


@pytest.fixture
def looks(monkeypatch):
    """What each look brings, and for which author and jobs it was made."""

    @attrs.define
    class Looks:
        findings: object = None
        made: list = attrs.field(factory=list)

        async def look(self, client, author, records, options, ledger):
            self.made.append((author, [one.id for one in records]))
            if isinstance(self.findings, Exception):
                raise self.findings
            return self.findings

    looks = Looks(Findings({}, complete=True))
    monkeypatch.setattr(doubting, "look", looks.look)
    return looks


def doubts_of(hands, *records, seconds=0.0):
    doubts = Doubts(hands)
    for one in records:
        doubts.add(one, seconds=seconds)
    return doubts


async def test_nobody_looks_before_the_time_has_come(looks):
    doubts = doubts_of(Hands(), record(1), seconds=60)
    doubts.add(record(2), seconds=30)

    assert await doubts.settle_due() == []

    assert looks.made == []
    assert doubts.next_due() == pytest.approx(asyncio.get_running_loop().time() + 30, abs=1)
    assert (len(doubts), doubts.ids) == (2, {1, 2})


async def test_one_look_serves_all_jobs_of_an_author(looks):
    doubts = doubts_of(Hands(), record(1), record(2, BOB), record(3))

    await doubts.settle_due()

    assert looks.made == [(ANN, [1, 3]), (BOB, [2])]


async def test_a_post_that_is_found_is_written_down(looks):
    hands, found = Hands(), record(1)
    looks.findings = Findings({1: POST}, complete=False)
    doubts = doubts_of(hands, found)

    assert await doubts.settle_due() == [found]

    assert hands.done == [("posted", 1, POST)]
    assert (len(doubts), doubts.next_due()) == (0, None)


async def test_a_post_that_is_proved_absent_is_to_be_sent_once_more(looks):
    hands = Hands()
    doubts = doubts_of(hands, record(1))

    await doubts.settle_due()

    assert hands.done == [("absent", 1)]
    assert len(doubts) == 0


async def test_a_post_that_never_appears_however_often_it_is_sent_is_left_to_a_person(looks):
    hands = Hands(IngestOptions(max_sendings=2))

    await doubts_of(hands, record(1, sendings=2)).settle_due()

    [(what, _, why)] = hands.done
    assert what == "given up"
    assert "sent 2 times and never appeared" in why


async def test_what_nobody_may_read_is_left_to_a_person_at_once(looks):
    hands = Hands()
    looks.findings = Findings({}, complete=False, why_not="the posts may not be read", forbidden=True)

    await doubts_of(hands, record(1)).settle_due()

    [(what, _, why)] = hands.done
    assert what == "given up"
    assert "the posts may not be read" in why


async def test_a_look_that_proves_nothing_is_repeated_a_few_times_and_then_given_up(looks):
    hands = Hands(IngestOptions(reconcile_after=0))
    looks.findings = Findings({}, complete=False, why_not="server error")
    doubts = doubts_of(hands, record(1))

    moved: list = []
    for _ in range(5):
        assert moved == []
        moved = await doubts.settle_due()
        if not moved:
            assert doubts.next_due() >= asyncio.get_running_loop().time() + 0.9
            doubts._waiting[0].due = 0.0

    assert [one.id for one in moved] == [1]
    assert hands.done[0][0] == "given up"
    assert len(looks.made) == 5


async def test_who_does_not_wait_looks_once(looks):
    hands = Hands(IngestOptions(wait=False))
    looks.findings = Findings({}, complete=False, why_not="server error")

    await doubts_of(hands, record(1)).settle_due()

    assert hands.done[0][0] == "given up"


async def test_a_job_that_another_worker_took_is_dropped_and_spoils_no_other(looks):
    hands, second = Hands(lost={1}), record(2)
    doubts = doubts_of(hands, record(1), second)

    assert await doubts.settle_due() == [second]

    assert hands.done == [("absent", 2)]
    assert hands.let_gone == [1]
    assert len(doubts) == 0


async def test_where_the_days_calls_are_used_up_all_of_an_author_stay_in_doubt_for_another_day(looks):
    hands, left = Hands(lost={2}), record(1)
    looks.findings = RateLimited("used up", status=429)
    doubts = doubts_of(hands, left, record(2))

    assert await doubts.settle_due() == [left]

    assert hands.done == [("left", 1, "used up")]
    assert hands.let_gone == [2]
    assert len(doubts) == 0


async def test_a_run_that_ends_leaves_its_doubts_as_they_are(looks):
    doubts = doubts_of(Hands(), record(1), record(2))

    assert [one.id for one in doubts.abandon()] == [1, 2]

    assert len(doubts) == 0
    assert await doubts.settle_due() == []
    assert looks.made == []
