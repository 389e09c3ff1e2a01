"""`ingest reconcile`: posts of unknown outcome are looked for again, and nothing else is touched."""

from __future__ import annotations

import pytest

from linkedin_media.ingest.database import open_database, open_for_reading
from linkedin_media.ingest.options import IngestOptions
from linkedin_media.ingest.reconciling import Reconciliation
from linkedin_media.ingest.runner import Ingest
from linkedin_media.ingest.schema import job
from linkedin_media.ingest.states import State
from linkedin_media.ingest.survey import find, survey
from linkedin_media.simulator import CommitThenDrop, Fault, Reset

AT_ONCE = IngestOptions(reconcile_after=0)


@pytest.fixture
def location(tmp_path):
    return tmp_path / "jobs.ledger"


@pytest.fixture
async def doubtful(linkedin_client, linkedin_simulator, location, make_specs):
    """Three jobs of unknown outcome: two exist, one does not; and another that has not begun."""
    drop, reset = (
        Fault(action=CommitThenDrop(), on="posts.create", times=2),
        Fault(action=Reset(), on="posts.create", nth=3, when="before"),
    )
    linkedin_simulator.faults.add(drop, reset)
    async with Ingest(linkedin_client, ledger=location, options=IngestOptions(wait=False)) as ingest:
        await ingest.add(make_specs(3))
        results = [result async for result in ingest.run()]
        await ingest.ledger.add(make_specs(4)[3:])
    linkedin_simulator.faults.clear()
    assert [result.state for result in results] == [State.UNKNOWN] * 3
    assert len(linkedin_simulator.posts) == 2


async def reconciled(client, location):
    async with Reconciliation(client, ledger=location, options=AT_ONCE) as run:
        results = [result async for result in run.run()]
        assert len(run.doubts) == 0
        return results, await run.ledger.counts()


@pytest.mark.usefixtures("doubtful")
async def test_found_posts_are_written_down_and_absent_ones_are_sent_once_more(
    linkedin_client, linkedin_simulator, location
):
    results, counts = await reconciled(linkedin_client, location)

    assert sorted((result.id, result.state) for result in results) == [(f"job-{n}", State.POSTED) for n in range(3)]
    assert counts == {State.POSTED: 3, State.NEW: 1}
    assert len(linkedin_simulator.posts) == 3
    assert {result.post for result in results} == set(linkedin_simulator.posts)


@pytest.mark.usefixtures("doubtful")
async def test_what_still_cannot_be_told_stays_unknown_with_the_reason(linkedin_client, linkedin_simulator, location):
    blind = linkedin_simulator.issue_token("w_organization_social")
    async with type(linkedin_client)(blind, base_url=linkedin_simulator.base_url) as client:
        results, counts = await reconciled(client, location)

    assert [result.state for result in results] == [State.UNKNOWN] * 3
    assert "may not be read" in results[0].error["message"]
    assert counts == {State.UNKNOWN: 3, State.NEW: 1}
    assert len(linkedin_simulator.posts) == 2


async def test_where_nothing_is_in_doubt_nothing_is_asked(linkedin_client, linkedin_simulator, location, make_specs):
    async with Ingest(linkedin_client, ledger=location) as ingest:
        await ingest.add(make_specs(1))

    assert await reconciled(linkedin_client, location) == ([], {State.NEW: 1})
    assert not linkedin_simulator.journal.calls()


@pytest.mark.usefixtures("doubtful")
async def test_the_survey_shows_doubts_and_workers(linkedin_client, location):
    async with Ingest(linkedin_client, ledger=location):
        database = open_for_reading(location)
        seen = survey(database)
        database.close()

    (worker,) = seen.workers

    assert (seen.jobs, seen.left) == (4, 1)
    assert {doubt.id for doubt in seen.doubts} == {"job-0", "job-1", "job-2"}
    assert all("may or may not exist" in doubt.error for doubt in seen.doubts)
    assert worker.alive
    assert 1 <= seen.lately < 60
    assert seen.rate == pytest.approx(3 / seen.lately)
    assert seen.seconds_left == pytest.approx(seen.lately / 3)


@pytest.mark.usefixtures("doubtful")
async def test_the_rate_of_a_run_that_began_long_ago_is_that_of_the_last_minute(location):
    database = open_database(location)
    with database.begin() as db:
        db.execute(job.update().where(job.c.began_at.is_not(None)).values(began_at=job.c.began_at - 3_600_000))
    seen = survey(database)
    database.close()

    assert seen.lately == 60
    assert seen.rate == pytest.approx(3 / 60)
    assert seen.seconds_left == pytest.approx(20)


async def test_a_worker_that_was_killed_is_not_alive(location, linkedin_client, monkeypatch):
    async with Ingest(linkedin_client, ledger=location):
        for error, alive in ((ProcessLookupError, False), (PermissionError, True)):
            monkeypatch.setattr("os.kill", lambda pid, number, error=error: (_ for _ in ()).throw(error))
            database = open_for_reading(location)
            assert [worker.alive for worker in survey(database).workers] == [alive]
            assert find(database, "none") == []
            database.close()
