"""Identifiers as LinkedIn makes them, drawn from a seed so that every run makes the same ones."""

from __future__ import annotations

import base64
import random
from typing import Final

_IMAGE_PREFIX: Final = "C4E10AQ"
_SEQUENCE_BITS: Final = 22


class Ids:
    """Draws image ids, snowflake ids, signatures, tokens and request ids."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- reproducible on purpose; nothing here protects anything  # nosec B311
        self._sequence = 0
        self._last_ms = 0

    def image(self) -> str:
        """Return an image id such as ``C4E10AQFoyyAjHPMQuQ``."""
        return _IMAGE_PREFIX + self.text(9)

    def text(self, size: int) -> str:
        """Return `size` random bytes as URL-safe text."""
        return base64.urlsafe_b64encode(self._random.randbytes(size)).rstrip(b"=").decode()

    def uuid(self) -> str:
        """Return what ``x-li-uuid`` carries."""
        return base64.b64encode(self._random.randbytes(16)).decode()

    def snowflake(self, now_ms: int) -> int:
        """Return an id whose upper bits are milliseconds (``id >> 22``); later calls return larger ids."""
        self._last_ms = max(self._last_ms, now_ms)
        self._sequence = (self._sequence + 1) % (1 << _SEQUENCE_BITS)
        if not self._sequence:
            self._last_ms += 1
        return (self._last_ms << _SEQUENCE_BITS) | self._sequence

    def between(self, lowest: float, highest: float) -> float:
        """Return a number drawn evenly from the range."""
        return self._random.uniform(lowest, highest)
