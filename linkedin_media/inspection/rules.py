"""LinkedIn's rules for images: every violation of them at once, each with its numbers and a fix.

The limits are those of the Images API, "Schema": JPG, GIF or PNG, fewer than 36,152,320 pixels, at most 250 GIF frames.
"""

from __future__ import annotations

from math import isqrt
from typing import Final, Literal

import attrs

from ..errors import Violation
from ..options import ImageRules

Format = Literal["JPEG", "PNG", "GIF"]

_SHOWN: Final = 8
"""How many bytes of an unknown file its message quotes."""


@attrs.define
class Facts:
    """What the walk over one format found. Not frozen: making it would take three times as long.

    `unusable` says why the walk ended early, and `cut_off` what is missing at the end of the file. The size is 0x0
    where it is not known.
    """

    format: Format
    width: int = 0
    height: int = 0
    frames: int = 0
    unusable: Violation | None = None
    cut_off: str | None = None


def violations_of(facts: Facts, size: int, rules: ImageRules) -> tuple[Violation, ...]:
    """Return every rule that a file of `size` bytes breaks."""
    found = [facts.unusable] if facts.unusable else []
    if rules.max_bytes is not None and size > rules.max_bytes:
        found.append(too_many_bytes(size, rules.max_bytes))
    if facts.width * facts.height >= rules.pixels_below:
        found.append(too_many_pixels(facts.width, facts.height, rules.pixels_below))
    if facts.format == "GIF" and facts.frames > rules.max_gif_frames:
        found.append(too_many_frames(rules.max_gif_frames))
    return tuple(found)


def too_many_pixels(width: int, height: int, below: int) -> Violation:
    """Say how large the image is and how large it may be at its own proportions."""
    fits_width, fits_height = largest_fit(width, height, below)
    return Violation(
        "TOO_MANY_PIXELS",
        f"{width}x{height} is {width * height:,} pixels; LinkedIn takes fewer than {below:,}: "
        f"scale to at most {fits_width}x{fits_height}",
    )


def largest_fit(width: int, height: int, below: int) -> tuple[int, int]:
    """Return the largest size of the same proportions with fewer than `below` pixels and no side under 1."""
    most = max(below - 1, 1)
    fits_width = isqrt(most * width // height)
    fits_height = isqrt(most * height // width)
    # An image this long and thin cannot keep its proportions: one pixel is as thin as it gets.
    if fits_width == 0:
        return 1, most
    if fits_height == 0:
        return most, 1
    return fits_width, fits_height


def too_many_frames(most: int) -> Violation:
    """Say that the walk met one frame more than allowed; it counts no further."""
    return Violation(
        "TOO_MANY_FRAMES",
        f"more than {most:,} frames; LinkedIn takes a GIF of at most {most:,}: drop frames or shorten the animation",
    )


def too_many_bytes(size: int, most: int) -> Violation:
    """Say that the file is larger than the caller's own limit."""
    return Violation("TOO_MANY_BYTES", f"{size:,} bytes; your limit is {most:,}: compress it harder or scale it down")


def too_complex(kind: Format, steps: int) -> Violation:
    """Say that the walk spent its budget."""
    return Violation(
        "TOO_COMPLEX",
        f"this {kind} is not read to its end after {steps:,} steps: save it again in an image editor",
    )


def broken_header(kind: Format, problem: str) -> Violation:
    """Say what makes a recognised file useless."""
    return Violation("BROKEN_HEADER", f"broken {kind}: {problem}: export it again from an image editor")


def no_frame() -> Violation:
    """Say that a GIF shows nothing."""
    return Violation("NOT_AN_IMAGE", "this GIF holds no picture (0 frames): export it again from an image editor")


def not_an_image(size: int, head: bytes) -> Violation:
    """Say what an unknown file begins with."""
    if size == 0:
        return Violation("NOT_AN_IMAGE", "0 bytes: the file is empty: export or download it again")
    shown = repr(head[:_SHOWN])[1:]
    return Violation("NOT_AN_IMAGE", f"not a JPG, PNG or GIF: the file begins with {shown}: choose an image file")


def unsupported(foreign: str) -> Violation:
    """Say which format a file has, and which formats LinkedIn takes."""
    return Violation("UNSUPPORTED_FORMAT", f"this is {foreign}; LinkedIn takes JPG, PNG and GIF: convert it")


def truncated(facts: Facts) -> Violation:
    """Say what is missing at the end of the file."""
    return Violation("TRUNCATED", f"this {facts.format} seems cut off ({facts.cut_off}): download or export it again")
