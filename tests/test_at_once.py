"""What the system can open and read without waiting is had at once; nothing else is."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from linkedin_media import at_once
from linkedin_media.at_once import open_cached, read_cached
from tests.descriptors import open_descriptors


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


@pytest.fixture
def here(path: Path) -> None:
    cached = open_cached(path)
    if cached is None:
        pytest.skip("this system cannot")
    os.close(cached[0])


@pytest.mark.usefixtures("here")
def test_a_file_the_system_knows_is_opened(path: Path) -> None:
    cached = open_cached(str(path))

    assert cached is not None
    fd, facts = cached
    assert (os.read(fd, 100), facts.st_size) == (b"0123456789", 10)
    assert not os.get_inheritable(fd)
    os.close(fd)


@pytest.mark.usefixtures("here")
def test_links_are_followed_where_they_may_be(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    link.stat()  # the first to follow it may have to wait: that is written down

    cached = open_cached(link)

    assert cached is not None
    os.close(cached[0])
    assert open_cached(link, links=False) is None


@pytest.mark.usefixtures("here")
def test_a_folder_that_is_a_link_counts_as_one(path: Path) -> None:
    folder = path.with_name("folder")
    folder.symlink_to(path.parent)

    assert open_cached(folder / path.name, links=False) is None
    cached = open_cached(path, links=False)
    assert cached is not None
    os.close(cached[0])


def test_what_is_not_there_is_left_to_others(path: Path) -> None:
    assert open_cached(path.with_name("missing")) is None
    assert open_cached("no\0file") is None


def test_what_is_no_regular_file_is_not_even_opened(path: Path) -> None:
    fifo = path.with_name("fifo")
    os.mkfifo(fifo)

    assert [open_cached(other) for other in (fifo, path.parent, "/dev/null")] == [None] * 3
    with pytest.raises(OSError, match="No such device"):
        os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)  # nobody reads it


def test_a_path_that_becomes_a_folder_in_between_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "_is_regular", lambda *_: True)
    before = open_descriptors()

    assert open_cached(path.parent) is None
    assert open_descriptors() <= before


def test_a_system_that_refuses_the_call_opens_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "_OPENAT2", 100_000)  # no such call

    assert open_cached(path) is None


def test_other_systems_open_nothing_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: pytest.fail("there is no such call"))
    at_once._opening.cache_clear()
    try:
        assert open_cached(path) is None
    finally:
        at_once._opening.cache_clear()


def test_a_piece_is_read_only_whole(path: Path) -> None:
    with path.open("rb") as file:
        buffer = bytearray(4)
        if not read_cached(file.fileno(), memoryview(buffer), 3):
            pytest.skip("this file system cannot tell")
        assert buffer == b"3456"
        assert not read_cached(file.fileno(), memoryview(buffer), 8)


def test_what_cannot_be_read_at_once_is_not(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with path.open("rb") as file:
        assert not read_cached(-1, memoryview(bytearray(4)), 0)
        monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)
        assert not read_cached(file.fileno(), memoryview(bytearray(4)), 0)
