"""The ledger: the same behaviour on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from sqlalchemy import select

from linkedin_media.errors import InvalidArgument, LedgerError, LostLease
from linkedin_media.ingest.database import open_for_reading
from linkedin_media.ingest.image_progress import ImageProgress
from linkedin_media.ingest.jobs import Added, JobSpec, Record
from linkedin_media.ingest.ledger import DEAD_AFTER, Ledger
from linkedin_media.ingest.schema import job, worker
from linkedin_media.ingest.statements import counts
from linkedin_media.ingest.states import State
from linkedin_media.ingest.survey import records
from linkedin_media.model.image import InitializedUpload, UploadedImage
from linkedin_media.model.urn import Urn

from .conftest import intend, save_posted


async def _row(ledger: Ledger, key: str):
    return await ledger._writer.run(lambda db: db.execute(select(job).where(job.c.key == key)).mappings().one())


async def test_jobs_are_added_once_by_their_id(ledger, make_specs):
    first = await ledger.add(make_specs(3))
    second = await ledger.add(make_specs(5))

    assert (first.new, first.known) == (3, 0)
    assert (second.new, second.known) == (2, 3)
    assert await ledger.counts() == {State.NEW: 5}


async def test_a_known_id_with_other_contents_is_refused_and_nothing_of_its_chunk_is_added(ledger, make_specs):
    await ledger.add(make_specs(1))
    changed = [attrs.evolve(make_specs(1)[0], commentary="another text"), make_specs(2)[1]]

    with pytest.raises(InvalidArgument, match="job 'job-0' is in the ledger with other contents"):
        await ledger.add(changed)

    assert await ledger.counts() == {State.NEW: 1}


async def test_claims_come_in_the_order_of_the_manifest_and_never_twice(ledger, make_specs):
    await ledger.add(make_specs(5))

    first = await ledger.claim(3)
    second = await ledger.claim(3)

    assert [record.spec.id for record in first] == ["job-0", "job-1", "job-2"]
    assert [record.spec.id for record in second] == ["job-3", "job-4"]


async def test_a_worker_takes_its_own_jobs_again_that_nobody_holds(ledger, make_specs):
    await ledger.add(make_specs(2))
    mine = await ledger.claim(2)
    assert await ledger.claim(2) == []

    ledger.let_go(mine)

    assert [record.spec.id for record in await ledger.claim(2)] == ["job-0", "job-1"]


async def test_only_the_jobs_named_are_claimed(ledger, make_specs):
    await ledger.add(make_specs(3))
    everything = await ledger.claim(3)
    wanted = everything[1].id
    ledger.let_go(everything)

    assert [record.id for record in await ledger.claim(3, ids=[wanted])] == [wanted]


async def test_a_record_survives_being_saved_and_claimed_again(ledger, make_specs):
    await ledger.add(make_specs(1, files=["/a.png", "/b.png"], alt_texts=["one", None]))
    record = (await ledger.claim(1))[0]
    record.images[0] = ImageProgress("urn:li:image:A", "https://signed", 5, 7, "0f", available=True)
    record.orphans.append("urn:li:image:Z")
    record.tries, record.began_at, record.error = 2, 7, {"code": "X", "message": "é"}
    record.enter(State.INITIALIZED)
    await ledger.save(record, release=True)

    again = (await ledger.claim(1))[0]

    assert attrs.asdict(again) == attrs.asdict(record)


@pytest.mark.parametrize("is_read", [False, True], ids=["alone", "beside a reader"])
async def test_a_used_upload_address_is_in_no_file_once_the_ledger_is_closed(tmp_path, make_specs, is_read):
    path, secret = tmp_path / "jobs.ledger", "https://www.linkedin.com/dms-uploads/s3cret"
    ledger = await Ledger.open(path)
    await ledger.add(make_specs(1))
    [record] = await ledger.claim(1)
    record.images[0].begin(InitializedUpload(image="urn:li:image:A", upload_url=secret))
    await ledger.save(record)
    record.images[0].sent(UploadedImage(image=record.images[0].urn, size=5, sha256=""))
    await ledger.save(record)
    assert secret.encode() in Path(f"{path}-wal").read_bytes()

    with ExitStack() as stack:
        if is_read:
            stack.enter_context(stack.enter_context(closing(open_for_reading(path))).engine.connect())
        await ledger.aclose()
        files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    assert ("jobs.ledger-wal" in files) == is_read
    assert not [name for name, content in files.items() if secret.encode() in content]


def test_what_is_written_of_the_images_is_always_how_far_they_are(make_specs):
    [spec] = make_specs(1, files=["/a.png", "/b.png"])
    record = Record(1, spec, State.NEW, [ImageProgress(), ImageProgress()], [])
    assert record.dump_images() == "[{},{}]"

    started = InitializedUpload(image="urn:li:image:A", upload_url="https://www.linkedin.com/u")
    record.images[1].begin(started)
    assert record.dump_images() == '[{},{"urn":"urn:li:image:A","url":"https://www.linkedin.com/u"}]'

    record.images[1].sent(UploadedImage(image=started.image, size=5, sha256=""))
    assert record.dump_images() == record.dump_images() == '[{},{"urn":"urn:li:image:A","size":5}]'

    record.images[0], record.images[1].available = ImageProgress(urn="urn:li:image:B"), True
    assert record.dump_images() == '[{"urn":"urn:li:image:B"},{"urn":"urn:li:image:A","size":5,"available":true}]'


def test_a_wish_reads_back_with_all_that_is_in_it(make_specs):
    more = {
        "commentary": "",
        "alt_texts": ["one", None],
        "visibility": "LOGGED_IN",
        "account": "urn:li:sponsoredAccount:1",
    }
    [plain] = make_specs(1, commentary=None)
    [full] = make_specs(1, files=["/a.png", "/é.png"], asset_name="Hero", link_free=True, **more)

    assert [JobSpec.load(spec.id, spec.dump()) for spec in (plain, full)] == [plain, full]
    optional = [field for field in attrs.fields(JobSpec) if field.default is not attrs.NOTHING]
    assert all(getattr(full, field.name) != field.default for field in optional), "the test forgets a field"


def test_a_job_has_no_more_alternate_texts_than_files(make_specs):
    [spec] = make_specs(1, files=["/a.png", "/b.png"], alt_texts=["one"])
    assert [image.alt_text for image in spec.job().images] == ["one", None]

    [spec] = make_specs(1, files=["/a.png", "/b.png"], alt_texts=["one", None, "three"])
    with pytest.raises(InvalidArgument, match="3 alternate texts for 2 files"):
        spec.job()


TOUCHED = [
    {"tries": 1},
    {"sendings": 1},
    {"not_before": 1},
    {"first_intent_at": 5, "intent_at": 6},
    {"post": "urn:li:share:1"},
    {"error": '{"code":"X","message":"é"}'},
    {"orphans": '["urn:li:image:Z"]'},
    {"images": '[{"urn":"urn:li:image:A","size":5}]'},
    {"began_at": 3},
    {"uploaded_at": 3},
    {"available_at": 3},
    {"ended_at": 3},
    {"state": "uploaded", "images": '[{"urn":"urn:li:image:A","available":true}]'},
]


async def test_jobs_are_claimed_with_all_that_was_done_about_them(ledger, location, make_specs):
    await ledger.add(make_specs(len(TOUCHED) + 1))

    def touch(db):
        for number, values in enumerate(TOUCHED):
            db.execute(job.update().where(job.c.key == f"job-{number}").values(**values))

    await ledger._writer.run(touch)
    with closing(open_for_reading(location)) as database:
        known = list(records(database))

    claimed = await ledger.claim(99)

    assert len(claimed) == len(TOUCHED) + 1
    assert [attrs.asdict(one) for one in claimed] == [attrs.asdict(one) for one in known]


async def test_a_wish_is_claimed_as_it_was_added_whatever_is_in_it(ledger, make_specs):
    hard = """'"`\\n\n\t{}[]%(me)s %s :me $1 é 🎉 \u2028\x7f</script> null"""
    [plain] = make_specs(1)
    specs = [attrs.evolve(plain, id=f"{hard} {number}", files=(f"/{hard}",), commentary=hard) for number in range(2)]
    specs.append(
        attrs.evolve(plain, id="others", alt_texts=(None,), account="urn:li:sponsoredAccount:1", link_free=True)
    )
    await ledger.add(specs)

    claimed = await ledger.claim(3)
    again = await ledger.add(specs)

    assert [record.spec for record in claimed] == specs
    assert again == Added(new=0, known=3)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 47, 49, 65, 97, 130])
