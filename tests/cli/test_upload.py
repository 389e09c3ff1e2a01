"""``linkedin-media upload``: rows, lines, statuses, secrets."""

from __future__ import annotations

import pytest

from linkedin_media.simulator import Answer, Fault

pytestmark = pytest.mark.usefixtures("signed_in")


def test_an_uploaded_file_is_a_row_with_its_image_and_status(cli, photo, linkedin_simulator):
    ran = cli("upload", photo, "--json")

    assert ran.status == 0
    assert list(ran.row) == ["file", "ok", "image", "status"]
    assert (ran.row["file"], ran.row["ok"], ran.row["status"]) == (str(photo), True, "AVAILABLE")
    assert ran.row["image"] in linkedin_simulator.images


def test_one_bad_file_stops_no_other(cli, photo, poster, tmp_path, linkedin_simulator):
    ran = cli("upload", poster, photo, tmp_path / "missing.png", "--json")

    assert ran.status == 1
    rows = {row["file"]: row for row in ran.rows}
    assert rows[str(photo)]["ok"]
    assert rows[str(poster)]["error"]["code"] == "INVALID_IMAGE"
    assert rows[str(poster)]["error"]["violations"][0]["code"] == "TOO_MANY_PIXELS"
    assert rows[str(tmp_path / "missing.png")]["error"]["code"] == "FILE_UNREADABLE"
    assert len(linkedin_simulator.images) == 1


def test_people_read_results_on_stdout_and_progress_on_stderr(cli, photo, poster):
    ran = cli("upload", photo, poster)

    good = next(line for line in ran.out.splitlines() if line.startswith("ok"))
    assert good.endswith("  AVAILABLE")
    assert f"BAD  {poster}" in ran.out
    assert f"{photo}: uploaded, " in ran.err
    assert f"{poster}: refused: TOO_MANY_PIXELS" in ran.err
    assert "\x1b" not in ran.out + ran.err


def test_the_token_is_printed_nowhere(cli, photo, linkedin_simulator):
    ran = cli("upload", photo, "--verbose")

    assert "call.answered" in ran.err
    assert linkedin_simulator.token not in ran.out + ran.err


def test_quiet_means_no_progress(cli, photo):
    assert cli("upload", photo, "--quiet", "--wait", "none").err == ""


def test_without_waiting_the_status_is_not_known(cli, photo):
    ran = cli("upload", photo, "--wait", "none", "--concurrency", "2", "--json")

    assert (ran.status, ran.row["ok"], ran.row["status"]) == (0, True, None)
    assert "not waited for" in ran.err


def test_an_image_that_takes_too_long_fails_with_its_urn(cli, photo, linkedin_simulator):
    linkedin_simulator.configure(processing_seconds=60)

    ran = cli("upload", photo, "--poll-timeout", "0.1", "--json")

    assert ran.status == 1
    assert (ran.row["ok"], ran.row["status"], ran.row["error"]["code"]) == (False, "PROCESSING", "POLL_TIMEOUT")
    assert ran.row["image"] in linkedin_simulator.images


def test_an_image_that_linkedin_cannot_process_fails_with_its_urn_and_status(cli, photo, linkedin_simulator):
    photo.write_bytes(photo.read_bytes()[:-40])

    ran = cli("upload", photo, "--json")

    assert (ran.status, ran.row["status"], ran.row["error"]["code"]) == (1, "PROCESSING_FAILED", "PROCESSING_FAILED")
    assert f"got as far as {ran.row['image']}" not in ran.out
    assert "got as far as urn:li:image:" in cli("upload", photo).out


def test_what_linkedin_refuses_says_which_call_and_what_to_do(cli, photo, linkedin_simulator):
    linkedin_simulator.faults.add(Fault(action=Answer(status=403, body={"status": 403, "code": "ACCESS_DENIED"})))

    ran = cli("upload", photo)

    assert ran.status == 1
    assert "403 ACCESS_DENIED" in ran.out
    assert "w_organization_social" in ran.out or "administers" in ran.out


@pytest.mark.parametrize("owner", ["nonsense", "urn:li:person:", "urn:li:image:C4E10AQFoyyAjHPMQuQ"])
def test_an_owner_that_can_own_nothing_is_wrong_usage(cli, photo, owner, linkedin_simulator):
    ran = cli("upload", photo, "--owner", owner, "--json")

    assert (ran.status, ran.out) == (2, "")
    assert "--owner" in ran.err
    assert len(linkedin_simulator.journal) == 0


def test_an_owner_is_needed(cli, photo, monkeypatch):
    monkeypatch.delenv("LINKEDIN_OWNER")

    assert cli("upload", photo).status == 2


def test_without_a_token_there_is_one_clear_error(cli, photo, monkeypatch):
    monkeypatch.delenv("LINKEDIN_ACCESS_TOKEN")

    people, programs = cli("upload", photo), cli("upload", photo, "--json")

    assert people.status == programs.status == 2
    assert people.err.splitlines()[0] == "error: no access token"
    assert "LINKEDIN_ACCESS_TOKEN" in people.err
    assert list(programs.row) == ["error"]
    assert list(programs.row["error"]) == ["code", "message", "hint"]


@pytest.mark.parametrize(
    "options",
    [
        ("--base-url", "http://api.linkedin.com"),
        ("--version-header", "yesterday"),
        ("--poll-timeout", "-1"),
        ("--poll-timeout", "nan"),
        ("--concurrency", "0"),
        ("--wait", "forever"),
    ],
)
def test_an_option_that_cannot_be_right_is_wrong_usage(cli, photo, options, linkedin_simulator):
    assert cli("upload", photo, *options).status == 2
    assert len(linkedin_simulator.journal) == 0


def test_options_win_over_the_environment(cli, photo, monkeypatch, linkedin_simulator):
    monkeypatch.setenv("LINKEDIN_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LINKEDIN_VERSION", "202509")

    ran = cli(
        *("upload", photo, "--owner", linkedin_simulator.person, "--wait", "none", "--json"),
        *("--base-url", linkedin_simulator.base_url, "--version-header", "202609"),
    )

    assert ran.status == 0
    assert linkedin_simulator.images[ran.row["image"]].owner == linkedin_simulator.person
