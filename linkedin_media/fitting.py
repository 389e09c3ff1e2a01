"""Make a copy of an image that LinkedIn takes: scaled down, converted, or with frames left out; never more than is needed.

What turns the picture upright (EXIF orientation) and what its colours mean (the ICC profile) is always kept. An image that
breaks no rule is copied byte for byte, unless its other metadata (place, camera, comments) is to go.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

import attrs
from PIL import Image

from .decoding import damage_of
from .errors import InvalidImage, LinkedInMediaError, Violation
from .files import inspect_now, refuse
from .inspection import Inspection
from .inspection.rules import largest_fit
from .inspection.stripping import stripped
from .model.job import ImageSource
from .options import ImageRules

READABLE: Final = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", "PPM", "ICO")
"""Formats that are converted. Others run programs of their own, or nobody would post them."""

MOST_ANIMATED_PIXELS: Final = 250_000_000
"""Pixels of all frames together beyond which an animation is not taken apart: its frames are held in memory."""

QUALITY: Final = 92
_MENDABLE: Final = {"TOO_MANY_PIXELS", "TOO_MANY_FRAMES", "UNSUPPORTED_FORMAT"}
_SUFFIXES: Final = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif"}
_ORIENTATION: Final = 0x0112


@attrs.frozen
class Fitted:
    """The copy, what it is, and what was changed to make it so."""

    path: Path
    found: Inspection
    changes: tuple[str, ...] = ()


def fit(
    source: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    rules: ImageRules = ImageRules(),
    *,
    strip_metadata: bool = False,
) -> Fitted:
    """Write a copy of `source` that breaks no rule into `folder`, under its own name. No file is overwritten.

    Raises:
        FileUnreadable: It cannot be read.
        InvalidImage: It cannot be decoded, or no copy of it would do.
        OSError: The copy cannot be written, or there is a file of its name.
    """
    given = ImageSource(source)
    found = inspect_now(given, rules)
    if found.ok and not strip_metadata:
        path = _place(given, folder, found.format or "")
        return Fitted(_written(path, lambda file: _copy(source, file)), found)
    if not _MENDABLE.issuperset(violation.code for violation in found.violations):
        raise InvalidImage(given.name, found.violations)

    Image.init()  # else only the commonest formats can be named
    try:
        with Image.open(source, formats=READABLE) as picture:
            plan = _plan(picture, found, rules, strip_metadata=strip_metadata)
            bare = _bare(source, picture, found)
            if bare is not None:
                path = _written(_place(given, folder, found.format or ""), lambda file: file.write(bare))
                return Fitted(path, _verified(path, rules), ("removed metadata",))
            path = _written(_place(given, folder, plan.format), lambda file: _save(picture, plan, file))
    except Exception as error:  # noqa: BLE001 -- files of strangers make Pillow raise anything
        raise _explained(given.name, found, error) from None
    return Fitted(path, _verified(path, rules), plan.changes)


@attrs.frozen(kw_only=True)
class _Plan:
    """What the copy will be: its format and size, and of an animation every how many frames one is kept."""

    format: str
    size: tuple[int, int]
    every: int
    strip_metadata: bool
    changes: tuple[str, ...]


def _plan(picture: Image.Image, found: Inspection, rules: ImageRules, *, strip_metadata: bool) -> _Plan:
    frames = getattr(picture, "n_frames", 1)
    target, size = _target(picture, frames), picture.size
    if picture.width * picture.height >= rules.pixels_below:
        size = largest_fit(*picture.size, rules.pixels_below)
    every = -(-frames // rules.max_gif_frames) if target == "GIF" else 1
    if target == "GIF" and frames * picture.width * picture.height > MOST_ANIMATED_PIXELS:
        raise LinkedInMediaError(f"{frames} frames of {picture.width}x{picture.height} are too much to take apart")
    changes = {
        f"converted from {found.foreign} to {target}": found.format is None,
        f"scaled from {picture.width}x{picture.height} to {size[0]}x{size[1]}": size != picture.size,
        f"kept {-(-frames // every)} of {frames} frames": every > 1,
        "removed metadata": strip_metadata,
    }
    told = tuple(change for change, made in changes.items() if made)
    return _Plan(format=target, size=size, every=every, strip_metadata=strip_metadata, changes=told)


def _target(picture: Image.Image, frames: int) -> str:
    """Return the format to write: its own where LinkedIn takes it, else the one that loses least."""
    if picture.format in _SUFFIXES:
        return picture.format
    if frames > 1 and picture.format in {"WEBP", "AVIF"}:
        return "GIF"
    if picture.format == "MPO" or (
        picture.mode in {"L", "RGB", "CMYK", "YCbCr"} and "transparency" not in picture.info
    ):
        return "JPEG"
    return "PNG"


def _bare(source: str | os.PathLike[str], picture: Image.Image, found: Inspection) -> bytes | None:
    """Return an image that only has its metadata to lose, every pixel as it was."""
    if not found.ok or found.format is None:
        return None
    return stripped(Path(source).read_bytes(), found.format, _orientation(picture))


def _orientation(picture: Image.Image) -> bytes:
    """Return EXIF that says which side is up and nothing else; nothing where that goes without saying."""
    exif, orientation = Image.Exif(), picture.getexif().get(_ORIENTATION, 1)
    if orientation == 1:
        return b""
    exif[_ORIENTATION] = orientation
    return exif.tobytes()


def _save(picture: Image.Image, plan: _Plan, file: IO[bytes]) -> None:
    if plan.format == "GIF":
        _save_animation(picture, plan, file)
        return
    options = _kept(picture, plan)
    if plan.format == "JPEG":
        picture.draft(None, plan.size)
        untouched = picture.format == "JPEG" and plan.size == picture.size
        options |= {"quality": "keep"} if untouched else {"quality": QUALITY}
    picture.info.pop("comment", None)
    _scaled(picture, plan.size).save(file, plan.format, **options)


def _save_animation(picture: Image.Image, plan: _Plan, file: IO[bytes]) -> None:
    """Keep the pace: a frame that stays is shown for as long as those left out behind it."""
    frames: list[Image.Image] = []
    durations: list[float] = []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        picture.load()
        duration = picture.info.get("duration", 100)
        if number % plan.every:
            durations[-1] += duration
            continue
        frames.append(_scaled(picture.convert("RGBA"), plan.size))
        durations.append(duration)
    for frame in frames:
        frame.info.clear()
    loop = {"loop": picture.info["loop"]} if "loop" in picture.info else {}
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, disposal=2, **loop)


def _scaled(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    smooth = {"1": "L", "P": "RGBA" if "transparency" in picture.info else "RGB", "LA": "LA", "PA": "RGBA"}
    mode = smooth.get(picture.mode, picture.mode)
    return (picture if mode == picture.mode else picture.convert(mode)).resize(size, Image.Resampling.LANCZOS)


def _kept(picture: Image.Image, plan: _Plan) -> dict[str, Any]:
    """Return what is written beside the pixels."""
    picture.load()
    options: dict[str, Any] = {"icc_profile": picture.info.get("icc_profile")}
    options["exif"] = _orientation(picture)
    if "exif" in picture.info and not plan.strip_metadata:
        options["exif"] = picture.info["exif"]
    return {name: value for name, value in options.items() if value}


def _place(given: ImageSource, folder: str | os.PathLike[str], target: str) -> Path:
    return Path(folder) / Path(os.fsdecode(given.source)).with_suffix(_SUFFIXES[target]).name  # type: ignore[arg-type]


def _written(path: Path, write: Callable[[IO[bytes]], object]) -> Path:
    """Write a new file, whole or not at all."""
    with path.open("xb") as file:
        try:
            write(file)
        except BaseException:
            path.unlink()
            raise
    return path


def _copy(source: str | os.PathLike[str], file: IO[bytes]) -> None:
    with Path(source).open("rb") as whole:
        shutil.copyfileobj(whole, file)


def _verified(path: Path, rules: ImageRules) -> Inspection:
    found = inspect_now(ImageSource(path), rules)
    try:
        refuse(os.fspath(path), found)
    except InvalidImage:
        path.unlink()
        raise
    return found


def _explained(name: str, found: Inspection, error: Exception) -> Exception:
    """Return the system's errors and our own as they are, and Pillow's as what is wrong with the file."""
    if isinstance(error, LinkedInMediaError) or (isinstance(error, OSError) and error.errno is not None):
        return error
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return InvalidImage(name, found.violations or [Violation("TOO_MANY_PIXELS", str(error))])
    return InvalidImage(name, [*found.violations, damage_of(error)])
