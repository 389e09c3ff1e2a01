"""Where downloads go: files that appear whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest

from linkedin_media.destination import Destination, Writable
from linkedin_media.errors import FileUnwritable, InvalidArgument


async def fill(target: Any, *pieces: bytes) -> Destination:
    destination = Destination(target)
    async with destination.opened() as write:
        for piece in pieces:
            await write(piece)
    return destination


async def test_a_file_takes_its_name_when_all_of_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.png"

    async with Destination(path).opened() as write:
        await write(b"one")
        await write(b"two")
        assert not path.exists()
        assert len(list(tmp_path.iterdir())) == 1

    assert path.read_bytes() == b"onetwo"
    assert list(tmp_path.iterdir()) == [path]


async def test_a_file_that_is_there_is_replaced_at_the_end_only(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    async with Destination(str(path)).opened() as write:
        await write(b"new")
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("failure", [ValueError, asyncio.CancelledError])
async def test_a_failure_leaves_nothing_behind(tmp_path: Path, failure: type[BaseException]) -> None:
    with pytest.raises(failure):
        await fill_and_fail(tmp_path / "a.png", failure())

    assert list(tmp_path.iterdir()) == []


async def fill_and_fail(path: Path, failure: BaseException) -> None:
    async with Destination(path).opened() as write:
        await write(b"half")
        raise failure


async def test_a_file_gets_the_permissions_of_any_other(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        await fill(tmp_path / "a.png", b"x")
    finally:
        os.umask(before)

    assert (tmp_path / "a.png").stat().st_mode & 0o777 == 0o640


async def test_a_name_as_long_as_names_get_is_no_trouble(tmp_path: Path) -> None:
    await fill(tmp_path / ("a" * 251 + ".png"), b"x")


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="is a folder"):
        await fill(tmp_path, b"x")


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable, match=r"gone/a\.png: No such file") as caught:
        await fill(tmp_path / "gone" / "a.png", b"x")

    assert caught.value.hint


async def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(FileUnwritable, match="No space left"):
        await fill(tmp_path / "a.png", b"x")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
async def test_a_write_that_fails_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: real(Path("/dev/full"), "wb", buffering=0))

    with pytest.raises(FileUnwritable, match=r"a\.png: No space left"):
        await fill(tmp_path / "a.png", b"x")


async def test_something_with_a_write_of_its_own_gets_the_bytes() -> None:
    buffer = io.BytesIO()

    destination = await fill(buffer, b"one", b"two")

    assert buffer.getvalue() == b"onetwo"
    assert destination.begun


async def test_a_write_may_be_awaited() -> None:
    got = []

    class Stream:
        async def write(self, data: bytes, /) -> None:
            await asyncio.sleep(0)
            got.append(data)

    stream = Stream()
    assert isinstance(stream, Writable)
    await fill(stream, b"one", b"two")

    assert got == [b"one", b"two"]


async def test_nothing_written_is_nothing_begun(tmp_path: Path) -> None:
    assert not (await fill(io.BytesIO())).begun
    assert not (await fill(tmp_path / "a", b"x")).begun


@pytest.mark.parametrize("target", [None, 5, b"a.png"])
async def test_anything_else_is_nothing_to_write_to(target: Any) -> None:
    with pytest.raises(InvalidArgument, match="cannot download to a"):
        await fill(target, b"x")
