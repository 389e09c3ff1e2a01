"""The README of the benchmarks keeps the latest answer to each question: written by the tool, never by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .figures import Table
from .processes import ROOT

README: Final = ROOT / "benchmarks" / "README.md"
SUMMARY: Final = "goals"
"""The name of the part that counts the goals of all answers."""

_GOAL: Final = re.compile(r"^- (met|MISSED): (.+)$", re.MULTILINE)


def keep(question: str, circumstances: str, tables: Sequence[Table]) -> None:
    """Put the answer to a question in place of the one before it, and count the goals anew."""
    text = README.read_text(encoding="utf-8")
    answer = "\n\n".join([circumstances, *(str(table).strip() for table in tables)])
    text = _replaced(text, question, answer)
    README.write_text(_replaced(text, SUMMARY, counted(text)), encoding="utf-8")


def counted(text: str) -> str:
    """Say how many of the goals in a text are met, and which are not."""
    goals = _GOAL.findall(text)
    missed = [goal for verdict, goal in goals if verdict == "MISSED"]
    said = f"{len(goals) - len(missed)} of {len(goals)} goals met."
    return "\n".join([said, *(["", "Missed:", "", *(f"- {goal}" for goal in missed)] if missed else [])])


def _replaced(text: str, name: str, content: str) -> str:
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the README has no place for {name}: {begin.strip()} … {end}")
    return f"{before}{begin}\n{content}\n\n{end}{after}"
