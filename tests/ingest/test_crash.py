"""Killed at any moment, run again: nothing lost, nothing posted twice, and the ledger says the truth."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import func, select

from linkedin_media.ingest.database import open_for_reading
from linkedin_media.ingest.schema import job, worker
from linkedin_media.ingest.states import State
from linkedin_media.ingest.survey import records
from linkedin_media.simulator import CommitThenDrop, Fault, Reset, SimulatorConfig, SimulatorProcess

from .conftest import HOPPER
from .saboteur import POINTS

SABOTEUR = str(Path(__file__).with_name("saboteur.py"))
OPTIONS = {"reconcile_after": 0.4, "send_within": 5.0, "clock_skew": 60.0, "retry_delay": 0.1}


@attrs.define
class Killing:
    """Runs ingests against one simulator and one ledger until all is done, killing many of them on the way."""

    simulator: SimulatorProcess
    ledger: str
    jobs: int
    chance: random.Random
    kills: Counter[str] = attrs.field(factory=Counter)

    def order(self, **more: Any) -> dict[str, Any]:
        sim = self.simulator
        return {
            "token": sim.token,
            "base_url": sim.base_url,
            "author": sim.organization,
            "file": HOPPER,
            "ledger": self.ledger,
            "jobs": self.jobs,
            "options": OPTIONS,
            **more,
        }

    def start(self, **more: Any) -> subprocess.Popen[str]:
        command = [sys.executable, SABOTEUR, json.dumps(self.order(**more))]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, **more: Any) -> int:
        """Run one to its end, however that comes."""
        process = self.start(**more)
        _, errors = process.communicate(timeout=120)
        assert process.returncode in (0, -signal.SIGKILL), errors
        return process.returncode

    def kill_at(self, point: str, nth: int) -> None:
        if self.run(point=point, nth=nth) == -signal.SIGKILL:
            self.kills[point] += 1

    def kill_sometime(self, longest: float) -> None:
        process = self.start()
        try:
            process.communicate(timeout=self.chance.uniform(0.5, longest))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.kills["sometime"] += 1

    def records(self) -> list[Any]:
        if "://" not in self.ledger and not Path(self.ledger).exists():
            return []  # killed before there was one
        with closing(open_for_reading(self.ledger)) as database:
            return list(records(database))

    def check(self) -> None:
        """Hold the ledger against the truth."""
        posts, jobs = self.simulator.posts, self.records()
        shown = Counter(image for post in posts.values() for image in post.images)
        assert [image for image, times in shown.items() if times > 1] == []
        assert [text for text, times in Counter(post.commentary for post in posts.values()).items() if times > 1] == []
        for one in jobs:
            of_job = posts.with_image(str(one.image_urns[0])) if one.image_urns else []
            if one.state is State.POSTED:
                assert [post.id for post in of_job] == [one.post], one.spec.id
                assert of_job[0].commentary == one.spec.commentary
            else:
                assert one.state in (State.UNKNOWN, State.POSTING) or not of_job, one

    def check_end(self) -> None:
        self.check()
        assert Counter(job.state for job in self.records()) == {State.POSTED: self.jobs}
        assert len(self.simulator.posts) == self.jobs


def _faults(seed: int) -> list[Fault]:
    """Answers lost after the deed, connections cut before it."""
    return [
        Fault(action=CommitThenDrop(), on="posts.create", probability=0.1, seed=seed),
        Fault(action=Reset(), on="posts.create", probability=0.03, seed=seed + 1),
        Fault(action=Reset(), on="uploads.put", probability=0.03, seed=seed + 2),
    ]


def _killing(simulator: SimulatorProcess, ledger: Path, jobs: int, *, points: int, moments: int, seed: int) -> Killing:
    chance = random.Random(seed)
    killing = Killing(simulator, str(ledger), jobs, chance)
    simulator.faults.add(*_faults(seed))
    plan: list[str | None] = [POINTS[number % len(POINTS)] for number in range(points)] + [None] * moments
    chance.shuffle(plan)
    share = jobs // len(plan)
    for number, point in enumerate(plan, 1):
        killing.jobs = share * number  # every run finds something new to do, however far the last one came
        if point is None:
            killing.kill_sometime(1.0)
        else:
            killing.kill_at(point, chance.randint(1, share))
        killing.check()
    killing.jobs = jobs
    return killing


def test_twenty_kills_lose_no_job_and_double_no_post(tmp_path):
    config = SimulatorConfig(processing_seconds=0.02, finder_lag_seconds=0.2)
    with SimulatorProcess(config) as simulator:
        killing = _killing(simulator, tmp_path / "jobs.ledger", 60, points=16, moments=4, seed=1)
        assert sum(killing.kills.values()) >= 15, killing.kills
        assert killing.run() == 0
        killing.check_end()


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.timeout(1200)
def test_a_hundred_kills_over_five_hundred_jobs(tmp_path, seed):
    config = SimulatorConfig(processing_seconds=(0.0, 0.3), finder_lag_seconds=0.2)
    with SimulatorProcess(config) as simulator:
        killing = _killing(simulator, tmp_path / "jobs.ledger", 500, points=100, moments=25, seed=seed)
        sys.stdout.write(f"{dict(killing.kills)}\n")
        assert sum(killing.kills.values()) >= 100, killing.kills
        assert killing.run() == 0
        killing.check_end()


def test_three_workers_share_a_ledger_and_finish_the_jobs_of_one_that_is_killed(postgresql):
    with SimulatorProcess(SimulatorConfig(processing_seconds=0.05)) as simulator:
        simulator.faults.add(*_faults(5))
        killing = Killing(simulator, postgresql, 150, random.Random(5))
        options = {**OPTIONS, "heartbeat": 0.2, "send_within": 1.0}
        workers = [killing.start(options=options, dead_after=2.0, call=1.0, window=16) for _ in range(3)]
        while simulator.journal.count(operation="posts.create") < 30:
            time.sleep(0.02)
        workers[1].kill()
        told = [worker.communicate(timeout=50) for worker in workers]

        assert [worker.returncode for worker in workers] == [0, -signal.SIGKILL, 0], told
        assert all('"posted"' in told[number][0] for number in (0, 2))
        killing.check_end()


SHARED = {"options": {**OPTIONS, "heartbeat": 0.2, "send_within": 1.0}, "dead_after": 2.0, "call": 1.0, "window": 12}


def _left_behind(location: str) -> tuple[dict[int, Any], int]:
    """Return the jobs that somebody still owns, and when the last of their owners was seen."""
    with closing(open_for_reading(location)) as database:
        with database.engine.connect() as connection:
            owned = set(connection.execute(select(job.c.id).where(job.c.owner.is_not(None))).scalars())
            seen = connection.execute(select(func.max(worker.c.seen))).scalar_one()
        return {record.id: record for record in records(database) if record.id in owned}, seen


@pytest.mark.parametrize("point", ["after intent", "before post", "after post"])
def test_the_jobs_of_a_worker_killed_in_mid_work_go_on_where_it_left_them(postgresql, point):
    with SimulatorProcess(SimulatorConfig(processing_seconds=(0.3, 3.0), finder_lag_seconds=0.2)) as simulator:
        killing = Killing(simulator, postgresql, 24, random.Random(5))
        assert killing.run(point=point, nth=5, **SHARED) == -signal.SIGKILL
        left, seen = _left_behind(postgresql)
        in_doubt = {number for number, record in left.items() if record.state is State.POSTING}
        uploaded = {number: record.images[0].urn for number, record in left.items() if record.images[0].is_sent}
        assert in_doubt
        assert uploaded.keys() - in_doubt, "it left nothing half done: the test proves nothing"

        assert killing.run(**SHARED) == 0

        killing.check_end()
        done = {record.id: record for record in killing.records()}
        assert {number: done[number].images[0].urn for number in uploaded} == uploaded
        assert all(done[number].ended_at >= seen + 2000 for number in left), "it was taken over while it may have lived"
        assert simulator.journal.count(operation="posts.create") == killing.jobs


def test_a_worker_that_wakes_up_after_it_was_taken_for_dead_posts_nothing_twice(postgresql):
    with SimulatorProcess(SimulatorConfig(processing_seconds=(0.1, 0.5), finder_lag_seconds=0.2)) as simulator:
        killing = Killing(simulator, postgresql, 100, random.Random(5))
        sleeper = killing.start(**SHARED)
        while simulator.journal.count(operation="posts.create") < 10:
            time.sleep(0.01)
        sleeper.send_signal(signal.SIGSTOP)
        left, _ = _left_behind(postgresql)
        assert left, "it held nothing: the test proves nothing"
        assert killing.run(**SHARED) == 0
        killing.check_end()

        sleeper.send_signal(signal.SIGCONT)
        _, errors = sleeper.communicate(timeout=30)

        assert sleeper.returncode == 0, errors
        killing.check_end()


def test_a_second_process_on_a_ledger_file_is_refused_and_told_the_first_ones_pid(tmp_path):
    with SimulatorProcess(SimulatorConfig(processing_seconds=5.0)) as simulator:
        killing = Killing(simulator, str(tmp_path / "jobs.ledger"), 3, random.Random(1))
        first = killing.start()
        assert first.stdout is not None
        assert first.stdout.readline() == "added\n"
        second = killing.start()
        _, errors = second.communicate(timeout=20)
        first.kill()
        first.communicate()

    assert second.returncode == 1
    assert f"jobs.ledger is in use by process {first.pid}" in errors
