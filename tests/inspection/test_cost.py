"""What an inspection may cost: reads, bytes and steps, counted. Nothing here looks at a clock."""

from __future__ import annotations

import tracemalloc

import attrs
import pytest

from linkedin_media.inspection import Source, inspect
from linkedin_media.options import ImageRules
from tests.inspection.crafted import (
    JPEG_END,
    JPEG_START,
    PNG_START,
    chunk,
    codes,
    counted,
    frame,
    frame_header,
    gif,
    image_header,
    jpeg,
    look,
    png,
    screen,
    segment,
)

KIB = 1024
FULL = b"\xff" + bytes(255)
MIB_OF_PIXELS = FULL * 4 * KIB + b"\0"


class TestReads:
    """How often and how much is read."""

    @pytest.mark.parametrize("data", [jpeg(31, 17), png(31, 17), gif(31, 17, frame(31, 17)), b"text", b""])
    def test_a_small_file_is_read_once(self, data: bytes) -> None:
        _, source = counted(data)

        assert source.reads == [(0, len(data))]

    @pytest.mark.parametrize("megabytes", [1, 8, 32])
    def test_a_large_jpeg_or_png_costs_two_small_reads_whatever_its_size(self, megabytes: int) -> None:
        pixels = bytes(megabytes * KIB * KIB)
        for data in (
            jpeg(6000, 6000, end=pixels + JPEG_END),
            png(6000, 6000, end=chunk(b"IDAT", pixels) + chunk(b"IEND")),
        ):
            found, source = counted(data)

            assert found.ok
            assert (len(source.reads), source.bytes_read) == (2, 16 * KIB + 64)

    @pytest.mark.parametrize("behind", [0, 56, 63, 8_000])
    def test_what_is_appended_behind_the_end_costs_one_more_read_at_most(self, behind: int) -> None:
        pixels, appended = bytes(KIB * KIB), bytes(behind)
        for data in (
            jpeg(6000, 6000, end=pixels + JPEG_END + appended),
            png(6000, 6000, end=chunk(b"IDAT", pixels) + chunk(b"IEND") + appended),
        ):
            found, source = counted(data)

            assert found.warnings == ()
            assert source.reads[2:] == ([] if behind <= 56 else [(len(data) - 8 * KIB, 8 * KIB)])

    def test_an_end_that_is_missing_costs_three_reads(self) -> None:
        found, source = counted(jpeg(6000, 6000, end=bytes(KIB * KIB)))

        assert [warning.code for warning in found.warnings] == ["TRUNCATED"]
        assert source.bytes_read == 24 * KIB + 64

    def test_large_segments_are_jumped_over(self) -> None:
        profile = segment(0xE2, bytes(65_000))

        _, source = counted(jpeg(31, 17, before=profile * 30))

        assert source.bytes_read < 30 * 5 * KIB
        assert source.largest_read <= 16 * KIB

    def test_large_chunks_are_jumped_over(self) -> None:
        _, source = counted(png(31, 17, before=chunk(b"iCCP", bytes(5_000_000)), end=bytes(100_000) + chunk(b"IEND")))

        assert len(source.reads) == 3
        assert source.bytes_read < 30 * KIB

    def test_a_gif_is_read_about_once_in_windows(self) -> None:
        animation = gif(31, 17, *[frame(31, 17, pixels=MIB_OF_PIXELS)] * 5)

        found, source = counted(animation)

        assert found.frames == 5
        assert source.bytes_read < 1.01 * len(animation) + 16 * KIB
        assert source.largest_read <= 512 * KIB

    @pytest.mark.parametrize("blocks", [1, 16, 60, 120])
    def test_a_gif_of_usual_frames_is_read_about_once_and_no_further_than_it_goes(self, blocks: int) -> None:
        animation = gif(31, 17, (b"!\xf9\4\0\0\0\0\0" + frame(31, 17, pixels=FULL * blocks + b"\0")) * 249)

        found, source = counted(animation)

        assert (found.frames, found.warnings) == (249, ())
        assert source.bytes_read < 1.07 * len(animation) + 16 * KIB
        assert all(begin + length <= len(animation) for begin, length in source.reads[1:])

    @pytest.mark.parametrize("control", [b"", b"!\xf9\4\0\0\0\0\0"])
    def test_a_gif_of_too_many_frames_is_read_no_further_than_they_go(self, control: bytes) -> None:
        found, source = counted(gif(31, 17, (control + frame(31, 17)) * 500_000))

        assert found.frames == 251
        assert source.reads == [(0, 16 * KIB)]

    def test_a_gif_of_small_frames_is_read_twice(self) -> None:
        pixels = FULL + b"\x2a" + bytes(42) + b"\0"
        animation = gif(31, 17, (b"!\xf9\4\0\0\0\0\0" + frame(31, 17, pixels=pixels)) * 250)

        found, source = counted(animation)

        assert (found.frames, len(source.reads)) == (250, 2)
        assert source.bytes_read < len(animation) + 16 * KIB

    def test_memory_is_bounded_whatever_the_size_of_the_file(self) -> None:
        animation = gif(31, 17, *[frame(31, 17, pixels=MIB_OF_PIXELS)] * 20)
        tracemalloc.start()

        assert look(animation).frames == 20

        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 768 * KIB


