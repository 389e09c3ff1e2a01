"""JPEG: where its size is found, and what passes for a header."""

from __future__ import annotations

import pytest

from tests.inspection.crafted import JPEG_START, codes, frame_header, jpeg, look, messages, segment

EXIF = segment(0xE1, b"Exif\0\0" + bytes(60_000))


def test_the_size_comes_from_the_frame_header() -> None:
    found = look(jpeg(640, 480))

    assert (found.format, found.width, found.height, found.frames) == ("JPEG", 640, 480, 1)
    assert found.ok
    assert found.warnings == ()


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xDE])
def test_every_kind_of_coding_is_a_jpeg(marker: int) -> None:
    found = look(jpeg(31, 17, marker=marker))

    assert (found.width, found.height, found.ok) == (31, 17, True)


@pytest.mark.parametrize("marker", [0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xDF, 0xE0, 0xE1, 0xEE, 0xEF, 0xFE])
def test_other_segments_are_passed_by_at_their_length(marker: int) -> None:
    decoy = frame_header(9999, 9999)

    assert look(jpeg(31, 17, before=segment(marker, decoy))).width == 31


@pytest.mark.parametrize("marker", [0x00, 0xC8, 0xD0, 0xD7, 0xD8, 0xD9, 0xF0, 0xFD])
def test_markers_without_a_segment_are_passed_by(marker: int) -> None:
    assert look(jpeg(31, 17, before=bytes((0xFF, marker)))).width == 31


def test_fill_bytes_before_a_marker_are_passed_by() -> None:
    assert look(jpeg(31, 17, before=b"\xff" * 5)).width == 31
    assert look(jpeg(31, 17, before=b"\xff" * 100_000)).width == 31


def test_junk_between_segments_is_passed_by_as_pillow_does() -> None:
    assert look(jpeg(31, 17, before=segment(0xFE) + b"hello")).width == 31
    assert look(jpeg(31, 17, before=segment(0xFE) + bytes(100_000))).width == 31


@pytest.mark.parametrize("length", [b"\0\0", b"\0\1"])
def test_a_segment_shorter_than_its_own_length_holds_nothing(length: bytes) -> None:
    assert look(jpeg(31, 17, before=b"\xff\xfe" + length)).width == 31


def test_segments_longer_than_a_window_are_jumped_over() -> None:
    assert look(jpeg(31, 17, before=EXIF * 5)).width == 31


@pytest.mark.parametrize("shift", range(-12, 3))
def test_a_header_across_the_edge_of_the_window_is_read_whole(shift: int) -> None:
    comment = segment(0xFE, bytes(16 * 1024 + shift - len(JPEG_START) - 4))

    assert look(jpeg(31, 17, before=comment)).width == 31


def test_the_first_of_several_frame_headers_counts() -> None:
    assert look(jpeg(31, 17, before=frame_header(640, 480))).width == 640


def test_a_second_picture_behind_the_first_changes_nothing() -> None:
    found = look(jpeg(640, 480) + jpeg(4000, 3000))

    assert (found.width, found.frames, found.ok) == (640, 1, True)


@pytest.mark.parametrize(("width", "height"), [(0, 480), (640, 0), (0, 0)])
def test_a_side_of_zero_is_refused(width: int, height: int) -> None:
    found = look(jpeg(width, height))

    assert [violation.code for violation in found.violations] == ["BROKEN_HEADER"]
    assert f"its size is {width}x{height}" in found.violations[0].message
    assert (found.format, found.width, found.height, found.frames) == ("JPEG", None, None, 0)


def test_twelve_bits_a_sample_are_refused() -> None:
    assert messages(jpeg(31, 17, bits=12)) == (
        "broken JPEG: 12 bits a sample, where viewers take 8: export it again from an image editor"
    )


@pytest.mark.parametrize("components", [1, 3, 4])
def test_grey_colour_and_print_colours_are_taken(components: int) -> None:
    assert look(jpeg(31, 17, components=components)).ok


@pytest.mark.parametrize("components", [0, 2, 5])
def test_other_numbers_of_components_are_refused(components: int) -> None:
    assert f"{components} colour components" in messages(jpeg(31, 17, components=components))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (JPEG_START + b"\xff", "it ends before its size is told"),
        (JPEG_START + segment(0xE0, bytes(14)), "it ends before its size is told"),
        (JPEG_START + b"\xff\xe1\xff\xff" + bytes(100), "it ends before its size is told"),
        (JPEG_START + frame_header(31, 17)[:9], "its frame header is cut off"),
        (JPEG_START + frame_header(31, 17)[:-1], "its frame header is cut off"),
        (JPEG_START + b"\xff\xc0\x00\x07\x08\x00\x11\x00\x1f\x03", "its frame header is cut off"),
        (JPEG_START + segment(0xDA, bytes(6)), "marker FFDA stands where the size should be told"),
        (JPEG_START + b"\xff\x01\x00\x00", "marker FF01 stands where the size should be told"),
        (JPEG_START + b"\xff\xbf\x00\x00", "marker FFBF stands where the size should be told"),
    ],
)
def test_a_header_that_tells_no_size_is_broken(data: bytes, problem: str) -> None:
    assert messages(data) == f"broken JPEG: {problem}: export it again from an image editor"
    assert codes(data) == ["BROKEN_HEADER"]


@pytest.mark.parametrize("data", [b"\xff", b"\xff\xd8", b"\xff\xd8\x00", b"x" + jpeg(31, 17)])
def test_without_its_first_three_bytes_it_is_no_jpeg(data: bytes) -> None:
    assert look(data).format is None
    assert codes(data) == ["NOT_AN_IMAGE"]


class TestTheEndOfTheFile:
    """What is said of a file without an end marker."""

    def test_a_missing_end_marker_is_a_warning_only(self) -> None:
        found = look(jpeg(31, 17, end=b""))

        assert found.ok
        assert [(warning.code, warning.message) for warning in found.warnings] == [
            ("TRUNCATED", "this JPEG seems cut off (no end marker, EOI): download or export it again")
        ]

    @pytest.mark.parametrize("padding", [b"", b"\0", bytes(512), b"camera notes" * 100])
    def test_padding_behind_the_end_marker_is_no_damage(self, padding: bytes) -> None:
        assert look(jpeg(31, 17) + padding).warnings == ()

    def test_the_end_marker_of_a_thumbnail_is_not_taken_for_that_of_the_picture(self) -> None:
        thumbnail = segment(0xE1, b"Exif\0\0" + jpeg(8, 8))

        assert len(look(jpeg(31, 17, before=thumbnail, end=b"")).warnings) == 1

    def test_a_file_that_ends_with_its_frame_header_is_cut_off(self) -> None:
        assert len(look(JPEG_START + frame_header(31, 17)).warnings) == 1

    def test_a_long_file_is_looked_at_from_behind(self) -> None:
        whole = jpeg(31, 17, end=bytes(300_000) + b"\xff\xd9")

        assert look(whole).warnings == ()
        assert len(look(whole[:-1]).warnings) == 1
