"""Reports: every failure is on the page, no secret is, and it stands alone."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
import re
from contextlib import closing
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import count

import pytest
from PIL import Image

from linkedin_media import FileUnwritable
from linkedin_media.ingest.charts import _time_labels, span
from linkedin_media.ingest.database import open_database, open_for_reading
from linkedin_media.ingest.figures import Axis, Distribution, gather
from linkedin_media.ingest.jobs import JobSpec
from linkedin_media.ingest.ledger import Ledger
from linkedin_media.ingest.pictures import MOST, pictures, thumbnail
from linkedin_media.ingest.report import write_page, write_table
from linkedin_media.ingest.schema import job
from linkedin_media.ingest.states import State
from tests.inspection.crafted import png

from .conftest import HOPPER, IMAGES

AUTHOR = "urn:li:organization:5583111"
NOON = 1_795_348_800_000
CANARY = "dqNaRyQueryOfASignedUrl"
SIGNED = f"https://www.linkedin.com/dms-uploads/x?ut={CANARY}"


@pytest.fixture
def make(tmp_path):
    """Make a ledger of jobs as they would have come out, each given by what it differs in."""

    def make(*jobs):
        database, numbers = open_database(tmp_path / "spring.ledger"), count()
        with closing(database), database.engine.begin() as db:
            for changes in jobs:
                db.execute(job.insert().values(row(next(numbers), **changes)))
        return open_for_reading(tmp_path / "spring.ledger")

    return make


def row(number, *, files=(HOPPER,), error=None, alt="A person", **changes):
    spec = JobSpec(id="", files=files, author=AUTHOR, owner=AUTHOR, commentary="Hi", alt_texts=[alt] * len(files))
    began = NOON + number * 100
    return {
        "key": f"job-{number}", "spec": spec.dump(), "author": AUTHOR, "state": "posted", "done": 1, "owner": None,
        "images": json.dumps([{"urn": f"urn:li:image:C{number}", "sha256": "0" * 64, "available": True}]),
        "post": f"urn:li:share:{number + 1}", "began_at": began, "uploaded_at": began + 300,
        "available_at": began + 2300, "ended_at": began + 2500,
        "error": None if error is None else json.dumps(error),
    } | changes  # fmt: skip


def failed(code="INVALID_IMAGE", message="this is WEBP", hint="convert it", **changes):
    return {
        "state": "failed", "post": None, "uploaded_at": None, "available_at": None, "images": "[]",
        "error": {"code": code, "message": message, "hint": hint, "stage": "validate", "file": ""}, **changes,
    }  # fmt: skip


@pytest.fixture
def written(make, tmp_path):
    """The page of a ledger of such jobs."""

    def written(*jobs, **options):
        path = tmp_path / "out.html"
        with closing(make(*jobs)) as database:
            write_page(database, path, **options)
        return path.read_text(encoding="utf-8")

    return written


class Page(HTMLParser):
    """A page's text, and whether what is opened is closed."""

    EMPTY = frozenset({"meta", "img", "br", "path", "rect", "i"})

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.addresses = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in {"src", "href"}]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def test_the_page_shows_totals_times_and_pictures(written):
    page = Page(written(*[{}] * 20, now=datetime(2026, 11, 23, tzinfo=UTC)))

    assert page.open == []
    assert "spring.ledger" in page.text
    assert "jobs 20 posted 20 unknown 0 failed 0" in page.text
    assert "22 November 2026, 12:00 UTC · 4.4 s, 4.5 jobs a second" in page.text
    assert "Uploading" in page.text
    assert "longest 2.0 s" in page.text
    assert "20 jobs done" in page.text
    assert page.text.count("job-") == 20
    assert "Written 23 November 2026" in page.text


def test_every_failure_is_on_the_page_with_its_fix(written):
    problems = [failed(message=f"problem number {n}", hint=f"fix number {n}") for n in range(30)]

    text = Page(written({}, *problems, failed("FORBIDDEN", "no", ""))).text

    assert all(f"problem number {n}" in text and f"fix number {n}" in text for n in range(30))
    assert "30 Invalid image" in text
    assert "1 Forbidden" in text
    assert "mend what is wrong, then run the ingest again with --retry-failed" in text


