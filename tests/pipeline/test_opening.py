"""Files opened ahead of their uploads: several a hop while that is quick, side by side once it is not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import linkedin_media as lm
from linkedin_media.errors import FileUnreadable, InvalidArgument
from linkedin_media.files import OpenImage, open_now
from linkedin_media.options import ImageRules
from linkedin_media.pipeline import opening
from linkedin_media.pipeline.opening import AHEAD, Opener
from tests.faults.ward import Ward, picture
from tests.waiting import eventually


class Readers:
    """Notes which files each hop opens, and how many at once; `seconds` slows every file down."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.hops: dict[int, list[str]] = {}
        self.at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self.opened: list[OpenImage] = []

    def some(self, sources: Any, rules: Any, readers: Any) -> Any:
        with self._lock:
            number = len(self.hops)
            self.hops[number] = []
            self._now += 1
            self.at_once = max(self.at_once, self._now)
        try:
            return _real(_Noting(sources, self.hops[number]), rules, readers)
        finally:
            with self._lock:
                self._now -= 1

    def open(self, *arguments: Any) -> OpenImage:
        time.sleep(self.seconds)
        self.opened.append(open_now(*arguments))
        return self.opened[-1]


class _Noting(list[Any]):
    def __init__(self, items: Any, seen: list[str]) -> None:
        super().__init__(items)
        self._seen = seen

    def __iter__(self) -> Iterator[Any]:
        for item in list.__iter__(self):
            self._seen.append(item.name)
            yield item


_real = opening._open_some


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Readers:
    noted = Readers()
    monkeypatch.setattr(opening, "_open_some", noted.some)
    monkeypatch.setattr(opening, "open_now", noted.open)
    return noted


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(picture())
    return path


def opener_of(client: lm.LinkedInClient, hops: int = 4) -> Opener:
    return Opener(client, ImageRules(), hops)


async def close(waiting: Any) -> None:
    for image in await asyncio.gather(*waiting):
        image.close()


async def test_what_is_wanted_while_files_are_ahead_is_opened_together(
    ward: Ward, readers: Readers, path: Path
) -> None:
    opener = opener_of(ward.client())
    for _ in range(AHEAD):
        opener.__enter__()

    waiting = [asyncio.create_task(opener.open(lm.ImageSource(path, name=f"{n}"))) for n in range(3)]
    await asyncio.sleep(0.05)
    assert readers.hops == {}  # nobody needs them soon

    waiting.append(asyncio.create_task(opener.open(lm.ImageSource(path, name="3"))))
    await close(waiting)
    assert readers.hops == {0: ["0", "1", "2", "3"]}


async def test_a_file_is_opened_at_once_where_none_is_ahead(ward: Ward, readers: Readers, path: Path) -> None:
    await close([opener_of(ward.client()).open(lm.ImageSource(path))])

    assert len(readers.hops) == 1


async def test_files_are_opened_when_uploads_have_used_up_what_was_ahead(
    ward: Ward, readers: Readers, path: Path
) -> None:
    opener = opener_of(ward.client())
    for _ in range(AHEAD):
        opener.__enter__()
    waiting = asyncio.create_task(opener.open(lm.ImageSource(path)))
    await asyncio.sleep(0.02)
    assert not waiting.done()

    for _ in range(AHEAD // 2):
        opener.__exit__()

    await close([waiting])


async def test_slow_files_are_opened_side_by_side(ward: Ward, readers: Readers, path: Path) -> None:
    readers.seconds = 0.03
    opener = opener_of(ward.client())

    await close([opener.open(lm.ImageSource(path)) for _ in range(16)])

    assert readers.at_once == 4
    assert len([hop for hop in readers.hops.values() if hop]) >= 13  # the first was shared; none after it


async def test_one_bad_file_is_its_own_affair(ward: Ward, path: Path) -> None:
    opener = opener_of(ward.client())
    wanted = [opener.open(lm.ImageSource(name)) for name in (path, path.with_name("missing.png"), path)]

    first, second, third = await asyncio.gather(*wanted, return_exceptions=True)

    assert isinstance(second, FileUnreadable)
    for image in (first, third):
        assert isinstance(image, OpenImage)
        image.close()


async def test_a_file_nobody_waits_for_any_more_is_closed(ward: Ward, readers: Readers, path: Path) -> None:
    readers.seconds = 0.05
    task = asyncio.create_task(opener_of(ward.client()).open(lm.ImageSource(path)))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])

    await eventually(lambda: bool(readers.opened) and readers.opened[0]._file.closed)
    assert task.cancelled()


async def test_a_closed_client_opens_nothing(ward: Ward, readers: Readers, path: Path) -> None:
    client = ward.client()
    opener = opener_of(client)
    await client.aclose()

    with pytest.raises(InvalidArgument, match="closed"):
        await opener.open(lm.ImageSource(path))
    assert readers.hops == {}


async def test_those_who_wait_for_a_client_that_closes_are_told(ward: Ward, readers: Readers, path: Path) -> None:
    readers.seconds = 0.1
    client = ward.client()
    opener = opener_of(client, hops=1)
    waiting = [asyncio.create_task(opener.open(lm.ImageSource(path))) for _ in range(6)]
    await asyncio.sleep(0.01)
    await client.aclose()

    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert {type(result) for result in results} == {OpenImage, InvalidArgument}
    for result in results:
        if isinstance(result, OpenImage):
            result.close()
