"""``linkedin-media images``: look at images, file them, fetch them."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from tests.client.library import add_image, client_of
from tests.simulator.caller import png

pytestmark = pytest.mark.usefixtures("signed_in")


@pytest.fixture
async def library(linkedin_simulator: Any) -> list[str]:
    """Three images in the library of the ad account, the oldest first."""
    async with client_of(linkedin_simulator) as client:
        return [str(await add_image(client, linkedin_simulator, f"Spring {number}")) for number in range(3)]


@pytest.fixture
def filed(linkedin_simulator: Any) -> Any:
    """How an image is filed: its name and its status in the library."""

    def look(urn: str) -> tuple[str, str]:
        image = linkedin_simulator.world.images.get(urn)
        return image.asset_name, image.library_status

    return look


def test_an_image_is_shown_as_linkedin_says_it(cli, library, linkedin_simulator):
    row = cli("images", "get", library[0], "--json").row

    assert (row["id"], row["status"]) == (library[0], "AVAILABLE")
    assert row["mediaLibraryMetadata"]["assetName"] == "Spring 0"
    assert row["downloadUrl"].startswith(linkedin_simulator.base_url)


def test_people_read_a_table_on_stdout(cli, library):
    ran = cli("images", "get", *library)

    header, *lines = ran.out.splitlines()
    assert header.split() == ["IMAGE", "STATUS", "LIBRARY", "OWNER", "NAME"]
    assert [line.split()[0] for line in lines] == library
    assert len({line.index("urn:li:organization:") for line in lines} | {header.index("OWNER")}) == 1
    assert (ran.status, ran.err) == (0, "")


def test_an_image_that_is_not_there_is_told_beside_those_that_are(cli, library):
    ran = cli("images", "get", library[0], "urn:li:image:gone", "--json")

    assert ran.status == 1
    assert ran.rows[0]["id"] == library[0]
    assert ran.rows[1]["image"] == "urn:li:image:gone"
    assert ran.rows[1]["error"]["code"] == "NOT_FOUND"
    assert "BAD  urn:li:image:gone" in cli("images", "get", library[0], "urn:li:image:gone").out


@pytest.mark.parametrize("command", [["get", "urn:li:share:1"], ["get"], ["archive", "urn:li:image:a"], ["rename"]])
def test_wrong_usage_is_told_before_any_call(cli, linkedin_simulator, command):
    assert cli("images", *command).status == 2
    assert len(linkedin_simulator.journal) == 0


def test_a_library_is_listed_the_last_modified_first(cli, library, linkedin_simulator):
    ran = cli("images", "list", "--account", linkedin_simulator.account, "--json")

    assert [row["id"] for row in ran.rows] == library[::-1]


def test_a_library_is_listed_up_to_a_limit(cli, library, linkedin_simulator):
    ran = cli("images", "list", "--account", linkedin_simulator.account, "--limit", 2, "--json")

    assert [row["id"] for row in ran.rows] == library[:0:-1]
    assert "count=2" in linkedin_simulator.journal[-1].raw_path


def test_a_library_is_filtered_by_status(cli, library, linkedin_simulator):
    cli("images", "archive", library[1], "--account", linkedin_simulator.account)

    listed = cli("images", "list", "--account", linkedin_simulator.account, "--status", "archived", "--json")

    assert listed.row["id"] == library[1]


def test_an_empty_library_is_said_to_be_empty(cli, linkedin_simulator):
    ran = cli("images", "list", "--account", linkedin_simulator.account)

    assert (ran.status, ran.out, ran.err) == (0, "", "nothing found\n")


def test_a_library_that_may_not_be_listed_says_what_to_ask_for(cli, linkedin_simulator, monkeypatch):
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", linkedin_simulator.issue_token("w_member_social"))

    ran = cli("images", "list", "--account", linkedin_simulator.account)

    assert ran.status == 1
    assert "Advertising API" in ran.err


def test_images_are_archived_and_restored(cli, library, linkedin_simulator, filed):
    account = ["--account", linkedin_simulator.account]

    ran = cli("images", "archive", *library[:2], *account)
    assert ran.out == "".join(f"ok  {urn}  ARCHIVED\n" for urn in library[:2])
    assert [filed(urn)[1] for urn in library] == ["ARCHIVED", "ARCHIVED", "ACTIVE"]

    assert cli("images", "restore", library[0], *account, "--json").row == {
        "image": library[0],
        "ok": True,
        "status": "ACTIVE",
    }
    assert filed(library[0])[1] == "ACTIVE"


def test_an_image_is_renamed(cli, library, linkedin_simulator, filed):
    ran = cli("images", "rename", library[0], "New name", "--account", linkedin_simulator.account)

    assert (ran.status, ran.out) == (0, f"ok  {library[0]}  New name\n")
    assert filed(library[0])[0] == "New name"


def test_one_image_that_cannot_be_archived_stops_no_other(cli, library, linkedin_simulator, filed):
    ran = cli("images", "archive", "urn:li:image:gone", library[0], "--account", linkedin_simulator.account, "--json")

    assert ran.status == 1
    assert [row["ok"] for row in ran.rows] == [False, True]
    assert filed(library[0])[1] == "ARCHIVED"


def test_a_token_that_is_refused_ends_the_work_at_once(cli, library, linkedin_simulator):
    linkedin_simulator.revoke_token(linkedin_simulator.token)
    before = len(linkedin_simulator.journal)

    ran = cli("images", "archive", *library, "--account", linkedin_simulator.account)

    assert ran.status == 1
    assert "sign in again" in ran.err
    assert len(linkedin_simulator.journal) - before == 1


def test_images_are_downloaded_under_their_ids(cli, library, tmp_path):
    ran = cli("images", "download", *library[:2], "--output", tmp_path, "--json")

    files = [tmp_path / f"{urn.removeprefix('urn:li:image:')}.png" for urn in library[:2]]
    assert [row["file"] for row in ran.rows] == [str(file) for file in files]
    assert (ran.rows[0]["size"], ran.rows[0]["content_type"]) == (len(png()), "image/png")
    assert {file.read_bytes() for file in files} == {png()}
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_an_image_is_downloaded_to_a_file(cli, library, tmp_path):
    ran = cli("images", "download", library[0], "-o", tmp_path / "hero.png")

    assert ran.status == 0
    assert (tmp_path / "hero.png").read_bytes() == png()


@pytest.mark.parametrize("into_folder", [True, False])
def test_a_file_that_is_there_is_overwritten_only_by_force(cli, library, tmp_path, into_folder):
    there = tmp_path / f"{library[0].removeprefix('urn:li:image:')}.png"
    there.write_text("mine")
    command = ["images", "download", library[0], "-o", tmp_path if into_folder else there]

    refused = cli(*command)
    assert refused.status == 1
    assert "--force" in refused.out
    assert there.read_text() == "mine"

    assert cli(*command, "--force").status == 0
    assert there.read_bytes() == png()


def test_an_image_is_downloaded_to_stdout(library, program, account):
    process = program("images", "download", library[0], "-o", "-", env=dict(account))

    out, err = process.communicate(timeout=20)

    assert (process.returncode, out, err) == (0, png(), b"")


def test_several_images_need_a_folder(cli, library, tmp_path, linkedin_simulator):
    before = len(linkedin_simulator.journal)

    ran = cli("images", "download", *library, "-o", tmp_path / "hero.png")

    assert ran.status == 2
    assert "several images need a folder" in ran.err
    assert len(linkedin_simulator.journal) == before


def test_an_id_names_no_file_elsewhere(cli, tmp_path):
    """What a URN may hold, a file's name may not."""
    from linkedin_media.cli.fetching import _Fetch

    folder, path = _Fetch(client=None, to=tmp_path, force=False)._place("urn:li:image:../../etc/passwd")  # type: ignore[arg-type]

    assert folder
    assert path == tmp_path / "______etc_passwd"


def test_a_terminal_shows_a_table_as_wide_as_it_is(library, program, account, terminal, linkedin_simulator):
    process = program(
        *("images", "list", "--account", linkedin_simulator.account),
        env=dict(account) | {"COLUMNS": "100"},
        stdout=terminal.end,
        stderr=subprocess.DEVNULL,
    )
    assert process.wait(timeout=20) == 0

    lines = terminal.wrote().splitlines()
    assert lines[0].startswith("\x1b[1mIMAGE ")
    assert lines[1].startswith(library[2])
    assert lines[1].endswith("Spring 2")


def test_nobody_reading_on_is_no_failure_of_ours(library, program, account, linkedin_simulator):
    reader, writer = os.pipe()
    os.close(reader)
    process = program(
        *("images", "list", "--account", linkedin_simulator.account, "--json"), env=dict(account), stdout=writer
    )
    os.close(writer)

    _, err = process.communicate(timeout=20)

    assert b"Traceback" not in err
