"""``linkedin-media check``: rows, lines, statuses."""

from __future__ import annotations

import os

import pytest
from PIL import Image

KEYS = ["file", "ok", "format", "width", "height", "frames", "violations", "warnings"]


def test_a_good_file_is_a_row_of_its_facts(cli, photo):
    ran = cli("check", photo, "--json")

    assert ran.status == 0
    assert list(ran.row) == KEYS
    assert ran.row == {
        "file": str(photo),
        "ok": True,
        "format": "JPEG",
        "width": 64,
        "height": 48,
        "frames": 1,
        "violations": [],
        "warnings": [],
    }


def test_a_bad_file_is_a_row_with_every_rule_it_breaks(cli, poster):
    ran = cli("check", poster, "--json")

    assert ran.status == 1
    (violation,) = ran.row["violations"]
    assert violation["code"] == "TOO_MANY_PIXELS"
    assert "6062x5963" in violation["message"]


def test_rows_come_in_the_order_of_the_files_and_one_bad_one_makes_the_status(cli, photo, poster, tmp_path):
    ran = cli("check", photo, tmp_path / "missing.png", poster, photo, "--json")

    assert ran.status == 1
    assert [row["ok"] for row in ran.rows] == [True, False, False, True]


def test_what_is_no_file_is_a_row_too(cli, tmp_path):
    os.mkfifo(tmp_path / "fifo")

    ran = cli("check", tmp_path / "missing.png", tmp_path, tmp_path / "fifo", "/dev/null", "--json")

    assert ran.status == 1
    assert [row["violations"][0]["code"] for row in ran.rows] == ["FILE_UNREADABLE", *["NOT_A_REGULAR_FILE"] * 3]
    assert all(list(row) == KEYS for row in ran.rows)


def test_a_format_linkedin_does_not_take_is_named(cli, tmp_path):
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (8, 8)).save(path, format="BMP")

    ran = cli("check", path, "--json")

    assert (ran.row["format"], ran.row["violations"][0]["code"]) == ("BMP", "UNSUPPORTED_FORMAT")


def test_people_read_one_line_a_file_and_the_fix_below_it(cli, photo, poster, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    ran = cli("check", "photo.jpg", "poster.png")

    assert ran.out.splitlines() == [
        "ok   photo.jpg   JPEG 64x48",
        "BAD  poster.png  PNG 6100x6000",
        "     6100x6000 is 36,600,000 pixels; LinkedIn takes fewer than 36,152,320: scale to at most 6062x5963",
    ]


def test_the_name_of_a_file_cannot_steer_the_terminal(cli, tmp_path):
    path = tmp_path / "\x1b[31mred\n.jpg"
    path.write_bytes(b"")

    assert "\\x1b[31mred\\n.jpg" in cli("check", path).out


def test_a_name_that_is_not_unicode_is_shown_with_its_bytes(cli, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")

    assert cli("check", path, "--json").row["file"].endswith("/\\udcff.jpg")


def test_a_cut_off_file_is_warned_of_and_refused_when_strict(cli, photo):
    photo.write_bytes(photo.read_bytes()[:-40])

    lenient, strict = cli("check", photo, "--json"), cli("check", photo, "--json", "--strict")

    assert (lenient.status, lenient.row["violations"]) == (0, [])
    assert [warning["code"] for warning in lenient.row["warnings"]] == ["TRUNCATED"]
    assert (strict.status, strict.row["warnings"]) == (1, [])
    assert [violation["code"] for violation in strict.row["violations"]] == ["TRUNCATED"]
    assert "warning: " in cli("check", photo).out


def test_strict_takes_what_decodes_and_tells_of_every_file(cli, photo, poster, tmp_path):
    ran = cli("check", "--strict", "--json", photo, poster, tmp_path / "missing.png")

    assert ran.status == 1
    assert {row["file"]: row["ok"] for row in ran.rows} == {
        str(photo): True,
        str(poster): False,
        str(tmp_path / "missing.png"): False,
    }


@pytest.mark.parametrize("no_color", [False, True])
def test_colours_are_for_terminals_only_and_for_those_who_want_them(program, photo, no_color, terminal):
    process = program("check", photo, env={"NO_COLOR": "1"} if no_color else {}, stdout=terminal.end)
    process.wait(timeout=20)
    written = terminal.wrote()

    assert ("\x1b[" in written) is not no_color
    assert "ok" in written