async def test_any_number_of_jobs_is_written_down_together(ledger, make_specs, rows):
    await ledger.add(make_specs(rows + 1))
    *some, other = await ledger.claim(rows + 1)
    for number, record in enumerate(some):
        record.began_at = 1000 + number

    await asyncio.gather(*(ledger.save(record) for record in some))

    ledger.let_go([*some, other])
    assert [record.began_at for record in await ledger.claim(rows + 1)] == [*range(1000, 1000 + rows), None]


def _intended(record):
    """Take a job as far as its post, as one that goes well."""
    record.began_at, record.uploaded_at, record.available_at = 1, 2, 3
    record.images[0].urn, record.images[0].size, record.images[0].available = Urn("urn:li:image:A"), 5, True
    record.enter(State.AVAILABLE)
    return record


@pytest.mark.parametrize("number", [1, 3, 40])
async def test_a_first_intent_is_as_good_as_one_with_all_columns(ledger, make_specs, monkeypatch, number):
    await ledger.add(make_specs(2 * number))
    claimed = await ledger.claim(2 * number)
    await asyncio.gather(*(intend(ledger, _intended(record)) for record in claimed[:number]))
    monkeypatch.setattr(Record, "first_intent", lambda self: None)
    await asyncio.gather(*(intend(ledger, _intended(record)) for record in claimed[number:]))

    rows = [dict(await _row(ledger, record.spec.id)) for record in claimed]

    own = ("id", "key", "spec", "intent_at", "first_intent_at")
    assert all(row["intent_at"] == row["first_intent_at"] > 0 for row in rows)
    first, *others = [{name: value for name, value in row.items() if name not in own} for row in rows]
    assert (first["state"], first["sendings"], first["intent_digest"]) == ("posting", 1, "digest")
    assert all(row == first for row in others)


