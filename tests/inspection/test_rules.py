"""The rules: their exact boundaries, what the messages say, and that all are reported at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from linkedin_media.inspection import BytesSource, inspect, largest_fit
from linkedin_media.options import ImageRules
from tests.inspection.crafted import codes, frame, gif, jpeg, look, messages, png

LIMIT = 36_152_320
Make = Callable[[int, int], bytes]


def _gif(width: int, height: int) -> bytes:
    return gif(width, height, frame(1, 1))


class TestPixels:
    """Fewer than 36,152,320, to the pixel."""

    @pytest.mark.parametrize("make", [jpeg, png, _gif], ids=["jpeg", "png", "gif"])
    @pytest.mark.parametrize(
        ("width", "height", "refused"),
        [(6012, 6013, False), (6013, 6012, False), (5888, 6140, True), (6140, 5888, True), (6013, 6013, True)],
    )
    def test_the_limit_itself_is_too_many(self, make: Make, width: int, height: int, refused: bool) -> None:
        assert codes(make(width, height)) == ["TOO_MANY_PIXELS"] * refused

    @pytest.mark.parametrize(
        ("width", "height", "refused"),
        [(357, 101_267, False), (1, LIMIT - 1, False), (LIMIT - 1, 1, False), (1, LIMIT, True), (61, 592_661, True)],
    )
    def test_long_and_thin_images_are_counted_by_the_same_limit(self, width: int, height: int, refused: bool) -> None:
        assert codes(png(width, height)) == ["TOO_MANY_PIXELS"] * refused

    def test_the_message_holds_the_numbers_and_the_fix(self) -> None:
        assert messages(jpeg(6100, 6000)) == (
            "6100x6000 is 36,600,000 pixels; LinkedIn takes fewer than 36,152,320: scale to at most 6062x5963"
        )

    def test_the_size_is_told_even_when_it_is_refused(self) -> None:
        found = look(png(65536, 65536))

        assert (found.format, found.width, found.height) == ("PNG", 65536, 65536)

    def test_the_limit_is_an_option(self) -> None:
        assert codes(jpeg(100, 100), ImageRules(pixels_below=10_001)) == []
        assert "fewer than 10,000: scale to at most 99x99" in messages(jpeg(100, 100), ImageRules(pixels_below=10_000))


class TestLargestFit:
    """The largest size of the same proportions below a number of pixels."""

    @pytest.mark.parametrize(
        ("size", "fit"),
        [
            ((6100, 6000), (6062, 5963)),
            ((65535, 65535), (6012, 6012)),
            ((20000, 14000), (7186, 5030)),
            ((1, 40_000_000), (1, LIMIT - 1)),
            ((40_000_000, 1), (LIMIT - 1, 1)),
            ((2_000_000_000, 10), (LIMIT - 1, 1)),
        ],
    )
    def test_known_sizes(self, size: tuple[int, int], fit: tuple[int, int]) -> None:
        assert largest_fit(*size, LIMIT) == fit

    @given(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.integers(2, LIMIT))
    def test_it_fits_and_one_more_pixel_a_side_would_not(self, width: int, height: int, below: int) -> None:
        fits_width, fits_height = largest_fit(width, height, below)

        assert min(fits_width, fits_height) >= 1
        assert fits_width * fits_height < below
        assert (fits_width + 1) * (fits_height + 1) >= below

    @given(st.integers(6013, 100_000), st.integers(6013, 100_000))
    def test_it_keeps_the_proportions_to_the_pixel(self, width: int, height: int) -> None:
        fits_width, fits_height = largest_fit(width, height, LIMIT)

        assert abs(fits_width - fits_height * width / height) <= max(width / height, 1)
        assert fits_width < width
        assert fits_height < height


class TestBytes:
    """LinkedIn documents no limit; the caller may set one."""

    def test_there_is_no_limit_by_default(self) -> None:
        assert look(jpeg(31, 17) + bytes(20_000_000)).ok

    def test_the_limit_itself_passes(self) -> None:
        data = png(31, 17)

        assert codes(data, ImageRules(max_bytes=len(data))) == []
        assert codes(data, ImageRules(max_bytes=len(data) - 1)) == ["TOO_MANY_BYTES"]

    def test_the_message_says_whose_limit_it_is(self) -> None:
        data = jpeg(31, 17) + bytes(10_000)

        assert messages(data, ImageRules(max_bytes=5000)) == (
            f"{len(data):,} bytes; your limit is 5,000: compress it harder or scale it down"
        )


def test_every_violation_is_reported_at_once() -> None:
    data = gif(9000, 9000, frame(1, 1) * 20, end=b"")
    rules = ImageRules(max_gif_frames=2, max_bytes=10)

    assert codes(data, rules) == ["TOO_MANY_BYTES", "TOO_MANY_PIXELS", "TOO_MANY_FRAMES"]


def test_a_broken_header_does_not_hide_the_other_rules() -> None:
    assert codes(jpeg(0, 17), ImageRules(max_bytes=10)) == ["BROKEN_HEADER", "TOO_MANY_BYTES"]


def test_an_empty_file_is_not_an_image() -> None:
    assert messages(b"") == "0 bytes: the file is empty: export or download it again"
    assert codes(b"") == ["NOT_AN_IMAGE"]


@pytest.mark.parametrize(
    ("data", "shown"),
    [(b"hello world", "'hello wo'"), (b"\0\1\2", "'\\x00\\x01\\x02'"), (b"<html><body>", "'<html><b'")],
)
def test_text_and_garbage_are_not_images(data: bytes, shown: str) -> None:
    found = look(data)

    assert (found.format, found.foreign, found.width, found.height, found.frames) == (None, None, None, None, 0)
    assert messages(data) == f"not a JPG, PNG or GIF: the file begins with {shown}: choose an image file"
    assert codes(data) == ["NOT_AN_IMAGE"]


def test_the_rules_of_linkedin_are_the_default() -> None:
    source = BytesSource(gif(5888, 6140, frame(1, 1) * 251))

    assert inspect(source) == inspect(source, ImageRules(pixels_below=36_152_320, max_gif_frames=250))


def test_a_source_does_not_show_its_bytes() -> None:
    assert repr(BytesSource(b"private")) == "BytesSource()"
