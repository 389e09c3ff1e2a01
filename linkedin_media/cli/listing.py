"""Things as people and programs read them: rows of a table, or an object of LinkedIn's JSON each; as they come."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar

import attrs
import click

from ..client.paging import Pages
from ..model.collection import BatchResult
from ..protocol import codec
from .failures import to_dict
from .printable import printable
from .results import bad_lines
from .screen import Screen
from .status import ALL_GOOD, SOME_FAILED
from .terminal import is_terminal

T = TypeVar("T")
Measure: TypeAlias = Callable[[str], int]
_GAP: Final = 2
_LEAST: Final = 16
"""Columns of a terminal that the last column gets, however narrow that is: what names a thing is never cut."""


@attrs.define
class Listing(Generic[T]):
    """A table that grows page by page: `columns` and, of each thing, its `cells`. The last column may be long."""

    screen: Screen
    columns: Sequence[str]
    cells: Callable[[T], Sequence[str]]
    _widths: list[int] = attrs.field(factory=list, init=False)

    def show(self, things: Sequence[T]) -> None:
        """Print some things."""
        if self.screen.output.as_json:
            for thing in things:
                self.screen.print(json.dumps(codec.dump(thing), ensure_ascii=False))
        elif things:
            self._rows([[_one_line(cell) for cell in self.cells(thing)] for thing in things])

    async def show_pages(self, pages: Pages[T], limit: int | None) -> int:
        """Print what a finder finds, page by page, at most `limit` of it."""
        left = limit
        async for page in pages.by_page():
            elements = page.elements[:left]
            self.show(elements)
            left = None if left is None else left - len(elements)
            if left == 0:
                break
        if not self._widths and not self.screen.output.as_json:
            self.screen.note("nothing found")
        return ALL_GOOD

    def show_batch(self, batch: BatchResult[Any, T], noun: str) -> int:
        """Print what was got, and for the rest why not."""
        self.show(list(batch.results.values()))
        for key, error in batch.errors.items():
            self.screen.result({noun: key, "ok": False, "error": to_dict(error)}, bad_lines(str(key), error))
        return SOME_FAILED if batch.errors else ALL_GOOD

    def _rows(self, rows: list[list[str]]) -> None:
        titles = [] if self._widths else [[title.upper() for title in self.columns]]
        measure, room = _measures()
        grown = [max(map(measure, column)) for column in zip(*titles, *rows, strict=True)]
        self._widths = [max(pair) for pair in zip(grown, self._widths or grown, strict=True)]
        for row in titles:
            self.screen.print(click.style(self._line(row, measure, room), bold=True))
        for row in rows:
            self.screen.print(self._line(row, measure, room))

    def _line(self, row: list[str], measure: Measure, room: int | None) -> str:
        *cells, last = row
        places = zip(cells, self._widths[:-1], strict=True)
        start = "".join(cell + " " * (width - measure(cell) + _GAP) for cell, width in places)
        if room is not None and cells:
            last = _cropped(last, max(room - measure(start), _LEAST))
        return (start + last).rstrip()


def _measures() -> tuple[Measure, int | None]:
    """Return how wide text is on stdout, and how wide stdout: a terminal's last column is cropped, no other's."""
    if not is_terminal(sys.stdout):
        return len, None
    from rich.cells import cell_len

    return cell_len, shutil.get_terminal_size().columns


def _cropped(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def moment(when: datetime | None) -> str:
    """Return an instant for people, in UTC."""
    return "" if when is None else f"{when:%Y-%m-%d %H:%MZ}"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
