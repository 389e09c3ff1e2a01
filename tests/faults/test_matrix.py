"""Every cell of the fault matrix has a test that is collected and neither skipped nor expected to fail."""

from __future__ import annotations

import ast
import csv
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
_CELL: Final = re.compile(r"test_([A-Z]\d\d)_\w+")
_EXCUSES: Final = {"skip", "skipif", "xfail", "importorskip", "soak"}


def _cells() -> list[str]:
    with (HERE / "fault-matrix.csv").open(newline="", encoding="utf-8") as rows:
        return [row["id"] for row in csv.DictReader(rows)]


def _is_excused(function: ast.AST) -> bool:
    names = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    return bool(names & _EXCUSES)


def _asserts(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function))


@cache
def _enforced() -> set[str]:
    """The cells with a test that asserts something, whatever may come."""
    found = set()
    for module in HERE.glob("test_*.py"):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        if any(_is_excused(node) for node in tree.body if isinstance(node, ast.Assign)):  # a `pytestmark` of the module
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                cell = _CELL.fullmatch(node.name)
                if cell and _asserts(node) and not _is_excused(node):
                    found.add(cell[1])
    return found


def test_the_matrix_has_eighty_one_cells() -> None:
    assert len(_cells()) == len(set(_cells())) == 81


@pytest.mark.parametrize("cell", _cells())
def test_the_cell_has_a_test_that_asserts(cell: str) -> None:
    assert cell in _enforced()


def test_no_test_names_a_cell_that_does_not_exist() -> None:
    assert _enforced() - set(_cells()) == set()
