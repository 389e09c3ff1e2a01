"""What the project promises beside its code: its commands, its lock, its wheel, and files that stand on their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parents[1]
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK: Final = (ROOT / ".ci/requirements.txt").read_text(encoding="utf-8")
MAKEFILE: Final = (ROOT / "Makefile").read_text(encoding="utf-8")
TOP_LEVEL: Final = {
    *("linkedin_media", "tests", "benchmarks", "docs"),
    *("pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "LICENSE"),
}

in_a_checkout = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="only a git checkout knows which files are its own"
)


def _tracked() -> list[Path]:
    """The files of the repository, those not yet added among them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=30,
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def _declared() -> list[Requirement]:
    """Every dependency that pyproject.toml names: required, extra, or of a group."""
    project = PROJECT["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    found = [Requirement(text) for texts in lists for text in texts if isinstance(text, str)]
    return [requirement for requirement in found if requirement.name != project["name"]]


def _pinned() -> dict[str, str]:
    return {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^ ;]+)", LOCK, re.MULTILINE)
    }


@pytest.mark.parametrize("requirement", _declared(), ids=[f"{n}-{r.name}" for n, r in enumerate(_declared())])
def test_the_lock_pins_what_the_project_declares(requirement: Requirement) -> None:
    pinned = _pinned().get(canonicalize_name(requirement.name))

    assert pinned is not None, "missing from the lock: make lock"
    assert requirement.specifier.contains(pinned, prereleases=True), "the lock is older than pyproject.toml: make lock"


def test_the_lock_holds_a_hash_for_every_pin_and_names_no_index() -> None:
    pins = re.split(r"^(?=[A-Za-z])", LOCK, flags=re.MULTILINE)[1:]

    assert [pin.split("\n", 1)[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert re.findall(r"^ *--(?!hash).*|://", LOCK, re.MULTILINE) == []


@pytest.mark.parametrize(
    "target", ["audit", "bench", "clean", "cover", "demo", "docs", "help", "lint", "lock", "soak", "test", "types"]
)
def test_make_offers(target: str) -> None:
    assert re.search(rf"^{target}:.*## \w", MAKEFILE, re.MULTILINE)


def test_make_without_a_target_says_what_there_is() -> None:
    said = _make()

    assert said.returncode == 0
    assert "make demo" in said.stdout
    assert "make test" in said.stdout


def test_make_says_in_one_line_which_python_it_needs(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    refused = _make("test", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")

    assert refused.returncode != 0
    assert [line for line in refused.stderr.splitlines() if "Python 3.11 or newer" in line] != []
    assert not (tmp_path / "venv").exists()


def _make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as from a shell, even where make runs the tests."""
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "VENV", "PYTHON"))
    }
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_ci_runs_from_a_shell_of_its_own() -> None:
    script = ROOT / ".ci/run"

    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=10)


def test_the_wheel_holds_the_whole_package_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=50,
    )
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = {path for path in (ROOT / "linkedin_media").rglob("*") if path.is_file() and path.suffix != ".pyc"}

    assert held == {path.relative_to(ROOT).as_posix() for path in package}
    assert "linkedin_media/py.typed" in held


@in_a_checkout
def test_only_what_belongs_there_stands_at_the_top() -> None:
    first = {path.relative_to(ROOT).parts[0] for path in _tracked()}

    assert {name for name in first if not name.startswith(".")} - TOP_LEVEL == set()


@in_a_checkout
def test_no_file_points_out_of_the_repository() -> None:
    """Neither to where it happens to lie nor to what happens to lie beside it."""
    outside = _foreign_paths()
    found = {
        str(path.relative_to(ROOT)): hits
        for path in _tracked()
        if path.suffix not in {".gif", ".jpg", ".jpeg", ".png"}
        and (
            hits := sorted({hit.group() for hit in outside.finditer(path.read_text(encoding="utf-8", errors="ignore"))})
        )
    }

    assert found == {}


def _foreign_paths() -> re.Pattern[str]:
    homeless = {ROOT, ROOT.parent, Path.home()} - {Path("/"), Path("/root"), Path(tempfile.gettempdir())}
    beside = {path.name for path in ROOT.parent.iterdir()} - {ROOT.name} - TOP_LEVEL
    absolute = [rf"(?<![\w.]){re.escape(str(path))}(?=[/\s\"'`]|$)" for path in sorted(homeless)]
    relative = [rf"\.\./{re.escape(name)}(?![\w.-])" for name in sorted(beside)]
    return re.compile("|".join([*absolute, *relative]), re.MULTILINE)
