"""The walk beside Pillow, over generated images and over what is left of them after damage.

What Pillow opens has the format and the size that the walk tells, and what Pillow decodes the walk takes. The exceptions
are the walk's own choices, and named where they are made: the first of several JPEG frame headers, every frame of a GIF,
and the end of a GIF extension where the standard puts it.
"""

from __future__ import annotations

import io
import re
import struct
from typing import Any, Final

import attrs
import pytest
from hypothesis import example, given, settings, strategies as st
from PIL import Image

from linkedin_media.inspection import BytesSource, Inspection, inspect
from linkedin_media.options import ImageRules
from tests.inspection.crafted import PNG_START, chunk, frame, gif, image_header, look

pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow warns about much of what is tried here

MODES: Final = {
    "JPEG": ("1", "L", "RGB", "CMYK", "YCbCr"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "GIF": ("1", "L", "P", "RGB", "RGBA"),
}
HEADER_PROBLEMS: Final = {"BROKEN_HEADER", "NOT_AN_IMAGE", "UNSUPPORTED_FORMAT", "TOO_COMPLEX"}
SCREEN_HEADER: Final = 13
UNLIMITED: Final = ImageRules(max_gif_frames=100_000)

_FRAME_HEADER: Final = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf\xde]")
_EMPTY_EXTENSION: Final = re.compile(rb"![\0-\xff]\0")
_LOOP: Final = re.compile(rb"!\xff([\x0b-\xff])NETSCAPE2\.0")


@attrs.frozen
class Oracle:
    """What Pillow made of some bytes."""

    format: str
    width: int
    height: int
    frames: int | None
    decodes: bool


def ask_pillow(data: bytes) -> Oracle | None:
    """Open and decode; None where Pillow refuses, in whichever of its many ways."""
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "GIF"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    with image:
        kind = (image.format or "").replace("MPO", "JPEG")
        width, height = image.size
        return Oracle(kind, width, height, _frames(image) if kind == "GIF" else 1, _decodes(image))


def _frames(image: Image.Image) -> int | None:
    try:
        return getattr(image, "n_frames", 1)
    except (IndexError, OSError, ValueError, SyntaxError, struct.error):
        return None


def _decodes(image: Image.Image) -> bool:
    if image.width * image.height > 4_000_000:
        return False
    try:
        image.load()
    except Exception:  # noqa: BLE001 -- decoders raise anything
        return False
    return True


