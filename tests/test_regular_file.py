"""Regular files and nothing else, and for paths that were checked, no link that was made since."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from linkedin_media import regular_file
from linkedin_media.errors import FileUnreadable, InvalidImage
from linkedin_media.regular_file import LinkFree, open_regular

pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders are opened one by one on POSIX systems")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "root/photos/spring"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(b"inside")
    outside = tmp_path.resolve() / "outside/spring"
    outside.mkdir(parents=True)
    (outside / "a.png").write_bytes(b"outside")
    return folder / "a.png"


def read(path: Path) -> bytes:
    fd, _ = open_regular(LinkFree(str(path)), "a.png")
    with os.fdopen(fd, "rb") as file:
        return file.read()


def swap(place: Path, target: Path) -> None:
    place.rename(place.with_name("moved"))
    place.symlink_to(target)


def open_descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_a_path_without_links_is_opened(picture: Path) -> None:
    assert read(picture) == b"inside"
    assert os.fspath(LinkFree("/a/b.png")) == "/a/b.png"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_link_that_took_the_place_of_a_folder_or_of_the_file_is_refused(picture: Path, level: int) -> None:
    place = [picture, *picture.parents][level]
    outside = picture.parents[3] / "outside"
    swap(place, [outside / "spring/a.png", outside / "spring", outside][level])
    before = open_descriptors()
    assert picture.read_bytes() == b"outside"

    with pytest.raises(InvalidImage, match=f"{place.name} is a link by now, and was none when it was checked"):
        read(picture)

    assert open_descriptors() == before


def test_a_link_that_stays_inside_is_refused_too(picture: Path) -> None:
    swap(picture.parent, picture.parent.with_name("moved"))

    with pytest.raises(InvalidImage, match="spring is a link by now"):
        read(picture)


def test_what_is_no_file_by_now_is_told(picture: Path) -> None:
    picture.unlink()
    with pytest.raises(FileUnreadable, match=r"a\.png: No such file"):
        read(picture)

    os.mkfifo(picture)
    with pytest.raises(InvalidImage, match="this is a FIFO"):
        read(picture)

    picture.unlink()
    picture.parent.rmdir()
    picture.parent.write_bytes(b"")
    with pytest.raises(FileUnreadable, match="Not a directory"):
        read(picture)


def test_where_folders_cannot_be_opened_one_by_one_the_path_is_opened_as_it_is(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regular_file, "_CAN_WALK", False)

    assert read(picture) == b"inside"
