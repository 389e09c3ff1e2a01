"""Image files: opened once, and what was validated is what is sent."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
import os
import random
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image as Pillow

from linkedin_media import files, image_file, inspection, spooling
from linkedin_media.at_once import open_cached, read_cached
from linkedin_media.errors import FileChanged, FileUnreadable, InvalidArgument, InvalidImage, LinkedInMediaError
from linkedin_media.files import inspect_file, open_image
from linkedin_media.image_file import OpenImage
from linkedin_media.inspection import Inspection
from linkedin_media.model.job import ImageSource
from linkedin_media.options import ImageRules
from linkedin_media.reading import CHUNK, Piece
from tests.descriptors import open_descriptors
from tests.inspection.crafted import chunk, png
from tests.waiting import eventually

RULES: Final = ImageRules()
SMALL: Final = png(40, 30)
LARGE: Final = png(40, 30, before=chunk(b"teXt", random.Random(1).randbytes(3 * CHUNK)))


@pytest.fixture(autouse=True)
def descriptors() -> Iterator[None]:
    """No test leaves a descriptor open."""
    before = open_descriptors()
    yield
    assert open_descriptors() <= before


@pytest.fixture(autouse=True, params=["at once", "in a thread"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything holds where the system opens files without waiting, and where it does not."""
    if request.param == "in a thread":
        never_at_once(monkeypatch)
    return str(request.param)


def never_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "open_cached", lambda *_, **__: None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "office.png"
    path.write_bytes(LARGE)
    return path


async def read(image: OpenImage) -> bytes:
    return b"".join([piece async for piece in image.chunks()])


async def refusal(source: ImageSource) -> LinkedInMediaError:
    with pytest.raises(LinkedInMediaError) as caught:
        async with open_image(source, RULES):
            pass
    return caught.value


async def test_a_file_is_read_whole_in_pieces_and_its_digest_taken_on_the_way(path: Path) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        assert image.sha256 is None
        pieces = [piece async for piece in image.chunks()]
        image.check_unchanged()

    assert b"".join(pieces) == LARGE
    assert max(map(len, pieces)) <= CHUNK
    assert image.sha256 == hashlib.sha256(LARGE).hexdigest()


async def test_no_digest_is_taken_for_nobody(path: Path) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        assert b"".join([piece async for piece in image.chunks(digest=False)]) == LARGE
        assert image.sha256 is None


async def test_the_facts_of_a_file_are_those_of_its_header(path: Path) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        facts = image.facts

    assert (facts.format, facts.width, facts.height, facts.frames, facts.size) == ("PNG", 40, 30, 1, len(LARGE))
    assert facts.name == str(path)
    assert facts.content_type == "image/png"


async def test_a_file_can_be_read_again_from_its_start(path: Path) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        first = image.chunks()
        await anext(first)
        await anext(first)
        again = await read(image)

    assert again == LARGE
    assert image.sha256 == hashlib.sha256(LARGE).hexdigest()


async def test_a_read_that_was_given_up_on_moves_no_later_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, release, pread = threading.Event(), threading.Event(), os.pread

    def slow_once(fd: int, size: int, offset: int) -> bytes:
        if not stuck.is_set():
            stuck.set()
            release.wait(5)
        return pread(fd, size, offset)

    async with open_image(ImageSource(path), RULES) as image:
        monkeypatch.setattr(image_file, "read_cached", lambda *_: False)
        monkeypatch.setattr(os, "pread", slow_once)
        given_up = asyncio.create_task(read(image))
        await asyncio.to_thread(stuck.wait, 5)
        given_up.cancel()
        await asyncio.wait([given_up])
        threading.Timer(0.05, release.set).start()
        assert await read(image) == LARGE


