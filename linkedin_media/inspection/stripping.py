"""Leave metadata out of a JPEG, PNG or GIF without touching a pixel: its parts are copied, or they are not.

What stays is what decoders need, the colour profile and, written anew, the orientation. Whatever lies behind the end of the
picture (a second picture, a preview, a film) goes too.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

_EXIF: Final = b"Exif\0\0"
_JPEG_KEPT: Final = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""Application segments that stay, by marker: how their content must begin."""

_PNG_KEPT: Final = frozenset(
    (b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT").split()
)
_GIF_KEPT: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def stripped(content: bytes, kind: str, exif: bytes) -> bytes | None:
    """Return an image without its metadata, or None where its structure is too odd to tell what is what.

    `exif` is what to write instead, as a JPEG has it (``Exif`` and two NULs first); it may be empty.
    """
    walk = {"JPEG": _jpeg, "PNG": _png, "GIF": _gif}[kind]
    try:
        return b"".join(walk(content, exif))
    except (IndexError, struct.error, ValueError):
        return None


def _jpeg(content: bytes, exif: bytes) -> Iterator[bytes]:
    yield content[:2]
    position, is_told = 2, not exif
    while True:
        start = position
        while content[position + 1] == 0xFF:
            position += 1
        marker = content[position + 1]
        if content[position] != 0xFF:
            raise ValueError("no marker")
        if marker == 0xD9:
            yield content[start : position + 2]
            return
        end = position + 2 + struct.unpack_from(">H", content, position + 2)[0]
        data = content[position + 4 : end]
        if not is_told and marker != 0xE0:
            yield struct.pack(">HH", 0xFFE1, len(exif) + 2) + exif
            is_told = True
        if marker == 0xDA:
            end = _end_of_scan(content, end)
        if marker != 0xFE and (not 0xE0 <= marker <= 0xEF or data.startswith(_JPEG_KEPT.get(marker, b"\0never"))):
            yield content[start:end]
        position = end


def _end_of_scan(content: bytes, position: int) -> int:
    """Return where the next marker is that is neither a stuffed byte nor a restart."""
    while True:
        position = content.index(b"\xff", position)
        if content[position + 1] not in {0x00, 0xFF, *range(0xD0, 0xD8)}:
            return position
        position += 1 if content[position + 1] == 0xFF else 2


def _png(content: bytes, exif: bytes) -> Iterator[bytes]:
    yield content[:8]
    position = 8
    while True:
        (length,), name = struct.unpack_from(">I", content, position), content[position + 4 : position + 8]
        end = position + 12 + length
        if end > len(content):
            raise ValueError("cut off")
        if name in _PNG_KEPT:
            yield content[position:end]
        if name == b"IHDR" and exif:
            data = b"eXIf" + exif.removeprefix(_EXIF)
            yield struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
        if name == b"IEND":
            return
        position = end


def _gif(content: bytes, _exif: bytes) -> Iterator[bytes]:
    position = 13 + _palette(content[10])
    yield content[:position]
    while True:
        start, kind = position, content[position]
        if kind == 0x3B:
            yield b";"
            return
        if kind == 0x2C:
            position = _end_of_blocks(content, position + 11 + _palette(content[position + 9]))
        elif kind == 0x21:
            position = _end_of_blocks(content, position + 2)
            label = content[start + 1]
            if label == 0xFE or (label == 0xFF and content[start + 3 : start + 14] not in _GIF_KEPT):
                continue
        else:
            raise ValueError("no block")
        yield content[start:position]


def _palette(flags: int) -> int:
    return int(3 * 2 ** ((flags & 7) + 1)) if flags & 0x80 else 0


def _end_of_blocks(content: bytes, position: int) -> int:
    while content[position]:
        position += content[position] + 1
    return position + 1
