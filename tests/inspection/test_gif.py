"""GIF: every frame counts, in number and in extent."""

from __future__ import annotations

import itertools

import pytest

from linkedin_media.options import ImageRules
from tests.inspection.crafted import codes, frame, gif, look, messages

CONTROL = b"!\xf9\x04\x00\x0a\x00\x00\x00"
COMMENT = b"!\xfe\x05hello\x05again\x00"
LOOP = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"


def full(count: int, length: int = 255) -> bytes:
    """Return sub-blocks of one length, whose content looks like the beginning of frames."""
    return (bytes((length,)) + b"," * length) * count


def test_a_still_picture_is_one_frame() -> None:
    found = look(gif(31, 17, frame(31, 17)))

    assert (found.format, found.width, found.height, found.frames) == ("GIF", 31, 17, 1)
    assert found.ok
    assert found.warnings == ()


def test_the_older_version_is_a_gif_too() -> None:
    assert look(gif(31, 17, frame(31, 17)).replace(b"GIF89a", b"GIF87a")).ok
    assert codes(gif(31, 17, frame(31, 17)).replace(b"GIF89a", b"GIF88a")) == ["NOT_AN_IMAGE"]


def test_frames_are_counted_between_extensions() -> None:
    animation = gif(31, 17, LOOP, COMMENT, *[CONTROL + frame(31, 17)] * 7, COMMENT)

    assert look(animation).frames == 7


@pytest.mark.parametrize("flags", [0x00, 0x07, 0x80, 0x83, 0x87])
def test_palettes_are_passed_by_at_their_length(flags: int) -> None:
    found = look(gif(31, 17, frame(31, 17, flags=flags), frame(31, 17), flags=flags))

    assert (found.frames, found.warnings) == (2, ())


class TestFramesAllowed:
    """The limit of frames, and where counting stops."""

    @pytest.mark.parametrize(("frames", "refused"), [(1, []), (250, []), (251, ["TOO_MANY_FRAMES"])])
    def test_250_frames_pass_and_251_do_not(self, frames: int, refused: list[str]) -> None:
        assert codes(gif(31, 17, frame(31, 17) * frames)) == refused

    def test_the_message_says_how_many_are_allowed(self) -> None:
        assert messages(gif(31, 17, frame(31, 17) * 380)) == (
            "more than 250 frames; LinkedIn takes a GIF of at most 250: drop frames or shorten the animation"
        )

    def test_counting_stops_at_one_frame_too_many(self) -> None:
        found = look(gif(31, 17, frame(31, 17) * 5000))

        assert (found.frames, found.warnings) == (251, ())

    def test_the_limit_is_an_option(self) -> None:
        animation = gif(31, 17, frame(31, 17) * 3)

        assert codes(animation, ImageRules(max_gif_frames=2)) == ["TOO_MANY_FRAMES"]
        assert codes(animation, ImageRules(max_gif_frames=3)) == []


class TestExtents:
    """The size of a GIF covers its screen and every frame."""

    def test_a_frame_larger_than_the_screen_counts(self) -> None:
        found = look(gif(10, 10, frame(16, 12)))

        assert (found.width, found.height) == (16, 12)

    def test_a_frame_partly_outside_the_screen_counts_to_its_edge(self) -> None:
        found = look(gif(32, 32, frame(16, 16, left=24, top=30)))

        assert (found.width, found.height) == (40, 46)

    def test_each_side_is_the_largest_of_all_frames(self) -> None:
        found = look(gif(10, 10, frame(50, 5), frame(5, 60), frame(1, 1)))

        assert (found.width, found.height) == (50, 60)

    def test_a_later_frame_may_break_the_limit_of_pixels(self) -> None:
        hidden = gif(100, 100, frame(100, 100), frame(65535, 65535))

        assert look(hidden).width == 65535
        assert codes(hidden) == ["TOO_MANY_PIXELS"]

    def test_a_screen_of_zero_grows_with_its_frames(self) -> None:
        assert look(gif(0, 0, frame(31, 17))).ok

    def test_a_picture_without_extent_is_refused(self) -> None:
        assert messages(gif(0, 17, frame(0, 17))) == (
            "broken GIF: its size is 0x17: export it again from an image editor"
        )

    def test_pixels_and_frames_are_both_reported(self) -> None:
        assert codes(gif(9000, 9000, frame(1, 1) * 251)) == ["TOO_MANY_PIXELS", "TOO_MANY_FRAMES"]


