"""Every question of the benchmarks can be asked, and answers with its table; the numbers mean nothing here."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

import linkedin_media as lm
from benchmarks import memory, startup
from benchmarks.__main__ import QUESTIONS, main
from benchmarks.arena import certificate, processes, readme, samples
from benchmarks.arena.figures import Goal, Table, shown
from benchmarks.contenders import contest

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the benchmarks need Linux")

TINY: Final = ("--rounds", "1", "--scale", "0.001", "--haste", "0.001", "--scheme", "http", "--only", "ours")


def run_here(arguments: Sequence[str], *, certificate: str | None = None) -> dict[str, Any]:
    """Run a contender in this process: starting one for each takes longer than its work."""
    module, task = arguments
    return contest.measured(importlib.import_module(module).work, contest.Task(**json.loads(task)))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process for each contender, no waiting for company, no large files."""
    monkeypatch.setattr(processes, "alone", run_here)
    monkeypatch.setattr(processes, "cores", lambda: ([], []))
    monkeypatch.setattr(startup, "ROUNDS", 1)
    monkeypatch.setattr(memory, "SIZES", [(samples.MB, 10)])
    monkeypatch.setattr(samples, "SIDE", 600)
    monkeypatch.setattr(lm, "PollPolicy", partial(lm.PollPolicy, first_after=0.0, interval=0.01, tick=0.0))


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_with_a_table(question: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([question, *TINY, "--json", str(tmp_path / "answers.json")])

    printed = capsys.readouterr().out
    answers = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))["answers"]
    assert answers
    for answer in answers:
        assert answer["question"] == question
        assert answer["rows"]
        assert f"### {answer['title']}" in printed


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_contenders_run_in_processes_of_their_own(scheme: str, tmp_path: Path) -> None:
    if scheme == "https" and not certificate.available():
        pytest.skip("no openssl")
    files = samples.jpegs(tmp_path, 20_000, distinct=2)
    ballast = bytearray(b"x") * 150_000_000  # a contender's peak must not be that of who starts it

    with processes.server(scheme) as at:
        run = processes.race(processes.OURS, at, files, 3)

    assert run.start <= run.peak < len(ballast)
    assert (run.images, run.posts, run.tally["body_bytes"] > 60_000) == (5, 5, True)
    assert run.tally["calls"] | {"get": 0, "batch_get": 0} == {
        "initialize": 5,
        "put": 5,
        "get": 0,
        "batch_get": 0,
        "post": 5,
        "refused": 0,
    }


def test_the_peak_forgets_what_was_let_go_before() -> None:
    ballast = bytearray(b"x") * 50_000_000
    before = contest.peak()
    del ballast

    contest.forget_peak()

    assert contest.peak() < before - 40_000_000


def test_an_unknown_question_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["speed"])

    assert caught.value.code == 2
    assert "no such question: speed" in capsys.readouterr().err


def test_a_table_is_markdown_with_its_goals() -> None:
    goals = [Goal("a ÷ b", 1.2345, 1.0), Goal("rate", 2.0, 1.0, least=True)]
    table = Table(title="Speed", columns=("who", "n"), rows=[("ours", 1234), ("theirs", 0.5)], goals=goals)

    assert str(table).splitlines() == [
        "### Speed",
        "",
        "| who    |     n |",
        "|--------|------:|",
        "| ours   | 1,234 |",
        "| theirs | 0.500 |",
        "",
        "- MISSED: a ÷ b: 1.23 (≤ 1.00)",
        "- met: rate: 2.00 (≥ 1.00)",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5, "1,234"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.1234, "0.123"),
        (10_000, "10,000"),
        (None, ""),
        ("a", "a"),
    ],
)
def test_three_digits_of_a_figure_are_shown(value: object, text: str) -> None:
    assert shown(value) == text


class TestReadme:
    """The README keeps the latest answers, and counts the goals of all of them."""

    @pytest.fixture
    def page(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        page = tmp_path / "README.md"
        parts = ("goals", "speed", "size")
        page.write_text("".join(f"# {part}\n\n<!-- begin {part} -->\n<!-- end {part} -->\n" for part in parts))
        monkeypatch.setattr(readme, "README", page)
        return page

    @staticmethod
    def table(*goals: Goal) -> Table:
        return Table(title="Speed", columns=("who", "n"), rows=[("ours", 1234)], goals=goals)

    def test_an_answer_takes_the_place_of_the_one_before(self, page: Path) -> None:
        readme.keep("speed", "on Monday", [self.table(Goal("a", 2.0, 1.0))])
        readme.keep("size", "on Monday", [self.table(Goal("b", 1.0, 1.0))])
        readme.keep("speed", "on Tuesday", [self.table(Goal("a", 3.0, 1.0))])

        text = page.read_text()
        assert text.count("on Monday") == 1
        assert text.index("begin speed") < text.index("on Tuesday") < text.index("| ours") < text.index("end speed")
        assert text.endswith("<!-- end size -->\n")

    def test_the_goals_of_all_answers_are_counted(self, page: Path) -> None:
        readme.keep("speed", "on Monday", [self.table(Goal("a", 2.0, 1.0)), self.table(Goal("b", 0.5, 1.0))])
        readme.keep("size", "on Monday", [self.table(Goal("c", 0.5, 1.0))])

        summary = page.read_text().partition("<!-- end goals -->")[0]
        assert summary.endswith("2 of 3 goals met.\n\nMissed:\n\n- a: 2.00 (≤ 1.00)\n\n")

    def test_a_question_without_a_place_is_told(self, page: Path) -> None:
        with pytest.raises(ValueError, match="no place for weight"):
            readme.keep("weight", "on Monday", [self.table()])

    def test_the_real_one_has_a_place_for_every_question(self) -> None:
        text = (processes.ROOT / "benchmarks/README.md").read_text(encoding="utf-8")

        assert [name for name in (*QUESTIONS, "goals") if text.count(f"<!-- begin {name} -->") != 1] == []
        assert [name for name in QUESTIONS if f"`{name}`: {QUESTIONS[name]}\n" not in text] == []

    @pytest.mark.usefixtures("hasty")
    def test_the_command_keeps_what_it_measured(
        self, page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page.write_text(page.read_text().replace("speed", "calls"))

        main(["calls", *TINY, "--readme"])

        assert "hastened: these figures do not count" in page.read_text()
        assert "### API calls per image" in page.read_text()
        assert capsys.readouterr().out.splitlines()[-1].endswith("goals met")
