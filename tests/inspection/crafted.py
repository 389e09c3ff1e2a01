"""Images written byte by byte, so that a test can break exactly one thing; and sources that count what is read."""

from __future__ import annotations

import struct
import zlib

import attrs

from linkedin_media.inspection import BytesSource, Inspection, inspect
from linkedin_media.options import ImageRules

JPEG_START = b"\xff\xd8"
JPEG_END = b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n"
PIXELS = b"\x02\x4c\x01\x00"
"""A chain of one sub-block of two bytes: the pixels of a GIF frame."""


def look(data: bytes, rules: ImageRules = ImageRules()) -> Inspection:
    return inspect(BytesSource(data), rules)


def codes(data: bytes, rules: ImageRules = ImageRules()) -> list[str]:
    return [violation.code for violation in look(data, rules).violations]


def messages(data: bytes, rules: ImageRules = ImageRules()) -> str:
    return "; ".join(violation.message for violation in look(data, rules).violations)


# JPEG


def segment(marker: int, data: bytes = b"") -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def frame_header(width: int, height: int, *, marker: int = 0xC0, bits: int = 8, components: int = 3) -> bytes:
    samples = b"".join(bytes((number, 0x11, 0)) for number in range(components))
    return segment(marker, struct.pack(">BHHB", bits, height, width, components) + samples)


def jpeg(width: int, height: int, *, before: bytes = b"", end: bytes = JPEG_END, **frame: int) -> bytes:
    """A JPEG of no pixels: what stands before its frame header, the header, a scan that is empty, the end."""
    scan = segment(0xDA, b"\1\1\0\0\x3f\0")
    return JPEG_START + before + frame_header(width, height, **frame) + scan + bytes(16) + end


# PNG


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def image_header(width: int, height: int, *, depth: int = 8, colour: int = 2, rest: bytes = b"\0\0\0") -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBB", width, height, depth, colour) + rest)


def png(width: int, height: int, *, before: bytes = b"", end: bytes = chunk(b"IEND"), **header: int) -> bytes:
    """A PNG of hardly any pixels, with `before` between its header and those."""
    pixels = chunk(b"IDAT", zlib.compress(bytes(64)))
    return PNG_START + image_header(width, height, **header) + before + pixels + end


# GIF


def screen(width: int, height: int, *, flags: int = 0) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + bytes(_palette(flags))


def frame(width: int, height: int, *, left: int = 0, top: int = 0, flags: int = 0, pixels: bytes = PIXELS) -> bytes:
    head = struct.pack("<cHHHHB", b",", left, top, width, height, flags)
    return head + bytes(_palette(flags)) + b"\2" + pixels


def gif(width: int, height: int, *blocks: bytes, end: bytes = b";", flags: int = 0) -> bytes:
    return screen(width, height, flags=flags) + b"".join(blocks) + end


def _palette(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


# Sources


@attrs.define
class CountingSource:
    """Bytes that remember which parts of them were read."""

    data: bytes
    reads: list[tuple[int, int]] = attrs.field(factory=list)

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def bytes_read(self) -> int:
        return sum(length for _, length in self.reads)

    @property
    def largest_read(self) -> int:
        return max(length for _, length in self.reads)

    def read(self, offset: int, length: int) -> bytes:
        found = self.data[offset : offset + length]
        self.reads.append((offset, len(found)))
        return found


def counted(data: bytes, rules: ImageRules = ImageRules()) -> tuple[Inspection, CountingSource]:
    source = CountingSource(data)
    return inspect(source, rules), source