class TestSubBlocks:
    """Skipping what a frame holds, one by one and in runs."""

    @pytest.mark.parametrize("count", [1, 2, 3, 255, 256, 257, 258, 513, 1025, 3000])
    def test_a_run_of_full_sub_blocks_is_skipped_to_its_end(self, count: int) -> None:
        found = look(gif(31, 17, frame(31, 17, pixels=full(count) + b"\0"), frame(31, 17)))

        assert (found.frames, found.warnings) == (2, ())

    @pytest.mark.parametrize("length", [1, 2, 3, 126, 254, 255])
    @pytest.mark.parametrize("last", [0, 1, 43, 44, 59])
    def test_runs_of_any_length_end_with_any_other(self, length: int, last: int) -> None:
        pixels = full(700, length) + (full(1, last) if last else b"") + b"\0"

        assert look(gif(31, 17, frame(31, 17, pixels=pixels), frame(31, 17))).frames == 2

    def test_sub_blocks_of_changing_length_are_followed(self) -> None:
        pixels = b"".join(full(1, length) for length in itertools.chain(range(1, 256), range(255, 0, -1)))

        assert look(gif(31, 17, frame(31, 17, pixels=pixels + b"\0"), frame(31, 17))).frames == 2

    @pytest.mark.parametrize("rest", [b"\1,", b"\4,,,,", b"\4,,,,\xff" + b"," * 255])
    def test_an_extension_that_goes_on_after_4_bytes_is_followed(self, rest: bytes) -> None:
        extension = b"!\xfe\x04,,,," + rest + b"\0"

        found = look(gif(31, 17, extension, frame(31, 17), extension, frame(31, 17)))

        assert (found.frames, found.width, found.warnings) == (2, 31, ())

    @pytest.mark.parametrize("shift", range(-40, 4))
    def test_control_blocks_across_the_edge_of_the_window_are_passed(self, shift: int) -> None:
        head = gif(31, 17, b"!\xfe", end=b"")
        blocks, last = divmod(16 * 1024 + shift - len(head) - 1, 256)
        filler = full(blocks) + (full(1, last - 1) if last else b"") + b"\0" * (last != 1)

        found = look(head + filler + (CONTROL + frame(31, 17)) * 3 + b";")

        assert (found.frames, found.width, found.height, found.warnings) == (3, 31, 17, ())

    @pytest.mark.parametrize("shift", range(-800, 40, 7))
    def test_a_frame_across_the_edge_of_the_window_is_counted_once(self, shift: int) -> None:
        head = gif(31, 17, b"!\xfe", end=b"")
        room = 16 * 1024 + shift - len(head)
        blocks, last = divmod(room, 256)
        filler = full(blocks) + (full(1, last - 1) if last > 1 else b"") + b"\0"

        found = look(head + filler + frame(40, 17, flags=0x87) + frame(31, 50) + b";")

        assert (found.frames, found.width, found.height, found.warnings) == (2, 40, 50, ())

    def test_many_windows_of_frames_are_followed(self) -> None:
        animation = gif(31, 17, (CONTROL + frame(31, 17, flags=0x87, pixels=full(30) + full(1, 77) + b"\0")) * 200)

        found = look(animation)

        assert len(animation) > 3 * 512 * 1024
        assert (found.frames, found.warnings) == (200, ())


