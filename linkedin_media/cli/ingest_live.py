"""The progress of an ingest, drawn on a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import IO, Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live as Drawing
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .ingest_progress import Progress
from .ingest_screen import IngestScreen
from .options import Output
from .terminal import colours, is_terminal

_SHOW_CURSOR: Final = "\x1b[?25h\n"


class IngestLive(IngestScreen):
    """A bar, and below it how fast, how long still, and what is at which stage."""

    def __init__(self, output: Output, progress: Progress, stream: IO[str] | None = None) -> None:
        super().__init__(output, progress)
        stream = stream or sys.stderr
        self._console = Console(
            file=stream, force_terminal=True, no_color=not colours(stream), highlight=False, emoji=False, markup=False
        )
        self._drawing = Drawing(
            get_renderable=self.draw,
            console=self._console,
            refresh_per_second=4,
            transient=True,
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

    def draw(self) -> RenderableType:
        """Return the picture of this moment."""
        done, total = self.progress.done, max(self.progress.total(), self.progress.done)
        head, *others = self.progress.words()
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=28)
        grid.add_column(no_wrap=True)
        bar = ProgressBar(total=max(total, 1), completed=done, width=28)
        grid.add_row(bar, Text(f"{head} · {done / max(total, 1):.0%}", style="bold"))
        return Group(grid, Text(" · ".join(others), style="dim"))

    def print(self, text: str) -> None:
        """Write to stdout; where that is the terminal drawn on, above the drawing."""
        if is_terminal(sys.stdout):
            self._console.print(Text.from_ansi(text), soft_wrap=True)
        else:
            super().print(text)

    def note(self, line: str) -> None:
        """Write a line above the drawing."""
        self._console.print(Text.from_ansi(line), soft_wrap=True)

    def abandon(self) -> None:
        """Show the cursor again."""
        self._console.file.write(_SHOW_CURSOR)
        self._console.file.flush()