class TestBudget:
    """A file crafted to be slow ends with TOO_COMPLEX."""

    @pytest.mark.parametrize(
        ("start", "unit", "times"),
        [
            (JPEG_START, b"\xff", 8_000_000),
            (JPEG_START + b"\xff\xd8", b"\0", 8_000_000),
            (JPEG_START, b"\xff\xff\0", 1_000_000),
            (JPEG_START, segment(0xFE), 2_000_000),
            (JPEG_START, b"\xff\xd0", 1_000_000),
            (PNG_START + image_header(31, 17), chunk(b"teXt"), 700_000),
            (screen(31, 17) + frame(31, 17, pixels=b""), b"\1,\2,,", 1_000_000),
            (screen(31, 17), b"\0", 16_000_000),
            (screen(31, 17), b"!\xfe\0", 1_000_000),
        ],
        ids=["fill", "junk", "fill and junk", "comments", "restarts", "chunks", "sub-blocks", "nothing", "extensions"],
    )
    def test_a_trap_is_left_within_the_default_budget(self, start: bytes, unit: bytes, times: int) -> None:
        found, source = counted(start + unit * times)

        assert [violation.code for violation in found.violations] == ["TOO_COMPLEX"]
        assert found.violations[0].message == (
            f"this {found.format} is not read to its end after 50,000 steps: save it again in an image editor"
        )
        assert found.warnings == ()
        assert source.bytes_read <= 128 * 50_000 + 512 * KIB
        assert len(source.reads) < 1700

    @pytest.mark.parametrize("steps", [1, 10, 100])
    def test_the_budget_is_an_option(self, steps: int) -> None:
        rules = ImageRules(max_steps=steps)

        assert codes(jpeg(31, 17, before=segment(0xFE) * (steps - 1)), rules) == []
        assert codes(jpeg(31, 17, before=segment(0xFE) * steps), rules) == ["TOO_COMPLEX"]
        assert codes(png(31, 17, before=chunk(b"teXt") * steps), rules) == ["TOO_COMPLEX"]

    def test_a_budget_that_just_suffices_suffices(self) -> None:
        assert codes(png(31, 17, before=chunk(b"teXt") * 8), ImageRules(max_steps=10)) == []
        assert codes(gif(31, 17, frame(31, 17)), ImageRules(max_steps=3)) == []
        assert codes(gif(31, 17, frame(31, 17)), ImageRules(max_steps=2)) == ["TOO_COMPLEX"]

    def test_what_was_seen_before_the_budget_ended_is_judged_too(self) -> None:
        hidden = gif(10, 10, frame(65535, 65535), b"!\xfe\0" * 100)

        assert codes(png(9000, 9000, before=chunk(b"teXt") * 100), ImageRules(max_steps=50)) == [
            "TOO_COMPLEX",
            "TOO_MANY_PIXELS",
        ]
        assert codes(hidden, ImageRules(max_steps=50)) == ["TOO_COMPLEX", "TOO_MANY_PIXELS"]

    def test_no_chunk_before_the_image_header_is_free(self) -> None:
        found = look(PNG_START + chunk(b"teXt") * 100, ImageRules(max_steps=50))

        assert (found.format, found.width, found.violations[0].code) == ("PNG", None, "TOO_COMPLEX")

    @pytest.mark.parametrize("length", [1, 60, 254, 255])
    def test_runs_of_equal_sub_blocks_cost_hardly_a_step(self, length: int) -> None:
        pixels = (bytes((length,)) + bytes(length)) * 10_000 + b"\0"

        assert codes(gif(31, 17, frame(31, 17, pixels=pixels)), ImageRules(max_steps=170)) == []

    def test_a_long_animation_is_far_from_the_budget(self) -> None:
        pixels = FULL * 400 + b"\x2a" + bytes(42) + b"\0"
        animation = gif(31, 17, *[b"!\xf9\4\0\0\0\0\0" + frame(31, 17, pixels=pixels)] * 250)

        assert len(animation) > 25_000_000
        assert codes(animation, ImageRules(max_steps=3_000)) == []


@attrs.define
class ShrinkingSource:
    """A file whose bytes are not as many as its size told."""

    data: bytes
    size: int

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


class TestSources:
    """What the walk expects of a source, and what it survives."""

    @pytest.mark.parametrize("kept", range(0, 60, 3))
    @pytest.mark.parametrize(
        "data",
        [jpeg(31, 17), png(31, 17), gif(31, 17, frame(31, 17) * 3), JPEG_START + frame_header(31, 17) + bytes(9)],
        ids=["jpeg", "png", "gif", "no scan"],
    )
    def test_a_file_that_shrinks_while_it_is_read_ends_the_walk(self, data: bytes, kept: int) -> None:
        source: Source = ShrinkingSource(data[:kept], size=1_000_000)

        assert inspect(source) is not None

    def test_a_file_that_grows_while_it_is_read_ends_the_walk(self) -> None:
        assert inspect(ShrinkingSource(gif(31, 17, frame(31, 17)) * 99_999, size=20)).frames == 1
