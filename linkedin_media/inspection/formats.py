"""Naming the format of a file that LinkedIn does not take, from its first bytes and never from its name."""

from __future__ import annotations

import re
from typing import Final

_PREFIXES: Final = (
    (b"8BPS", "PSD"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"%PDF-", "PDF"),
    (b"%!PS", "EPS"),
    (b"\xc5\xd0\xd3\xc6", "EPS"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x8aMNG\r\n\x1a\n", "MNG"),
    (b"\x8bJNG\r\n\x1a\n", "JNG"),
    (b"icns", "ICNS"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"gimp xcf", "XCF"),
    (b"v/1\x01", "EXR"),
    (b"#?RADIANCE", "HDR"),
    (b"SIMPLE  =", "FITS"),
    (b"BPG\xfb", "BPG"),
    (b"AT&TFORM", "DJVU"),
    (b"\xd7\xcd\xc6\x9a", "WMF"),
    (b"\x1aE\xdf\xa3", "WEBM"),
)

_ICONS: Final = {b"\0\0\1\0": "ICO", b"\0\0\2\0": "CUR"}
_RIFF_KINDS: Final = {b"WEBP": "WEBP", b"AVI ": "AVI"}

_BRANDS: Final = (
    (frozenset({b"avif", b"avis"}), "AVIF"),
    (frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}), "HEIC"),
    (frozenset({b"crx "}), "CR3"),
    (frozenset({b"qt  "}), "MOV"),
)
"""Brands of the ISO media file format, the telling ones first: an AVIF file may name ``mif1``, too."""

_PORTABLE_MAP: Final = re.compile(rb"P(?:[1-6]\s+[\d#]|7\n|[Ff]\s+\d)")
_XML_OF_SVG: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:svg[\s>:]|\?xml\b|!--|!DOCTYPE\s+svg\b)", re.IGNORECASE)
_SVG_ROOT: Final = re.compile(rb"<(?:\w+:)?svg[\s>]", re.IGNORECASE)
_SVG_WITHIN: Final = 4096
_LARGEST_BRAND_BOX: Final = 256


def foreign_format(head: bytes) -> str | None:
    """Return the name of the format that the first bytes of a file tell, or None; not for JPEG, PNG and GIF."""
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head.startswith(b"RIFF"):
        return _RIFF_KINDS.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _media(head)
    return _second_look(head)


def _media(head: bytes) -> str:
    """Name a file of boxes by the brands it lists: the major one, a version, then the compatible ones."""
    end = min(int.from_bytes(head[:4], "big"), _LARGEST_BRAND_BOX)
    listed = {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
    return next((name for brands, name in _BRANDS if listed & brands), "MP4")


def _second_look(head: bytes) -> str | None:
    """Name what begins with so little that any text or data might: a second sign must agree."""
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return "BMP"
    if head[:4] in _ICONS and head[4:6] > b"\0\0":
        return _ICONS[head[:4]]
    if _PORTABLE_MAP.match(head):
        return "PPM"
    if _XML_OF_SVG.match(head) and _SVG_ROOT.search(head, 0, _SVG_WITHIN):
        return "SVG"
    return None
