"""Decoding every pixel, in processes that can be ended."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from linkedin_media import ImageRules
from linkedin_media.decoding import Decoder, verify_pixels

IMAGES = Path(__file__).parent / "images"
RULES = ImageRules()


@pytest.mark.parametrize(
    "name",
    ["Pillow--hopper.jpg", "Pillow--hopper.png", "Pillow--hopper.gif", "Pillow--iss634.gif", "Pillow--frozenpond.mpo"],
)
def test_whole_images_are_fine(name):
    assert verify_pixels(IMAGES / name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Pillow--truncated_jpeg.jpg", "TRUNCATED"),
        ("image-gif--issue-117-out-of-range.gif", "TRUNCATED"),
        ("Pillow--broken_data_stream.png", "UNDECODABLE"),
        ("Pillow--hopper.webp", "UNDECODABLE"),
        ("jpeg-decoder--max_size.jpg", "TOO_MANY_PIXELS"),
        ("missing.png", "UNDECODABLE"),
    ],
)
def test_damage_is_told_by_code_and_with_a_fix(name, code):
    found = verify_pixels(IMAGES / name)

    assert found is not None
    assert found.code == code
    assert found.message


def test_no_frame_of_a_gif_is_decoded_beyond_the_last_allowed_one(tmp_path):
    path = tmp_path / "many.gif"
    frames = [Image.new("L", (4, 4), shade) for shade in range(9)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])

    assert verify_pixels(path, ImageRules(max_gif_frames=3)) is None


def test_larger_pictures_than_allowed_are_not_decoded(tmp_path):
    path = tmp_path / "large.png"
    Image.new("1", (200, 200)).save(path)

    found = verify_pixels(path, ImageRules(pixels_below=40_000))

    assert found is not None
    assert found.code == "TOO_MANY_PIXELS"


def test_too_little_memory_is_a_finding(monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(Image, "open", fail)

    assert "memory" in verify_pixels("any.png").message


async def test_a_worker_verifies_one_file_after_the_other():
    async with Decoder() as decoder:
        verdicts = [
            await decoder.verify(IMAGES / name) for name in ("Pillow--hopper.jpg", "Pillow--truncated_jpeg.jpg")
        ]
        verdicts.append(await decoder.verify(IMAGES / "Pillow--hopper.png"))

    assert [verdict and verdict.code for verdict in verdicts] == [None, "TRUNCATED", None]


async def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_served(tmp_path):
    os.mkfifo(tmp_path / "never.png")

    async with Decoder(seconds=0.3) as decoder:
        slow = await decoder.verify(tmp_path / "never.png")
        decoder._seconds = 30
        fine = await decoder.verify(IMAGES / "Pillow--hopper.jpg")

    assert (slow.code, "longer than 0.3 s" in slow.message) == ("UNDECODABLE", True)
    assert fine is None


async def test_a_worker_that_dies_takes_only_its_file_with_it():
    async with Decoder() as decoder:
        await decoder.verify(IMAGES / "Pillow--hopper.jpg")
        decoder._worker.kill()
        crashed = await decoder.verify(IMAGES / "Pillow--hopper.jpg")
        fine = await decoder.verify(IMAGES / "Pillow--hopper.jpg")

    assert crashed.message == "its pixels cannot be decoded: the decoder crashed: export it again from an image editor"
    assert fine is None


async def test_cancelling_ends_the_worker(tmp_path):
    os.mkfifo(tmp_path / "never.png")
    async with Decoder() as decoder:
        task = asyncio.create_task(decoder.verify(tmp_path / "never.png"))
        await asyncio.sleep(0.3)
        worker = decoder._worker
        task.cancel()
        await asyncio.wait([task])

        assert worker.returncode is not None


def test_a_worker_lives_as_long_as_it_is_asked():
    question = json.dumps([str(IMAGES / "Pillow--hopper.jpg"), {"pixels_below": 10}]) + "\n"
    program = "from linkedin_media.decoding import serve; serve()"

    ran = subprocess.run(
        [sys.executable, "-c", program], input=question, capture_output=True, text=True, check=True, timeout=30
    )

    assert json.loads(ran.stdout)[0] == "TOO_MANY_PIXELS"
