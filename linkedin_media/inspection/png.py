"""PNG: the image header (IHDR), and the chunks between it and the first pixels.

An animated PNG is a PNG of one picture here: LinkedIn's limit of frames is one for GIF.
"""

from __future__ import annotations

import re
import zlib
from struct import Struct
from typing import Final

import attrs

from ..options import ImageRules
from .rules import Facts, broken_header, too_complex
from .window import Window

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_END: Final = b"IEND\xaeB`\x82"

_CHUNK: Final = Struct(">I4s")
_CHUNK_NAME: Final = re.compile(rb"\w{4}")
_CHECKSUM_BYTES: Final = 4

_HEADER: Final = Struct(">4sIIBBBBBI")
_HEADER_LENGTH: Final = 13
_USUAL_START: Final = b"\0\0\0\rIHDR"
_USUAL_PIXELS: Final = 33
"""Where the pixels begin if nothing is between them and the image header: it takes no walk to see that."""

_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""The bits a sample may have, by colour type."""


def walk(window: Window, rules: ImageRules) -> Facts:
    """Go from chunk to chunk up to the first pixels of a file that begins with `SIGNATURE`."""
    data = window.data
    if data[8:16] == _USUAL_START and data[37:41] == b"IDAT" and rules.max_steps > 1:
        facts = _header(data[12:_USUAL_PIXELS], _HEADER_LENGTH)
        return facts if facts.unusable else _ended(window, facts, _USUAL_PIXELS)
    return _walk_chunks(window, rules)


def _walk_chunks(window: Window, rules: ImageRules) -> Facts:
    offset = len(SIGNATURE)
    facts: Facts | None = None
    for _ in range(rules.max_steps):
        head = window.take(offset, _CHUNK.size)
        if len(head) < _CHUNK.size:
            return _broken("it ends before its first pixel")
        length, name = _CHUNK.unpack(head)
        if name == b"IHDR":
            facts = _header(window.take(offset + 4, _HEADER.size), length)
            if facts.unusable:
                return facts
        elif name == b"IDAT":
            return _ended(window, facts, offset)
        elif name == b"IEND" or not _CHUNK_NAME.fullmatch(name):
            return _broken(f"chunk {name!r} stands where pixels should")
        offset += _CHUNK.size + length + _CHECKSUM_BYTES
    return attrs.evolve(facts or Facts("PNG"), unusable=too_complex("PNG", rules.max_steps))


def _broken(problem: str) -> Facts:
    return Facts("PNG", unusable=broken_header("PNG", problem))


def _header(chunk: bytes, length: int) -> Facts:
    """Read an image header from its name to its checksum."""
    if length != _HEADER_LENGTH or len(chunk) < _HEADER.size:
        return _broken("its image header is cut off")
    _, width, height, depth, colour, compression, filtering, interlace, checksum = _HEADER.unpack(chunk)
    if zlib.crc32(chunk[:-_CHECKSUM_BYTES]) != checksum:
        return _broken("the checksum of its image header is wrong")
    if not (width and height):
        return _broken(f"its size is {width}x{height}")
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        return _broken("its image header asks for an encoding that PNG does not have")
    return Facts("PNG", width, height, 1)


def _ended(window: Window, facts: Facts | None, pixels: int) -> Facts:
    """Finish at the first `pixels`: the image header must have come, the last chunk should."""
    if facts is None:
        return _broken("it has no image header")
    if window.ends_with(_END, pixels):
        return facts
    return attrs.evolve(facts, cut_off="no end chunk, IEND")
