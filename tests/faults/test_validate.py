"""Stage V: files that are no images, are too large, lie, loop, or change under our hands. Nothing of them is sent."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import os
import random
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import psutil
import pytest
from PIL import Image, ImageCms

import linkedin_media as lm
from linkedin_media.cli.program import run
from linkedin_media.files import inspect_now, open_image
from linkedin_media.ingest.manifest_paths import OutOfReach, Root
from linkedin_media.inspection import BytesSource, Inspection, inspect
from linkedin_media.model.job import ImageSource
from linkedin_media.options import ImageRules
from tests.faults.ward import IMAGES, MIB, Stopwatch, Ward, picture
from tests.inspection.crafted import (
    JPEG_START,
    PNG_START,
    chunk,
    codes,
    frame,
    frame_header,
    gif,
    image_header,
    jpeg,
    look,
    png,
    segment,
)

TEXT: Final = b"Dear diary, today I was renamed to .png\n" * 20


async def refused(ward: Ward, content: bytes, path: Path) -> list[str]:
    """The codes of the violations for which a file is refused, with nothing sent."""
    path.write_bytes(content)
    error = await ward.failure(ward.pipeline().publish(ward.job(path)))
    assert type(error) is lm.InvalidImage
    assert len(ward.simulator.journal) == 0
    return [violation.code for violation in error.violations]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.png", b""),
        ("short.gif", b"GIF89a\1\0\1\0\0\0\0;"),
        ("garbage.jpg", bytes(range(256)) * 4),
        ("text.png", TEXT),
    ],
)
async def test_V01_what_is_no_image_is_refused_and_nothing_sent(
    ward: Ward, tmp_path: Path, name: str, content: bytes
) -> None:
    assert await refused(ward, content, tmp_path / name) == ["NOT_AN_IMAGE"]


def test_V01_the_command_line_says_so_with_its_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "text.png"
    path.write_bytes(TEXT)

    assert run(["check", str(path)]) == 1
    assert "not a JPG, PNG or GIF" in capsys.readouterr().out


FOREIGN: Final = {
    "TIFF": (IMAGES / "Pillow--hopper.tif").read_bytes(),
    "WEBP": (IMAGES / "Pillow--hopper.webp").read_bytes(),
    "BMP": (IMAGES / "Pillow--hopper.bmp").read_bytes(),
    "PSD": (IMAGES / "Pillow--hopper.psd").read_bytes(),
    "AVIF": (IMAGES / "Pillow--hopper.avif").read_bytes(),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n" * 9,
}


@pytest.mark.parametrize("kind", FOREIGN)
async def test_V02_another_format_under_the_name_of_a_jpg_is_named_and_refused(
    ward: Ward, tmp_path: Path, kind: str
) -> None:
    codes_found = await refused(ward, FOREIGN[kind], tmp_path / "hero.jpg")

    assert codes_found == ["UNSUPPORTED_FORMAT"]
    assert kind in ward.errors[0].violations[0].message  # type: ignore[attr-defined]


def test_V02_no_opener_of_another_format_is_even_loaded(tmp_path: Path) -> None:
    for kind, content in FOREIGN.items():
        (tmp_path / f"{kind}.jpg").write_bytes(content)
    program = (
        "import sys; from linkedin_media.cli.program import run; run(['check', '--strict', *sys.argv[1:]]);"
        "print(sorted(m for m in sys.modules if m.startswith('PIL.') and m[4:7] in ('Eps', 'Fit', 'Psd', 'Wmf')))"
    )
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    ran = subprocess.run([sys.executable, "-c", program, *files], capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines()[-1] == "[]"


BOMBS: Final = {
    "jpeg": jpeg(65_535, 65_535),
    "png": png(65_536, 65_536),
    "gif": gif(65_535, 65_535, frame(1, 1)),
}


@pytest.mark.parametrize("kind", BOMBS)
async def test_V03_a_bomb_of_a_header_alone_is_refused_without_being_decoded(
    ward: Ward, tmp_path: Path, kind: str
) -> None:
    assert await refused(ward, BOMBS[kind], tmp_path / "bomb") == ["TOO_MANY_PIXELS"]


@pytest.mark.parametrize(
    "name", ["jpeg-decoder--max_size.jpg", "sharp--65536-uint32-limit.png", "Pillow--decompression_bomb.gif"]
)
def test_V03_a_bomb_costs_no_time_and_no_memory(name: str) -> None:
    source, process = ImageSource(IMAGES / name), psutil.Process()
    inspect_now(source, ImageRules())
    before = process.memory_info().rss

    with Stopwatch() as watch:
        found = inspect_now(source, ImageRules())

    assert [violation.code for violation in found.violations] == ["TOO_MANY_PIXELS"]
    assert watch.seconds < 0.05
    assert process.memory_info().rss - before < 8 * MIB


SIZES: Final = {
    "jpeg": [((5888, 6139), []), ((5888, 6140), ["TOO_MANY_PIXELS"]), ((5888, 6141), ["TOO_MANY_PIXELS"])],
    "png": [((357, 101_267), []), ((5888, 6140), ["TOO_MANY_PIXELS"]), ((61, 592_661), ["TOO_MANY_PIXELS"])],
    "gif": [((5888, 6139), []), ((5888, 6140), ["TOO_MANY_PIXELS"]), ((6140, 5888), ["TOO_MANY_PIXELS"])],
}


@pytest.mark.parametrize(
    ("kind", "size", "expected"), [(kind, size, wanted) for kind, cases in SIZES.items() for size, wanted in cases]
)
def test_V04_the_limit_of_pixels_is_exact(kind: str, size: tuple[int, int], expected: list[str]) -> None:
    made = {"jpeg": jpeg, "png": png, "gif": lambda width, height: gif(width, height, frame(width, height))}

    assert codes(made[kind](*size)) == expected


def test_V04_one_pixel_decides() -> None:
    assert [width * height for width, height in ((357, 101_267), (5888, 6140), (61, 592_661))] == [
        36_152_319,
        36_152_320,
        36_152_321,
    ]
    # A JPEG's or GIF's sides end at 65,535: the rule itself is moved to the pixel instead.
    for make in (jpeg, png, lambda width, height: gif(width, height, frame(width, height))):
        data = make(600, 500)
        assert codes(data, ImageRules(pixels_below=300_001)) == []
        assert codes(data, ImageRules(pixels_below=300_000)) == ["TOO_MANY_PIXELS"]
        assert codes(data, ImageRules(pixels_below=299_999)) == ["TOO_MANY_PIXELS"]


@pytest.mark.parametrize(
    ("frames", "expected"), [(250, []), (251, ["TOO_MANY_FRAMES"]), (500_000, ["TOO_MANY_FRAMES"])]
)
def test_V05_the_limit_of_frames_is_exact_and_counting_stops_there(frames: int, expected: list[str]) -> None:
    data = gif(1, 1, frame(1, 1) * frames)

    with Stopwatch() as watch:
        found = look(data)

    assert [violation.code for violation in found.violations] == expected
    assert found.frames == min(frames, 251)
    assert watch.seconds < 0.02


def test_V06_every_frame_of_a_gif_counts_and_not_its_screen_alone() -> None:
    found = inspect_now(ImageSource(IMAGES / "Pillow--decompression_bomb_extents.gif"), ImageRules())

    assert [violation.code for violation in found.violations] == ["TOO_MANY_PIXELS"]
    assert codes(gif(100, 100, frame(100, 100), frame(100, 100))) == []
    assert codes(gif(100, 100, frame(100, 100), frame(1, 1, left=65_535, top=65_535))) == ["TOO_MANY_PIXELS"]


TRAPS: Final[dict[str, Callable[[], bytes]]] = {
    "8 MB of fill": lambda: JPEG_START + b"\xff" * 8_000_000 + frame_header(10, 10)[1:],
    "2M comments": lambda: JPEG_START + segment(0xFE) * 2_000_000 + frame_header(10, 10),
    "700k chunks": lambda: png(10, 10, before=chunk(b"teXt") * 700_000),
    "GIF extensions": lambda: gif(10, 10, b"!\xfe\0" * 2_000_000, frame(10, 10)),
    "GIF sub-blocks": lambda: gif(10, 10, frame(10, 10, pixels=b"\1\0" * 2_000_000 + b"\0")),
}


@asynccontextmanager
async def lag_of_the_loop() -> AsyncIterator[list[float]]:
    """The longest time the event loop was held up while the block ran."""
    longest = [0.0]

    async def probe() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest[0] = max(longest[0], time.perf_counter() - before - 0.001)

    task = asyncio.create_task(probe())
    await asyncio.sleep(0.01)
    longest[0] = 0.0
    yield longest
    task.cancel()


@pytest.mark.parametrize("trap", TRAPS)
async def test_V07_a_file_made_to_be_slow_neither_blocks_the_loop_nor_its_worker(tmp_path: Path, trap: str) -> None:
    path = tmp_path / "trap"
    path.write_bytes(TRAPS[trap]())

    async with lag_of_the_loop() as longest:
        with Stopwatch() as watch:
            found = await _judged(path)

    assert found in (["TOO_COMPLEX"], [], ["BROKEN_HEADER"])
    assert longest[0] <= 0.05
    assert watch.seconds < 1.0


async def _judged(path: Path) -> list[str]:
    try:
        async with open_image(ImageSource(path), ImageRules()):
            return []
    except lm.InvalidImage as error:
        return [violation.code for violation in error.violations]


@pytest.mark.parametrize("trap", ["2M comments", "700k chunks", "GIF extensions"])
def test_V07_what_takes_too_many_steps_is_refused_for_it(trap: str) -> None:
    assert codes(TRAPS[trap]()) == ["TOO_COMPLEX"]


CRAFTED: Final = {
    "zTXt bomb": png(4, 4, before=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(64 * MIB)))),
    "iCCP bomb": png(4, 4, before=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(64 * MIB)))),
    "short cHRM": png(4, 4, before=chunk(b"cHRM", b"\0\1")),
    "short gAMA": png(4, 4, before=chunk(b"gAMA")),
    "half a chunk": PNG_START + image_header(4, 4) + struct.pack(">I", 0xFFFFFFFF) + b"IDAT",
    "negative chunk": PNG_START + image_header(4, 4) + struct.pack(">I", 0x80000000) + b"IDAT" + bytes(50),
    "short segment": JPEG_START + b"\xff\xe1\0\0" + bytes(20),
    "short EXIF": JPEG_START + segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff") + frame_header(4, 4),
    "short SOF": JPEG_START + b"\xff\xc0\0\5\10\0\4",
    "short GIF frame": b"GIF89a" + bytes(7) + b",\0\0",
    "GIF of an odd block": gif(4, 4, b"\x77" * 9),
}


@pytest.mark.parametrize("name", CRAFTED)
async def test_V08_a_crafted_file_is_taken_or_refused_and_raises_nothing_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / "crafted"
    path.write_bytes(CRAFTED[name])

    try:
        async with open_image(ImageSource(path), ImageRules()) as image:
            assert image.facts.width > 0
    except lm.InvalidImage as error:
        assert error.violations != ()


def test_V08_no_file_of_the_corpus_whole_or_mutated_raises_anything() -> None:
    chance, judged = random.Random(0), 0
    for path in sorted(IMAGES.iterdir()):
        content = path.read_bytes()[:200_000]
        for _ in range(20):
            mutated = bytearray(content)
            for _ in range(chance.randrange(5)):
                if mutated:
                    mutated[chance.randrange(min(len(mutated), 2000))] = chance.randrange(256)
            found = inspect(BytesSource(bytes(mutated[: chance.randrange(len(mutated) + 1)])), ImageRules())
            judged += isinstance(found, Inspection)

    assert judged == 20 * len(list(IMAGES.iterdir()))


def _truncated() -> dict[str, bytes]:
    whole = {
        "jpg": (IMAGES / "Pillow--hopper.jpg").read_bytes(),
        "png": (IMAGES / "Pillow--hopper.png").read_bytes(),
        "gif": (IMAGES / "Pillow--hopper.gif").read_bytes(),
    }
    return {kind: content[: len(content) * 2 // 3] for kind, content in whole.items()}


@pytest.mark.parametrize("kind", ["jpg", "png", "gif"])
def test_V09_a_cut_off_file_is_warned_of_and_with_strict_refused(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(_truncated()[kind])

    found = inspect_now(ImageSource(path), ImageRules())
    assert (found.ok, [warning.code for warning in found.warnings]) == (True, ["TRUNCATED"])
    assert run(["check", str(path)]) == 0
    assert "warning" in capsys.readouterr().out
    assert run(["check", "--strict", str(path)]) == 1
    assert "cut off" in capsys.readouterr().out


def test_V09_whole_files_raise_no_false_alarm_and_undecodable_ones_mostly_an_alarm() -> None:
    with (IMAGES / "manifest.csv").open(newline="") as rows:
        samples = [row for row in csv.DictReader(rows) if row["verdict"] == "valid" and row["pixels_decode"]]
    warned = {
        row["file"]: bool(inspect_now(ImageSource(IMAGES / row["file"]), ImageRules()).warnings) for row in samples
    }
    good = [row["file"] for row in samples if row["pixels_decode"] == "ok"]

    assert [file for file in good if warned[file]] == []
    assert len(good) > 20


def _special(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "special"
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "device":
            return Path("/dev/zero")
        case "directory":
            path.mkdir()
        case "socket":
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            listener.close()
        case "proc":
            return Path("/proc/self/status")
        case "dangling link":
            path.symlink_to(tmp_path / "nowhere")
    return path


@pytest.mark.parametrize("kind", ["FIFO", "device", "directory", "socket", "proc", "dangling link"])
async def test_V10_what_is_no_regular_file_is_refused_without_waiting(ward: Ward, tmp_path: Path, kind: str) -> None:
    path, pipeline = _special(tmp_path, kind), ward.pipeline()
    await ward.failure(pipeline.upload(b"", owner=ward.owner))  # the first of all takes its time

    with Stopwatch() as watch:
        error = await ward.failure(pipeline.upload(path, owner=ward.owner))

    assert type(error) is lm.InvalidImage
    expected = "NOT_AN_IMAGE" if kind == "proc" else "NOT_A_REGULAR_FILE"
    assert [violation.code for violation in error.violations] == [expected]
    assert watch.seconds < 0.1
    assert len(ward.simulator.journal) == 0


def test_V10_a_process_that_met_a_fifo_can_still_exit(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    command = [sys.executable, "-m", "linkedin_media", "check", str(tmp_path / "pipe.png")]

    with Stopwatch() as watch:
        ran = subprocess.run(command, capture_output=True, timeout=20, check=False)

    assert ran.returncode == 1
    assert b"a FIFO" in ran.stdout
    assert watch.seconds < 10


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "link-out.png",
        "folder-out/x.png",
        "a\0b.png",
        "caf\udce9.png",
        "missing.png",
        "folder",
    ],
)
def test_V11_a_name_that_leads_out_of_the_root_is_refused_and_nothing_opened(
    tmp_path: Path, name: str, opened: list[str]
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root, outside, root / "folder"):
        folder.mkdir()
    (outside / "x.png").write_bytes(picture())
    (root / "link-out.png").symlink_to(outside / "x.png")
    (root / "folder-out").symlink_to(outside)
    opened.clear()

    with pytest.raises(OutOfReach) as caught:
        Root(root).locate(name)

    assert opened == []
    assert str(caught.value).isprintable()


@pytest.fixture(scope="module")
def _audit() -> list[str]:
    seen: list[str] = []
    sys.addaudithook(lambda event, details: seen.append(str(details[0])) if event == "open" else None)
    return seen


@pytest.fixture
def opened(_audit: list[str]) -> list[str]:
    """The paths opened by this process so far; audit hooks cannot be taken away again."""
    return _audit


def test_V11_a_file_inside_the_root_is_found_by_any_name_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")

    found = {Root(tmp_path).locate(name) for name in ("a.png", "sub/../a.png", "link.png", str(tmp_path / "a.png"))}

    assert found == {os.path.realpath(tmp_path / "a.png")}


async def test_V12_a_file_replaced_after_validation_changes_nothing_of_what_is_sent(ward: Ward, tmp_path: Path) -> None:
    path, other = tmp_path / "hero.png", tmp_path / "other.png"
    path.write_bytes(picture(MIB, seed=1))
    other.write_bytes(TEXT)
    validated = hashlib.sha256(path.read_bytes()).hexdigest()

    def replace(event: object) -> None:
        if isinstance(event, lm.StageFinished) and event.stage == "initialize":
            other.replace(path)

    image = await ward.pipeline(observer=replace).upload(path, owner=ward.owner)

    assert path.read_bytes() == TEXT
    assert ward.simulator.images[image.id].sha256 == validated


async def test_V13_a_file_rewritten_in_place_with_its_times_restored_is_not_posted(ward: Ward, tmp_path: Path) -> None:
    path = tmp_path / "hero.png"
    path.write_bytes(picture(MIB, seed=1))
    before = path.stat()

    def rewrite(event: object) -> None:
        if isinstance(event, lm.StageFinished) and event.stage == "initialize":
            path.write_bytes(picture(MIB, seed=2))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    error = await ward.failure(ward.pipeline(observer=rewrite).publish(ward.job(path)))

    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert type(error) is lm.FileChanged
    assert ward.count("posts.create") == 0


async def test_V14_an_image_stripped_of_metadata_keeps_orientation_colours_and_every_pixel(
    ward: Ward, tmp_path: Path
) -> None:
    source = _photograph(tmp_path / "photo.jpg")
    assert run(["fit", str(source), "--strip-metadata", "--output", str(tmp_path / "out")]) == 0
    (copy,) = (tmp_path / "out").iterdir()

    image = await ward.pipeline().upload(copy, owner=ward.owner)

    sent = ward.simulator.images.content(image.id)
    assert [
        trace for trace in (b"GPS-CANARY", b"MAKER-CANARY", b"XMP-CANARY", b"ns.adobe.com/xap") if trace in sent
    ] == []
    with Image.open(source) as before, Image.open(io.BytesIO(sent)) as after:
        assert after.getexif().get_ifd(0x8825) == {}
        assert 0x927C not in after.getexif().get_ifd(0x8769)
        assert after.getexif().get(0x0112, 1) == before.getexif()[0x0112] == 6
        assert after.info["icc_profile"] == before.info["icc_profile"]
        assert after.tobytes() == before.tobytes()


def _photograph(path: Path) -> Path:
    """A photograph with a place, a maker's note, XMP, an orientation and a colour profile."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 29: "GPS-CANARY"})
    exif.get_ifd(0x8769).update({0x927C: b"MAKER-CANARY"})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>XMP-CANARY</x:xmpmeta>"
    with Image.open(IMAGES / "Pillow--hopper.jpg") as hopper:
        hopper.save(path, exif=exif, icc_profile=profile, xmp=xmp)
    content = path.read_bytes()
    assert [trace for trace in (b"GPS-CANARY", b"MAKER-CANARY", b"XMP-CANARY") if trace not in content] == []
    return path


