"""PNG: the image header, and the way to the first pixels."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st

from linkedin_media.inspection import png as walking
from linkedin_media.options import ImageRules
from tests.inspection.crafted import PNG_START, chunk, codes, image_header, look, messages, png

NO_PIXELS = PNG_START + image_header(31, 17)


def test_the_size_comes_from_the_image_header() -> None:
    found = look(png(640, 480))

    assert (found.format, found.width, found.height, found.frames) == ("PNG", 640, 480, 1)
    assert found.ok
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("colour", "depth"),
    [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)],
)
def test_every_kind_of_pixel_of_the_standard_is_taken(colour: int, depth: int) -> None:
    assert look(png(31, 17, colour=colour, depth=depth)).ok


@pytest.mark.parametrize(("colour", "depth"), [(0, 3), (1, 8), (2, 4), (3, 16), (4, 4), (5, 8), (6, 1), (7, 8)])
def test_pixels_outside_the_standard_are_refused(colour: int, depth: int) -> None:
    assert "an encoding that PNG does not have" in messages(png(31, 17, colour=colour, depth=depth))


@pytest.mark.parametrize(
    ("rest", "taken"), [(b"\0\0\1", True), (b"\1\0\0", False), (b"\0\1\0", False), (b"\0\0\2", False)]
)
def test_interlacing_is_taken_and_unknown_methods_are_not(rest: bytes, taken: bool) -> None:
    data = PNG_START + image_header(31, 17, rest=rest) + chunk(b"IDAT") + chunk(b"IEND")

    assert look(data).ok is taken


def test_chunks_between_the_header_and_the_pixels_are_passed_by() -> None:
    text = chunk(b"tEXt", b"Comment\0" + chunk(b"IHDR", bytes(13)))

    assert look(png(31, 17, before=text + chunk(b"iCCP", bytes(200_000)) + text)).ok


def test_a_chunk_before_the_image_header_is_passed_by_as_apple_writes_it() -> None:
    apple = PNG_START + chunk(b"CgBI", bytes(4)) + png(31, 17)[len(PNG_START) :]

    assert look(apple).width == 31


def test_an_animated_png_is_one_picture() -> None:
    control = chunk(b"acTL", struct.pack(">II", 300, 0)) + chunk(b"fcTL", bytes(26))
    more = (chunk(b"fcTL", bytes(26)) + chunk(b"fdAT", bytes(40))) * 299

    found = look(png(31, 17, before=control, end=more + chunk(b"IEND")))

    assert (found.frames, found.ok) == (1, True)


def test_compressed_text_is_never_unpacked() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + b"\x78\x9c" + bytes(1000))

    assert look(png(31, 17, before=bomb)).ok


@pytest.mark.parametrize("shift", range(-26, 3, 4))
def test_a_chunk_across_the_edge_of_the_window_is_read_whole(shift: int) -> None:
    filler = chunk(b"teXt", bytes(16 * 1024 + shift - len(NO_PIXELS) - 12))
    late = png(640, 480, before=filler + image_header(31, 17))

    assert look(late).width == 31


@pytest.mark.parametrize(("width", "height"), [(0, 480), (640, 0), (0, 0)])
def test_a_side_of_zero_is_refused(width: int, height: int) -> None:
    found = look(png(width, height))

    assert f"its size is {width}x{height}" in found.violations[0].message
    assert (found.format, found.width, found.height, found.frames) == ("PNG", None, None, 0)


@pytest.mark.parametrize("position", [0, 3, 4, 12, 13])
def test_a_wrong_checksum_of_the_image_header_is_refused(position: int) -> None:
    data = bytearray(png(31, 17))
    data[len(PNG_START) + 8 + position] ^= 1

    assert codes(bytes(data)) == ["BROKEN_HEADER"]
    assert "checksum" in messages(bytes(data))


def test_checksums_of_other_chunks_are_left_to_decoders() -> None:
    data = png(31, 17, before=chunk(b"gAMA", bytes(4))[:-1] + b"\xaa")

    assert look(data).ok


@pytest.mark.parametrize("cut", [8, 9, 15, 16, 20, 28, 32, 33, 37, 40])
def test_a_file_cut_before_its_first_pixel_is_broken(cut: int) -> None:
    assert codes(png(31, 17)[:cut]) == ["BROKEN_HEADER"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (NO_PIXELS + chunk(b"IEND"), "chunk b'IEND' stands where pixels should"),
        (NO_PIXELS + chunk(b"\0\1\2\3"), "chunk b'\\x00\\x01\\x02\\x03' stands where pixels should"),
        (NO_PIXELS + b"\xff\xff\xff\xffteXt" + bytes(50), "it ends before its first pixel"),
        (NO_PIXELS, "it ends before its first pixel"),
        (PNG_START + chunk(b"IDAT", bytes(50)), "it has no image header"),
        (PNG_START + chunk(b"IHDR", bytes(12)) + chunk(b"IDAT"), "its image header is cut off"),
        (PNG_START + chunk(b"IHDR", bytes(14)) + chunk(b"IDAT"), "its image header is cut off"),
        (NO_PIXELS[:30], "its image header is cut off"),
    ],
)
def test_a_file_without_header_or_pixels_is_broken(data: bytes, problem: str) -> None:
    assert messages(data) == f"broken PNG: {problem}: export it again from an image editor"


@pytest.mark.parametrize("start", [b"\x89PNG\n\x1a\n\n", b"\x09PNG\r\n\x1a\n", b" \x89PNG\r\n\x1a\n", b"\x89PNG"])
def test_a_damaged_signature_is_no_png(start: bytes) -> None:
    assert codes(start + png(31, 17)[len(PNG_START) :]) == ["NOT_AN_IMAGE"]


class TestTheEndOfTheFile:
    """What is said of a file without an end chunk."""

    def test_a_missing_end_chunk_is_a_warning_only(self) -> None:
        found = look(png(31, 17, end=b""))

        assert found.ok
        assert [(warning.code, warning.message) for warning in found.warnings] == [
            ("TRUNCATED", "this PNG seems cut off (no end chunk, IEND): download or export it again")
        ]

    @pytest.mark.parametrize("missing", [1, 4, 12, 20])
    def test_any_missing_byte_at_the_end_is_noticed(self, missing: int) -> None:
        assert len(look(png(31, 17)[:-missing]).warnings) == 1

    @pytest.mark.parametrize("padding", [b"\0", bytes(4096), b"appended" * 64])
    def test_padding_behind_the_end_chunk_is_no_damage(self, padding: bytes) -> None:
        assert look(png(31, 17) + padding).warnings == ()

    def test_a_long_file_is_looked_at_from_behind(self) -> None:
        whole = png(31, 17, end=chunk(b"IDAT", bytes(300_000)) + chunk(b"IEND"))

        assert look(whole).warnings == ()
        assert len(look(whole[:-5]).warnings) == 1


@given(st.integers(0, 60), st.binary(min_size=1, max_size=4), st.sampled_from([1, 2, 50]))
def test_what_is_told_without_a_walk_is_what_the_walk_tells(at: int, other: bytes, steps: int) -> None:
    usual = png(31, 17)
    data = usual[:at] + other + usual[at + len(other) :]
    rules = ImageRules(max_steps=steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walking, "_USUAL_START", b"nothing")
        walked = look(data, rules)

    assert look(data, rules) == walked