class TestUsualFrames:
    """Frames that are passed in one go: seen, counted and paid for as if they were not."""

    @pytest.mark.parametrize("flags", [0x00, 0x40, 0x87])
    @pytest.mark.parametrize("count", [0, 1, 64, 65, 66, 130, 131, 300])
    @pytest.mark.parametrize("last", [0, 1, 254])
    def test_they_take_the_steps_of_others(self, count: int, last: int, flags: int) -> None:
        pixels = full(count) + (full(1, last) if last else b"") + b"\0"
        animation = gif(31, 17, (CONTROL + frame(31, 17, flags=flags, pixels=pixels)) * 6)
        comments_for_controls = animation.replace(CONTROL, b"!\xfe" + CONTROL[2:])

        for steps in range(1, 50):
            rules = ImageRules(max_steps=steps)
            assert look(animation, rules) == look(comments_for_controls, rules)

    def test_boxes_and_lengths_may_change_from_frame_to_frame(self) -> None:
        frames = [
            CONTROL + frame(10 + number, 17, top=number % 7, pixels=full(number * 7 % 400) + full(1, 9) + b"\0")
            for number in range(200)
        ]

        found = look(gif(1, 1, *frames))

        assert (found.frames, found.width, found.height, found.warnings) == (200, 209, 23, ())

    @pytest.mark.parametrize("flags", [0x00, 0x7F, *range(0x80, 0x88), 0xC7])
    def test_small_ones_of_any_length_are_passed(self, flags: int) -> None:
        frames = [
            CONTROL + frame(31, 17, flags=flags, pixels=full(last % 10) + (full(1, last) if last else b"") + b"\0")
            for last in range(255)
        ]

        found = look(gif(31, 17, *frames), ImageRules(max_gif_frames=300))

        assert (found.frames, found.width, found.height, found.warnings) == (255, 31, 17, ())

    @pytest.mark.parametrize(("frames", "told"), [(250, 250), (251, 251), (252, 251), (2_000, 251), (40_000, 251)])
    def test_counting_small_ones_stops_at_one_too_many(self, frames: int, told: int) -> None:
        before, behind = CONTROL + frame(31, 17), CONTROL + frame(99, 99)

        found = look(gif(31, 17, before * frames, behind * (frames >= 251)))

        assert (found.frames, found.width, found.warnings) == (told, 31, ())

    def test_small_ones_are_paid_for(self) -> None:
        small = (CONTROL + frame(31, 17, pixels=full(1) + full(1, 9) + b"\0")) * 100

        assert codes(gif(31, 17, small, COMMENT, small), ImageRules(max_steps=810)) == []
        assert codes(gif(31, 17, small, COMMENT, small), ImageRules(max_steps=790)) == ["TOO_COMPLEX"]

    def test_small_ones_before_large_ones_are_passed(self) -> None:
        small, large = (CONTROL + frame(31, 17, pixels=full(count) + b"\0") for count in (1, 9))

        found = look(gif(31, 17, (small * 40 + large) * 3 + large * 40 + small * 40))

        assert (found.frames, found.warnings) == (203, ())

    def test_others_between_them_are_passed(self) -> None:
        streamed = CONTROL + frame(31, 17, pixels=b"".join(full(1, length) for length in (9, 8, 7)) + b"\0")
        usual = CONTROL + frame(31, 17)

        found = look(gif(31, 17, (streamed + usual + COMMENT + streamed * 3 + usual * 3) * 20 + bytes(800)))

        assert (found.frames, found.warnings) == (160, ())


class TestDamage:
    """What Pillow passes by we pass by; what has no picture is refused."""

    def test_junk_between_blocks_is_passed_by(self) -> None:
        found = look(gif(31, 17, b"\0\0", frame(31, 17), b"junk\0", frame(31, 17), bytes(40_000), frame(31, 17)))

        assert (found.frames, found.warnings) == (3, ())

    def test_what_follows_the_trailer_is_not_looked_at(self) -> None:
        found = look(gif(31, 17, frame(31, 17)) + frame(65535, 65535))

        assert (found.width, found.frames) == (31, 1)

    @pytest.mark.parametrize("blocks", [b"", CONTROL, COMMENT + LOOP])
    def test_a_gif_without_a_frame_is_not_an_image(self, blocks: bytes) -> None:
        found = look(gif(31, 17, blocks))

        assert found.frames == 0
        assert [(violation.code, violation.message) for violation in found.violations] == [
            ("NOT_AN_IMAGE", "this GIF holds no picture (0 frames): export it again from an image editor")
        ]

    @pytest.mark.parametrize("length", [6, 10, 12])
    def test_a_cut_screen_header_is_broken(self, length: int) -> None:
        assert messages(gif(31, 17)[:length]) == (
            "broken GIF: its screen header is cut off: export it again from an image editor"
        )

    def test_a_missing_trailer_is_a_warning_only(self) -> None:
        found = look(gif(31, 17, frame(31, 17), end=b""))

        assert found.ok
        assert [(warning.code, warning.message) for warning in found.warnings] == [
            ("TRUNCATED", "this GIF seems cut off (no trailer): download or export it again")
        ]

    def test_a_frame_cut_in_its_pixels_counts_and_warns(self) -> None:
        found = look(gif(31, 17, frame(31, 17), frame(31, 17, pixels=full(9)), end=b""))

        assert (found.frames, found.ok) == (2, True)
        assert "it ends within a block" in found.warnings[0].message

    @pytest.mark.parametrize("kept", [1, 5, 9, 10, 11, 400, 778])
    def test_a_frame_cut_in_its_head_does_not_count(self, kept: int) -> None:
        found = look(gif(31, 17, frame(31, 17), frame(999, 999, flags=0x87)[:kept], end=b""))

        assert (found.frames, found.width) == (1, 31)
        assert len(found.warnings) == 1

    def test_a_frame_whose_first_pixels_are_missing_counts_as_in_pillow(self) -> None:
        head = frame(40, 17, pixels=b"")

        assert look(gif(31, 17, head, end=b"")).frames == 1
        assert look(gif(31, 17, head[:-1], end=b"")).frames == 0

    @pytest.mark.parametrize("rest", [b"!", b"!\xf9", b"!\xf9\x04\0\0", b"!\xfe\xff" + bytes(100)])
    def test_a_cut_extension_warns(self, rest: bytes) -> None:
        assert len(look(gif(31, 17, frame(31, 17), rest, end=b"")).warnings) == 1
