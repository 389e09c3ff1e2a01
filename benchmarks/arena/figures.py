"""Figures: what a run took, medians and ratios over rounds, tables, and whether the goals are met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

import attrs

MB = 1 << 20


@attrs.frozen(kw_only=True)
class Run:
    """One contender's run: what it measured of itself, and what the server counted."""

    images: int
    posts: int
    wall: float
    cpu: float
    start: int
    peak: int
    tally: Mapping[str, Any]
    details: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def per_second(self) -> float:
        return self.images / self.wall

    @property
    def cpu_ms(self) -> float:
        return self.cpu / self.images * 1000

    @property
    def calls(self) -> float:
        return sum(self.tally["calls"].values()) / self.images

    @property
    def polls(self) -> float:
        return (self.tally["calls"]["get"] + self.tally["calls"]["batch_get"]) / self.images

    @property
    def connections(self) -> int:
        return self.tally["connections"]

    @property
    def cpu_per_gb(self) -> float:
        return self.cpu / (self.tally["body_bytes"] / 1e9)

    @property
    def over_start(self) -> float:
        return (self.peak - self.start) / MB

    @property
    def busy(self) -> float:
        """How much of the time the server was at work."""
        return self.tally["cpu"] / self.wall


Runs = Sequence[Run]


def middle(runs: Runs, figure: Callable[[Run], float]) -> float:
    """Return the median of a figure over rounds."""
    return median(figure(run) for run in runs)


def ratio(runs: Runs, base: Runs, figure: Callable[[Run], float]) -> float:
    """Return the median of the ratios within each round."""
    return median(figure(run) / figure(other) for run, other in zip(runs, base, strict=False))


@attrs.frozen
class Goal:
    """A figure, and what it should be at most (or, with `least`, at least)."""

    name: str
    value: float
    limit: float
    least: bool = attrs.field(default=False, kw_only=True)

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.least else self.value <= self.limit

    def __str__(self) -> str:
        sign, verdict = ("≥" if self.least else "≤"), ("met" if self.met else "MISSED")
        return f"{verdict}: {self.name}: {shown(self.value)} ({sign} {shown(self.limit)})"


@attrs.frozen(kw_only=True)
class Table:
    """What a question's answer looks like."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    goals: Sequence[Goal] = ()

    def __str__(self) -> str:
        cells = [list(self.columns), *([shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.columns))]
        head, *body = ["| " + " | ".join(_aligned(row, widths)) + " |" for row in cells]
        rule = "|" + "|".join("-" * (width + 1) + ("-" if not at else ":") for at, width in enumerate(widths)) + "|"
        goals = ["", *(f"- {goal}" for goal in self.goals)] if self.goals else []
        return "\n".join([f"### {self.title}", "", head, rule, *body, *goals, ""])

    def to_dict(self):
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {
            "title": self.title,
            "rows": rows,
            "goals": [attrs.asdict(goal) | {"met": goal.met} for goal in self.goals],
        }


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    first, *rest = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]


def shown(value: Any) -> str:
    """Return a figure as people read it: three digits that count."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    size = abs(value)
    return (
        f"{value:,.0f}"
        if size >= 100
        else f"{value:.1f}"
        if size >= 10
        else f"{value:.2f}"
        if size >= 1
        else f"{value:.3f}"
    )
