"""Runs of an ingest, from the first claim to the last result."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

import linkedin_media as lm
from linkedin_media.errors import LedgerError, TokenRefused, Unauthorized
from linkedin_media.ingest import results, worker as working, writer as writing
from linkedin_media.ingest.ledger import Ledger
from linkedin_media.ingest.options import IngestOptions
from linkedin_media.ingest.runner import Ingest
from linkedin_media.ingest.schema import job
from linkedin_media.ingest.statements import INTENTS, KIND
from linkedin_media.ingest.states import State
from linkedin_media.simulator import Answer, CommitThenDrop, DailyLimit, Fault, Latency

from .conftest import HOPPER

POLL = lm.PollPolicy(first_after=0.01, interval=0.02, tick=0.01)
URN_ELSEWHERE = lm.Urn("urn:li:image:Elsewhere")
QUICK = {"reconcile_after": 0.2, "retry_delay": 0.05}


@pytest.fixture
def specs(linkedin_simulator, make_specs):
    def make(number, **changes):
        author = linkedin_simulator.organization
        return make_specs(number, **{"author": author, "owner": author, **changes})

    return make


@pytest.fixture
def start(linkedin_client, location):
    def begin(ledger=None, client=None, concurrency=None, **options):
        return Ingest(
            client or linkedin_client,
            ledger=ledger or location,
            options=IngestOptions(**{**QUICK, **options}),
            poll=POLL,
            concurrency=concurrency,
        )

    return begin


async def results_of(ingest, specs=()):
    await ingest.add(specs)
    return {result.id: result async for result in ingest.run()}


def states(results):
    return Counter(result.state for result in results.values())


async def test_every_job_is_posted_once(start, specs, linkedin_simulator):
    async with start() as ingest:
        results = await results_of(ingest, specs(20))

    assert states(results) == {State.POSTED: 20}
    assert {result.post for result in results.values()} == set(linkedin_simulator.posts)
    assert linkedin_simulator.journal.count(operation="posts.create") == 20


async def test_a_finished_ledger_has_nothing_left_to_do(start, specs, linkedin_simulator):
    async with start() as ingest:
        await results_of(ingest, specs(3))
    calls = len(linkedin_simulator.journal)
    async with start() as ingest:
        assert await results_of(ingest, specs(3)) == {}
    assert len(linkedin_simulator.journal) == calls


async def test_several_images_and_none_to_post(start, specs, linkedin_simulator):
    jobs = [*specs(1, files=[HOPPER, HOPPER]), *specs(2, commentary=None)[1:]]
    async with start() as ingest:
        results = await results_of(ingest, jobs)

    assert (results["job-0"].state, results["job-1"].state) == (State.POSTED, State.AVAILABLE)
    assert len(linkedin_simulator.posts[results["job-0"].post].images) == 2


async def test_an_answer_that_is_lost_is_looked_for_in_the_same_run(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(), on="posts.create", every=3))
    async with start() as ingest:
        results = await results_of(ingest, specs(12))

    assert states(results) == {State.POSTED: 12}
    assert len(linkedin_simulator.posts) == 12
    assert linkedin_simulator.journal.count(operation="posts.create") == 12


async def test_a_post_proved_absent_is_sent_once_more(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=Answer(status=503), on="posts.create", nth=1))
    async with start() as ingest:
        results = await results_of(ingest, specs(1))

    assert states(results) == {State.POSTED: 1}
    assert linkedin_simulator.journal.count(operation="posts.create") == 2


async def test_a_post_that_never_appears_is_unknown_in_the_end(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=Answer(status=503), on="posts.create"))
    async with start(max_sendings=2, reconcile_after=0.05) as ingest:
        results = await results_of(ingest, specs(1))

    assert states(results) == {State.UNKNOWN: 1}
    assert "sent 2 times and never appeared" in results["job-0"].error["message"]
    assert linkedin_simulator.journal.count(operation="posts.create") == 2


async def test_without_waiting_a_post_in_doubt_is_unknown_and_settled_by_a_later_run(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(), on="posts.create", nth=1))
    async with start(wait=False) as ingest:
        first = await results_of(ingest, specs(2))
    assert states(first) == {State.UNKNOWN: 1, State.POSTED: 1}

    async with start(send_within=0.1) as ingest:
        ingest.client.timeouts = lm.Timeouts(call=0.2)
        assert await ingest.ledger.reopen([State.UNKNOWN]) == 1
        second = await results_of(ingest)
    assert states(second) == {State.POSTED: 1}
    assert len(linkedin_simulator.posts) == 2


async def test_who_may_not_read_posts_has_them_held_and_never_sent_again(start, specs, linkedin_simulator):
    token = linkedin_simulator.issue_token("w_organization_social")
    linkedin_simulator.faults.add(Fault(action=Answer(status=503), on="posts.create", nth=1))
    async with lm.LinkedInClient(token, base_url=linkedin_simulator.base_url) as client, start(client=client) as ingest:
        results = await results_of(ingest, specs(1))

    assert states(results) == {State.UNKNOWN: 1}
    assert "may not be read" in results["job-0"].error["message"]
    assert linkedin_simulator.journal.count(operation="posts.create") == 1


async def test_a_duplicate_at_the_first_sending_fails_and_is_not_adopted(start, specs, linkedin_simulator):
    async with start(reuse_images=True) as ingest:
        results = await results_of(ingest, [*specs(1, commentary="same"), *specs(2, commentary="same")[1:]])

    assert states(results) == {State.POSTED: 1, State.FAILED: 1}
    assert len(linkedin_simulator.posts) == 1


async def test_a_duplicate_after_a_refusal_is_still_that_of_a_first_sending(start, specs, linkedin_simulator):
    async with start(reuse_images=True) as ingest:
        await results_of(ingest, specs(1, commentary="same"))
        linkedin_simulator.faults.add(
            Fault(action=Answer(status=429, headers={"Retry-After": "0"}), on="posts.create", nth=(1, 2, 3, 4))
        )
        results = await results_of(ingest, specs(2, commentary="same")[1:])

    assert results["job-1"].state is State.FAILED
    assert results["job-1"].error["code"] == "DUPLICATE_POST"


async def test_a_duplicate_of_a_sending_in_doubt_is_adopted(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(), on="posts.create", nth=1))
    linkedin_simulator.configure(finder_lag_seconds=60.0)
    async with start() as ingest:
        results = await results_of(ingest, specs(1))

    assert states(results) == {State.POSTED: 1}
    assert len(linkedin_simulator.posts) == 1


async def test_a_daily_limit_parks_the_rest_until_midnight(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=DailyLimit(calls=5), on="posts.create"))
    async with start(concurrency=lm.Concurrency(jobs=4)) as ingest:
        results = await results_of(ingest, specs(30))
        parked = await ingest.ledger.page(State.PARKED)
        assert await results_of(ingest) == {name: one for name, one in results.items() if one.state is State.PARKED}

    assert states(results) == {State.POSTED: 5, State.PARKED: 25}
    midnight = datetime.fromtimestamp(parked[-1].not_before / 1000, UTC)
    assert (midnight.hour, midnight.minute) == (0, 0)
    assert linkedin_simulator.journal.count(operation="posts.create") <= 9


async def test_refusals_without_end_park_jobs_and_spoil_none(start, specs, linkedin_simulator, monkeypatch):
    monkeypatch.setattr(working, "_PATIENCE", 0.3)
    linkedin_simulator.faults.add(Fault(action=Answer(status=429), on="images.initializeUpload"))
    client = lm.LinkedInClient(
        linkedin_simulator.token, base_url=linkedin_simulator.base_url, retry=lm.RetryPolicy(max_attempts=1)
    )
    async with client, start(client=client, tries=1) as ingest:
        results = await results_of(ingest, specs(5))

    assert states(results) == {State.PARKED: 5}


async def test_the_budget_of_a_day_is_kept_across_runs(start, specs, linkedin_simulator):
    async with start(max_calls_per_day=7, concurrency=lm.Concurrency(jobs=1)) as ingest:
        first = await results_of(ingest, specs(4))
    calls = len([call for call in linkedin_simulator.journal if call.resource in ("images", "posts")])
    async with start(max_calls_per_day=7) as ingest:
        await ingest.ledger.reopen([State.PARKED])
        await results_of(ingest)

    assert first["job-0"].state is State.POSTED
    assert State.PARKED in states(first)
    assert calls <= 7
    assert len([call for call in linkedin_simulator.journal if call.resource in ("images", "posts")]) == calls


async def test_a_doubt_nobody_may_look_for_today_stays_in_doubt(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(), on="posts.create", nth=1))
    linkedin_simulator.faults.add(
        Fault(
            action=DailyLimit(calls=0),
            on="posts.*",
            matching=lambda exchange: exchange.call.meaning.restli_method == "FINDER",
        )
    )
    async with start() as ingest:
        results = await results_of(ingest, specs(1))
        kept = await ingest.ledger.counts()

    assert states(results) == {State.UNKNOWN: 1}
    assert kept == {State.POSTING: 1}


async def test_a_dead_token_ends_the_run_and_spoils_no_job(start, specs, linkedin_simulator):
    linkedin_simulator.revoke_token(linkedin_simulator.token)
    async with start() as ingest:
        with pytest.raises(Unauthorized):
            await results_of(ingest, specs(5))
        assert await ingest.ledger.counts() == {State.NEW: 5}


async def test_a_refused_sign_in_ends_the_run_and_spoils_no_job(start, specs, linkedin_simulator):
    asked = []

    async def provider():
        asked.append(1)
        raise TokenRefused("invalid_grant", status=400)

    async with (
        lm.LinkedInClient(provider, base_url=linkedin_simulator.base_url) as client,
        start(client=client) as ingest,
    ):
        with pytest.raises(TokenRefused):
            await results_of(ingest, specs(1))
        assert await ingest.ledger.counts() == {State.NEW: 1}
    assert len(asked) == 1


async def test_a_job_linkedin_would_refuse_fails_and_the_others_do_not(start, specs, tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    bad = [
        *specs(1, commentary="x" * 3001),
        *specs(2, files=["/no/such.png"])[1:],
        *specs(3, files=[str(tmp_path / "bad.png")])[2:],
    ]
    async with start() as ingest:
        results = await results_of(ingest, [*bad, *specs(4)[3:]])

    assert states(results) == {State.FAILED: 3, State.POSTED: 1}
    assert results["job-2"].error["file"].endswith("bad.png")


async def test_a_passing_error_is_tried_again_and_then_fails(start, specs, linkedin_simulator):
    fault = Fault(action=Answer(status=500), on="images.initializeUpload")
    linkedin_simulator.faults.add(fault)
    client = lm.LinkedInClient(
        linkedin_simulator.token, base_url=linkedin_simulator.base_url, retry=lm.RetryPolicy(max_attempts=1)
    )
    async with client, start(client=client, tries=3) as ingest:
        results = await results_of(ingest, specs(1))

    assert states(results) == {State.FAILED: 1}
    assert linkedin_simulator.faults.struck(fault) == 3


async def test_an_image_still_processed_is_parked_and_polled_not_uploaded_again(start, specs, linkedin_simulator):
    linkedin_simulator.configure(processing_seconds=3600.0)
    ingest = start()
    ingest._stages._poller.policy = lm.PollPolicy(timeout=0.1, first_after=0.01, interval=0.02)
    async with ingest:
        assert states(await results_of(ingest, specs(1))) == {State.PARKED: 1}
        await ingest.ledger.reopen([State.PARKED])
        linkedin_simulator.clock.advance(7200)
        assert states(await results_of(ingest)) == {State.POSTED: 1}
    assert len(linkedin_simulator.images) == 1
    assert linkedin_simulator.journal.count(operation="uploads.put") == 1


async def test_a_stop_lets_the_post_under_way_finish_and_the_rest_resume(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=Latency(seconds=0.3), on="posts.create"))
    async with start(concurrency=lm.Concurrency(jobs=2, post=2)) as ingest:
        await ingest.add(specs(10))
        async for _ in ingest.run():
            ingest.stop()
        kept = await ingest.ledger.counts()

    assert State.POSTING not in kept
    assert 1 <= kept[State.POSTED] < 10
    assert len(linkedin_simulator.posts) == kept[State.POSTED]
    linkedin_simulator.faults.clear()
    async with start() as ingest:
        await results_of(ingest)
    assert len(linkedin_simulator.posts) == 10


async def test_jobs_are_claimed_no_further_ahead_than_they_soon_begin(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=Latency(seconds=1.0), on="images.initializeUpload", every=1))
    async with start() as ingest:
        await ingest.add(specs(900))
        run = asyncio.create_task(anext(aiter(ingest.run())))
        await asyncio.sleep(0.5)
        taken = await ingest.ledger._run(lambda db: db.execute(select(job).where(job.c.owner.is_not(None))).all())
        run.cancel()

    assert len(taken) == 200  # sixteen of which are being uploaded


async def test_a_reader_that_does_not_keep_up_slows_the_run_down(start, specs, linkedin_simulator, monkeypatch):
    monkeypatch.setattr(results, "_UNREAD", 5)
    async with start(concurrency=lm.Concurrency(jobs=4)) as ingest:
        await ingest.add(specs(40))
        run = aiter(ingest.run())
        first = await anext(run)
        await asyncio.sleep(0.5)
        meanwhile = len(linkedin_simulator.posts)
        others = [result async for result in run]

    assert 5 <= meanwhile <= 1 + 5 + 4  # what was read, what waits to be, what was under way by then
    assert states({result.id: result for result in [first, *others]}) == {State.POSTED: 40}


async def test_a_reader_that_leaves_ends_the_run_in_order(start, specs, linkedin_simulator):
    async with start() as ingest:
        await ingest.add(specs(10))
        run = ingest.run()
        await anext(run)
        await run.aclose()
        kept = await ingest.ledger.counts()

    assert State.POSTING not in kept
    assert len(linkedin_simulator.posts) == kept[State.POSTED]


async def test_the_same_chunk_twice_at_once_is_carried_out_once(start, specs, linkedin_simulator):
    async with start() as ingest:
        await ingest.add(specs(8))
        ids = list(range(1, 9))
        chunks = await asyncio.gather(*(ingest.run_chunk(ids) for _ in range(3)))
        again = await ingest.run_chunk(ids)

    assert sorted(len(chunk) for chunk in chunks) == [0, 0, 8]
    assert again == []
    assert linkedin_simulator.journal.count(operation="posts.create") == 8


async def test_a_chunk_settles_its_doubts_or_says_they_are_unknown(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(), on="posts.create", nth=(1, 3)))
    async with start() as ingest:
        await ingest.add(specs(2))
        settled = await ingest.run_chunk([1, 2])
    async with start(wait=False) as ingest:
        await ingest.add(specs(3))
        [third] = await ingest.ledger.page(State.NEW)
        left = await ingest.run_chunk([third.id])

    assert [result.state for result in settled] == [State.POSTED] * 2
    assert [result.state for result in left] == [State.UNKNOWN]


async def test_nothing_is_sent_that_the_ledger_does_not_have(start, specs, linkedin_simulator, monkeypatch):
    genuine = writing._apply

    def full(connection, writes, update):
        if any(write.row and write.row[KIND] in INTENTS for write in writes):
            raise LedgerError("database or disk is full")
        genuine(connection, writes, update)

    async with start() as ingest:
        await ingest.add(specs(3))
        monkeypatch.setattr(writing, "_apply", full)
        with pytest.raises(LedgerError, match="full"):
            await results_of(ingest)
        monkeypatch.undo()
    assert linkedin_simulator.journal.count(operation="posts.create") == 0
    async with start() as ingest:
        assert states(await results_of(ingest)) == {State.POSTED: 3}


async def test_an_intent_that_took_too_long_to_write_is_not_sent(start, specs, linkedin_simulator, monkeypatch):
    genuine, slow = Ledger.intend, iter([True])

    def intend(self, record, digest, told):
        def hear(error):
            asyncio.get_running_loop().call_later(0.3 if next(slow, False) else 0.0, told, error)

        genuine(self, record, digest, hear)

    monkeypatch.setattr(Ledger, "intend", intend)
    async with start(send_within=0.2) as ingest:
        results = await results_of(ingest, specs(1))
        [record] = [await ingest.ledger.page(State.POSTED)][0]

    assert states(results) == {State.POSTED: 1}
    assert record.sendings == 1
    assert linkedin_simulator.journal.count(operation="posts.create") == 1


async def test_the_same_content_is_uploaded_once_where_images_are_reused(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(), on="posts.create", every=2))
    async with start(reuse_images=True) as ingest:
        results = await results_of(ingest, specs(4))

    assert states(results) == {State.POSTED: 4}
    assert len(linkedin_simulator.images) == 1
    assert len(linkedin_simulator.posts) == 4


async def test_a_used_upload_address_is_not_needed_again(start, specs, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=Latency(seconds=5), on="uploads.put", nth=1))
    async with start() as ingest:
        await ingest.add(specs(1))
        run = asyncio.create_task(_all(ingest))
        while not len(linkedin_simulator.images):  # noqa: ASYNC110 -- the simulator runs in another thread
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        ingest.stop()
        await run
        assert await ingest.ledger.counts() == {State.INITIALIZED: 1}
    async with start() as ingest:
        assert states(await results_of(ingest)) == {State.POSTED: 1}
    assert len(linkedin_simulator.images) == 1


@pytest.mark.parametrize(
    "elsewhere", ["https://www.linkedin.com/dms-uploads/x", "http://127.0.0.1:1/x", "https://e.org/"]
)
async def test_an_upload_begun_at_another_base_url_begins_anew_at_this_one(start, specs, linkedin_simulator, elsewhere):
    async with start() as ingest:
        await ingest.add(specs(1))
        [record] = await ingest.ledger.claim(1)
        record.images[0].urn = str(URN_ELSEWHERE)
        record.images[0].url = elsewhere
        record.enter(State.INITIALIZED)
        await ingest.ledger.save(record, release=True)
        assert states(await results_of(ingest)) == {State.POSTED: 1}
        [record] = await ingest.ledger.page(State.POSTED)

    assert record.orphans == [str(URN_ELSEWHERE)]
    assert list(linkedin_simulator.images) == [record.images[0].urn]


async def _all(ingest):
    return [result async for result in ingest.run()]


async def test_a_pause_and_a_daily_limit_are_shared_by_all_workers(postgresql, start, linkedin_simulator):
    async with (
        lm.LinkedInClient(linkedin_simulator.token, base_url=linkedin_simulator.base_url) as other,
        start(postgresql, heartbeat=0.05) as one,
        start(postgresql, client=other, heartbeat=0.05) as two,
    ):
        one.client.throttle.pause(20, one.client.clock.monotonic())
        one._worker.limited_until = await one.ledger.now() + 10**6
        await asyncio.sleep(0.5)
        assert 15 < two.client.throttle.paused_for(two.client.clock.monotonic()) <= 20
        assert two._worker.limited_until == one._worker.limited_until


async def test_that_the_clock_was_ahead_is_kept_for_later_looks(start, specs, linkedin_simulator):
    linkedin_simulator.clock.advance(-3600)
    async with start(heartbeat=0.05) as ingest:
        await ingest.add(specs(1))
        await _all(ingest)
        await asyncio.sleep(0.3)
        linkedin_simulator.clock.advance(3600)

        assert abs(await ingest.ledger.highest("clock_ahead", None) - 3_600_000) < 5000


async def test_a_heart_that_stops_ends_the_run(start, specs, linkedin_simulator, monkeypatch):
    linkedin_simulator.configure(processing_seconds=3600.0)

    async def dead(self, mine=None):
        raise LedgerError("gone")

    async with start(heartbeat=0.05) as ingest:
        monkeypatch.setattr(Ledger, "heartbeat", dead)
        with pytest.raises(LedgerError, match="gone"):
            await results_of(ingest, specs(1))
