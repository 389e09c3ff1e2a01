"""``linkedin-media demo``: it works, it teaches, it leaves nothing behind."""

from __future__ import annotations

import pytest

from linkedin_media.cli import demo_run
from linkedin_media.cli.demo_images import IMAGES


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(demo_run, "PROCESSING", 0.0)
    monkeypatch.setattr(demo_run, "LATENCY", 0.0)


def test_the_demo_shows_every_stage_and_what_to_do_next(cli):
    ran = cli("demo")

    assert ran.status == 0
    for said in ("validated, ", "registered as urn:li:image:", "uploaded, ", "ready after", "posted"):
        assert said in ran.out
    assert "Good morning (from the roof) #sunrise" in ran.out
    assert r"Good morning \(from the roof\) \#sunrise" in ran.out
    assert "6100x6000 is 36,600,000 pixels" in ran.out
    assert "export LINKEDIN_ACCESS_TOKEN=" in ran.out
    assert "linkedin-media publish photo.jpg --author urn:li:organization:" in ran.out
    assert "\x1b" not in ran.out + ran.err
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_demo_for_programs_keeps_its_images(cli, tmp_path):
    ran = cli("demo", "--json", "--quiet", "--keep", tmp_path / "new")

    assert (ran.status, ran.err) == (0, "")
    *rows, summary = ran.rows
    assert sorted(row["ok"] for row in rows) == [False] * 3 + [True] * 3
    assert {row["error"]["code"] for row in rows if not row["ok"]} == {"INVALID_IMAGE"}
    counts = summary["summary"]
    assert [counts[name] for name in ("images", "posts", "refused")] == [7, 3, 3]
    assert 12 <= counts["calls"] <= 15
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(IMAGES)
    assert sorted(name for row in rows for name in row["files"]) == sorted(IMAGES)


def test_the_demo_overwrites_nothing(cli, tmp_path):
    mine = tmp_path / "chart.png"
    mine.write_text("mine")

    ran = cli("demo", "--keep", tmp_path)

    assert ran.status == 2
    assert mine.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [mine]


def test_on_a_terminal_the_demo_draws_its_table(program, terminal):
    process = program("demo", stdout=terminal.end)
    assert process.wait(timeout=30) == 0
    drawn = terminal.wrote()

    assert "validate" in drawn
    assert "✓" in drawn
    assert "\x1b[" in drawn
    assert "TOO_MANY_PIXELS" in drawn
