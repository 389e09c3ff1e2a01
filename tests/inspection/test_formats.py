"""Naming what LinkedIn does not take, by content."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any

import pytest
from PIL import Image

from linkedin_media.inspection import foreign_format
from tests.inspection.crafted import codes, frame, gif, jpeg, look, messages, png


def _box(*brands: bytes, version: bytes = b"\0\0\0\0") -> bytes:
    content = b"ftyp" + brands[0] + version + b"".join(brands[1:])
    return struct.pack(">I", len(content) + 4) + content + b"\0\0\0\x08mdat"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WEBP"),
        (b"RIFF\x10\0\0\0AVI LIST", "AVI"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"II+\0\x08\0\0\0", "TIFF"),
        (b"8BPS\0\x01", "PSD"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "BMP"),
        (b"\0\0\1\0\1\0\x10\x10", "ICO"),
        (b"\0\0\2\0\1\0\x10\x10", "CUR"),
        (b"P6\n4 4\n255\n", "PPM"),
        (b"P1\n# a comment\n4 4\n", "PPM"),
        (b"P7\nWIDTH 4\n", "PPM"),
        (b"Pf\n4 4\n-1.0\n", "PPM"),
        (b"%PDF-1.7", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "EPS"),
        (b"\xc5\xd0\xd3\xc6", "EPS"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51\0", "JPEG 2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\x0a\x10", "JPEG XL"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "SVG"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- drawn -->\n<svg:svg >", "SVG"),
        (b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'><SVG>", "SVG"),
    ],
)
def test_first_bytes_name_a_format(head: bytes, name: str) -> None:
    assert foreign_format(head) == name


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (_box(b"avif"), "AVIF"),
        (_box(b"mif1", b"heic", b"avif"), "AVIF"),
        (_box(b"avis", b"msf1"), "AVIF"),
        (_box(b"heic"), "HEIC"),
        (_box(b"mif1", b"heic"), "HEIC"),
        (_box(b"mif1"), "HEIC"),
        (_box(b"crx "), "CR3"),
        (_box(b"qt  "), "MOV"),
        (_box(b"isom", b"mp42"), "MP4"),
        (_box(b"isom", version=b"avif"), "MP4"),
        (b"\0\0\0\0ftypheic", "HEIC"),
        (b"\xff\xff\xff\xffftypisom\0\0\0\0heic", "HEIC"),
    ],
)
def test_a_file_of_boxes_is_named_by_all_its_brands(head: bytes, name: str) -> None:
    assert foreign_format(head) == name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"B",
        b"BMW builds cars",
        b"P6 is a postcode",
        b"PNG",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"\0\0\1\0\0\0",
        b"\0\0\2\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x18\0",  # a TGA begins almost like a cursor
        b"<html><svg></svg></html>",
        b"<?xml version='1.0'?><feed/>",
        b"<svgish>",
        b"hello",
    ],
)
def test_a_resemblance_is_not_enough(head: bytes) -> None:
    assert foreign_format(head) is None


def test_the_formats_linkedin_takes_are_not_foreign() -> None:
    assert [foreign_format(data) for data in (jpeg(1, 1), png(1, 1), gif(1, 1, frame(1, 1)))] == [None] * 3


@pytest.mark.parametrize(
    ("written_as", "options", "named"),
    [
        ("WEBP", {}, "WEBP"),
        ("TIFF", {}, "TIFF"),
        ("TIFF", {"big_tiff": True}, "TIFF"),
        ("BMP", {}, "BMP"),
        ("ICO", {}, "ICO"),
        ("PPM", {}, "PPM"),
        ("AVIF", {}, "AVIF"),
        ("JPEG2000", {}, "JPEG 2000"),
        ("EPS", {}, "EPS"),
        ("PDF", {}, "PDF"),
        ("DDS", {}, "DDS"),
        ("ICNS", {}, "ICNS"),
        ("QOI", {}, "QOI"),
    ],
)
def test_what_pillow_writes_is_named(written_as: str, options: dict[str, Any], named: str) -> None:
    written = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        Image.new("RGB", (32, 32), "teal").save(written, written_as, **options)

    found = look(written.getvalue())

    assert (found.format, found.foreign) == (None, named)
    assert codes(written.getvalue()) == ["UNSUPPORTED_FORMAT"]
    assert messages(written.getvalue()) == f"this is {named}; LinkedIn takes JPG, PNG and GIF: convert it"
