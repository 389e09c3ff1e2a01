"""Ingests of manifests: checked whole, then sent while they enter the ledger; known ones are not read again."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from linkedin_media import InvalidArgument, InvalidManifest
from linkedin_media.ingest.intake import ManifestIngest
from linkedin_media.ingest.manifest import Manifest
from linkedin_media.ingest.states import State

from .conftest import HOPPER, ORGANIZATION

FIRST = 3


@pytest.fixture(autouse=True)
def few_at_first(monkeypatch):
    monkeypatch.setattr("linkedin_media.ingest.intake._AT_FIRST", FIRST)


@pytest.fixture
def write(tmp_path):
    def write(jobs, name="m.jsonl", **changes):
        wish = {"file": HOPPER, "author": ORGANIZATION, **changes}
        rows = [json.dumps({"id": f"job-{n}", "commentary": f"text {n}", **wish}) for n in range(jobs)]
        (tmp_path / name).write_text("\n".join(rows))
        return Manifest(tmp_path / name, "/")

    return write


@pytest.fixture
def ingest(linkedin_client, tmp_path):
    return lambda: ManifestIngest(linkedin_client, ledger=tmp_path / "jobs.ledger")


async def results_of(ingest, manifest):
    await ingest.take(manifest)
    return [result async for result in ingest.run()]


async def test_every_job_of_the_manifest_is_posted(ingest, write, linkedin_simulator):
    async with ingest() as run:
        results = await results_of(run, write(12))

        assert (run.new, run.coming) == (12, 0)
    assert [result.state for result in results] == [State.POSTED] * 12
    assert len(linkedin_simulator.posts) == 12


async def test_two_processes_may_take_in_the_same_manifest(postgresql, linkedin_client, write, linkedin_simulator):
    one, other = (ManifestIngest(linkedin_client, ledger=postgresql) for _ in range(2))
    async with one, other:
        await asyncio.gather(results_of(one, write(12)), results_of(other, write(12)))

        assert await one.ledger.counts() == {State.POSTED: 12}
    assert len(linkedin_simulator.posts) == 12


async def test_the_first_jobs_are_sent_before_the_last_are_added(ingest, write, linkedin_simulator, monkeypatch):
    adding, loop, posted = ManifestIngest._add_all, asyncio.get_running_loop(), asyncio.Event()
    linkedin_simulator.on_call(lambda call: call.post and loop.call_soon_threadsafe(posted.set))

    async def after_a_post(run, jobs):
        await posted.wait()
        return await adding(run, jobs)

    monkeypatch.setattr(ManifestIngest, "_add_all", after_a_post)
    async with ingest() as run:
        results = await results_of(run, write(9))

    assert len(results) == 9


async def test_a_manifest_that_the_ledger_has_is_not_read_again(ingest, write, monkeypatch):
    manifest = write(4)
    async with ingest() as run:
        await results_of(run, manifest)
    monkeypatch.setattr(Manifest, "check", None)
    monkeypatch.setattr(Manifest, "jobs", None)

    async with ingest() as again:
        assert await results_of(again, Manifest(manifest.path, "/")) == []
        assert (again.new, again.coming) == (0, 0)


async def test_a_manifest_that_grew_adds_what_is_new(ingest, write):
    async with ingest() as run:
        await results_of(run, write(4))
    async with ingest() as again:
        results = await results_of(again, write(6, "n.jsonl"))

        assert again.new == 2
    assert sorted(result.id for result in results) == ["job-4", "job-5"]


async def test_a_known_job_that_wishes_for_something_else_stops_all_before_anything_is_sent(
    ingest, write, linkedin_simulator
):
    async with ingest() as run:
        await results_of(run, write(2))
    async with ingest() as again:
        with pytest.raises(InvalidArgument, match="job-0"):
            await results_of(again, write(5, "n.jsonl", visibility="CONNECTIONS"))

    assert len(linkedin_simulator.posts) == 2


async def test_nothing_of_a_manifest_that_is_wrong_is_taken_in(ingest, write, linkedin_simulator):
    async with ingest() as run:
        with pytest.raises(InvalidManifest):
            await run.take(write(3, file="/none.jpg"))

        assert await run.ledger.counts() == {}
    assert not linkedin_simulator.journal.calls()


async def test_a_manifest_that_changes_while_it_is_taken_in_stops_the_run(ingest, write):
    manifest = write(8)
    async with ingest() as run:
        await run.take(manifest)
        manifest.path.write_text("changed")
        with pytest.raises(InvalidManifest, match="changed while it was read"):
            _ = [result async for result in run.run()]


async def test_a_file_that_goes_while_the_first_jobs_are_sent_stops_the_run(ingest, write, monkeypatch):
    reading = Manifest.jobs

    def jobs(manifest):
        for position, spec in enumerate(reading(manifest)):
            if position == FIRST + 1:
                manifest._refuse(_one_problem())
            yield spec

    monkeypatch.setattr(Manifest, "jobs", jobs)
    async with ingest() as run:
        await run.take(write(8))
        with pytest.raises(InvalidManifest):
            _ = [result async for result in run.run()]


def _one_problem():
    from linkedin_media.ingest.manifest_lines import Problems

    problems = Problems()
    problems.add(5, "it is gone")
    return problems


async def test_a_stop_in_the_middle_is_resumed_by_the_next_run(ingest, write, linkedin_simulator, monkeypatch):
    monkeypatch.setattr("linkedin_media.ingest.ledger._ROWS", 1)
    async with ingest() as run:
        await run.take(write(30))
        async for _ in run.run():
            run.stop()
    async with ingest() as again:
        await results_of(again, write(30))
        counts = await again.ledger.counts()

    assert counts == {State.POSTED: 30}
    assert len(linkedin_simulator.posts) == 30


async def test_a_run_that_is_left_leaves_its_intake_too(ingest, write, monkeypatch):
    monkeypatch.setattr("linkedin_media.ingest.ledger._ROWS", 1)
    async with ingest() as run:
        await run.take(write(200))
        results = run.run()
        await anext(results)
        await results.aclose()

        assert run._intake.done()
        assert len(run.doubts) == 0


async def test_a_manifest_is_read_beside_the_loop(ingest, write, monkeypatch):
    readers, fingerprint, jobs = set(), Manifest.fingerprint, Manifest.jobs

    def told_of_fingerprint(self):
        readers.add(threading.current_thread())
        return fingerprint(self)

    def told_of_jobs(self):
        for one in jobs(self):
            readers.add(threading.current_thread())
            yield one

    monkeypatch.setattr(Manifest, "fingerprint", told_of_fingerprint)
    monkeypatch.setattr(Manifest, "jobs", told_of_jobs)
    async with ingest() as run:
        await run.take(write(5))
        results = [result.id async for result in run.run()]

    assert len(results) == 5
    assert readers
    assert threading.main_thread() not in readers