def test_every_post_of_unknown_outcome_is_on_the_page_with_what_to_do(written):
    doubt = {
        "state": "unknown",
        "post": None,
        "error": {"code": "POST_OUTCOME_UNKNOWN", "message": "may exist", "hint": ""},
    }

    text = Page(written({}, doubt)).text

    assert "Outcome unknown" in text
    assert "ingest resolve job-1 --posted URN" in text
    assert "got as far as urn:li:image:C1" in text


def test_what_is_parked_or_under_way_is_counted(written):
    parked = {"state": "parked", "done": 0, "post": None, "error": {"code": "RATE_LIMITED", "message": "today's"}}
    text = Page(written(parked, {"state": "new", "done": 0, "began_at": None, "uploaded_at": None, "post": None})).text

    assert "parked 1 under way 1" in text
    assert "run the ingest again later" in text


def test_jobs_that_end_available_are_told_from_those_on_their_way(make):
    with closing(
        make({"state": "available", "post": None}, {"state": "available", "done": 0, "post": None})
    ) as database:
        figures = gather(database)

    assert (figures.states[State.AVAILABLE], figures.available_at_last) == (2, 1)


def test_no_secret_is_on_the_page_or_in_the_table(make, tmp_path):
    pending = json.dumps([{"urn": "urn:li:image:C1", "url": SIGNED, "expires": 1}])
    with closing(
        make(
            {"state": "initialized", "done": 0, "post": None, "images": pending},
            failed(images=pending, message=f"PUT {SIGNED} failed; Bearer {CANARY}"),
        )
    ) as database:
        write_page(database, tmp_path / "out.html")
        write_table(database, tmp_path / "out.csv")

    assert CANARY not in (tmp_path / "out.html").read_text()
    assert CANARY not in (tmp_path / "out.csv").read_text()


def test_the_page_needs_nothing_but_itself(written):
    text = written({}, failed())
    page = Page(text)

    assert {address.partition(":")[0] for address in page.addresses} <= {"data", "https"}
    assert [a for a in page.addresses if a.startswith("https")] == [
        "https://www.linkedin.com/feed/update/urn:li:share:1/"
    ]
    assert "<script" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert 'name="viewport"' in text
    assert "prefers-color-scheme:dark" in text


def test_what_others_wrote_is_no_markup_and_turns_no_text(written):
    evil = "<img src=x onerror=alert(1)>\u202e'\"&\x1b"

    text = written({"key": evil, "alt": evil, "files": [HOPPER, evil]}, failed(evil, evil, evil, files=[evil]))

    assert "<img src=x" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert text.count("&lt;img src=x") >= 5
    assert Page(text).open == []


def test_a_ledger_of_which_nothing_has_begun_makes_a_page(written):
    new = {"state": "new", "done": 0, "began_at": None, "uploaded_at": None, "available_at": None, "ended_at": None}

    text = written({**new, "post": None})
    assert "nothing of it has begun" in Page(text).text
    assert "<svg" not in text


def test_images_that_were_never_used_are_told(written):
    assert "2 images were uploaded and then not used" in written({"orphans": '["urn:li:image:A","urn:li:image:B"]'})


def test_the_table_has_a_row_for_each_job(make, tmp_path):
    with closing(make({}, failed(message="=HYPERLINK(1)"), {"files": [HOPPER, HOPPER]})) as database:
        write_table(database, tmp_path / "out.csv")

    posted, bad, several = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    assert (posted["id"], posted["state"], posted["post"]) == ("job-0", "posted", "urn:li:share:1")
    assert posted["began"] == "2026-11-22T12:00:00.000+00:00"
    assert (bad["code"], bad["message"], bad["fix"]) == ("INVALID_IMAGE", "'=HYPERLINK(1)", "convert it")
    assert several["files"] == f"{HOPPER}|{HOPPER}"


