"""The inspect page: calls with their verdicts, uploads as thumbnails, posts as people would see them.

One file without anything from elsewhere. It learns everything from the control API, and puts what clients sent into the
page as text only.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"


@cache
def html() -> bytes:
    """Return the page."""
    return files(__package__).joinpath("page.html").read_bytes()
