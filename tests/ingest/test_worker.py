"""One job from where the ledger has it to its end: what is written down, in which order, and what an error makes of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial

import attrs
import pytest
from sqlalchemy import select

from linkedin_media.client.server_time import ServerTime
from linkedin_media.client.throttle import Throttle
from linkedin_media.errors import (
    BadRequest,
    ConnectionLost,
    DuplicatePost,
    FileUnreadable,
    LedgerError,
    LostLease,
    NotSentInTime,
    PollTimeout,
    ProcessingFailed,
    RateLimited,
    ServerError,
    Unauthorized,
)
from linkedin_media.ingest import behind, worker as working, writer as writing
from linkedin_media.ingest.batch import resolve
from linkedin_media.ingest.database import open_for_reading
from linkedin_media.ingest.ledger import Ledger
from linkedin_media.ingest.options import IngestOptions
from linkedin_media.ingest.schema import job
from linkedin_media.ingest.states import State
from linkedin_media.ingest.survey import records
from linkedin_media.ingest.worker import Worker
from linkedin_media.model.image import Image, InitializedUpload, UploadedImage
from linkedin_media.model.post import CreatedPost
from linkedin_media.model.urn import Urn
from linkedin_media.pipeline.events import ignore
from linkedin_media.protocol import posts as protocol
from linkedin_media.protocol.hosts import parse_base_url
from tests.waiting import eventually

from .conftest import save_posted

POST = Urn("urn:li:share:7489123456789012345")
DAY = 86_400_000


@attrs.define
class Clock:
    time: float = 1000.0

    def monotonic(self):
        return self.time


@attrs.define
class Client:
    """As much of a client as a worker asks for."""

    clock: Clock = attrs.field(factory=Clock)
    throttle: Throttle = attrs.field(factory=lambda: Throttle(None))
    server_time: ServerTime = attrs.field(factory=ServerTime)
    base: object = attrs.field(factory=lambda: parse_base_url("https://api.linkedin.com"))
    read: object = None

    @property
    def transport(self):
        return self

    @property
    def posts(self):
        return self

    async def get(self, urn):
        if isinstance(self.read, Exception):
            raise self.read
        return self.read


@attrs.define
class Steps:
    """Stages that do nothing but go on, or fail or wait as they are told: `images` by position, `posting` for the post."""

    images: dict = attrs.field(factory=dict)
    posting: object = None
    resumed: list = attrs.field(factory=list)
    sent: list = attrs.field(factory=list)
    at_post: object = None
    begun: int = 0

    async def validate(self, source, track):
        """Find nothing wrong."""

    async def to_available(self, work):
        self.resumed.append(work.resume)
        urn = Urn(f"urn:li:image:I{self.begun}") if work.resume is None else work.resume.image
        failure = self.images.get(self.begun)
        self.begun += 1
        if work.resume is None:
            work.checkpoint.initialized(InitializedUpload(image=urn, upload_url="https://www.linkedin.com/x"))
        if not isinstance(work.resume, UploadedImage):
            work.checkpoint.uploaded(UploadedImage(image=urn, size=10, sha256=""))
        if isinstance(failure, BaseException):
            raise failure
        if failure is not None:
            await failure.wait()
        return Image(id=urn)

    async def post(self, draft, track, *, intend):
        written = asyncio.get_running_loop().create_future()
        intend(protocol.build_create(draft).body, partial(resolve, written))
        await written
        if self.at_post:
            await self.at_post()
        self.sent.append(draft)
        if isinstance(self.posting, Exception):
            raise self.posting
        return CreatedPost(self.posting or POST, images=draft.image_ids)


@pytest.fixture
async def ledger(tmp_path):
    opened = await Ledger.open(tmp_path / "jobs.ledger")
    yield opened
    await opened.aclose()


@pytest.fixture
def begin(ledger, make_specs):
    """Make a worker with a claimed job."""

    async def make(steps=None, *, client=None, options=None, **changes):
        await ledger.add(make_specs(1, **changes))
        [record] = await ledger.claim(1)
        worker = Worker(client or Client(), ledger, steps or Steps(), options or IngestOptions(), ignore)
        return worker, record

    return make


async def carry_out(worker, record):
    """Take a job to its end, and write that down as whoever carries out many does."""
    if await worker.carry_out(record):
        await save_posted(worker.ledger, record)


async def row_of(ledger):
    return await ledger._run(lambda db: db.execute(select(job)).mappings().one())


async def test_a_job_is_posted_with_the_images_it_uploaded(begin, ledger):
    worker, record = await begin(files=["/a.png", "/b.png"])

    await carry_out(worker, record)

    row = await row_of(ledger)
    assert (row["state"], row["done"], row["post"], row["sendings"], row["owner"]) == ("posted", 1, POST, 1, None)
    assert [image["urn"] for image in json.loads(row["images"])] == ["urn:li:image:I0", "urn:li:image:I1"]
    assert row["began_at"] <= row["uploaded_at"] <= row["available_at"] <= row["ended_at"]


async def test_a_job_without_a_text_ends_when_its_images_are_available(begin, ledger):
    steps = Steps()
    worker, record = await begin(steps, commentary=None)

    await carry_out(worker, record)

    assert ((await row_of(ledger))["state"], steps.sent) == ("available", [])


async def test_the_intent_is_durable_before_the_post_is_sent(begin, ledger):
    steps = Steps()
    worker, record = await begin(steps)
    seen: list = []

    async def look_from_outside():
        with closing(open_for_reading(ledger.name)) as database:
            seen.extend((one.state, one.sendings, one.intent_at is not None) for one in records(database))
        assert worker.sending == {record.id}

    steps.at_post = look_from_outside
    await carry_out(worker, record)

    body = protocol.build_create(steps.sent[0]).body
    assert seen == [(State.POSTING, 1, True)]
    assert (await row_of(ledger))["intent_digest"] == hashlib.sha256(body).hexdigest()
    assert worker.sending == set()


async def test_nothing_is_sent_whose_intent_could_not_be_written(begin, ledger):
    steps = Steps()
    worker, record = await begin(steps)
    await ledger._run(lambda db: db.execute(job.update().values(owner="another")))

    with pytest.raises(LostLease):
        await carry_out(worker, record)

    assert steps.sent == []


async def test_the_progress_of_an_upload_is_written_soon_and_once(begin, ledger, monkeypatch):
    rows: list = []
    genuine = writing.Writer._update_then

    def update_then(self, *arguments):
        rows.append(arguments)
        genuine(self, *arguments)

    monkeypatch.setattr(writing.Writer, "_update_then", update_then)
    monkeypatch.setattr(behind, "_SOON", 0.02)
    arrived = asyncio.Event()

    class Slow(Steps):
        async def to_available(self, work):
            image = await super().to_available(work)
            await arrived.wait()
            return image

    worker, record = await begin(Slow())
    work = asyncio.create_task(carry_out(worker, record))
    await eventually(lambda: bool(rows))
    await ledger.now()  # written behind it
    written = len(rows)
    with closing(open_for_reading(ledger.name)) as database:
        [seen] = records(database)
    arrived.set()
    await work

    assert (written, len(rows)) == (1, 3)  # and then the intent, and the post
    assert (seen.state, seen.images[0].is_sent, seen.images[0].url) == (State.UPLOADED, True, None)


async def test_what_is_asked_of_the_ledger_sees_progress_that_is_not_written_yet(begin, ledger):
    worker, record = await begin(Steps(images={0: asyncio.CancelledError()}))

    with pytest.raises(asyncio.CancelledError):
        await carry_out(worker, record)

    assert await ledger.counts() == {State.UPLOADED: 1}


async def test_progress_that_cannot_be_written_stops_what_comes_next(begin, ledger, monkeypatch):
    _, record = await begin()
    genuine = writing._apply

    def full(*arguments):
        raise LedgerError("database or disk is full")

    monkeypatch.setattr(behind, "_SOON", 0.0)
    monkeypatch.setattr(writing, "_apply", full)
    ledger.save_soon(record)
    await asyncio.sleep(0.1)
    monkeypatch.setattr(writing, "_apply", genuine)

    with pytest.raises(LedgerError, match="full"):
        ledger.save_soon(record)
    await ledger.save(record)  # it is heard of once


async def test_progress_of_a_job_that_another_worker_took_is_left_to_the_fence_of_its_intent(begin, ledger, caplog):
    _, record = await begin()
    await ledger._run(lambda db: db.execute(job.update().values(owner="another")))
    ledger.save_soon(record)

    await ledger.counts()

    assert [one.message for one in caplog.records] == ["lease.lost"]
    with pytest.raises(LostLease):
        await ledger.save(record)


@pytest.mark.parametrize(
    "image",
    [
        {"urn": "urn:li:image:X", "size": 9, "sha256": "ab"},  # as earlier releases wrote it
        {"urn": "urn:li:image:X", "size": 9},
    ],
)
async def test_an_image_whose_bytes_are_sent_is_not_sent_again(begin, ledger, image):
    steps = Steps()
    worker, record = await begin(steps)
    text = json.dumps([image])
    await ledger._run(lambda db: db.execute(job.update().values(images=text, state="uploaded", owner=None)))
    [record] = await ledger.claim(1)

    await carry_out(worker, record)

    assert steps.resumed == [UploadedImage(image=Urn("urn:li:image:X"), size=9, sha256=image.get("sha256", ""))]
    assert record.state is State.POSTED


async def test_a_passing_error_puts_the_job_off_longer_each_time(begin, ledger):
    worker, record = await begin(Steps(images={0: ServerError("down", status=503)}))
    record.tries = 2

    await carry_out(worker, record)

    row, now = await row_of(ledger), await ledger.now()
    assert (row["state"], row["tries"], row["owner"], row["done"]) == ("uploaded", 3, None, 0)
    assert row["not_before"] == pytest.approx(now + 20_000, abs=2000)
    assert json.loads(row["error"])["code"] == "SERVER_ERROR"


async def test_a_passing_error_at_the_last_try_is_the_end(begin, ledger):
    worker, record = await begin(Steps(images={0: ServerError("down", status=503)}))
    record.tries = 4

    await carry_out(worker, record)

    assert (await row_of(ledger))["state"] == "failed"


async def test_a_daily_limit_parks_the_job_until_it_ends(begin, ledger):
    resets = datetime.now(UTC) + timedelta(hours=3)
    worker, record = await begin(Steps(images={0: RateLimited("day", status=429, resets_at=resets)}))

    await carry_out(worker, record)

    row = await row_of(ledger)
    assert (row["state"], row["tries"]) == ("parked", 0)
    assert row["not_before"] == worker.limited_until == int(resets.timestamp() * 1000)


async def test_refusals_slow_everything_down_and_going_on_without_end_mean_a_daily_limit(begin, ledger):
    client = Client()
    worker, record = await begin(Steps(images={0: RateLimited("slow", status=429, retry_after=7)}), client=client)

    await carry_out(worker, record)
    first = await row_of(ledger)
    client.clock.time += working._PATIENCE + 1
    worker.stages = Steps(images={0: RateLimited("slow", status=429)})
    await ledger._run(lambda db: db.execute(job.update().values(not_before=None)))
    [record] = await ledger.claim(1)
    await carry_out(worker, record)

    assert (first["state"], first["tries"], worker.hold_until) == ("uploaded", 0, 1007.0)
    assert (await row_of(ledger))["state"] == "parked"
    assert 0 < worker.limited_until - await ledger.now() <= DAY


async def test_a_success_ends_the_count_of_refusals(begin, ledger):
    worker, record = await begin()
    worker.limited_since = 1.0

    await carry_out(worker, record)

    assert worker.limited_since is None


async def test_an_image_that_is_processed_for_long_parks_its_job_for_a_quarter_of_an_hour(begin, ledger):
    slow = PollTimeout("urn:li:image:I0", last_status="PROCESSING", seconds=300)
    worker, record = await begin(Steps(images={0: slow}))

    await carry_out(worker, record)

    row = await row_of(ledger)
    assert row["state"] == "parked"
    assert row["not_before"] == pytest.approx(await ledger.now() + 900_000, abs=2000)


async def test_a_parked_job_begins_where_its_image_is(begin, ledger):
    steps = Steps()
    worker, record = await begin(steps)
    record.state, record.images[0].urn, record.images[0].size = State.PARKED, "urn:li:image:X", 3

    await carry_out(worker, record)

    assert isinstance(steps.resumed[0], UploadedImage)
    assert record.state is State.POSTED


async def test_what_every_job_would_meet_leaves_this_one_as_it_was(begin, ledger):
    worker, record = await begin(Steps(images={0: Unauthorized("dead token", status=401)}))

    with pytest.raises(Unauthorized):
        await carry_out(worker, record)

    row = await row_of(ledger)
    assert (row["state"], row["owner"], row["error"], row["tries"]) == ("uploaded", None, None, 0)


async def test_an_image_linkedin_could_not_process_is_forgotten(begin, ledger):
    worker, record = await begin(Steps(images={0: ProcessingFailed("urn:li:image:I0")}))

    await carry_out(worker, record)

    row = await row_of(ledger)
    assert (row["state"], row["images"], row["orphans"]) == ("failed", "[{}]", '["urn:li:image:I0"]')


async def test_of_the_errors_of_several_images_the_gravest_counts(begin, ledger):
    steps = Steps(images={0: BadRequest("no", status=400), 1: Unauthorized("dead token", status=401)})
    worker, record = await begin(steps, files=["/a.png", "/b.png", "/c.png"])

    with pytest.raises(Unauthorized):
        await carry_out(worker, record)

    assert record.images[2].available


async def test_of_several_images_those_that_were_available_when_the_job_was_stopped_stay_so(begin, ledger):
    worker, record = await begin(Steps(images={1: asyncio.Event()}), files=["/a.png", "/b.png"])

    work = asyncio.create_task(carry_out(worker, record))
    await eventually(lambda: record.state is State.UPLOADED)
    work.cancel()
    await asyncio.wait([work])
    await ledger.counts()  # which sees all that was to be written soon

    images = json.loads((await row_of(ledger))["images"])
    assert (work.cancelled(), [image.get("available") for image in images]) == (True, [True, None])


async def test_an_error_of_no_kind_of_ours_is_the_gravest(begin):
    steps = Steps(images={0: BadRequest("no", status=400), 1: KeyError("ours")})
    worker, record = await begin(steps, files=["/a.png", "/b.png"])

    with pytest.raises(KeyError):
        await carry_out(worker, record)


async def test_a_post_that_was_certainly_refused_has_no_sending(begin, ledger):
    worker, record = await begin(Steps(posting=BadRequest("no", status=400)))

    await carry_out(worker, record)

    row = await row_of(ledger)
    assert (row["state"], row["sendings"], row["first_intent_at"]) == ("failed", 0, None)


async def test_a_post_that_did_not_leave_in_time_is_tried_again(begin, ledger):
    worker, record = await begin(Steps(posting=NotSentInTime("late")))

    await carry_out(worker, record)

    row = await row_of(ledger)
    assert (row["state"], row["sendings"], row["tries"]) == ("available", 0, 1)


async def test_a_post_whose_answer_was_lost_is_in_doubt(begin, ledger):
    worker, record = await begin(Steps(posting=ConnectionLost("reset")))

    await carry_out(worker, record)

    row = await row_of(ledger)
    assert (row["state"], row["sendings"], row["owner"]) == ("posting", 1, ledger.me)
    assert record.intent_at == row["intent_at"] is not None


async def test_whatever_goes_wrong_once_a_post_is_in_doubt_it_stays_in_doubt(begin, ledger, monkeypatch):
    worker, record = await begin(Steps(posting=DuplicatePost("again", status=422, original=str(POST))))
    record.sendings = 1
    failing = FileUnreadable("the ledger's disk")

    async def adopts(*_):
        raise failing

    monkeypatch.setattr(working, "adopts", adopts)
    monkeypatch.setattr(working, "is_transient", lambda error: error is failing)
    await carry_out(worker, record)

    assert (await row_of(ledger))["state"] == "posting"


async def test_a_duplicate_of_a_first_sending_is_a_failure(begin, ledger):
    worker, record = await begin(Steps(posting=DuplicatePost("again", status=422, original=str(POST))))

    await carry_out(worker, record)

    assert ((await row_of(ledger))["state"], record.sendings) == ("failed", 0)


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        (["urn:li:image:I0"], State.POSTED),
        (["urn:li:image:of-another"], State.UNKNOWN),
        (BadRequest("it cannot be read", status=400), State.UNKNOWN),
    ],
)
async def test_a_duplicate_after_a_doubt_is_adopted_if_it_shows_the_images(begin, ledger, shown, state):
    worker, record = await begin(Steps(posting=ConnectionLost("reset")))
    await carry_out(worker, record)
    young = Urn.of("share", str((record.first_intent_at + 5) << 22))
    worker.client.read = shown if isinstance(shown, Exception) else _post(young, shown)
    worker.stages.posting = DuplicatePost("again", status=422, original=str(young))
    await worker.absent(record)
    await carry_out(worker, record)

    row = await row_of(ledger)
    assert row["state"] == state
    assert row["post"] == (young if state is State.POSTED else None)


def _post(urn, images):
    return attrs.make_class("Shown", ["id", "image_ids"])(urn, images)


async def test_a_doubt_that_is_not_waited_for_is_left_to_reconcile(begin, ledger):
    worker, record = await begin(Steps(posting=ConnectionLost("reset")))
    await carry_out(worker, record)

    await worker.give_up_unwaited(record)

    row = await row_of(ledger)
    assert (row["state"], json.loads(row["error"])["stage"]) == ("unknown", "post")
    assert "was not waited for" in json.loads(row["error"])["message"]


async def test_a_doubt_nobody_may_look_for_today_is_handed_back(begin, ledger):
    worker, record = await begin(Steps(posting=ConnectionLost("reset")))
    await carry_out(worker, record)

    await worker.leave_in_doubt(record, RateLimited("used up", status=429))

    row = await row_of(ledger)
    assert (row["state"], row["owner"]) == ("posting", None)
    assert worker.limited_until == row["not_before"] > await ledger.now()
