"""Images to upload and to inspect, made when they are needed: valid headers, the sizes that are asked for."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image

KB = 1024
MB = 1024 * KB
DISTINCT = 32
"""How many files a run goes through again and again: enough not to be one, few enough to stay in the page cache."""

SIDE = 6000
"""Pixels along each side of the large pictures."""


def jpegs(folder: Path, size: int, *, distinct: int = DISTINCT) -> list[str]:
    """Make JPEG files of exactly `size` bytes."""
    folder = folder / f"jpeg-{size}"
    paths = [folder / f"{number:02}.jpg" for number in range(distinct)]
    if not folder.exists():
        folder.mkdir(parents=True)
        for seed, path in enumerate(paths):
            path.write_bytes(jpeg(size, seed=seed))
    return [str(path) for path in paths]


def jpeg(size: int, *, seed: int = 0) -> bytes:
    """Return a JPEG of exactly `size` bytes; its scan is noise, as far as the file is longer than a real one."""
    picture = Image.effect_noise((160, 120), 10 + seed % 50).convert("RGB")
    head = _saved(picture, "JPEG", quality=80)[:-2]
    filler = random.Random(seed).randbytes(max(size - len(head) - 2, 0)).replace(b"\xff", b"\x7f")
    return head + filler + b"\xff\xd9"


def large_jpeg(folder: Path) -> Path:
    """Make a JPEG of 36 million pixels."""
    return _large(folder, "36-megapixel.jpg", "JPEG", quality=80)


def large_png(folder: Path) -> Path:
    """Make a PNG of 36 million pixels."""
    return _large(folder, "36-megapixel.png", "PNG", compress_level=1)


def _large(folder: Path, name: str, kind: str, **options: int) -> Path:
    path = folder / name
    if not path.exists():
        step = SIDE // 10
        tile = Image.effect_noise((step, step), 20).convert("RGB")
        picture = Image.new("RGB", (SIDE, SIDE))
        for number in range(100):
            picture.paste(tile, (number % 10 * step, number // 10 * step))
        path.write_bytes(_saved(picture, kind, **options))
    return path


def gif(folder: Path, frames: int, *, side: int = 104) -> Path:
    """Make a GIF of so many frames, each a square of noise: about 14 KB, 1 KB for a side of 16."""
    path = folder / f"{frames}-frames-{side}x{side}.gif"
    if not path.exists():
        one = _saved(Image.effect_noise((side, side), 60).convert("P"), "GIF")
        palette_end = 13 + (3 << (one[10] & 7) + 1)
        head, frame = one[:palette_end], one[palette_end:-1]
        path.write_bytes(head + b"!\xf9\4\4\5\0\0\0".join([b""] + [frame[frame.index(b",") :]] * frames) + b";")
    return path


def _saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
