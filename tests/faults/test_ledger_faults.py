"""Stage L: the ledger, through kills, power cuts, full disks, rivals, signals and cancellation."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from linkedin_media.errors import LedgerBusy, LedgerUnusable, LostLease
from linkedin_media.ingest import database, ledger_place
from linkedin_media.ingest.database import open_database, open_for_reading
from linkedin_media.ingest.jobs import JobSpec
from linkedin_media.ingest.ledger import Ledger
from linkedin_media.ingest.states import State
from linkedin_media.ingest.survey import records
from linkedin_media.simulator import CommitThenDrop, Fault, Latency, SimulatorConfig, SimulatorProcess
from tests.faults import crash_vfs
from tests.faults.test_create import CREATE, SABOTEUR, ingest, states
from tests.faults.ward import HOPPER, Ward, picture, settled
from tests.ingest.conftest import intend, postgresql, postgresql_server  # noqa: F401 -- fixtures

WORST: Final = ("after upload", "after intent", "before post", "after post", "after call")
ORGANIZATION: Final = "urn:li:organization:5583111"


def wishes(number: int) -> list[JobSpec]:
    wish = {"files": [str(HOPPER)], "author": ORGANIZATION, "owner": ORGANIZATION}
    return [JobSpec(id=f"job-{n}", commentary=f"text {n}", **wish) for n in range(number)]


def order(simulator: SimulatorProcess, ledger: Path, jobs: int, **more: Any) -> list[str]:
    """The command that carries out an ingest, killing itself where `more` says."""
    told = {
        "token": simulator.token,
        "base_url": simulator.base_url,
        "author": simulator.organization,
        "file": str(HOPPER),
        "ledger": str(ledger),
        "jobs": jobs,
        "options": {"reconcile_after": 0.2, "send_within": 5.0, "clock_skew": 60.0, "retry_delay": 0.05},
    }
    return [sys.executable, SABOTEUR, json.dumps({**told, **more})]


def ended(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


def truth_and_ledger_agree(simulator: SimulatorProcess, ledger: Path) -> None:
    """Every post has its intent in the ledger, no image is shown twice, and what is said to be posted is."""
    posts = simulator.posts
    with closing(open_for_reading(ledger)) as opened:
        jobs = list(records(opened))
    assert [
        image for image, times in Counter(i for post in posts.values() for i in post.images).items() if times > 1
    ] == []
    for job in jobs:
        found = [post.id for post in posts.values() if set(post.images) & {str(image) for image in job.image_urns}]
        if job.state is State.POSTED:
            assert found == [job.post]
        elif job.state not in {State.POSTING, State.UNKNOWN}:
            assert found == []
    intended = {str(image) for job in jobs if job.intent_at for image in job.image_urns}
    assert {image for post in posts.values() for image in post.images} - intended == set()


@pytest.mark.timeout(180)
def test_L01_a_process_killed_at_one_point_after_the_other_resumes_to_the_same_end(tmp_path: Path) -> None:
    """All the points, many times over, are in tests/ingest/test_crash.py."""
    ledger, kills = tmp_path / "jobs.ledger", []
    with SimulatorProcess(SimulatorConfig(processing_seconds=0.0)) as simulator:
        for number, point in enumerate(WORST, 1):
            ran = ended(order(simulator, ledger, number, point=point, nth=1))
            kills.append(ran.returncode)
            truth_and_ledger_agree(simulator, ledger)
        last = ended(order(simulator, ledger, len(WORST)))
        assert last.returncode == 0, last.stderr
        truth_and_ledger_agree(simulator, ledger)
        texts = Counter(post.commentary for post in simulator.posts.values())

    assert kills == [-signal.SIGKILL] * len(WORST)
    assert texts == {f"text {n}": 1 for n in range(len(WORST))}


async def test_L02_a_power_cut_takes_back_nothing_that_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, chance = crash_vfs.Disk(), random.Random(0)
    acknowledged: dict[int, str] = {}
    vfs = crash_vfs.CrashVFS(disk)
    images: list[tuple[Path, dict[int, str]]] = []
    (tmp_path / "cuts").mkdir()

    def cut() -> None:
        if acknowledged and chance.random() < 0.25:
            found = tmp_path / "cuts" / str(len(images))
            images.append((found, dict(acknowledged)))
            disk.lose_power(found, chance)

    patched = SimpleNamespace(connect=crash_vfs.Connection, Error=sqlite3.Error)
    monkeypatch.setattr(database, "sqlite3", patched)
    (tmp_path / "disk").mkdir()
    ledger = await Ledger.open(tmp_path / "disk" / "jobs.ledger")
    await ledger.add(wishes(40))
    disk.before_write = cut
    for record in await ledger.claim(40):
        record.images[0].urn, record.images[0].sha256, record.images[0].available = (
            f"urn:li:image:{record.id}",
            "0",
            True,
        )
        record.state = State.AVAILABLE
        await ledger.save(record)
        acknowledged[record.id] = "available"
        await intend(ledger, record)
        acknowledged[record.id] = "posting"
        if record.id % 2:
            record.state, record.post = State.POSTED, f"urn:li:share:{record.id}"
            await ledger.save(record)
            acknowledged[record.id] = "posted"
    disk.before_write = lambda: None
    await ledger.aclose()
    vfs.unregister()
    monkeypatch.undo()

    assert len(images) >= 50
    lost = [gone for folder, known in images for gone in _lost(folder / "jobs.ledger", known)]
    assert lost == []


def _lost(path: Path, known: dict[int, str]) -> list[str]:
    rank = {"new": 0, "available": 1, "posting": 2, "posted": 3}
    with closing(sqlite3.connect(path)) as found:
        whole = found.execute("PRAGMA integrity_check").fetchone()[0]
        states_found = dict(found.execute("SELECT id, state FROM job"))
    problems = [] if whole == "ok" else [f"{path}: {whole}"]
    return problems + [
        f"{path}: {job}" for job, state in known.items() if rank[states_found.get(job, "new")] < rank[state]
    ]


def test_L03_a_full_disk_ends_the_run_before_anything_is_sent_without_its_intent(tmp_path: Path) -> None:
    ledger, jobs = tmp_path / "jobs.ledger", 40
    one_by_one = SimulatorConfig(processing_seconds=(0.0, 0.8))
    with SimulatorProcess(one_by_one) as simulator:

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

        full = ended(order(simulator, ledger, jobs), preexec_fn=limit)
        assert full.returncode == 1
        assert "LedgerError" in full.stderr
        assert "make space on the disk and run it again" in full.stderr
        assert len(simulator.posts) < jobs
        truth_and_ledger_agree(simulator, ledger)

        assert ended(order(simulator, ledger, jobs)).returncode == 0
        truth_and_ledger_agree(simulator, ledger)
        assert len(simulator.posts) == jobs


def test_L04_of_two_that_race_for_a_ledger_one_has_it_two_hundred_times(tmp_path: Path) -> None:
    path, outcomes = tmp_path / "jobs.ledger", []
    open_database(path).close()
    start, tried = threading.Barrier(2, timeout=10), threading.Barrier(2, timeout=10)

    def race() -> None:
        for _ in range(200):
            start.wait()
            try:
                opened = open_database(path)
            except LedgerBusy as busy:
                outcomes.append("busy" if busy.pid == os.getpid() or busy.pid is None else "odd")
                tried.wait()
            else:
                outcomes.append("owner")
                tried.wait()
                opened.close()

    rival = threading.Thread(target=race)
    rival.start()
    race()
    rival.join()

    assert Counter(outcomes) == {"owner": 200, "busy": 200}


def test_L04_a_second_process_is_turned_away_and_every_job_runs_once(tmp_path: Path) -> None:
    with SimulatorProcess(SimulatorConfig(processing_seconds=3600.0)) as simulator:
        command = order(simulator, tmp_path / "jobs.ledger", 5)
        first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert first.stdout is not None
        assert first.stdout.readline() == "added\n"
        second = ended(command)
        simulator.clock.advance(3600.0)
        first.communicate(timeout=30)

        assert (first.returncode, second.returncode) == (0, 1)
        assert "LedgerBusy" in second.stderr
        assert simulator.journal.count(operation=CREATE) == len(simulator.posts) == 5


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
async def test_L05_a_lease_ends_by_the_databases_clock_and_its_former_owner_commits_nothing(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    location = request.getfixturevalue("postgresql")
    first, second = await Ledger.open(location), await Ledger.open(location)
    first.dead_after = second.dead_after = 0.3
    try:
        await first.add(wishes(1))
        (record,) = await first.claim(1)
        record.state = State.AVAILABLE
        usual = time.time
        monkeypatch.setattr(time, "time", lambda: usual() + jump)
        assert await second.claim(1) == []
        assert await settled_after(0.5, lambda: second.claim(1)) == [record.id]

        with pytest.raises(LostLease):
            await intend(first, record)
        with pytest.raises(LostLease):
            await first.save(record)
    finally:
        await first.aclose()
        await second.aclose()


async def settled_after(seconds: float, claim: Any) -> list[int]:
    await asyncio.sleep(seconds)
    return [record.id for record in await claim()]


async def test_L06_every_transaction_takes_the_write_lock_at_once(tmp_path: Path) -> None:
    ledger = await Ledger.open(tmp_path / "jobs.ledger")
    ran: list[str] = []
    connection = ledger._database._raw  # the only one
    assert connection is not None
    connection.set_trace_callback(ran.append)
    problems: list[Exception] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                with closing(open_for_reading(tmp_path / "jobs.ledger")) as opened:
                    list(records(opened))
            except Exception as error:  # noqa: BLE001 -- it is what is counted
                problems.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    await ledger.add(wishes(200))
    held = await ledger.claim(200)
    for record in held:
        record.state = State.AVAILABLE
    await asyncio.gather(*(intend(ledger, record) for record in held))
    stop.set()
    for reader in readers:
        reader.join()
    await ledger.aclose()

    assert problems == []
    begun = [statement for statement in ran if statement.startswith("BEGIN")]
    assert len(begun) >= 4  # added, claimed, intended, signed out
    assert set(begun) == {"BEGIN IMMEDIATE"}
    assert ran.count("COMMIT") == len(begun)


UNUSABLE: Final = ("no database", "torn", "newer", "another database", "read-only", "nfs", "folder")


@pytest.mark.parametrize("how", UNUSABLE)
async def test_L07_a_ledger_that_cannot_be_used_is_refused_and_left_as_it_is(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jobs.ledger"
    ledger = await Ledger.open(path)
    await ledger.add(wishes(50))
    await ledger.aclose()
    _spoil(path, how, monkeypatch)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(LedgerUnusable) as caught:
        await _use(path)

    assert str(path) in caught.value.message
    assert (path.read_bytes() if path.is_file() else b"") == before


async def _use(path: Path) -> None:
    ledger = await Ledger.open(path)
    try:
        await ledger.claim(50)
    finally:
        await ledger.aclose()


def _spoil(path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    match how:
        case "no database":
            path.write_bytes(b"Dear diary" * 100)
        case "torn":
            content = path.read_bytes()
            path.write_bytes(content[:100] + random.Random(0).randbytes(len(content) - 100))
        case "newer":
            with closing(sqlite3.connect(path)) as opened:
                opened.execute("UPDATE linkedin_media_ledger SET value = '999' WHERE name = 'version'")
                opened.commit()
                opened.execute("PRAGMA journal_mode=DELETE")
        case "another database":
            path.unlink()
            with closing(sqlite3.connect(path)) as opened:
                opened.execute("CREATE TABLE recipes (name TEXT)")
        case "read-only":
            usual = os.access
            monkeypatch.setattr(os, "access", lambda file, mode: mode != os.W_OK and usual(file, mode))
        case "nfs":
            monkeypatch.setattr(ledger_place, "_file_system", lambda _folder: "nfs4")
        case "folder":
            path.unlink()
            path.mkdir()


def _manifest(folder: Path, jobs: int) -> Path:
    path = folder / "jobs.csv"
    (folder / "hero.jpg").write_bytes(HOPPER.read_bytes())
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "file", "author", "commentary"])
        rows.writerows([f"job-{n}", "hero.jpg", ORGANIZATION, f"text {n}"] for n in range(jobs))
    return path


def _program(simulator: SimulatorProcess, manifest: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "linkedin_media", "ingest", str(manifest), "--ledger", str(manifest.parent / "l")]
    environment = {
        **os.environ,
        "LINKEDIN_ACCESS_TOKEN": simulator.token,
        "LINKEDIN_BASE_URL": simulator.base_url,
    }
    return subprocess.Popen(
        [*command, "--json", "--reconcile-after", "0.2"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for(simulator: SimulatorProcess, operation: str, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 20
    while not any(fault["struck"] for fault in simulator.faults.to_json() if fault["on"] == operation):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "operation"),
    [
        (signal.SIGTERM, "images.initializeUpload"),
        (signal.SIGINT, "uploads.put"),
        (signal.SIGTERM, "images.*get"),
        (signal.SIGINT, CREATE),
    ],
)
def test_L08_a_signal_ends_a_run_within_its_grace_and_the_next_one_resumes(
    tmp_path: Path, number: signal.Signals, operation: str
) -> None:
    manifest = _manifest(tmp_path, 4)
    with SimulatorProcess(SimulatorConfig(processing_seconds=0.0)) as simulator:
        simulator.faults.add(Fault(action=Latency(seconds=0.7), on=operation))
        process = _program(simulator, manifest)
        _wait_for(simulator, operation, process)
        process.send_signal(number)
        printed = "".join(process.communicate(timeout=20))
        simulator.faults.clear()
        again = _program(simulator, manifest)
        again.communicate(timeout=30)

        assert process.returncode == 128 + number
        assert "Traceback" not in printed
        assert again.returncode == 0
        assert Counter(post.commentary for post in simulator.posts.values()) == {f"text {n}": 1 for n in range(4)}


def test_L08_a_second_signal_ends_the_process_at_once(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path, 1)
    with SimulatorProcess(SimulatorConfig(processing_seconds=0.0)) as simulator:
        simulator.faults.add(Fault(action=Latency(seconds=3.0), on=CREATE))
        process = _program(simulator, manifest)
        _wait_for(simulator, CREATE, process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        printed = "".join(process.communicate(timeout=20))

        assert process.returncode == 130
        assert time.monotonic() - began < 1.5
        assert "Traceback" not in printed


async def test_L09_an_upload_that_is_cancelled_closes_its_connection(ward: Ward, tmp_path: Path) -> None:
    client = ward.client()
    started = await client.images.initialize_upload(ward.owner)
    ward.fault(Latency(seconds=1.0), "uploads.put")
    begun = asyncio.Event()
    upload = asyncio.create_task(client.images.upload(started, picture(3_000_000), on_progress=lambda _: begun.set()))
    await begun.wait()

    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload

    assert await settled(lambda: ward.connections <= 1)
    assert client.transport._free._free == client.concurrency.connections


@pytest.mark.parametrize("fault", [Latency(seconds=0.2), CommitThenDrop(how="stall")], ids=["slow", "lost"])
async def test_L09_a_post_that_is_cancelled_is_finished_or_in_doubt_and_never_sent_twice(
    ward: Ward, tmp_path: Path, fault: Any
) -> None:
    ward.fault(fault, CREATE, nth=1)
    work = asyncio.create_task(ingest(ward, tmp_path / "jobs.ledger"))
    assert await settled(lambda: bool(ward.simulator.faults.to_json()[0]["struck"]))

    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    with closing(open_for_reading(tmp_path / "jobs.ledger")) as opened:
        written = [job.state for job in records(opened)]
    again = await ingest(ward, tmp_path / "jobs.ledger")

    assert written in ([State.POSTED], [State.POSTING])
    assert states(again) == ([] if written == [State.POSTED] else ["posted"])
    assert (ward.count(CREATE), ward.posts) == (1, 1)
