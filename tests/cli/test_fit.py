"""``linkedin-media fit``: rows, lines, statuses."""

from __future__ import annotations


def test_every_file_is_a_row_with_its_copy(cli, photo, poster, tmp_path):
    ran = cli("fit", photo, poster, tmp_path / "missing.png", "--output", tmp_path / "new", "--json")

    kept, scaled, missing = ran.rows
    assert ran.status == 1
    assert (kept["ok"], kept["output"], kept["changes"]) == (True, str(tmp_path / "new" / "photo.jpg"), [])
    assert (scaled["ok"], scaled["width"], scaled["height"]) == (True, 6062, 5963)
    assert scaled["changes"] == ["scaled from 6100x6000 to 6062x5963"]
    assert (missing["ok"], missing["output"], missing["error"]["code"]) == (False, None, "FILE_UNREADABLE")


def test_people_read_what_was_changed(cli, photo, tmp_path):
    new = tmp_path / "new"

    assert cli("fit", photo, "--output", new).out == f"ok   {new}/photo.jpg  as it was\n"
    assert "removed metadata" in cli("fit", photo, "--output", tmp_path / "bare", "--strip-metadata").out


def test_what_is_there_already_is_not_overwritten(cli, photo, tmp_path):
    ran = cli("fit", photo, "--output", tmp_path)

    assert ran.status == 1
    assert "File exists" in ran.out
    assert cli("check", photo).status == 0
