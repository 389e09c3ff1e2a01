"""Which screen a command gets."""

from __future__ import annotations

import sys

from ..pipeline.events import Stage
from .board import UPLOADING
from .options import Output
from .screen import Lines, Screen
from .terminal import is_terminal


def screen_for(output: Output, *, stages: tuple[Stage, ...] = UPLOADING, total: int = 0) -> Screen:
    """Return the screen for stderr as it is: quiet, drawn on while the work goes on, or written to line by line.

    `total` is how many files there will be, of which each goes through `stages`.
    """
    if output.quiet:
        return Screen(output)
    if not is_terminal(sys.stderr):
        return Lines(output)

    from .live import Live

    return Live(output, stages=stages, total=total)