def test_a_page_appears_whole_or_not_at_all(make, tmp_path, monkeypatch):
    out = tmp_path / "out.html"
    out.write_text("the old one")
    monkeypatch.setattr("linkedin_media.ingest.report_page._made", lambda report: 1 / 0)

    with closing(make({})) as database:
        with pytest.raises(ZeroDivisionError):
            write_page(database, out)
        with pytest.raises(FileUnwritable, match="No such file"):
            write_page(database, tmp_path / "none/out.html")

    assert out.read_text() == "the old one"
    assert sorted(path.suffix for path in tmp_path.iterdir() if "out" in path.name) == [".html"]


def test_a_postgresql_ledger_makes_the_same_page(postgresql, tmp_path):
    async def fill():
        ledger = await Ledger.open(postgresql)
        await ledger.add([JobSpec(id="one", files=[HOPPER], author=AUTHOR, owner=AUTHOR)])
        await ledger.aclose()

    asyncio.run(fill())
    with closing(open_for_reading(postgresql)) as database:
        write_page(database, tmp_path / "out.html")

    page = Page((tmp_path / "out.html").read_text())
    assert "jobs 1" in page.text
    assert "waiting 1" in page.text


# Pictures


def test_a_thumbnail_is_small_upright_and_without_metadata():
    data = thumbnail(str(IMAGES / "exif-orientation-examples--Portrait_8.jpg"))

    image = Image.open(io.BytesIO(base64.b64decode(data.removeprefix("data:image/jpeg;base64,"))))
    assert max(image.size) == 192
    assert image.height > image.width
    assert not image.getexif()
    assert len(data) < 20_000


@pytest.mark.parametrize("name", ["Pillow--hopper.gif", "Pillow--hopper.png", "small--jpeg.jpg"])
def test_every_format_that_linkedin_takes_has_a_thumbnail(name):
    assert thumbnail(str(IMAGES / name)).startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize(
    "name", ["none.jpg", "Pillow--hopper.webp", "Pillow--truncated_jpeg.jpg", "sharp--65536-uint32-limit.png"]
)
def test_a_file_that_is_gone_foreign_or_damaged_has_none(name):
    assert thumbnail(str(IMAGES / name)) is None


def test_a_link_that_took_the_place_of_a_file_is_not_followed(tmp_path):
    (tmp_path / "a.jpg").symlink_to(HOPPER)

    assert thumbnail(str(tmp_path / "a.jpg")) is None


def test_of_many_jobs_some_are_shown_evenly_spread(make):
    with closing(make(*[{}] * 150, failed())) as database:
        shown = [picture.record.id for picture in pictures(database)]

    assert len(shown) == MOST
    assert shown[0] == 1
    assert shown[-1] > 145


def test_an_image_that_is_gone_is_passed_over(written):
    text = written({}, {"files": ("/nowhere/gone.jpg",)}, {})

    assert text.count("<img") == 2
    assert [name for name in ("job-0", "job-1", "job-2") if f'<span class="id">{name}' in text] == ["job-0", "job-2"]


def test_an_image_of_too_many_pixels_has_no_thumbnail(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png(9000, 9000))

    assert thumbnail(str(path)) is None


def test_an_image_without_a_post_leads_nowhere(written):
    page = Page(written({"state": "available", "post": None, "ended_at": None}))

    assert [address for address in page.addresses if address.startswith("https:")] == []
    assert "job-0" in page.text


def test_thumbnails_take_no_longer_than_they_may(make):
    times = iter(range(0, 1000, 5))

    with closing(make(*[{}] * 10)) as database:
        assert len(list(pictures(database, clock=lambda: next(times)))) == 1


def test_pictures_may_be_left_out(written):
    assert "data:image" not in written({}, thumbnails=False)


# Figures


def test_long_pauses_are_left_out_of_the_axis():
    hour = 3_600_000
    axis = Axis({0: (0, 50_000), 1: (60_000, 110_000), 600: (10 * hour, 10 * hour + 30_000)})

    assert axis.stretches == [(0, 110_000), (10 * hour, 10 * hour + 30_000)]
    assert axis.length == 140_000
    assert axis.column(0) == 0
    assert axis.column(5 * hour) == axis.column(10 * hour)
    assert axis.column(11 * hour) == 159
    assert axis.share(1) == pytest.approx(110 / 140)


