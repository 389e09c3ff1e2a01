"""``linkedin-media ingest``: rows, lines, statuses, signals, and what is said of a ledger."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import time
import urllib.request

import pytest
from PIL import Image

from linkedin_media.cli import ingest_ending, ingest_run
from linkedin_media.files import inspect_now
from linkedin_media.simulator import Answer, CommitThenDrop, DailyLimit, Fault, SimulatorConfig

AUTHOR = "urn:li:organization:5583111"
SUMMARY = ["jobs", "posted", "failed", "unknown", "parked", "seconds"]

signed_in = pytest.mark.usefixtures("signed_in")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def manifest(photo):
    """Write a manifest of so many jobs; each shows the photo."""

    def manifest(jobs=4, **changes):
        rows = [
            {"id": f"job-{n}", "file": photo.name, "author": AUTHOR, "commentary": f"text {n}", **changes}
            for n in range(jobs)
        ]
        path = photo.with_name("jobs.jsonl")
        path.write_text("\n".join(map(json.dumps, rows)))
        return path

    return manifest


def refuse(nth):
    body = {"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions to \u001b[31mpost"}
    return Fault(action=Answer(status=403, body=body), on="posts.create", nth=nth)


def drop(**when):
    return Fault(action=CommitThenDrop(), on="posts.create", **when)


@signed_in
def test_json_is_a_row_for_each_job_and_a_summary_last(cli, manifest, linkedin_simulator):
    ran = cli("ingest", manifest(), "--ledger", "a.ledger", "--json")

    *rows, last = ran.rows
    assert ran.status == 0
    assert sorted(row["id"] for row in rows) == ["job-0", "job-1", "job-2", "job-3"]
    assert all(list(row) == ["id", "state", "post", "images", "error"] for row in rows)
    assert {row["state"] for row in rows} == {"posted"}
    assert {row["post"] for row in rows} == set(linkedin_simulator.posts)
    assert list(last["summary"]) == SUMMARY
    assert (last["summary"]["jobs"], last["summary"]["posted"]) == (4, 4)


@signed_in
def test_a_finished_ingest_has_nothing_to_do_and_its_summary_is_of_the_whole_ledger(cli, manifest, linkedin_simulator):
    cli("ingest", manifest(), "--ledger", "a.ledger", "--json")
    calls = len(linkedin_simulator.journal)

    ran = cli("ingest", manifest(), "--ledger", "a.ledger", "--json")

    assert (ran.status, ran.row["summary"]["posted"]) == (0, 4)
    assert len(linkedin_simulator.journal) == calls


@signed_in
def test_jobs_without_a_text_end_available(cli, manifest, linkedin_simulator):
    ran = cli("ingest", manifest(2, commentary=None), "--ledger", "a.ledger", "--json")

    assert [(row["state"], row["post"], len(row["images"])) for row in ran.rows[:2]] == [("available", None, 1)] * 2
    assert (ran.status, ran.rows[-1]["summary"]["posted"]) == (0, 0)
    assert len(linkedin_simulator.posts) == 0


@signed_in
def test_people_read_results_on_stdout_and_failures_last(cli, manifest, linkedin_simulator):
    linkedin_simulator.faults.add(refuse(2))

    ran = cli("ingest", manifest(), "--ledger", "a.ledger")

    failed = next(line for line in ran.out.splitlines() if line.startswith("failed"))
    assert ran.status == 1
    assert "Not enough permissions" in failed
    assert ran.out.count("posted ") == 3
    assert "4 jobs: 3 posted, 1 failed" in ran.out
    assert "--retry-failed" in ran.out
    assert "photo.jpg" in ran.err
    assert "w_organization_social" in ran.err
    assert "\x1b" not in ran.out + ran.err


@signed_in
def test_people_read_how_many_images_are_available(cli, manifest):
    ran = cli("ingest", manifest(3, commentary=None), "--ledger", "a.ledger")

    assert ran.status == 0
    assert "3 jobs: 3 available; " in ran.out


@signed_in
def test_of_very_many_failures_some_are_listed_and_the_report_has_all(cli, manifest, linkedin_simulator, monkeypatch):
    monkeypatch.setattr(ingest_run, "MOST_LISTED", 3)
    monkeypatch.setattr(ingest_ending, "MOST_LISTED", 3)
    linkedin_simulator.faults.add(refuse(range(1, 7)))

    ran = cli("ingest", manifest(6), "--ledger", "a.ledger")

    assert ran.status == 1
    assert ran.err.count("Not enough permissions") == 3
    assert "and more: see the report" in ran.err


@signed_in
def test_failed_jobs_are_tried_again_when_asked(cli, manifest, linkedin_simulator):
    linkedin_simulator.faults.add(refuse(1))
    assert cli("ingest", manifest(), "--ledger", "a.ledger", "--json").status == 1
    linkedin_simulator.faults.clear()

    assert cli("ingest", manifest(), "--ledger", "a.ledger", "--json").status == 1
    ran = cli("ingest", manifest(), "--ledger", "a.ledger", "--json", "--retry-failed")

    assert (ran.status, ran.rows[0]["state"], ran.rows[-1]["summary"]["posted"]) == (0, "posted", 4)


@signed_in
def test_a_post_in_doubt_is_waited_for_and_found(cli, manifest, linkedin_simulator):
    linkedin_simulator.faults.add(drop(every=2))

    ran = cli("ingest", manifest(), "--ledger", "a.ledger", "--json", "--reconcile-after", "0.2")

    assert (ran.status, ran.rows[-1]["summary"]["posted"]) == (0, 4)
    assert len(linkedin_simulator.posts) == 4


@signed_in
def test_without_waiting_it_is_unknown_until_it_is_reconciled(cli, manifest, linkedin_simulator):
    linkedin_simulator.faults.add(drop(nth=1))

    ran = cli("ingest", manifest(2), "--ledger", "a.ledger", "--no-wait", "--json")
    said = cli("ingest", manifest(2), "--ledger", "a.ledger", "--no-wait")
    assert (ran.status, said.status) == (3, 3)
    assert sorted(row["state"] for row in ran.rows[:-1]) == ["posted", "unknown"]
    assert "linkedin-media ingest reconcile --ledger" in said.out

    settled = cli("ingest", "reconcile", "--ledger", "a.ledger", "--reconcile-after", "0", "--json")
    assert (settled.status, settled.rows[0]["state"]) == (0, "posted")
    assert settled.rows[-1]["summary"]["unknown"] == 0
    assert len(linkedin_simulator.posts) == 2


@signed_in
@pytest.mark.parametrize("command", [["ingest"], ["ingest", "reconcile"]], ids=["ingest", "reconcile"])
def test_a_ledger_of_one_api_is_not_gone_on_with_at_another(cli, manifest, linkedin_simulator, monkeypatch, command):
    linkedin_simulator.faults.add(drop(nth=1))
    cli("ingest", manifest(1), "--ledger", "a.ledger", "--no-wait", "--json")
    what = [*command, *([manifest(1)] if command == ["ingest"] else []), "--ledger", "a.ledger", "--json"]

    with monkeypatch.context() as patch:
        patch.setenv("LINKEDIN_BASE_URL", "https://api.linkedin.com")
        ran = cli(*what)

    assert ran.status == 1
    assert "went to this machine, but calls now go to https://api.linkedin.com" in ran.row["error"]["message"]
    assert cli("ingest", "reconcile", "--reconcile-after", 0, "--ledger", "a.ledger", "--same-api").status == 0
    assert len(linkedin_simulator.posts) == 1


@signed_in
def test_a_daily_limit_parks_the_rest(cli, manifest, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=DailyLimit(calls=1), on="posts.create"))

    ran = cli("ingest", manifest(), "--ledger", "a.ledger", "--concurrency", "1", "--json")
    said = cli("ingest", "status", "--ledger", "a.ledger")

    assert ran.status == 3
    assert ran.rows[-1]["summary"]["posted"] == 1
    assert ran.rows[-1]["summary"]["parked"] == 3
    assert {row["state"] for row in ran.rows[:-1]} == {"posted", "parked"}
    assert "parked until" in said.out


@signed_in
def test_a_budget_of_calls_ends_the_run_and_is_shown(cli, manifest):
    ran = cli("ingest", manifest(), "--ledger", "a.ledger", "--max-calls-per-day", "3")

    assert ran.status == 3
    assert "parked until" in ran.out
    assert "calls of today's budget are used" in cli("ingest", "status", "--ledger", "a.ledger").out


@signed_in
def test_the_same_content_is_uploaded_once_when_asked(cli, manifest, linkedin_simulator):
    cli("ingest", manifest(), "--ledger", "a.ledger", "--reuse-images", "--rate", "500/s", "--json")

    assert len(linkedin_simulator.images) == 1
    assert len(linkedin_simulator.posts) == 4


@signed_in
def test_a_token_that_is_refused_ends_the_run_and_spoils_no_job(cli, manifest, linkedin_simulator):
    linkedin_simulator.revoke_token(linkedin_simulator.token)

    ran = cli("ingest", manifest(), "--ledger", "a.ledger", "--json")
    said = cli("ingest", manifest(), "--ledger", "a.ledger")

    assert (ran.status, said.status) == (1, 1)
    assert "error" in ran.rows[0]
    assert ran.rows[-1]["summary"]["failed"] == 0
    assert "4 are left: run the same command again" in said.out


# Before anything is sent


@signed_in
def test_a_manifest_that_is_wrong_is_told_line_by_line_and_leaves_nothing(cli, manifest, tmp_path, linkedin_simulator):
    path = manifest(2, file="none.jpg")

    said = cli("ingest", path, "--ledger", "a.ledger")
    ran = cli("ingest", path, "--ledger", "a.ledger", "--json")

    assert (said.status, ran.status) == (2, 2)
    assert f"{path}:1: 'none.jpg': there is no such file" in said.err
    assert f"{path}:2: 'none.jpg': there is no such file" in said.err
    assert "2 errors; nothing was sent" in said.err
    error = ran.row["error"]
    assert (error["code"], error["more"]) == ("INVALID_MANIFEST", 0)
    assert [problem["line"] for problem in error["problems"]] == [1, 2]
    assert not (tmp_path / "a.ledger").exists()
    assert not linkedin_simulator.journal.calls()


def test_of_many_errors_it_says_how_many_more_there_are(cli, manifest):
    said = cli("ingest", manifest(150, file="none.jpg"), "--dry-run")

    assert "and 50 more" in said.err


def test_a_dry_run_checks_everything_and_touches_nothing(cli, manifest, photo, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.webp")
    path = manifest(2)
    with path.open("a") as file:
        file.write("\n" + json.dumps({"id": "bad", "file": "a.webp", "author": AUTHOR, "commentary": "x" * 80}))
        file.write("\n" + json.dumps({"id": "bare", "file": photo.name, "author": AUTHOR}))

    ran = cli("ingest", path, "--ledger", "a.ledger", "--dry-run", "--json")
    said = cli("ingest", path, "--dry-run")

    one, _, bad, bare, last = ran.rows
    assert (ran.status, said.status) == (1, 1)
    assert (one["id"], one["state"], one["commentary"]) == ("job-0", "ready", "text 0")
    assert (one["files"][0]["format"], one["files"][0]["width"]) == ("JPEG", 64)
    assert (bad["state"], bad["error"]["code"]) == ("failed", "INVALID_IMAGE")
    assert bare["commentary"] is None
    assert {"ready": 3, "failed": 1, "posts": 2, "images": 3, "posted": 0}.items() <= last["summary"].items()
    assert "upload for urn:li:organization:5583111, no post" in said.out
    assert "4 jobs: 2 posts and 3 images" in said.out
    assert "1 would fail. Nothing was sent." in said.out
    assert not (tmp_path / "a.ledger").exists()


def test_a_file_that_goes_during_a_dry_run_is_told(cli, manifest, photo, monkeypatch):
    path = manifest(1)
    last_look = lambda *given: (inspect_now(*given), photo.unlink())[0]  # noqa: E731 -- as short as it is
    monkeypatch.setattr("linkedin_media.cli.ingest_preview.inspect_now", last_look)

    assert "photo.jpg: No such file" in cli("ingest", path, "--dry-run").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["jobs.jsonl"], "Missing option '--ledger'"),
        (["none.jsonl", "--ledger", "a"], "does not exist"),
        (["jobs.jsonl", "--ledger", "a", "--rate", "fast"], "write 5/s, 300/min or 10000/h"),
        (["jobs.jsonl", "--ledger", "a", "--rate", "0"], "more than 0"),
        (["jobs.jsonl", "--ledger", "a", "--rate", "5/day"], "write 5/s"),
        (["jobs.jsonl", "--ledger", "a", "--prometheus-port", "http"], "is no port"),
        (["jobs.jsonl", "--ledger", "a", "--prometheus-port", "99999"], "is no port"),
        (["jobs.jsonl", "--ledger", "a", "--max-calls-per-day", "0"], "Invalid value"),
        (["status"], "Missing option '--ledger'"),
        (["resolve", "x", "--ledger", "a"], "one of --posted URN and --resend"),
        (["resolve", "x", "--ledger", "a", "--posted", "urn:li:person:1"], "urn:li:share:… or urn:li:ugcPost:…"),
    ],
)
def test_usage_that_cannot_be_right_is_refused(cli, manifest, arguments, words):
    manifest(1)

    ran = cli("ingest", *arguments)

    assert ran.status == 2
    assert words in ran.err


@pytest.mark.parametrize("rate", ["5", "5/s", "300/min", "18000/h"])
def test_a_rate_is_written_by_the_second_the_minute_or_the_hour(rate):
    from linkedin_media.cli.ingest import Rate

    assert Rate().convert(rate, None, None) == pytest.approx(5)


@pytest.mark.parametrize(
    ("text", "address"), [("9100", ("127.0.0.1", 9100)), ("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:1", ("::1", 1))]
)
def test_metrics_are_served_on_this_machine_unless_told_otherwise(text, address):
    from linkedin_media.cli.ingest import Address

    assert Address().convert(text, None, None) == address


def test_help_shows_the_options_and_the_subcommands(cli):
    ran = cli("ingest", "--help")

    assert ran.status == 0
    assert "--reconcile-after" in ran.out
    assert "  reconcile  " in ran.out
    assert "--posted" in cli("ingest", "resolve", "--help").out


@signed_in
def test_a_manifest_named_like_a_subcommand_is_told_by_its_path(cli, manifest):
    manifest(1).rename("status")

    assert cli("ingest", "./status", "--ledger", "a.ledger").status == 0
    assert "1 jobs, 0 left" in cli("ingest", "status", "--ledger", "a.ledger").out


# Signals, and two processes


@pytest.fixture
def wait_for(linkedin_simulator):
    def wait_for(operation, times=1):
        deadline = time.monotonic() + 20
        while linkedin_simulator.journal.count(operation=operation) < times:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait_for


def test_a_stopped_ingest_finishes_its_posts_and_is_resumed(
    program, cli, manifest, account, linkedin_simulator, wait_for
):
    path, ledger = manifest(150), ("--ledger", "a.ledger")
    process = program("ingest", path, *ledger, "--concurrency", "2", "--rate", "100", "--json", env=account)
    wait_for("posts.create", 5)

    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    *rows, last = map(json.loads, out.splitlines())
    posted = {row["post"] for row in rows if row["state"] == "posted"}

    assert process.returncode == 143
    assert "SIGTERM: posts under way are finished" in err.decode()
    assert b"Traceback" not in err
    assert posted == set(linkedin_simulator.posts)
    assert 0 < len(posted) < 150
    assert last["summary"]["posted"] == len(posted)

    again = program("ingest", path, *ledger, "--json", env=account)
    out, _ = again.communicate(timeout=40)
    assert again.returncode == 0
    assert json.loads(out.splitlines()[-1])["summary"]["posted"] == 150
    assert len(linkedin_simulator.posts) == 150


def test_an_ingest_under_way_can_be_looked_at_but_not_doubled(
    program, cli, manifest, account, linkedin_simulator, wait_for, signed_in
):
    linkedin_simulator.configure(processing_seconds=60.0)
    path, port = manifest(), _free_port()
    process = program("ingest", path, "--ledger", "a.ledger", "--prometheus-port", port, env=account)
    wait_for("images.batch_get")

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    seen = _status_once(cli, "uploaded", 4)
    said = cli("ingest", "status", "--ledger", "a.ledger").out
    other = cli("ingest", path, "--ledger", "a.ledger", "--json")
    reported = cli("ingest", "report", "--ledger", "a.ledger", "--html", "out.html")
    resolved = cli("ingest", "resolve", "job-0", "--resend", "--ledger", "a.ledger")
    line = process.stderr.readline().decode()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)

    assert 'linkedin_media_stage_jobs{stage="poll"} 4.0' in metrics
    assert (seen["jobs"], seen["left"], seen["states"]["uploaded"]) == (4, 4, 4)
    assert [(worker["pid"], worker["alive"]) for worker in seen["workers"]] == [(process.pid, True)]
    assert f"process {process.pid} on " in said
    assert (other.status, other.row["error"]["code"]) == (1, "LEDGER_BUSY")
    assert f"process {process.pid}" in other.row["error"]["message"]
    assert (reported.status, resolved.status) == (0, 1)
    assert line.startswith("0 of 4 jobs")
    assert "processing 4" in line
    assert process.returncode == 143
    assert b"4 are left: run the same command again" in out
    assert b"Traceback" not in err


def _status_once(cli, state, jobs):
    """The status once so many jobs are in a state: progress is written down a little later, when the disk has time."""
    deadline = time.monotonic() + 15
    while True:
        seen = cli("ingest", "status", "--ledger", "a.ledger", "--json").row
        if seen["states"][state] == jobs or time.monotonic() > deadline:
            return seen
        time.sleep(0.05)


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_second_signal_ends_it_at_once(program, manifest, account, linkedin_simulator, wait_for):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(how="stall"), on="posts.create"))
    process = program("ingest", manifest(1), "--ledger", "a.ledger", env=account)
    wait_for("posts.create")

    process.send_signal(signal.SIGTERM)
    while b"once more to exit at once" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=10) == 143


def test_on_a_terminal_it_is_drawn(program, manifest, account, linkedin_simulator, wait_for, terminal):
    linkedin_simulator.faults.add(refuse(1))
    linkedin_simulator.configure(processing_seconds=0.6)

    process = program(
        "ingest", manifest(), "--ledger", "a.ledger", env=account, stdout=terminal.end, stderr=terminal.end
    )
    assert process.wait(timeout=30) == 1
    drawn = terminal.wrote()

    assert "of 4 jobs" in drawn
    assert "processing 4" in drawn
    assert drawn.count("job-") == 1
    assert drawn.rstrip().splitlines()[-2].startswith("4 jobs: 3 posted, 1 failed")


def test_a_drawn_ingest_that_is_ended_at_once_leaves_the_cursor(
    program, manifest, account, linkedin_simulator, wait_for, terminal
):
    linkedin_simulator.faults.add(Fault(action=CommitThenDrop(how="stall"), on="posts.create"))
    process = program("ingest", manifest(1), "--ledger", "a.ledger", env=account, stderr=terminal.end)
    wait_for("posts.create")

    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=10) == 130
    assert terminal.wrote().rstrip().endswith("\x1b[?25h")


# A ledger, looked at


@pytest.fixture
def mixed(cli, manifest, linkedin_simulator, signed_in):
    """A ledger with a failed job, one of unknown outcome, and two posts."""
    linkedin_simulator.faults.add(refuse(1), drop(nth=2))
    ran = cli("ingest", manifest(), "--ledger", "a.ledger", "--no-wait", "--json", "--concurrency", "1")
    assert ran.status == 3
    return {row["id"]: row for row in ran.rows[:-1]}


def _in(rows, state):
    return next(row for row in rows.values() if row["state"] == state)


def test_a_person_decides_that_it_was_posted(cli, mixed, linkedin_simulator):
    doubt = _in(mixed, "unknown")
    known = {row["post"] for row in mixed.values()}
    (post,) = set(linkedin_simulator.posts) - known

    ran = cli("ingest", "resolve", doubt["id"], "--posted", post, "--ledger", "a.ledger", "--json")
    again = cli("ingest", "resolve", doubt["id"], "--resend", "--ledger", "a.ledger", "--json")

    assert (ran.status, ran.row["state"], ran.row["post"]) == (0, "posted", post)
    assert again.status == 2
    assert "not in doubt" in again.row["error"]["message"]


def test_a_person_decides_that_it_is_sent_again(cli, mixed, manifest, linkedin_simulator):
    doubt = _in(mixed, "unknown")
    linkedin_simulator.faults.clear()
    linkedin_simulator.configure(duplicate_seconds=0)

    ran = cli("ingest", "resolve", doubt["id"], "--resend", "--ledger", "a.ledger")
    cli("ingest", manifest(), "--ledger", "a.ledger")

    assert ran.status == 0
    assert "sends it again" in ran.err
    assert cli("ingest", "status", "--ledger", "a.ledger", "--json").row["states"]["posted"] == 3


def test_the_status_of_a_mixed_ledger(cli, mixed):
    row = cli("ingest", "status", "--ledger", "a.ledger", "--json").row
    said = cli("ingest", "status", "--ledger", "a.ledger").out

    assert {"posted": 2, "failed": 1, "unknown": 1}.items() <= row["states"].items()
    assert row["doubts"][0]["id"] == _in(mixed, "unknown")["id"]
    assert row["workers"] == []
    assert "nobody works on it" in said
    assert "in doubt since" in said
    lasted = re.search(r"([\d.]+) a second over the last (\d+) s", said)
    assert lasted
    assert float(lasted[1]) * int(lasted[2]) >= 2  # three ended: the rate is that of its few seconds


@signed_in
def test_the_commands_it_suggests_can_be_pasted(cli, manifest, linkedin_simulator):
    linkedin_simulator.faults.add(drop(nth=1))

    said = cli("ingest", manifest(2), "--ledger", "a b.ledger", "--no-wait")
    suggested = re.search(r"linkedin-media (ingest reconcile --ledger .*)", said.out)
    settled = cli(*shlex.split(suggested[1]), "--reconcile-after", "0", "--json")

    assert (settled.status, settled.rows[0]["state"]) == (0, "posted")


def test_a_report_tells_every_job(cli, mixed, tmp_path, linkedin_simulator):
    ran = cli("ingest", "report", "--ledger", "a.ledger", "--json")
    said = cli("ingest", "report", "--ledger", "a.ledger")
    wrote = cli("ingest", "report", "--ledger", "a.ledger", "--html", "out.html", "--csv", "out.csv", "--no-thumbnails")
    page = (tmp_path / "out.html").read_text()

    assert {row["id"]: row["state"] for row in ran.rows[:-1]} == {name: row["state"] for name, row in mixed.items()}
    assert list(ran.rows[-1]["summary"]) == SUMMARY
    assert said.out.count("job-") >= 4
    assert (wrote.out, wrote.err.splitlines()) == ("", ["wrote out.csv", "wrote out.html"])
    assert all(row["id"] in page for row in mixed.values() if row["state"] in ("failed", "unknown"))
    assert "data:image" not in page
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 5
    for text in (page, (tmp_path / "out.csv").read_text(), ran.out, said.out):
        assert linkedin_simulator.token not in text
        assert "/uploads/" not in text


@signed_in
@pytest.mark.parametrize("command", [["status"], ["report"], ["reconcile"], ["resolve", "x", "--resend"]])
def test_a_ledger_that_is_not_there_is_told_and_not_made(cli, command, tmp_path):
    ran = cli("ingest", *command, "--ledger", "none.ledger")

    assert ran.status == 1
    assert "there is no ledger" in ran.err
    assert list(tmp_path.glob("none*")) == []


@signed_in
def test_the_ledger_may_come_from_the_environment(cli, manifest, monkeypatch, tmp_path):
    monkeypatch.setenv("LINKEDIN_LEDGER", "env.ledger")

    assert cli("ingest", manifest(1), "--quiet").status == 0
    assert (tmp_path / "env.ledger").exists()
    assert cli("ingest", "status").status == 0


@pytest.fixture
def linkedin_simulator_config():
    return SimulatorConfig(processing_seconds=0.0)
