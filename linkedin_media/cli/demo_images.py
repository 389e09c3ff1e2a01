"""Images for the demo, drawn on the spot: a few that LinkedIn takes, and one for each way of being refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageOps, features

_PHOTO: Final = (1280, 853)
_RANGES: Final = ((0.60, 56, 1.3, 0.78), (0.69, 48, 2.2, 0.5), (0.80, 44, 1.7, 0.24))
"""Ranges of hills: how far down the picture, how high, how many waves, and how much of the haze is on them."""


def draw_all(folder: Path) -> None:
    """Draw every image of `IMAGES` into `folder`."""
    for name, draw in IMAGES.items():
        draw(folder / name)


def _sunrise(path: Path) -> None:
    _landscape("#20304f", "#e9785a", "#ffdf9e", haze="#b3776f", sun=(0.66, 0.5)).save(path, quality=88)


def _evening(path: Path) -> None:
    _landscape("#0b1026", "#5b3f7a", "#f2a65a", haze="#6d5a86", sun=(0.3, 0.56)).save(path, quality=88)


def _landscape(high: str, middle: str, low: str, *, haze: str, sun: tuple[float, float]) -> Image.Image:
    """Draw something that compresses like a photograph: a sky, a low sun, hills in haze, and the grain of a sensor."""
    picture = ImageOps.colorize(Image.linear_gradient("L").resize(_PHOTO), high, low, middle)
    picture = ImageChops.screen(picture, _glow(int(sun[0] * _PHOTO[0]), int(sun[1] * _PHOTO[1])))
    for level, size, waves, share in _RANGES:
        hills = Image.new("L", _PHOTO)
        ImageDraw.Draw(hills).polygon(_ridge(level * _PHOTO[1], size, waves), fill=255)
        picture.paste(_mixed("#15131f", haze, share), mask=hills)
    grain = Image.effect_noise(_PHOTO, 40).convert("RGB")
    return Image.blend(picture.filter(ImageFilter.GaussianBlur(0.8)), grain, 0.07)


def _mixed(one: str, other: str, share: float) -> tuple[int, ...]:
    pairs = zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True)
    return tuple(round(a + (b - a) * share) for a, b in pairs)


def _glow(x: int, y: int) -> Image.Image:
    """Draw the sun at a place, its disc and its light."""
    size = _PHOTO[0]
    light = Image.new("L", _PHOTO)
    around = Image.radial_gradient("L").point([max(0, 175 - shade) ** 2 // 150 for shade in range(256)])
    light.paste(around.resize((size, size)), (x - size // 2, y - size // 2))
    ImageDraw.Draw(light).ellipse((x - 36, y - 36, x + 36, y + 36), fill=255)
    return ImageOps.colorize(light, "black", "#ffe9b8")


def _ridge(level: float, size: float, waves: float) -> list[tuple[float, float]]:
    width, height = _PHOTO
    turn = waves * math.tau / width
    line = [
        (x, level + size * (math.sin(turn * x + size) + 0.4 * math.sin(2.7 * turn * x) + 0.1 * math.sin(11 * turn * x)))
        for x in range(0, width + 4, 4)
    ]
    return [*line, (width, height), (0, height)]


def _chart(path: Path) -> None:
    picture = Image.new("RGB", (1200, 675), "white")
    draw = ImageDraw.Draw(picture)
    for line in range(6):
        draw.line((80, 95 + line * 100, 1140, 95 + line * 100), fill="#e4e7eb", width=2)
    for week, value in enumerate((110, 150, 140, 210, 260, 240, 330, 420)):
        left = 120 + week * 126
        draw.rounded_rectangle(
            (left, 595 - value, left + 80, 595), radius=8, fill="#0a66c2" if week == 7 else "#9ec5ea"
        )
    picture.save(path)


def _spinner(path: Path) -> None:
    frames = []
    for turn in range(24):
        frame = Image.new("RGB", (240, 240), "#f3f2ef")
        draw = ImageDraw.Draw(frame)
        draw.ellipse((40, 40, 200, 200), outline="#d0d7de", width=18)
        draw.arc((40, 40, 200, 200), turn * 15, turn * 15 + 90, fill="#0a66c2", width=18)
        frames.append(frame)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=60, loop=0)


def _poster(path: Path) -> None:
    picture = Image.new("1", (6100, 6000), 1)
    ImageDraw.Draw(picture).ellipse((800, 750, 5300, 5250), outline=0, width=300)
    picture.save(path, compress_level=1)


def _endless(path: Path) -> None:
    frames = [Image.new("L", (64, 64), shade) for shade in range(251)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40, loop=0)


def _misnamed(path: Path) -> None:
    picture = ImageOps.colorize(Image.radial_gradient("L"), "#0a66c2", "#f3f2ef")
    picture.save(path, format="WEBP" if features.check("webp") else "BMP")


IMAGES: Final[Mapping[str, Callable[[Path], None]]] = {
    "sunrise.jpg": _sunrise,
    "chart.png": _chart,
    "evening.jpg": _evening,
    "spinner.gif": _spinner,
    "poster.png": _poster,
    "endless.gif": _endless,
    "logo.jpg": _misnamed,
}