def test_of_many_pauses_the_longest_divide_the_axis():
    moments = {n: (n * 60_000, n * 60_000) for n in range(0, 3000, 20)}

    assert len(Axis(moments).stretches) <= 12


def test_a_distribution_knows_its_percentiles():
    values = Distribution()
    for milliseconds in range(1, 1001):
        values.add(milliseconds)

    assert values.percentile(0.5) == pytest.approx(500, rel=0.1)
    assert values.percentile(0.99) == pytest.approx(990, rel=0.1)
    assert values.percentile(1) == values.longest == 1000
    assert Distribution().percentile(0.5) == 0


def test_a_clock_that_went_back_breaks_nothing(make):
    with closing(make({"uploaded_at": NOON - 5000, "available_at": NOON - 6000, "ended_at": NOON - 7000})) as database:
        assert gather(database).whole.count == 1


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(3, "3 ms"), (1500, "1.5 s"), (90_000, "90 s"), (600_000, "10 min"), (3 * 3.6e6, "3.0 h"), (3 * 8.64e7, "3 days")],
)
def test_times_are_written_as_people_read_them(milliseconds, words):
    assert span(milliseconds) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ((0, 40), "22 November 2026, 12:00 to 12:40 UTC · 40 min"),
        ((0, 2160), "22 November 2026, 12:00 to 24 November 2026, 00:00 UTC · 5.0 s in 2 runs"),
    ],
)
def test_when_it_ran_is_told_in_its_shortest_form(written, minutes, words):
    moments = [NOON + minute * 60_000 for minute in range(minutes[0], minutes[1], 5 if minutes[1] == 40 else 2160)]
    jobs = [
        {"began_at": at, "uploaded_at": at + 1, "available_at": at + 2, "ended_at": at + 2500}
        for at in [*moments, NOON + minutes[1] * 60_000 - 2500]
    ]

    assert words in Page(written(*jobs)).text


def labels(*stretches):
    axis = Axis({start // 60_000: (start, end) for start, end in stretches})
    return re.findall(r"<span([^>]*)>([^<]+)</span>", "".join(_time_labels(axis)))


def test_moments_below_a_drawing_are_as_exact_as_it_takes():
    hour = 3_600_000

    assert [text for _, text in labels((NOON, NOON + 8_000))] == ["12:00:00", "12:00:08 UTC"]
    assert [text for _, text in labels((NOON, NOON + hour))] == ["12:00", "13:00 UTC"]
    assert [text for _, text in labels((NOON, NOON + hour), (NOON + 24 * hour, NOON + 25 * hour))] == [
        "22 Nov 12:00", "23 Nov 12:00", "23 Nov 13:00 UTC",
    ]  # fmt: skip


def test_moments_without_room_on_a_narrow_screen_are_left_out_there():
    hour = 3_600_000
    runs = [(NOON + at, NOON + at + 60_000) for at in (0, 2 * hour, 4 * hour)]
    late = [(NOON, NOON + 150_000), (NOON + 2 * hour, NOON + 2 * hour + 60_000)]
    last = [(NOON, NOON + 600_000), (NOON + 2 * hour, NOON + 2 * hour + 60_000)]

    assert [("wide" in where, text) for where, text in labels(*runs)] == [
        (False, "12:00"), (False, "14:00"), (True, "16:00"), (False, "16:01 UTC"),
    ]  # fmt: skip
    assert [("wide" in where, text) for where, text in labels(*late)][1] == (True, "14:00")
    assert [text for _, text in labels(*last)] == ["12:00", "14:01 UTC"]


def test_jobs_of_which_none_has_begun_wait(written):
    waiting = {"state": "new", "done": 0, "post": None, "images": "[]"} | dict.fromkeys(
        ("began_at", "uploaded_at", "available_at", "ended_at")
    )

    assert "waiting 3" in Page(written(*[waiting] * 3)).text


def test_the_drawings_stay_within_their_frames(written):
    numbers = re.findall(r'(?:y|height)="(-?[\d.]+)"', written(*[{}] * 50))

    assert numbers
    assert all(0 <= float(number) <= 100 for number in numbers)
