"""Exit statuses, and the interruption that has its own."""

from __future__ import annotations

from typing import Final

ALL_GOOD: Final = 0
SOME_FAILED: Final = 1
USAGE: Final = 2
UNKNOWN: Final = 3
INTERRUPTED: Final = 130


class Interrupted(BaseException):
    """A signal ended the work; what could be told about it has been told."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.status = 128 + signal
