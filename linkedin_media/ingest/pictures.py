"""Small pictures of what was sent, for a report: bounded in number, size and time, and none where a file is gone."""

from __future__ import annotations

import base64
import io
import os
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Final

import attrs
from PIL import Image, ImageOps
from sqlalchemy import select

from ..options import ImageRules
from .database import Database, reported
from .jobs import Record
from .schema import job
from .states import State

MOST: Final = 60
_SIDE: Final = 192
_QUALITY: Final = 62
_LARGEST: Final = 30 * 1024 * 1024
_SECONDS: Final = 8.0
_FORMATS: Final = ("JPEG", "PNG", "GIF")


@attrs.frozen
class Picture:
    """A thumbnail as a data URI, and the job it belongs to."""

    record: Record
    data: str = attrs.field(repr=False)


def pictures(database: Database, *, clock: Callable[[], float] = time.monotonic) -> Iterator[Picture]:
    """Yield thumbnails of jobs that ended well, evenly spread over all of them."""
    until = clock() + _SECONDS
    for record in _spread(database):
        if clock() > until:
            return
        data = thumbnail(record.spec.files[0])
        if data is not None:
            yield Picture(record, data)


def _spread(database: Database) -> Iterator[Record]:
    well = job.c.state.in_((State.POSTED.value, State.AVAILABLE.value))
    ids = select(job.c.id).where(well, job.c.done == 1).order_by(job.c.id)
    with reported(database.name), database.engine.connect() as db:
        found = db.execute(ids).scalars().all()
        chosen = [found[position * len(found) // MOST] for position in range(MOST)] if len(found) > MOST else found
        rows = db.execute(select(job).where(job.c.id.in_(chosen)).order_by(job.c.id)).mappings().all()
    yield from (Record.of_row(dict(row)) for row in rows)


def thumbnail(path: str) -> str | None:
    """Return a small JPEG of an image file as a data URI; None where there is none to be had."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _small(file) if os.fstat(fd).st_size <= _LARGEST else None
    except Exception:  # noqa: BLE001 -- whatever Pillow makes of a damaged file, a report goes without
        return None


def _small(file: io.BufferedReader) -> str | None:
    with Image.open(file, formats=_FORMATS) as image:
        if image.width * image.height >= ImageRules().pixels_below:
            return None
        image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((_SIDE, _SIDE))
        shown = upright.convert("RGBA")
    paper = Image.new("RGB", shown.size, (255, 255, 255))
    paper.paste(shown, mask=shown.getchannel("A"))
    written = io.BytesIO()
    paper.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"
