"""Files that change while they are uploaded: what was validated is what is posted, or nothing is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import linkedin_media as lm
from tests.faults.ward import Ward, picture


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A file of our own to change."""
    path = tmp_path / "photo.png"
    path.write_bytes(picture(300_000))
    return path


def _rewrite(path: Path) -> None:
    """Other bytes of the same size in the same place, with the time of the old ones."""
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(times.st_size - 1000)
        file.write(bytes(900))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _shrink(path: Path) -> None:
    os.truncate(path, 200_000)


@pytest.mark.parametrize("change", [_rewrite, _grow, _shrink])
async def test_a_file_that_changes_before_its_upload_ends_is_never_posted(
    ward: Ward, photo: Path, change: Callable[[Path], None]
) -> None:
    pipeline = ward.pipeline(observer=_once_at(lm.Stage.UPLOAD, lambda: change(photo)))

    error = await ward.failure(pipeline.publish(ward.job(photo)))

    assert (type(error), error.stage, error.file) == (lm.FileChanged, "upload", str(photo))
    assert list(error.images) == list(ward.simulator.images)
    assert (ward.count("posts.create"), ward.inits) == (0, 1)


async def test_of_a_file_that_is_replaced_what_was_validated_is_sent(ward: Ward, photo: Path) -> None:
    validated = photo.read_bytes()

    def replace() -> None:
        other = photo.with_name("other.png")
        other.write_bytes(picture(300_000, seed=9))
        other.replace(photo)

    created = await ward.pipeline(observer=_once_at(lm.Stage.UPLOAD, replace)).publish(ward.job(photo))

    assert ward.simulator.images.content(created.images[0]) == validated


def _once_at(stage: lm.Stage, deed: Callable[[], None]) -> Callable[[lm.Event], None]:
    done: list[lm.Event] = []

    def observe(event: lm.Event) -> None:
        if isinstance(event, lm.StageStarted) and event.stage is stage and not done:
            done.append(event)
            deed()

    return observe
