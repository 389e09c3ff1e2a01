"""Looking at a file, from its path to the verdict, beside Pillow's `open` and `n_frames` (which decide nothing)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final

from PIL import Image

from linkedin_media.files import inspect_now
from linkedin_media.model.job import ImageSource
from linkedin_media.options import ImageRules

from .arena import samples
from .arena.figures import Goal, Table
from .arena.processes import ROOT, Settings, say

COLUMNS: Final = ("file", "MB", "frames", "ours µs", "Pillow open µs", "open + n_frames µs", "÷ open", "÷ n_frames")
CORPUS: Final = ROOT / "tests" / "images"
RULES: Final = ImageRules()
_SLICE: Final = 0.02
"""Seconds of one measurement, at least."""


def answer(settings: Settings) -> Iterator[Table]:
    """Look at generated files one by one, and at the files of the tests all together."""
    folder = settings.folder
    small = Path(samples.jpegs(folder, 200 * samples.KB)[0])
    jpeg, png = samples.large_jpeg(folder), samples.large_png(folder)
    short, long, tiny = samples.gif(folder, 250), samples.gif(folder, 1000), samples.gif(folder, 250, side=16)
    rows, ratios = [], {}
    for path in (small, jpeg, png, short, long, tiny):
        say(f"inspection: {path.name}")
        figures = _measured([path], settings.rounds)
        ratios[path] = figures
        rows.append(_row(path.name, [path], figures))
    goals = [
        Goal("250-frame GIF ÷ Pillow n_frames", _ratio(ratios[short], "frames"), 0.1),
        Goal("250 tiny frames ÷ Pillow n_frames", _ratio(ratios[tiny], "frames"), 0.1),
        Goal("36 MP JPEG ÷ Image.open", _ratio(ratios[jpeg], "open"), 0.6),
        Goal("36 MP PNG ÷ Image.open", _ratio(ratios[png], "open"), 0.6),
    ]
    for kind in ("JPEG", "PNG", "GIF"):
        paths = [path for path in sorted(CORPUS.iterdir()) if _format(path) == kind] if CORPUS.exists() else []
        if paths:
            figures = _measured(paths, settings.rounds)
            rows.append(_row(f"{len(paths)} {kind} of tests/images", paths, figures))
    yield Table(title="Looking at files", columns=COLUMNS, rows=rows, goals=goals)


def _measured(paths: list[Path], rounds: int) -> dict[str, list[float]]:
    """Return the microseconds per file of each way to look, one figure a round, the rounds interleaved."""
    ways: dict[str, Callable[[Path], object]] = {"ours": _ours, "open": _opened, "frames": _counted}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, look in ways.items():
            taken[name].append(_time(look, paths))
    return taken


def _time(look: Callable[[Path], object], paths: list[Path]) -> float:
    times, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < _SLICE or not times:
        for path in paths:
            look(path)
        times += len(paths)
    return spent / times * 1e6


def _ours(path: Path) -> object:
    return inspect_now(_source(path), RULES)


@cache
def _source(path: Path) -> ImageSource:
    return ImageSource(path)


def _opened(path: Path) -> object:
    with Image.open(path) as image:
        return image.size


def _counted(path: Path) -> object:
    with Image.open(path) as image:
        return getattr(image, "n_frames", 1)


def _ratio(figures: dict[str, list[float]], base: str) -> float:
    return median(one / other for one, other in zip(figures["ours"], figures[base], strict=True))


def _row(name: str, paths: list[Path], figures: dict[str, list[float]]):
    times = [median(figures[way]) for way in ("ours", "open", "frames")]
    megabytes = sum(path.stat().st_size for path in paths) / len(paths) / samples.MB
    frames = inspect_now(ImageSource(paths[0]), RULES).frames if len(paths) == 1 else None
    return name, megabytes, frames, *times, _ratio(figures, "open"), _ratio(figures, "frames")


def _format(path: Path) -> str | None:
    """Return the format of a file that Pillow can measure, too."""
    try:
        _counted(path)
    except Exception:  # noqa: BLE001 -- Pillow raises a dozen kinds
        return None
    return inspect_now(ImageSource(path), RULES).format