@pytest.mark.parametrize(
    "name",
    [
        "Pillow--exif_gps.jpg",
        "Pillow--exif.png",
        "Pillow--flower.jpg",
        "Pillow--multiple_comments.gif",
        "libgd--uhdr_sample.jpg",
        "Pillow--frozenpond.mpo",
        "exif-orientation-examples--Portrait_8.jpg",
        "Pillow--icc-after-SOF.jpg",
        "Pillow--dispose_bgnd.gif",
        "Pillow--pil_sample_cmyk.jpg",
        "Pillow--iss634.gif",
    ],
)
def test_V14_stripping_changes_no_pixel_of_any_frame(tmp_path: Path, name: str) -> None:
    assert run(["fit", str(IMAGES / name), "--strip-metadata", "--output", str(tmp_path)]) == 0
    (copy,) = tmp_path.iterdir()

    assert _frames(copy) == _frames(IMAGES / name)
    with Image.open(copy) as after, Image.open(IMAGES / name) as before:
        assert set(after.getexif()) - {0x0112} == set()
        assert after.getexif().get(0x0112, 1) == before.getexif().get(0x0112, 1)
        assert after.info.get("icc_profile") == before.info.get("icc_profile")
        assert {"comment", "xmp", "photoshop", "Comment"} & set(after.info) == set()


def _frames(path: Path) -> list[bytes]:
    digests = []
    with Image.open(path) as image:
        for number in range(getattr(image, "n_frames", 1) if image.format == "GIF" else 1):
            image.seek(number)
            digests.append(hashlib.sha256(image.convert("RGBA").tobytes()).digest())
    return digests
