"""SECURITY.md says where each threat is met and which tests hold it: all of them exist. And `make audit` never lies."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from pathlib import Path
from typing import Final

import attrs
import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
DOCUMENT: Final = (ROOT / ".github/SECURITY.md").read_text(encoding="utf-8")
_PATH: Final = re.compile(r"`((?:linkedin_media|tests|\.ci|\.github)/[^`]+|Makefile|pyproject\.toml)`")
_CELL: Final = re.compile(r"\b[VIUPCLTS]\d\d\b")
_UNARGUED: Final = re.compile(r"# *nosec(?! B\d{3})|(?<! )# nosec|^(?!.*(-- \S|# nosec B\d{3}  # \S)).*# nosec")


@attrs.frozen
class Threat:
    """One section of the threat model."""

    title: str
    parts: dict[str, str]

    def paths(self, part: str) -> list[str]:
        return _PATH.findall(self.parts.get(part, ""))

    def cells(self) -> list[tuple[str, str]]:
        """The cells of the fault matrix that are named, each with the file before it."""
        found = re.findall(r"`([^`]+)` \(([^)]*)\)", self.parts.get("Held by", ""))
        return [(path, cell) for path, words in found for cell in _CELL.findall(words)]


def _threats() -> list[Threat]:
    sections = re.split(r"^### \d+\. ", DOCUMENT, flags=re.MULTILINE)[1:]
    parts = [dict(re.findall(r"^- \*\*([\w ]+):\*\* (.+)$", section, re.MULTILINE)) for section in sections]
    return [Threat(section.partition("\n")[0], part) for section, part in zip(sections, parts, strict=True)]


THREATS: Final = _threats()


def test_the_threats_are_counted_and_at_least_fourteen() -> None:
    numbers = re.findall(r"^### (\d+)\. \S", DOCUMENT, re.MULTILINE)

    assert numbers == [str(number + 1) for number in range(len(THREATS))]
    assert len(THREATS) >= 14


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.title)
def test_a_threat_says_where_it_is_met_what_holds_it_and_what_remains(threat: Threat) -> None:
    assert list(threat.parts) == ["Threat", "Met in", "Held by", "Remains"]
    assert threat.paths("Met in") != []
    assert [path for path in threat.paths("Held by") if re.search(r"/test_\w+\.py$", path)] != []


def test_every_module_and_test_that_is_named_exists() -> None:
    named = set(_PATH.findall(DOCUMENT))

    assert len(named) > 40
    assert sorted(path for path in named if not (ROOT / path).is_file()) == []


def test_every_cell_that_is_named_is_one_of_the_matrix_and_tested_where_it_says() -> None:
    with (ROOT / "tests/faults/fault-matrix.csv").open(newline="", encoding="utf-8") as rows:
        matrix = {row["id"] for row in csv.DictReader(rows)}
    cited = [pair for threat in THREATS for pair in threat.cells()]
    tested = {path: (ROOT / path).read_text(encoding="utf-8") for path, _ in cited}

    assert len(cited) > 20
    assert set(_CELL.findall(DOCUMENT)) - matrix == set()
    assert [(path, cell) for path, cell in cited if not re.search(rf"def test_{cell}_", tested[path])] == []


def test_what_bandit_is_told_to_pass_over_is_named_and_argued() -> None:
    lines = {
        f"{path.relative_to(ROOT)}:{number}": line
        for path in (ROOT / "linkedin_media").rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "nosec" in line
    }

    assert {place: line for place, line in lines.items() if _UNARGUED.search(line)} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import subprocess  # nosec",
        "import subprocess  # nosec B404",
        "import subprocess  # noqa: S404  # nosec B404",
        "import subprocess# nosec B404  # ours",
    ],
)
def test_an_argument_that_is_missing_is_missed(line: str) -> None:
    assert _UNARGUED.search(line)


def _audit(folder: Path, *, bandit: str, pip_audit: str) -> subprocess.CompletedProcess[str]:
    """Run `make audit` with tools that do as told, in an environment that looks installed."""
    (folder / "bin").mkdir()
    for name, script in (("python", "exit 1"), ("bandit", bandit), ("pip-audit", pip_audit)):
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bin" / name).chmod(0o755)
    for stamp in (".installer", ".installed-lint"):
        (folder / stamp).touch()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "--no-print-directory", "audit", f"VENV={folder}", "PYTHON=python3"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_an_audit_that_finds_nothing_passes(tmp_path: Path) -> None:
    audit = _audit(tmp_path, bandit="echo noise >&2", pip_audit="echo No known vulnerabilities found >&2")

    assert (audit.returncode, audit.stdout, audit.stderr) == (0, "", "No known vulnerabilities found\n")


def test_an_audit_shows_what_bandit_found(tmp_path: Path) -> None:
    audit = _audit(tmp_path, bandit="echo B301; echo why >&2; exit 1", pip_audit="echo never")

    assert audit.returncode != 0
    assert audit.stdout == "B301\n"
    assert "why" in audit.stderr


def test_an_audit_shows_which_packages_are_vulnerable(tmp_path: Path) -> None:
    audit = _audit(
        tmp_path, bandit=":", pip_audit="echo pillow; echo Found 1 known vulnerability in 1 package >&2; exit 1"
    )

    assert audit.returncode != 0
    assert audit.stdout == "pillow\n"
    assert "Found 1 known vulnerability" in audit.stderr
    assert "NOT checked" not in audit.stderr


def test_a_service_that_cannot_be_asked_is_no_clean_bill(tmp_path: Path) -> None:
    audit = _audit(tmp_path, bandit=":", pip_audit="echo Traceback >&2; echo ConnectionError: pypi.org >&2; exit 1")

    assert audit.returncode != 0
    assert audit.stderr.splitlines()[0] == "ConnectionError: pypi.org"
    assert "the pinned packages were NOT checked" in audit.stderr
    assert "Traceback" not in audit.stderr
