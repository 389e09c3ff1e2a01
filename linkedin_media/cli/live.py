"""The board, drawn on a terminal while the work goes on. The only module of the command line that needs rich."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import IO, Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live as Drawing
from rich.table import Table
from rich.text import Text

from ..pipeline.events import Stage
from .board import Row, code_of, facts_of
from .options import Output
from .printable import byte_count, printable
from .screen import Screen
from .terminal import colours, is_terminal

_TURNING: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII: Final = str.maketrans(
    {"✓": "+", "✗": "x", "·": ".", "━": "=", "─": "-", "…": "~", **dict.fromkeys(_TURNING, "*")}
)
_BAR: Final = 12
_DOING: Final = {
    Stage.VALIDATE: "reading",
    Stage.INITIALIZE: "registering",
    Stage.UPLOAD: "sending",
    Stage.POLL: "processing",
    Stage.POST: "posting",
}


class Live(Screen):
    """A table of the files under way, and a bar for all of them; results appear above it.

    With `keep`, every file stays in the table and the table stays on the terminal.
    """

    def __init__(
        self,
        output: Output,
        *,
        stages: tuple[Stage, ...],
        total: int,
        keep: bool = False,
        stream: IO[str] | None = None,
    ) -> None:
        super().__init__(output)
        self._stages, self._total, self._keep = stages, total, keep
        self._began = self.board.clock()
        stream = stream or sys.stderr
        self._console = Console(
            file=stream, force_terminal=True, no_color=not colours(stream), highlight=False, emoji=False, markup=False
        )
        self._drawing = Drawing(
            get_renderable=self.draw,
            console=self._console,
            refresh_per_second=12,
            transient=not keep,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        super().__enter__()
        self._drawing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._drawing.stop()
        super().__exit__(kind, error, traceback)

    def print(self, text: str) -> None:
        """Write to stdout; where that is the terminal drawn on, above the drawing."""
        if is_terminal(sys.stdout):
            self._above(text)
        else:
            super().print(text)

    def note(self, line: str) -> None:
        """Write a line above the drawing."""
        self._above(line)

    def draw(self) -> RenderableType:
        """Return the picture of this moment."""
        rows = list(self.board.rows.values())
        shown = rows if self._keep else [row for row in rows if row.running]
        room = max(self._console.height - 4, 1)
        parts: list[RenderableType] = [self._table(shown[:room])] if shown else []
        if len(shown) > room:
            parts.append(Text(f"and {len(shown) - room} more", style="dim"))
        if not self._keep:
            parts.append(self._text(self._summary(rows)))
        return Group(*parts)

    def _table(self, rows: list[Row]) -> Table:
        table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False, expand=True)
        table.add_column("", no_wrap=True, overflow="ellipsis", max_width=max(self._console.width // 3, 12))
        for stage in self._stages:
            table.add_column(stage, justify="center", no_wrap=True, min_width=len(stage))
        table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
        for row in rows:
            cells = [self._text(self._mark(row, stage)) for stage in self._stages]
            table.add_row(Text(printable(row.file)), *cells, self._text(self._says(row)))
        return table

    def _mark(self, row: Row, stage: Stage) -> Text:
        if row.error is not None and stage is row.stage:
            return Text("✗", style="bold red")
        if row.running and stage is row.stage:
            return Text(_TURNING[int(self.board.clock() * 10) % len(_TURNING)], style="cyan")
        return Text("✓", style="green") if stage in row.done else Text("·", style="dim")

    def _says(self, row: Row) -> Text:
        if row.error is not None:
            return Text(code_of(row.error), style="red")
        if row.running and row.stage is Stage.UPLOAD and row.size:
            return Text(f"{_bar(row.sent, row.size)} of {byte_count(row.size)}")
        if row.running and row.stage is not None:
            age = self.board.clock() - row.since
            return Text(_DOING[row.stage] + (f", {age:.0f} s" if age >= 1 else ""), style="dim")
        return Text(facts_of(row.facts) if row.facts else "", style="dim")

    def _summary(self, rows: list[Row]) -> Text:
        failed = sum(row.error is not None for row in rows)
        ready = sum(self._stages[-1] in row.done for row in rows)
        total = max(self._total, len(rows))
        words = [f"{_bar(ready + failed, total)} {ready} of {total}"]
        if failed:
            words.append(f"{failed} failed")
        words.append(f"{byte_count(self.board.bytes_sent)} sent")
        words.append(f"{self.board.clock() - self._began:.0f} s")
        return Text("  ".join(words), style="bold")

    def _text(self, text: Text) -> Text:
        """Draw without what the terminal's encoding lacks."""
        if self._console.options.ascii_only:
            text.plain = text.plain.translate(_ASCII)
        return text

    def _above(self, text: str) -> None:
        self._console.print(Text.from_ansi(text), soft_wrap=True)


def _bar(done: int, total: int) -> str:
    filled = round(_BAR * min(done / total, 1)) if total else 0
    return "━" * filled + "─" * (_BAR - filled)
