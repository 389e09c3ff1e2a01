"""Everything the documents show is tried: the programs run, the commands exist, the links lead somewhere."""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import os
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from PIL import Image

import linkedin_media as lm

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
DOCUMENTS: Final = [ROOT / "README.md", *sorted(ROOT.glob(".github/*.md")), *sorted(ROOT.glob("docs/pages/*.md"))]
FENCE: Final = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
LINK: Final = re.compile(r"\]\((?!https?://|mailto:)(?P<path>[^)#]*)(?:#[^)]*)?\)")


@attrs.frozen
class Block:
    """One fenced block of a document."""

    document: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"

    @property
    def is_a_test(self) -> bool:
        return "def test_" in self.text


def _blocks() -> Iterator[Block]:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            yield Block(document, text.count("\n", 0, found.start()) + 1, found["language"], found["text"])


BLOCKS: Final = list(_blocks())
PROGRAMS: Final = [block for block in BLOCKS if block.language == "python"]
COMMANDS: Final = sorted(
    {line for block in BLOCKS if block.language == "console" for line in block.text.splitlines() if line.strip()}
)

each_program = pytest.mark.parametrize("program", PROGRAMS, ids=str)
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)


@each_program
def test_a_program_uses_public_names_only(program: Block) -> None:
    tree = ast.parse(program.text)
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "lm"
    }

    assert used - set(lm.__all__) == set()


@each_program
async def test_a_program_runs(program: Block, tmp_path: Path, linkedin_simulator: Any) -> None:
    _make_images(tmp_path)
    script = tmp_path / ("test_example.py" if program.is_a_test else "example.py")
    script.write_text(program.text, encoding="utf-8")
    options = ("asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function")
    by_pytest = (
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *(word for option in options for word in ("-o", option)),
    )

    status, output = await _run(
        *("-W", "error", *(by_pytest if program.is_a_test else ()), str(script)),
        cwd=tmp_path,
        env={
            "LINKEDIN_ACCESS_TOKEN": linkedin_simulator.token,
            "LINKEDIN_BASE_URL": linkedin_simulator.base_url,
            "LINKEDIN_OWNER": linkedin_simulator.organization,
        },
    )

    assert status == 0, output
    assert output.strip()
    assert not re.search(r"^(failed|unknown|look before)", output, re.MULTILINE), output


def _make_images(folder: Path) -> None:
    """The files that the examples name."""
    (folder / "photos").mkdir()
    for number, name in enumerate(("office.png", "hero.png", "photos/team.jpg", "photos/garden.jpg")):
        Image.new("RGB", (64, 48), (80 * number, 120, 160)).save(folder / name)


async def _run(*arguments: str, cwd: Path, env: dict[str, str]) -> tuple[int | None, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LINKEDIN_", "PYTEST_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=cwd,
        env=inherited | env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), timeout=45)
    return process.returncode, output.decode()


def test_every_example_in_a_docstring_gives_what_it_says() -> None:
    package = Path(lm.__file__).parent
    shown = [path for path in package.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]
    names = [".".join(path.relative_to(package.parent).with_suffix("").parts) for path in shown]

    assert {name: doctest.testmod(importlib.import_module(name)).failed for name in names} == dict.fromkeys(names, 0)


def test_the_readme_names_the_two_commands_first() -> None:
    shown = [block.text.strip() for block in BLOCKS if block.document.name == "README.md"]

    assert shown[:2] == ["make demo", "make test"]


@each_document
def test_a_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:`|^)make ([a-z][a-z -]*)", document.read_text(encoding="utf-8"), re.MULTILINE)

    assert {target for targets_named in named for target in targets_named.split()} - targets == set()


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("linkedin-media ")])
def test_a_command_that_is_shown_exists_with_its_options(command: str) -> None:
    words = shlex.split(command)[1:]
    path = [*takewhile(re.compile(r"[a-z]+").fullmatch, words)]

    helped = subprocess.run(
        [sys.executable, "-m", "linkedin_media", *path, "--help"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert helped.returncode == 0, helped.stderr
    assert [word for word in words if word.startswith("--") and word not in helped.stdout] == []


def test_every_command_that_is_shown_is_one_we_know() -> None:
    assert {line.split()[0] for line in COMMANDS} <= {"linkedin-media", "make", "pip"}


@each_document
def test_a_link_leads_to_a_file(document: Path) -> None:
    linked = [document.parent / found["path"] for found in LINK.finditer(document.read_text(encoding="utf-8"))]

    assert [str(path) for path in linked if not path.exists()] == []


def test_the_page_about_errors_draws_the_tree_of_the_module() -> None:
    from linkedin_media import errors

    page = (ROOT / "docs/pages/errors.md").read_text(encoding="utf-8")
    drawn = [line.strip() for line in (errors.__doc__ or "").splitlines() if "──" in line]

    assert [line for line in drawn if line not in page] == []
