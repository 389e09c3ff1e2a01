"""Files from the test suites of image libraries, with the verdict each must get.

``images/manifest.csv`` names where each file comes from, and holds what Pillow 13 made of it.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import attrs
import pytest

from linkedin_media.inspection import BytesSource, Inspection, inspect

IMAGES: Final = Path(__file__).resolve().parents[1] / "images"

# Where the walk knows better than Pillow, which measures the first frame of a GIF and no other.
EXTENTS: Final = {"Pillow--decompression_bomb_extents.gif": (65_635, 65_635)}


@attrs.frozen
class Sample:
    """A row of the manifest."""

    file: str
    format: str
    width: str
    height: str
    frames: str
    verdict: str
    reason: str
    pixels_decode: str

    @property
    def size(self) -> tuple[int | None, int | None]:
        known = (int(self.width), int(self.height)) if self.width else (None, None)
        return EXTENTS.get(self.file, known)


def _samples() -> list[Sample]:
    names = [field.name for field in attrs.fields(Sample)]
    with (IMAGES / "manifest.csv").open(newline="") as rows:
        return [Sample(**{name: row[name] for name in names}) for row in csv.DictReader(rows)]


SAMPLES: Final = _samples()


def each(verdict: str, *, foreign: bool = False) -> pytest.MarkDecorator:
    """Every sample of a verdict, of a foreign format or of one that LinkedIn takes."""
    chosen = [
        sample for sample in SAMPLES if sample.verdict == verdict and sample.format.startswith("other:") is foreign
    ]
    return pytest.mark.parametrize("sample", chosen, ids=lambda sample: sample.file)


def _inspect(sample: Sample) -> Inspection:
    return inspect(BytesSource((IMAGES / sample.file).read_bytes()))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_a_file_gets_its_verdict(sample: Sample) -> None:
    assert _inspect(sample).ok is (sample.verdict == "valid")


@each("valid")
def test_a_valid_file_has_the_format_and_size_that_pillow_tells(sample: Sample) -> None:
    found = _inspect(sample)

    assert found.format == sample.format.replace("MPO", "JPEG")
    assert (found.width, found.height) == sample.size
    assert found.frames == (int(sample.frames) if found.format == "GIF" else 1)


@each("invalid", foreign=True)
def test_a_foreign_format_is_named(sample: Sample) -> None:
    found = _inspect(sample)

    assert f"other:{found.foreign}" == sample.format
    assert [violation.code for violation in found.violations] == ["UNSUPPORTED_FORMAT"]


@pytest.mark.parametrize("file", EXTENTS)
def test_every_frame_of_a_gif_is_measured(file: str) -> None:
    (sample,) = (sample for sample in SAMPLES if sample.file == file)

    assert sample.reason.startswith("a frame extends to")
    assert (_inspect(sample).width, _inspect(sample).height) == EXTENTS[file]


@each("invalid")
def test_a_refused_file_still_tells_its_size(sample: Sample) -> None:
    found = _inspect(sample)
    too_many_frames = sample.reason.endswith("frames > 250")

    assert (found.width, found.height) == sample.size
    assert [violation.code for violation in found.violations] == [
        "TOO_MANY_FRAMES" if too_many_frames else "TOO_MANY_PIXELS"
    ]


@each("broken")
def test_a_broken_file_is_told_so(sample: Sample) -> None:
    assert [violation.code for violation in _inspect(sample).violations] in (["NOT_AN_IMAGE"], ["BROKEN_HEADER"])


@pytest.mark.parametrize("file", [sample.file for sample in SAMPLES if sample.pixels_decode == "ok"])
def test_a_file_that_decodes_gets_no_warning(file: str) -> None:
    assert inspect(BytesSource((IMAGES / file).read_bytes())).warnings == ()


@pytest.mark.parametrize(
    "file",
    [
        "Pillow--truncated_image.png",
        "Pillow--truncated_jpeg.jpg",
        "image-gif--issue-117-out-of-range.gif",
        "libspng--zero_gama.png",
        "small--png-truncated.png",
    ],
)
def test_a_file_that_is_cut_off_gets_a_warning(file: str) -> None:
    found = inspect(BytesSource((IMAGES / file).read_bytes()))

    assert [warning.code for warning in found.warnings] == ["TRUNCATED"]


def test_every_sample_is_in_the_manifest() -> None:
    assert {sample.file for sample in SAMPLES} == {path.name for path in IMAGES.iterdir()} - {"manifest.csv"}
