"""What a stream is connected to."""

from __future__ import annotations

import os
from typing import Any


def is_terminal(stream: Any) -> bool:
    """Whether one can draw there."""
    return bool(stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb")


def colours(stream: Any) -> bool:
    """Whether to write colours there (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")
