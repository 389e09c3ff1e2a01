"""Ctrl-C and its kin, while the work is under way."""

from __future__ import annotations

import json
import signal
import time

import pytest

from linkedin_media.simulator import CommitThenDrop, Fault, SimulatorConfig


@pytest.fixture
def linkedin_simulator_config():
    return SimulatorConfig(processing_seconds=60.0)


def _wait_for(simulator, operation):
    deadline = time.monotonic() + 20
    while not simulator.journal.count(operation=operation):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_upload_tells_of_every_file(program, photo, account, linkedin_simulator, number, status):
    process = program("upload", "photo.jpg", "missing.png", "--json", env=account)
    _wait_for(linkedin_simulator, "images.get")

    process.send_signal(number)
    out, err = process.communicate(timeout=20)

    rows = {row["file"]: row for row in map(json.loads, out.splitlines())}
    assert process.returncode == status
    assert rows["missing.png"]["error"]["code"] == "FILE_UNREADABLE"
    assert rows["photo.jpg"]["error"]["code"] == "INTERRUPTED"
    assert rows["photo.jpg"]["image"] in linkedin_simulator.images
    assert err.endswith(b"interrupted\n")
    assert b"Traceback" not in err


def test_an_interrupted_publication_says_that_nothing_was_posted(program, photo, account, linkedin_simulator):
    process = program("publish", "photo.jpg", "--commentary", "Hi", env=account)
    _wait_for(linkedin_simulator, "images.get")

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out) == (130, b"")
    assert b"nothing was posted" in err
    assert b"got as far as urn:li:image:" in err


def test_a_post_interrupted_while_it_is_created_may_exist(program, photo, account, linkedin_simulator):
    linkedin_simulator.configure(processing_seconds=0.0)
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(how="stall"), on="posts.create"))
    process = program("publish", "photo.jpg", "--commentary", "Hi", "--json", env=account)
    _wait_for(linkedin_simulator, "posts.create")

    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)

    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "POST_OUTCOME_UNKNOWN"
    assert len(linkedin_simulator.posts) == 1


def test_a_second_interruption_is_obeyed_at_once(program, photo, account, linkedin_simulator):
    process = program("upload", "photo.jpg", env=account)
    _wait_for(linkedin_simulator, "images.get")

    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert b"Traceback" not in err
