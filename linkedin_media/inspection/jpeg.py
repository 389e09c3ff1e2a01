"""JPEG: from marker to marker to the first frame header (SOFn), as Pillow walks, but in bounded work.

Multi-picture files (MPO) and gain-map files (Ultra HDR) are JPEG: their first picture is what everyone shows.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import Final

from ..options import ImageRules
from .rules import Facts, broken_header, too_complex
from .window import SKIPPED_PER_STEP, Window

SIGNATURE: Final = b"\xff\xd8\xff"
_END: Final = b"\xff\xd9"

_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xDE}
"""SOF0 to SOF15, without the tables and extension between them; DHP, too, declares the size of a picture."""

_BARE: Final = frozenset({0x00, 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)})
"""Markers without a segment. Pillow passes them by, wherever they stand."""

_FIRST_MARKER: Final = 0xC0
_SCAN: Final = 0xDA
_FILL: Final = 0xFF
_SEGMENT: Final = Struct(">BBH")
_FRAME: Final = Struct(">4xBHHB")
_SHORTEST_FRAME: Final = 8
_COMPONENTS: Final = (1, 3, 4)
_FILLING: Final = re.compile(rb"\xff+")
_JUNK: Final = re.compile(rb"[^\xff]+")


def walk(window: Window, rules: ImageRules) -> Facts:
    """Find the frame header of a file that begins with `SIGNATURE`."""
    offset, steps = 2, 0
    while steps < rules.max_steps:
        steps += 1
        head = window.take(offset, _SEGMENT.size)
        if len(head) < _SEGMENT.size:
            return _broken("it ends before its size is told")
        fill, marker, length = _SEGMENT.unpack(head)
        if fill != _FILL or marker == _FILL:
            # Of a run of fill bytes, the last one begins the next marker: look from the second one on.
            skipped = window.run(_FILLING, offset + 1) if fill == _FILL else window.run(_JUNK, offset)
            offset += skipped
            steps += skipped // SKIPPED_PER_STEP
        elif marker in _FRAME_HEADERS:
            return _frame(window, offset, length)
        elif marker in _BARE:
            offset += 2
        elif marker < _FIRST_MARKER or marker == _SCAN:
            return _broken(f"marker FF{marker:02X} stands where the size should be told")
        else:
            offset += 2 + max(length, 2)
    return Facts("JPEG", unusable=too_complex("JPEG", rules.max_steps))


def _broken(problem: str) -> Facts:
    return Facts("JPEG", unusable=broken_header("JPEG", problem))


def _frame(window: Window, offset: int, length: int) -> Facts:
    """Read the frame header at `offset`: sample bits, height, width, components."""
    head = window.take(offset, _FRAME.size)
    end = offset + 2 + length
    if length < _SHORTEST_FRAME or len(head) < _FRAME.size or end > window.size:
        return _broken("its frame header is cut off")
    bits, height, width, components = _FRAME.unpack(head)
    if bits != 8:
        return _broken(f"{bits} bits a sample, where viewers take 8")
    if components not in _COMPONENTS:
        return _broken(f"{components} colour components, where viewers take 1, 3 or 4")
    if not (width and height):
        # A height of 0 would be told behind the scan (DNL); hardly any decoder follows it there.
        return _broken(f"its size is {width}x{height}")
    return Facts("JPEG", width, height, 1, cut_off=None if window.ends_with(_END, end) else "no end marker, EOI")