async def test_progress_and_the_first_intent_after_it_may_share_a_transaction(ledger, make_specs):
    await ledger.add(make_specs(1))
    [record] = await ledger.claim(1)
    _intended(record)

    await asyncio.gather(ledger.save(record), intend(ledger, record))

    row = await _row(ledger, "job-0")
    assert (row["state"], row["sendings"], row["uploaded_at"], row["intent_digest"]) == ("posting", 1, 2, "digest")


@pytest.mark.parametrize(
    "change",
    [
        {"sendings": 2},
        {"tries": 1},
        {"orphans": ["urn:li:image:Z"]},
        {"error": {"code": "X", "message": "é"}},
        {"not_before": 5},
        {"post": Urn("urn:li:share:1")},
        {"ended_at": 5},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_what_a_first_intent_does_not_say_is_said_by_another(ledger, make_specs, change):
    await ledger.add(make_specs(1))
    [record] = await ledger.claim(1)
    _intended(record)
    for name, value in change.items():
        setattr(record, name, value)
    record.sendings = change.get("sendings", 1) - 1

    await intend(ledger, record)

    row = await _row(ledger, "job-0")
    for name, value in change.items():
        said = json.loads(row[name]) if name in ("orphans", "error") else row[name]
        assert said == (None if name == "post" else value)  # a post is written down once there is one


async def test_what_is_posted_keeps_all_that_its_intent_wrote_down(ledger, make_specs):
    await ledger.add(make_specs(3))
    for record in await ledger.claim(3):
        record.images[0].urn, record.images[0].available, record.tries, record.began_at = "urn:li:image:A", True, 2, 7
        record.error = {"code": "X", "message": "an earlier try"}
        record.enter(State.AVAILABLE)
        await intend(ledger, record)
        intended = dict(await _row(ledger, record.spec.id))
        record.posted(Urn(f"urn:li:share:{record.id}"), at=99)

        await save_posted(ledger, record)

        row = dict(await _row(ledger, record.spec.id))
        changed = {"owner": None, "state": "posted", "done": 1, "error": None, "ended_at": 99}
        assert row == intended | changed | {"post": f"urn:li:share:{record.id}"}
        assert row["images"] == '[{"urn":"urn:li:image:A","available":true}]'
    assert await ledger.claim(3) == []


async def test_a_post_is_not_written_down_once_another_worker_has_the_job(ledger, make_specs):
    await ledger.add(make_specs(1))
    [record] = await ledger.claim(1)
    record.enter(State.AVAILABLE)
    await intend(ledger, record)
    await ledger._writer.run(lambda db: db.execute(job.update().values(owner="somebody-else")))
    record.posted(None, at=1)

    with pytest.raises(LostLease):
        await save_posted(ledger, record)

    assert (await _row(ledger, "job-0"))["done"] == 0


async def test_a_save_is_refused_once_another_worker_has_the_job(ledger, make_specs):
    await ledger.add(make_specs(2))
    mine, other = await ledger.claim(2)
    taken = job.update().where(job.c.id == mine.id).values(owner="somebody-else")
    await ledger._writer.run(lambda db: db.execute(taken))

    outcomes = await asyncio.gather(ledger.save(mine), ledger.save(other), return_exceptions=True)

    assert isinstance(outcomes[0], LostLease)
    assert outcomes[1] is None


async def test_an_intent_is_refused_once_another_worker_has_the_job(ledger, make_specs):
    await ledger.add(make_specs(1))
    record = (await ledger.claim(1))[0]
    record.state = State.AVAILABLE
    await ledger._writer.run(lambda db: db.execute(job.update().values(owner="somebody-else")))

    with pytest.raises(LostLease):
        await intend(ledger, record)

    assert (await _row(ledger, "job-0"))["intent_at"] is None


async def test_an_intent_carries_the_databases_absolute_time_and_keeps_the_first(ledger, make_specs):
    await ledger.add(make_specs(1))
    record = (await ledger.claim(1))[0]
    record.state = State.AVAILABLE
    before = await ledger.now()
    await intend(ledger, record, "digest-1")
    first = await _row(ledger, "job-0")
    await asyncio.sleep(0.02)
    record.enter(State.AVAILABLE)
    await intend(ledger, record, "digest-2")
    second = await _row(ledger, "job-0")

    assert before <= first["intent_at"] <= await ledger.now()
    assert second["intent_at"] > first["intent_at"]
    assert second["first_intent_at"] == first["first_intent_at"] == first["intent_at"]
    assert (second["state"], second["sendings"], second["intent_digest"]) == ("posting", 2, "digest-2")


async def test_the_databases_clock_is_the_time_of_day(ledger):
    assert abs(await ledger.now() / 1000 - datetime.now(UTC).timestamp()) < 5


async def test_a_job_that_must_wait_is_not_claimed_before_its_time(ledger, make_specs):
    await ledger.add(make_specs(2))
    later, sooner = await ledger.claim(2)
    later.not_before = await ledger.now() + 60_000
    sooner.not_before = await ledger.now() - 1
    await ledger.save(later, release=True)
    await ledger.save(sooner, release=True)

    assert [record.spec.id for record in await ledger.claim(2)] == ["job-1"]
    assert await ledger.unfinished()


async def test_done_jobs_are_released_and_never_claimed(ledger, make_specs):
    await ledger.add(make_specs(1))
    record = (await ledger.claim(1))[0]
    record.fail(ValueError("broken"), at=1)
    await ledger.save(record)

    assert await ledger.claim(1) == []
    assert (await _row(ledger, "job-0"))["owner"] is None
    assert not await ledger.unfinished()


async def test_failed_jobs_begin_anew_only_when_asked_to(ledger, make_specs):
    await ledger.add(make_specs(1))
    record = (await ledger.claim(1))[0]
    record.fail(ValueError("broken"), at=1)
    await ledger.save(record)

    assert await ledger.reopen([State.FAILED]) == 1

    again = (await ledger.claim(1))[0]
    assert (again.state, again.error, again.tries) == (State.NEW, None, 0)


async def _in_doubt(ledger, make_specs, state):
    await ledger.add(make_specs(1))
    record = (await ledger.claim(1))[0]
    record.state = State.AVAILABLE
    await intend(ledger, record)
    if state is State.UNKNOWN:
        record.enter(State.UNKNOWN)
        await ledger.save(record)
    else:
        await ledger.save(record, release=True)


@pytest.mark.parametrize("state", [State.POSTING, State.UNKNOWN])
async def test_a_person_resolves_a_doubtful_job_as_posted(ledger, make_specs, state):
    await _in_doubt(ledger, make_specs, state)

    await ledger.resolve("job-0", post="urn:li:share:7")

    assert await ledger.counts() == {State.POSTED: 1}
    assert await ledger.has_post("urn:li:share:7")


async def test_a_person_has_a_doubtful_job_sent_again(ledger, make_specs):
    await _in_doubt(ledger, make_specs, State.UNKNOWN)

    await ledger.resolve("job-0", post=None)

    assert [record.state for record in await ledger.claim(1)] == [State.AVAILABLE]


async def test_a_job_whose_outcome_is_known_cannot_be_resolved(ledger, make_specs):
    await ledger.add(make_specs(1))

    with pytest.raises(InvalidArgument, match="job 'job-0' is not in doubt"):
        await ledger.resolve("job-0", post="urn:li:share:7")


async def test_calls_are_reserved_up_to_the_cap_of_the_day_and_not_beyond(ledger):
    granted = [await ledger.reserve_calls(25, 60) for _ in range(4)]

    assert granted == [25, 25, 10, 0]


async def test_content_is_remembered_per_owner(ledger):
    await ledger.remember_image("urn:li:organization:1", "abc", "urn:li:image:A")
    await ledger.remember_image("urn:li:organization:1", "abc", "urn:li:image:B")

    assert await ledger.image_of("urn:li:organization:1", "abc") == "urn:li:image:A"
    assert await ledger.image_of("urn:li:organization:2", "abc") is None

    await ledger.forget_image("urn:li:image:A")
    assert await ledger.image_of("urn:li:organization:1", "abc") is None


async def test_notes_are_kept(ledger):
    assert await ledger.note("manifest") is None
    assert await ledger.note("manifest", "one") == "one"
    assert await ledger.note("manifest", "two") == "two"
    assert await ledger.note("manifest") == "two"


async def test_a_note_whose_name_a_database_would_cut_is_refused_by_both(ledger):
    with pytest.raises(InvalidArgument, match="at most 64 characters"):
        await ledger.note("n" * 65, "x")

    assert await ledger.note("n" * 64, "x") == "x"


async def test_the_rest_is_parked_but_not_what_is_held_or_in_doubt(ledger, make_specs):
    await _in_doubt(ledger, make_specs, State.POSTING)
    await ledger.add(make_specs(3))
    claimed = await ledger.claim(2)
    await ledger._writer.run(lambda db: db.execute(job.update().where(job.c.id != claimed[1].id).values(owner=None)))

    assert await ledger.park_rest(await ledger.now() + 60_000) == 1

    assert await ledger.counts() == {State.POSTING: 1, State.NEW: 1, State.PARKED: 1}
    assert [record.spec.id for record in await ledger.page(State.PARKED)] == ["job-2"]
    assert await ledger.page(State.PARKED, after=10**6) == []


async def test_a_ledger_is_read_while_somebody_owns_it(ledger, location, make_specs):
    await ledger.add(make_specs(3))

    database = open_for_reading(location)
    try:
        found = list(records(database)), list(records(database, [State.POSTED]))
        with database.engine.connect() as connection:
            numbers = counts(connection)
    finally:
        database.close()

    assert [record.spec.id for record in found[0]] == ["job-0", "job-1", "job-2"]
    assert found[1] == []
    assert numbers == {State.NEW: 3}


async def test_closing_hands_jobs_back_and_signs_out(location, make_specs):
    first = await Ledger.open(location)
    await first.add(make_specs(2))
    await first.claim(2)
    await first.aclose()

    second = await Ledger.open(location)
    try:
        assert len(await second.claim(2)) == 2
        names = await second._writer.run(lambda db: db.execute(select(worker.c.owner)).scalars().all())
        assert names == [second.me]
    finally:
        await second.aclose()


async def test_a_closed_ledger_refuses_writes(location, make_specs):
    ledger = await Ledger.open(location)
    await ledger.aclose()

    with pytest.raises(LedgerError, match="closed"):
        await ledger.add(make_specs(1))


async def test_living_workers_keep_their_jobs_and_dead_ones_lose_them(postgresql, make_specs):
    alive, dead, heir = [await Ledger.open(postgresql) for _ in range(3)]
    try:
        await alive.add(make_specs(3))
        kept, lost = await alive.claim(1), await dead.claim(1)
        long_ago = worker.update().where(worker.c.owner == dead.me).values(seen=worker.c.seen - int(DEAD_AFTER * 1000))
        await dead._writer.run(lambda db: db.execute(long_ago))

        inherited = await heir.claim(10)

        assert [record.spec.id for record in kept] == ["job-0"]
        assert [record.spec.id for record in inherited] == [lost[0].spec.id, "job-2"]
        with pytest.raises(LostLease):
            await dead.save(lost[0])
        await dead.heartbeat()
        assert await dead.claim(10) == []
    finally:
        for ledger in (alive, dead, heir):
            await ledger.aclose()


async def test_many_workers_share_the_jobs_without_overlap(postgresql, make_specs):
    workers = [await Ledger.open(postgresql) for _ in range(4)]
    try:
        await workers[0].add(make_specs(200))
        claimed = await asyncio.gather(*(ledger.claim(50) for ledger in workers))

        ids = [record.id for part in claimed for record in part]
        assert len(ids) == len(set(ids))
    finally:
        for ledger in workers:
            await ledger.aclose()


async def test_others_have_their_turn_while_many_jobs_are_added(ledger, make_specs):
    made = []

    async def others():
        while True:
            made.append(0)
            await asyncio.sleep(0)

    def slowly_made():
        for spec in make_specs(950):
            made[-1] += 1
            yield spec

    with_others = asyncio.create_task(others())
    await asyncio.sleep(0)
    added = await ledger.add(slowly_made())
    with_others.cancel()

    assert added.new == 950
    assert max(made) == 100


async def test_a_page_of_jobs_is_read_beside_the_loop(ledger, make_specs, monkeypatch):
    readers, read = [], Record.of_row

    def told(row):
        readers.append(threading.current_thread())
        return read(row)

    await ledger.add(make_specs(3))
    monkeypatch.setattr(Record, "of_row", told)
    page = await ledger.page(State.NEW)

    assert [record.spec.id for record in page] == ["job-0", "job-1", "job-2"]
    assert len(readers) == 3
    assert threading.main_thread() not in readers