async def test_what_the_system_must_fetch_takes_a_thread(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readers, pread = set(), os.pread

    def noted(fd: int, size: int, offset: int) -> bytes:
        readers.add(threading.current_thread())
        return pread(fd, size, offset)

    async with open_image(ImageSource(path), RULES) as image:
        monkeypatch.setattr(image_file, "read_cached", lambda *_: False)
        monkeypatch.setattr(os, "pread", noted)
        assert await read(image) == LARGE

    assert readers
    assert threading.current_thread() not in readers


async def test_memory_is_used_again_once_it_was_sent(path: Path) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        chunks, seen = image.chunks(), b""
        async for chunk in chunks:
            seen += chunk
            image.was_sent()  # from here on, the next one may take its place

        assert seen == LARGE
        assert await read(image) == LARGE


async def test_a_small_file_is_given_out_whole_behind_a_head_and_once_only(tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    small.write_bytes(SMALL)
    async with open_image(ImageSource(small), RULES) as image:
        assert bytes(image.chunks().whole(b"PUT / HTTP/1.1\r\n\r\n") or b"") == b"PUT / HTTP/1.1\r\n\r\n" + SMALL
        assert image.sha256 == hashlib.sha256(SMALL).hexdigest()
        assert image.chunks().whole(b"") is None
        assert await read(image) == SMALL


async def test_what_has_no_room_in_one_piece_is_not_given_out_whole(path: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    small.write_bytes(SMALL)
    async with open_image(ImageSource(path), RULES) as image, open_image(ImageSource(small), RULES) as other:
        assert image.chunks().whole(b"head") is None
        assert await read(image) == LARGE
        assert other.chunks().whole(bytes(4096)) is None
        assert await read(other) == SMALL


async def test_bytes_are_an_image_like_any_other() -> None:
    async with open_image(ImageSource(LARGE, name="received.png"), RULES) as image:
        content = await read(image)
        image.check_unchanged()

    assert content == LARGE
    assert (image.facts.name, image.sha256) == ("received.png", hashlib.sha256(LARGE).hexdigest())


async def test_an_executor_of_ones_own_does_the_reading(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never_at_once(monkeypatch)
    with ThreadPoolExecutor(1, "mine") as mine:
        async with open_image(ImageSource(path), RULES, mine) as image:
            assert await read(image) == LARGE
        assert {thread.name for thread in threading.enumerate()} >= {"mine_0"}


# What is no regular file


def a_fifo(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def a_dangling_symlink(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def a_symlink_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (a_fifo, "a FIFO"),
        (a_socket, "a socket"),
        (a_dangling_symlink, "a link to nothing"),
        (a_symlink_to_a_device, "a device"),
        (Path.mkdir, "a directory"),
    ],
)
@pytest.mark.timeout(5)
async def test_what_is_no_regular_file_is_refused_at_once(
    tmp_path: Path, make: Callable[[Path], object], kind: str
) -> None:
    path = tmp_path / "office.png"
    make(path)

    error = await refusal(ImageSource(path))

    assert isinstance(error, InvalidImage)
    assert [violation.code for violation in error.violations] == ["NOT_A_REGULAR_FILE"]
    assert f"this is {kind}" in error.message
    with pytest.raises(InvalidImage, match=kind):
        await inspect_file(ImageSource(path), RULES)


async def test_a_device_is_refused_before_a_byte_of_it_is_read() -> None:
    error = await refusal(ImageSource("/dev/zero"))

    assert "this is a device, not a regular file" in error.message


async def test_a_path_that_becomes_a_fifo_while_it_is_opened_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_at_once(monkeypatch)
    fifo = path.with_name("fifo")
    os.mkfifo(fifo)
    real = os.open
    monkeypatch.setattr(os, "open", lambda _, flags: real(fifo, flags))

    error = await refusal(ImageSource(path))

    assert isinstance(error, InvalidImage)
    assert "not a regular file" in error.message


async def test_an_unknown_kind_of_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stat, "S_ISREG", lambda mode: False)

    assert "something else" in (await refusal(ImageSource(path))).message


@pytest.mark.parametrize(
    ("name", "problem"),
    [("missing.png", "No such file"), ("x" * 300 + ".png", "too long"), ("nul\0.png", "null"), ("a/b.png", "No such")],
)
async def test_a_path_that_cannot_be_opened_says_why(tmp_path: Path, name: str, problem: str) -> None:
    error = await refusal(ImageSource(f"{tmp_path}/{name}"))

    assert isinstance(error, FileUnreadable)
    assert problem in error.message
    assert error.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_without_permission_says_so(path: Path) -> None:
    path.chmod(0)

    assert "Permission denied" in (await refusal(ImageSource(path))).message


async def test_a_refused_open_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never_at_once(monkeypatch)
    monkeypatch.setattr(os, "open", failing(OSError(errno.EACCES, "Permission denied")))

    error = await refusal(ImageSource(path))

    assert isinstance(error, FileUnreadable)
    assert "Permission denied" in error.message


async def test_a_symlink_to_an_image_is_followed(path: Path) -> None:
    link = path.with_name("link.png")
    link.symlink_to(path)

    async with open_image(ImageSource(link), RULES) as image:
        assert image.facts.name == str(link)


@pytest.mark.parametrize("content", [b"", b"just text", b"RIFF\x10\0\0\0WEBPVP8 "])
async def test_what_is_no_image_of_ours_is_refused_with_every_violation(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "renamed.png"
    path.write_bytes(content)

    error = await refusal(ImageSource(path))

    assert isinstance(error, InvalidImage)
    assert (error.path, error.file) == (str(path), str(path))
    assert error.violations
    assert [violation.code for violation in (await inspect_file(ImageSource(path), RULES)).violations] == [
        violation.code for violation in error.violations
    ]


async def test_refused_bytes_are_refused_by_their_name() -> None:
    error = await refusal(ImageSource(b"just text", name="received.png"))

    assert error.message.startswith("received.png: ")


# Files that change


@contextmanager
def rewriting(path: Path) -> Iterator[os.stat_result]:
    """Let a tick of the file system's clock pass first, so that times can differ."""
    before = path.stat()
    time.sleep(0.02)
    yield before


async def test_a_file_that_shrinks_fails_instead_of_waiting_for_bytes(path: Path) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        os.truncate(path, CHUNK + 5)
        with pytest.raises(FileChanged, match="became shorter"):
            await read(image)

    assert image.sha256 is None


async def test_a_file_that_grows_is_read_to_its_validated_size_and_then_refused(path: Path) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        with rewriting(path), path.open("ab") as file:
            file.write(b"more")
        assert await read(image) == LARGE
        with pytest.raises(FileChanged, match="changed since it was validated"):
            image.check_unchanged()


async def test_a_small_file_that_grows_while_it_is_judged_keeps_its_validated_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small.png"
    path.write_bytes(SMALL)
    real = inspection.inspect

    def inspect(*arguments: Any) -> Inspection:
        found = real(*arguments)
        with path.open("ab") as file:
            file.write(b"more")
        return found

    monkeypatch.setattr(files, "inspect", inspect)
    async with open_image(ImageSource(path), RULES) as image:
        content = await read(image)

    assert (image.facts.size, content) == (len(SMALL), SMALL)


async def test_a_file_rewritten_in_place_is_refused_though_its_size_and_time_are_restored(path: Path) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        with rewriting(path) as before:
            with path.open("r+b") as file:
                file.seek(CHUNK + 100)
                file.write(b"forged")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        await read(image)
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        with pytest.raises(FileChanged):
            image.check_unchanged()


async def test_a_path_renamed_over_does_not_change_what_was_opened(path: Path) -> None:
    other = path.with_name("other.png")
    other.write_bytes(png(10, 10, before=chunk(b"teXt", bytes(len(LARGE)))))

    async with open_image(ImageSource(path), RULES) as image:
        with rewriting(path):
            other.replace(path)
        content = await read(image)
        image.check_unchanged()

    assert content == LARGE


async def test_a_read_error_is_told_from_a_broken_network(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_image(ImageSource(path), RULES) as image:
        monkeypatch.setattr(image_file, "read_cached", lambda *_: False)
        monkeypatch.setattr(os, "pread", failing(OSError(errno.EIO, "Input/output error")))
        with pytest.raises(FileUnreadable, match="Input/output error"):
            await read(image)


async def test_a_read_error_during_validation_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never_at_once(monkeypatch)
    monkeypatch.setattr(os, "pread", failing(OSError(errno.EIO, "Input/output error")))

    error = await refusal(ImageSource(path))

    assert isinstance(error, FileUnreadable)
    assert "Input/output error" in error.message


async def test_a_read_error_after_the_header_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never_at_once(monkeypatch)
    fine = await inspect_file(ImageSource(path), RULES)
    monkeypatch.setattr(files, "inspect", lambda *_: fine)
    monkeypatch.setattr(os, "readv", failing(OSError(errno.EIO, "Input/output error")))

    assert isinstance(await refusal(ImageSource(path)), FileUnreadable)


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


async def test_a_file_nobody_waits_for_any_more_is_closed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never_at_once(monkeypatch)
    opened, release = threading.Event(), threading.Event()
    real = files._first_piece

    def slow(*arguments: Any) -> Piece:
        opened.set()
        release.wait(5)
        return real(*arguments)

    monkeypatch.setattr(files, "_first_piece", slow)

    async def open_it() -> None:
        async with open_image(ImageSource(path), RULES):
            raise AssertionError("nobody waits for this")

    task = asyncio.create_task(open_it())
    await asyncio.to_thread(opened.wait, 5)
    assert str(path) in dict(open_descriptors()).values()
    task.cancel()
    await asyncio.wait([task])
    release.set()
    await eventually(lambda: str(path) not in dict(open_descriptors()).values())

    assert task.cancelled()


# Streams


class Stream:
    """Gives its pieces one by one, as a web framework does."""

    def __init__(self, *pieces: Any) -> None:
        self._pieces = list(pieces)

    async def read(self, n: int = -1) -> Any:
        await asyncio.sleep(0)
        return self._pieces.pop(0) if self._pieces else b""


async def test_a_stream_is_validated_and_read_like_a_file() -> None:
    stream = Stream(LARGE[:1000], bytearray(LARGE[1000:5000]), memoryview(LARGE[5000:]))

    async with open_image(ImageSource(stream, size=len(LARGE), name="form.png"), RULES) as image:
        content = await read(image)
        image.check_unchanged()

    assert content == LARGE
    assert image.facts.name == "form.png"


@pytest.mark.parametrize(
    ("size", "problem"),
    [(len(LARGE) + 1, f"there are {len(LARGE):,} bytes"), (len(LARGE) - 1, "there are more bytes")],
)
async def test_a_stream_of_another_size_than_announced_is_refused(size: int, problem: str) -> None:
    error = await refusal(ImageSource(Stream(LARGE), size=size))

    assert isinstance(error, FileChanged)
    assert problem in error.message


async def test_an_endless_stream_is_read_no_further_than_announced() -> None:
    class Endless:
        given = 0

        async def read(self, n: int = -1) -> bytes:
            self.given += n
            return bytes(n)

    stream = Endless()
    await refusal(ImageSource(stream, size=CHUNK))

    assert stream.given <= 2 * CHUNK


async def test_a_stream_that_is_no_image_is_refused() -> None:
    assert isinstance(await refusal(ImageSource(Stream(b"just text"), size=9)), InvalidImage)


@pytest.mark.parametrize("stream", [lambda: io.BytesIO(SMALL), lambda: Stream("text")], ids=["file", "text"])
async def test_what_gives_no_bytes_when_awaited_is_refused(stream: Callable[[], Any]) -> None:
    error = await refusal(ImageSource(stream(), size=len(SMALL)))

    assert isinstance(error, InvalidArgument)
    assert error.argument == "source"


async def test_what_a_stream_raises_comes_out_as_it_is() -> None:
    class Broken:
        async def read(self, n: int = -1) -> bytes:
            raise EOFError("the client has left")

    with pytest.raises(EOFError, match="the client has left"):
        async with open_image(ImageSource(Broken(), size=5), RULES):
            pass


async def test_a_stream_can_be_inspected_only_while_it_is_uploaded() -> None:
    with pytest.raises(FileUnreadable, match="read only once"):
        await inspect_file(ImageSource(Stream(SMALL), size=len(SMALL)), RULES)


async def test_without_room_for_the_copy_of_a_stream_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", failing(OSError(errno.ENOSPC, "No space left on device")))

    error = await refusal(ImageSource(Stream(SMALL), size=len(SMALL)))

    assert isinstance(error, FileUnreadable)
    assert "No space left on device" in error.message
    assert "TMPDIR" in error.hint


async def test_a_disk_that_fills_up_under_the_copy_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    readonly = tmp_path / "readonly"
    readonly.write_bytes(b"")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: io.FileIO(os.open(readonly, os.O_RDONLY), "w"))

    error = await refusal(ImageSource(Stream(SMALL), size=len(SMALL)))

    assert isinstance(error, FileUnreadable)


async def test_a_piece_that_is_written_in_parts_is_written_whole() -> None:
    class Reluctant(io.FileIO):
        def write(self, data: Any) -> int:
            return super().write(bytes(data[:3]))

    with Reluctant(os.memfd_create("copy"), "r+") as file:
        spooling._write(file, b"0123456789", "form.png")
        file.seek(0)
        assert file.read() == b"0123456789"


async def test_the_facts_of_a_file_can_be_had_without_sending_it(path: Path) -> None:
    found: Inspection = await inspect_file(ImageSource(path), RULES)
    same: Inspection = await inspect_file(ImageSource(LARGE), RULES)

    assert (found.format, found.width, found.height, found.ok) == ("PNG", 40, 30, True)
    assert found == same


async def test_signs_of_damage_are_passed_on_as_warnings() -> None:
    async with open_image(ImageSource(SMALL[:-12]), RULES) as image:
        warnings = image.warnings

    assert [warning.code for warning in warnings] == ["TRUNCATED"]


# At once


async def threads_used(path: Path) -> bool:
    with ThreadPoolExecutor(1, "opens") as mine:
        async with open_image(ImageSource(path), RULES, mine) as image:
            assert image.facts.name == str(path)
        return any(thread.name == "opens_0" for thread in threading.enumerate())


@pytest.fixture
def at_once(way: str, path: Path) -> None:
    cached = open_cached(path) if way == "at once" else None
    if cached is None:
        pytest.skip("not here")
    os.close(cached[0])


@pytest.mark.usefixtures("at_once")
async def test_a_file_that_is_in_memory_takes_no_thread(path: Path) -> None:
    assert not await threads_used(path)


@pytest.mark.usefixtures("at_once")
async def test_the_frames_of_a_gif_are_counted_in_a_thread(path: Path) -> None:
    gif = path.with_name("many.gif")
    Pillow.new("P", (8, 8)).save(gif, save_all=True, append_images=[Pillow.new("P", (8, 8), 1)] * 3)

    assert await threads_used(gif)


@pytest.mark.usefixtures("at_once")
async def test_a_file_whose_beginning_is_not_in_memory_is_read_in_a_thread(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "read_cached", lambda *_: False)

    assert await threads_used(path)


@pytest.mark.usefixtures("at_once")
async def test_a_file_whose_end_is_not_in_memory_is_judged_in_a_thread(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = read_cached
    monkeypatch.setattr(files, "read_cached", lambda fd, buffer, at: at == 0 and real(fd, buffer, at))

    assert await threads_used(path)


@pytest.mark.usefixtures("at_once")
async def test_a_file_that_takes_long_to_judge_is_judged_in_a_thread(path: Path) -> None:
    path.write_bytes(png(40, 30, before=b"".join(chunk(b"teXt", b"") for _ in range(1000))))

    assert await threads_used(path)


@pytest.mark.usefixtures("at_once")
async def test_a_file_that_is_refused_says_why_as_ever(path: Path) -> None:
    path.write_bytes(b"hello")

    assert isinstance(await refusal(ImageSource(path)), InvalidImage)