def pillow_reads_on(content: bytes) -> bool:
    """An extension ends with its first empty sub-block; where that is the very first, or the second of a loop, Pillow reads on."""
    seconds = (loop.end(1) + loop[1][0] for loop in _LOOP.finditer(content))
    return _EMPTY_EXTENSION.search(content) is not None or any(
        content[second : second + 1] == b"\0" for second in seconds
    )


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@st.composite
def pictures(draw: st.DrawFn, mode: str) -> Image.Image:
    """A small picture with a few colours."""
    size = draw(st.tuples(st.integers(1, 70), st.integers(1, 70)))
    image = Image.new("L", size, draw(st.integers(0, 255)))
    image.paste(draw(st.integers(0, 255)), (0, 0, size[0] // 2 + 1, size[1] // 3 + 1))
    return image.convert(mode)


@st.composite
def images(draw: st.DrawFn, kind: str) -> bytes:
    """A file as Pillow writes it, with any of the options that shape its header."""
    image = draw(pictures(draw(st.sampled_from(MODES[kind]))))
    extra = draw(st.binary(max_size=200))
    options: dict[str, Any] = {}
    match kind:
        case "JPEG":
            options = {
                "progressive": draw(st.booleans()),
                "quality": draw(st.integers(1, 95)),
                "comment": extra,
                "exif": b"Exif\0\0" + extra,
                "icc_profile": extra * draw(st.integers(0, 700)),
                "restart_marker_blocks": draw(st.integers(0, 2)),
            }
        case "PNG":
            options = {"icc_profile": extra, "exif": extra, "compress_level": draw(st.integers(0, 9))}
        case "GIF":
            options = {"comment": extra, "interlace": draw(st.booleans())}
    if kind != "JPEG" and image.mode not in {"1", "I;16"} and draw(st.booleans()):
        options |= _animated(image, draw(st.integers(1, 5)))
    return written(image, kind, **options)


def _animated(image: Image.Image, more: int) -> dict[str, Any]:
    frames = [image.rotate(90 * turn + 180) for turn in range(more)]
    return {"save_all": True, "append_images": frames, "duration": 40, "loop": 0}


@st.composite
def damaged(draw: st.DrawFn, kind: str) -> bytes:
    """A file with a few bytes changed, added, removed or doubled, mostly near its beginning."""
    data = bytearray(draw(images(kind)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, min(len(data) - 1, draw(st.sampled_from([60, 700, 100_000]))))))
        some = draw(st.integers(0, 12))
        match draw(st.sampled_from(["change", "add", "remove", "double", "cut"])):
            case "change":
                data[at : at + 1] = bytes((draw(st.integers(0, 255)),))
            case "add":
                data[at:at] = draw(st.binary(max_size=12))
            case "remove":
                del data[at : at + some]
            case "double":
                data[at:at] = data[at : at + some * 10]
            case "cut":
                del data[at + some :]
    return bytes(data)


def header_problems(found: Inspection) -> set[str]:
    return {violation.code for violation in found.violations} & HEADER_PROBLEMS


@pytest.mark.parametrize("kind", MODES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_pillow_writes_is_read_as_pillow_reads_it(kind: str, data: st.DataObject) -> None:
    content = data.draw(images(kind))

    found, oracle = look(content), ask_pillow(content)

    assert oracle is not None
    assert (found.format, found.width, found.height, found.frames) == (
        oracle.format,
        oracle.width,
        oracle.height,
        oracle.frames,
    )
    assert found.ok
    assert found.warnings == ()


@given(damaged("JPEG"))
@settings(max_examples=400, deadline=None)
def test_a_damaged_jpeg_that_pillow_opens_has_the_same_size(content: bytes) -> None:
    oracle, found = ask_pillow(content), look(content)
    if oracle is None or oracle.format != "JPEG":
        return

    assert found.format == "JPEG"
    assert not header_problems(found)
    if len(_FRAME_HEADER.findall(content)) == 1:  # Pillow takes the last of several, decoders refuse the second
        assert (found.width, found.height) == (oracle.width, oracle.height)


@given(damaged("PNG"))
@settings(max_examples=400, deadline=None)
def test_a_damaged_png_that_pillow_opens_has_the_same_size(content: bytes) -> None:
    oracle, found = ask_pillow(content), look(content)
    if oracle is None or oracle.format != "PNG":
        return

    assert found.format == "PNG"
    if oracle.decodes or not header_problems(found):
        assert (found.width, found.height) == (oracle.width, oracle.height)


@given(damaged("GIF"))
@example(gif(9, 9, frame(9, 9), frame(9, 99)))
@example(gif(9, 9, b"!\xff\x0bNETSCAPE2.0\0!\xfe\x10" + b"x" * 16 + b"\0", frame(9, 9), frame(9, 9)))  # Pillow: 1 frame
@settings(max_examples=400, deadline=None)
def test_a_damaged_gif_that_pillow_opens_covers_what_pillow_shows(content: bytes) -> None:
    oracle, found = ask_pillow(content), look(content, UNLIMITED)
    if oracle is None or oracle.format != "GIF" or pillow_reads_on(content):
        return

    assert found.width is not None
    assert found.height is not None
    assert not header_problems(found)
    assert found.width >= oracle.width
    assert found.height >= oracle.height
    if oracle.frames is not None:  # None: Pillow stumbles over a frame that is cut in its head
        assert found.frames == oracle.frames


@given(damaged("GIF"))
@settings(max_examples=200, deadline=None)
def test_a_gif_is_walked_as_if_byte_by_byte(content: bytes) -> None:
    found = look(content, UNLIMITED)

    if found.format == "GIF" and len(content) >= SCREEN_HEADER:
        assert (found.width or 0, found.height or 0, found.frames) == _plainly(io.BytesIO(content))


@st.composite
def animations(draw: st.DrawFn) -> bytes:
    """Frames of the usual shape, small and large, others between them, and at times cut off."""
    sides = st.sampled_from([0, 1, 31, 255, 65_535])
    some = draw(
        st.lists(
            st.builds(
                _usual,
                times=st.integers(1, 90),
                sides=st.tuples(sides, sides, sides, sides),
                flags=st.sampled_from([0x00, 0x40, 0x80, 0x83, 0x87]),
                full=st.integers(0, 11) | st.integers(0, 90),
                length=st.sampled_from([255, 255, 254, 77]),
                last=st.integers(0, 255),
            )
            | st.sampled_from([b"!\xfe\2hi\0", b"\0", b"!", b",", frame(7, 7), b"!\xf9\4" + bytes(5) + b"!\xfe\0"]),
            max_size=9,
        )
    )
    content = gif(draw(sides), draw(sides), *some)
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


def _usual(times: int, sides: tuple[int, int, int, int], flags: int, full: int, length: int, last: int) -> bytes:
    left, top, width, height = sides
    pixels = (bytes((length,)) + b"!" * length) * full + (bytes((last,)) + b"," * last if last else b"") + b"\0"
    control = b"!\xf9\4" + bytes(5)
    return (control + frame(width, height, left=left, top=top, flags=flags, pixels=pixels)) * times


@given(animations())
@settings(max_examples=300, deadline=None)
def test_an_animation_is_walked_as_if_byte_by_byte(content: bytes) -> None:
    found = look(content, UNLIMITED)

    if found.format == "GIF" and len(content) >= SCREEN_HEADER:
        assert (found.width or 0, found.height or 0, found.frames) == _plainly(io.BytesIO(content))


def _plainly(file: io.BytesIO) -> tuple[int, int, int]:
    """The same walk in its plainest form: no window, no runs, no budget."""
    head = file.read(SCREEN_HEADER)
    width, height, frames = _two(head, 6), _two(head, 8), 0
    file.read(_palette(head[10]))
    while (kind := file.read(1)) not in {b"", b";"}:
        if kind == b"!":
            file.read(1)
        elif kind == b",":
            head = file.read(9)
            palette = _palette(head[8]) if len(head) == 9 else 0
            if len(head) < 9 or len(file.read(palette)) < palette or not file.read(1):
                break
            frames += 1
            width = max(width, _two(head, 0) + _two(head, 4))
            height = max(height, _two(head, 2) + _two(head, 6))
        else:
            continue
        while length := file.read(1):
            if length == b"\0":
                break
            file.read(length[0])
    return width, height, frames


def _two(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _palette(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


@given(
    width=st.integers(0, 3) | st.integers(0, 2**32 - 1),
    height=st.integers(0, 3) | st.integers(0, 2**32 - 1),
    depth=st.integers(0, 17),
    colour=st.integers(0, 7),
    rest=st.sampled_from([b"\0\0\0", b"\0\0\1", b"\0\1\0"]),
)
@settings(max_examples=300, deadline=None)
def test_an_image_header_is_taken_where_pillow_takes_it(
    width: int, height: int, depth: int, colour: int, rest: bytes
) -> None:
    content = PNG_START + image_header(width, height, depth=depth, colour=colour, rest=rest) + chunk(b"IDAT")

    oracle, found = ask_pillow(content), look(content)

    if oracle is not None:
        assert (found.width, found.height) == (oracle.width, oracle.height)
    elif width * height < 2 * 89_478_485:  # above that Pillow refuses what is only too large
        assert header_problems(found) == {"BROKEN_HEADER"}


@given(
    st.sampled_from([b"", b"\xff\xd8\xff", PNG_START, b"GIF89a", b"RIFF", b"\0\0\0\x20ftyp", b"<svg "]),
    st.binary(max_size=300),
)
@settings(max_examples=500, deadline=None)
def test_nothing_makes_an_inspection_raise(start: bytes, rest: bytes) -> None:
    found = inspect(BytesSource(start + rest))

    assert found.ok is (not found.violations)
    assert all(violation.code and violation.message for violation in (*found.violations, *found.warnings))
