"""Copies that LinkedIn takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from linkedin_media import FileUnreadable, ImageRules, InvalidImage, LinkedInMediaError, fitting
from linkedin_media.decoding import verify_pixels
from linkedin_media.fitting import fit

IMAGES = Path(__file__).parent / "images"
SMALL = ImageRules(pixels_below=5_000, max_gif_frames=4)
ORIENTATION, MAKER = 0x0112, 0x010F


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "fitted"
    path.mkdir()
    return path


@pytest.mark.parametrize("name", ["Pillow--hopper.jpg", "Pillow--hopper.png", "Pillow--iss634.gif"])
def test_what_fits_is_copied_byte_for_byte(name, folder):
    fitted = fit(IMAGES / name, folder)

    assert fitted.path == folder / name
    assert fitted.path.read_bytes() == (IMAGES / name).read_bytes()
    assert fitted.changes == ()


def test_a_copy_that_would_break_a_rule_all_the_same_is_not_left_behind(folder):
    with pytest.raises(InvalidImage, match="your limit is 100") as caught:
        fit(IMAGES / "Pillow--hopper.webp", folder, ImageRules(max_bytes=100))

    assert [violation.code for violation in caught.value.violations] == ["TOO_MANY_BYTES"]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "suffix", "format_"),
    [
        ("Pillow--hopper.webp", ".jpg", "JPEG"),
        ("Pillow--hopper.avif", ".jpg", "JPEG"),
        ("Pillow--hopper.bmp", ".jpg", "JPEG"),
        ("Pillow--hopper.ico", ".png", "PNG"),
        ("Pillow--16_bit_noise.tif", ".png", "PNG"),
    ],
)
def test_other_formats_are_converted_to_the_one_that_loses_least(name, suffix, format_, folder):
    fitted = fit(IMAGES / name, folder)

    assert fitted.path == (folder / name).with_suffix(suffix)
    assert (fitted.found.ok, fitted.found.format) == (True, format_)
    assert fitted.changes[0].startswith("converted from ")
    assert verify_pixels(fitted.path) is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Pillow--hopper.jpg",
            "Pillow--hopper.png",
            "Pillow--hopper.gif",
            "Pillow--hopper.webp",
            "Pillow--iss634.gif",
        ),
        *("Pillow--frozenpond.mpo", "Pillow--pil_sample_cmyk.jpg"),
    ],
)
def test_what_is_too_large_is_scaled_to_just_below_the_limit(name, folder):
    fitted = fit(IMAGES / name, folder, SMALL)

    size = (fitted.found.width or 0) * (fitted.found.height or 0)
    assert fitted.found.ok
    assert size < SMALL.pixels_below
    assert verify_pixels(fitted.path, SMALL) is None
    assert size > SMALL.pixels_below * 0.95


def test_an_animation_keeps_its_length_and_drops_frames_evenly(folder, tmp_path):
    source = tmp_path / "long.gif"
    frames = [Image.new("L", (8, 8), 10 * number) for number in range(10)]
    frames[0].save(source, save_all=True, append_images=frames[1:], duration=40, loop=3)

    fitted = fit(source, folder, SMALL)

    assert fitted.changes == ("kept 4 of 10 frames",)
    with Image.open(fitted.path) as picture:
        durations = []
        for number in range(fitted.found.frames):
            picture.seek(number)
            durations.append(picture.info["duration"])
    assert durations == [120, 120, 120, 40]


def test_an_animation_in_another_format_stays_one(folder, tmp_path):
    source = tmp_path / "moving.webp"
    frames = [Image.new("RGB", (8, 8), (10 * number, 0, 0)) for number in range(3)]
    frames[0].save(source, save_all=True, append_images=frames[1:], duration=40)

    fitted = fit(source, folder)

    assert (fitted.found.format, fitted.found.frames) == ("GIF", 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("rules", [ImageRules(), SMALL])
def test_metadata_goes_but_the_way_up_and_the_colours_stay(suffix, rules, folder, tmp_path):
    source = tmp_path / f"photo{suffix}"
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "A camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (100, 80), "navy").save(source, exif=exif, icc_profile=profile, comment="secret")

    fitted = fit(source, folder, rules, strip_metadata=True)

    assert "removed metadata" in fitted.changes
    with Image.open(fitted.path) as picture:
        assert dict(picture.getexif()) == {ORIENTATION: 6}
        assert picture.info["icc_profile"] == profile
        assert "comment" not in picture.info
    assert b"A camera" not in fitted.path.read_bytes()


def test_metadata_stays_unless_it_is_to_go(folder, tmp_path):
    source = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[MAKER] = "A camera"
    Image.new("RGB", (100, 80), "navy").save(source, exif=exif)

    with Image.open(fit(source, folder, SMALL).path) as picture:
        assert picture.getexif()[MAKER] == "A camera"


@pytest.mark.parametrize(
    "name",
    ["manifest.csv", "Pillow--broken.png", "Pillow--decompression_bomb.gif", "Pillow--hopper.psd", "small--gif.gif"],
)
def test_what_cannot_be_mended_is_refused_and_leaves_nothing(name, folder):
    with pytest.raises(InvalidImage):
        fit(IMAGES / name, folder)

    assert list(folder.iterdir()) == []


def test_damage_found_on_the_way_is_told_and_leaves_nothing(folder):
    with pytest.raises(InvalidImage) as caught:
        fit(IMAGES / "Pillow--truncated_jpeg.jpg", folder, SMALL)

    assert [violation.code for violation in caught.value.violations] == ["TOO_MANY_PIXELS", "TRUNCATED"]
    assert list(folder.iterdir()) == []


def test_an_animation_too_large_to_hold_is_left_alone(folder, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_ANIMATED_PIXELS", 1_000_000)

    with pytest.raises(LinkedInMediaError, match="too much"):
        fit(IMAGES / "Pillow--iss634.gif", folder, ImageRules(max_gif_frames=4))


def test_no_file_is_overwritten(folder):
    (folder / "Pillow--hopper.jpg").write_text("mine")

    with pytest.raises(FileExistsError):
        fit(IMAGES / "Pillow--hopper.webp", folder)

    assert (folder / "Pillow--hopper.jpg").read_text() == "mine"


def test_what_is_no_file_is_refused(folder, tmp_path):
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(InvalidImage):
        fit(tmp_path / "fifo", folder)
    with pytest.raises(FileUnreadable):
        fit(tmp_path / "missing.png", folder)
