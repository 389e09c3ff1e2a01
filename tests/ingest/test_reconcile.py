"""Looking for posts in doubt: what proves that one exists, and what proves that none does."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import attrs
import pytest

from linkedin_media.client.attempts import Clock
from linkedin_media.client.server_time import ServerTime
from linkedin_media.errors import Forbidden, RateLimited, Unauthorized
from linkedin_media.ingest.image_progress import ImageProgress
from linkedin_media.ingest.jobs import JobSpec, Record
from linkedin_media.ingest.options import IngestOptions
from linkedin_media.ingest.reconcile import look
from linkedin_media.ingest.states import State
from linkedin_media.ingest.witness import adopts, created_ms, matches, same_text
from linkedin_media.model.post import ImageContent, MultiImageContent, Post
from linkedin_media.protocol.wire import Headers, Response, json_body

from .conftest import intend

AUTHOR = "urn:li:organization:5583111"
NOW = 1_790_000_000_000


def record(number, images=None, *, intent=NOW, text=None):
    names = images or [f"urn:li:image:I{number}"]
    spec = JobSpec(
        id=str(number), files=["/a.png"] * len(names), author=AUTHOR, owner=AUTHOR, commentary=text or "hello"
    )
    progress = [ImageProgress(urn=name, available=True) for name in names]
    return Record(number, spec, State.POSTING, progress, [], sendings=1, first_intent_at=intent, intent_at=intent)


def element(number, made=NOW, images=None, text="hello"):
    names = images or [f"urn:li:image:I{number}"]
    one = {"media": {"id": names[0]}}
    content = one if len(names) == 1 else {"multiImage": {"images": [{"id": name} for name in names]}}
    return {"id": f"urn:li:share:{number}", "author": AUTHOR, "commentary": text, "content": content, "createdAt": made}


@attrs.define
class Feed:
    """A finder over a list, newest first; what `between` does happens after each page."""

    posts: list
    limit: int = 100
    between: object = None
    asked: list = attrs.field(factory=list)
    fails: list = attrs.field(factory=list)
    server_time: ServerTime = attrs.field(factory=ServerTime)
    clock: Clock = attrs.field(factory=Clock)

    async def send(self, request):
        if self.fails and (failure := self.fails.pop(0)):
            raise failure
        query = dict(pair.split("=") for pair in request.query.split("&"))
        start, count = int(query["start"]), int(query["count"])
        self.asked.append(start)
        page = self.posts[start : start + min(count, self.limit)]
        if self.between:
            self.between(self.posts)
        return Response(status=200, body=json_body({"elements": [one for one in page if one], "paging": {}}))


@attrs.define
class Books:
    """The ledger, as far as a look asks it."""

    taken: set = attrs.field(factory=set)
    shares: bool = False
    ahead: int = 0

    async def now(self):
        return time.time_ns() // 1_000_000

    async def highest(self, name, number):
        self.ahead = max(self.ahead, number or 0)
        return self.ahead or None

    async def has_post(self, post):
        return str(post) in self.taken

    async def shares_images(self):
        return self.shares


async def find(feed, records, *, books=None, **options):
    return await look(feed, AUTHOR, records, IngestOptions(**options), books or Books())


async def test_a_post_with_the_jobs_image_is_found():
    findings = await find(Feed([element(2), element(1)]), [record(1)])

    assert findings.found[1].id == "urn:li:share:1"
    assert findings.complete


async def test_a_search_is_bounded_by_time_and_not_by_depth():
    newer = [element(number, NOW + 1000) for number in range(10_000, 15_000)]
    feed = Feed([*newer, element(1), element(2, NOW - 10**6)])

    findings = await find(feed, [record(1), record(3)])

    assert set(findings.found) == {1}
    assert findings.complete
    assert max(feed.asked) > 4_900


async def test_a_search_stops_once_a_whole_page_is_older_than_the_first_intent():
    feed = Feed([element(number, NOW - 10**6) for number in range(1000)])

    assert (await find(feed, [record(5000)])).complete
    assert feed.asked == [0]


async def test_an_old_post_pinned_on_top_does_not_end_the_search():
    newer = [element(number, NOW + 1000) for number in range(1000, 1150)]
    findings = await find(Feed([element(7, NOW - 10**9), *newer, element(1)]), [record(1)])

    assert set(findings.found) == {1}


async def test_the_horizon_is_the_first_intent_of_all():
    feed = Feed([*(element(number, NOW) for number in range(1000, 1200)), element(1, NOW - 500_000)])

    assert set((await find(feed, [record(2), record(1, intent=NOW - 500_000)])).found) == {1}


@pytest.mark.parametrize("limit", [1, 3, 5, 40])
async def test_a_short_page_is_not_the_end(limit):
    posts = [element(number, NOW + 1000) for number in range(1000, 1060)]
    findings = await find(Feed([*posts, element(1)], limit=limit), [record(1), record(2)])

    assert (set(findings.found), findings.complete) == ({1}, True)


async def test_a_page_filtered_after_paging_is_not_the_end():
    posts = [None if number % 3 else element(number, NOW + 1000) for number in range(1000, 1400)]
    findings = await find(Feed([*posts, element(1)]), [record(1)])

    assert set(findings.found) == {1}


async def test_posts_made_or_deleted_between_pages_hide_none():
    posts = [element(number, NOW + 1000) for number in range(1000, 1400)]
    deleting = Feed([*posts, element(1)], between=lambda feed: feed.pop(0))
    making = Feed([*posts, element(1)], between=lambda feed: feed.insert(0, element(9000 + len(feed), NOW + 2000)))

    assert set((await find(deleting, [record(1)])).found) == {1}
    assert set((await find(making, [record(1)])).found) == {1}


async def test_of_a_shared_image_a_post_older_than_the_intent_is_not_the_jobs():
    older = Feed([element(1, NOW - 10**7)])

    findings = await find(older, [record(1)], books=Books(shares=True))

    assert (findings.found, findings.complete) == ({}, True)
    assert set((await find(older, [record(1)])).found) == {1}  # no other job has that image


@pytest.mark.parametrize("shares", [False, True])
async def test_a_clock_that_is_ahead_ends_no_search_too_soon(shares):
    """Its intents seem younger than their posts, which are behind two pages of others that seem older than they."""
    hour = 3_600_000
    others = [element(number, NOW - hour + 1000) for number in range(1000, 1250)]
    feed, books = Feed([*others, element(1, NOW - hour)]), Books(shares=shares)
    feed.server_time.hear(Response(status=200, headers=Headers({"Date": _date_of(3600)})), feed.clock.now(), 0.0)

    findings = await find(feed, [record(1)], books=books)

    assert set(findings.found) == {1}
    assert abs(books.ahead - hour) < 5000


async def test_a_clock_that_was_set_right_since_ends_no_search_too_soon():
    others = [element(number, NOW - 3_599_000) for number in range(1000, 1250)]
    feed = Feed([*others, element(1, NOW - 3_600_000)])
    feed.server_time.hear(Response(status=200, headers=Headers({"Date": _date_of(0)})), feed.clock.now(), 0.0)

    assert set((await find(feed, [record(1)], books=Books(ahead=3_600_000))).found) == {1}


def _date_of(seconds_ago):
    return formatdate(time.time() - seconds_ago, usegmt=True)


async def test_all_images_must_be_the_jobs_in_any_order():
    images = ["urn:li:image:A", "urn:li:image:B"]
    assert set((await find(Feed([element(1, images=images[::-1])]), [record(1, images)])).found) == {1}
    assert (await find(Feed([element(1, images=[*images, "urn:li:image:C"])]), [record(1, images)])).found == {}


async def test_a_shared_image_names_a_post_only_together_with_its_text():
    same = ["urn:li:image:S"]
    feed = Feed([element(1, images=same, text="one"), element(2, images=same, text="two")])
    wanted = [record(5, same, text="two"), record(6, same, text="three")]

    for options in ({"reuse_images": True}, {"books": Books(shares=True)}):
        found = (await find(feed, wanted, **options)).found
        assert {number: post.id for number, post in found.items()} == {5: "urn:li:share:2"}


async def test_another_jobs_post_is_passed_over_and_the_own_one_found():
    same = ["urn:li:image:S"]
    feed = Feed([element(1, images=same), element(2, images=same)])

    findings = await find(feed, [record(5, same)], books=Books({"urn:li:share:1"}, shares=True))

    assert findings.found[5].id == "urn:li:share:2"


async def test_text_is_compared_as_people_read_it():
    wish = record(1, text="50% (net) #1 {x}")
    for shown in ("50% (net) #1 {x}", "50% \\(net\\) \\#1 \\{x\\}", " 50%  (net) #1 {x}\n"):
        post = Post(id="urn:li:share:1", author=AUTHOR, commentary=shown)
        assert same_text(wish, post), shown
    assert not same_text(wish, Post(id="urn:li:share:1", author=AUTHOR, commentary="other"))


async def test_who_may_not_read_proves_nothing():
    findings = await find(Feed([], fails=[Forbidden("no", status=403)]), [record(1)])

    assert (findings.complete, findings.forbidden) == (False, True)


@pytest.mark.parametrize("failure", [RateLimited("slow", status=429), TimeoutError()])
async def test_a_look_that_fails_for_now_proves_nothing(failure):
    if isinstance(failure, TimeoutError):
        from linkedin_media.errors import ConnectionLost

        failure = ConnectionLost("gone")
    findings = await find(Feed([element(9, NOW + 1000)] * 3, fails=[None, failure]), [record(1)])

    assert (findings.complete, findings.forbidden) == (False, False)
    assert findings.why_not


async def test_what_every_look_would_meet_is_raised():
    with pytest.raises(Unauthorized):
        await find(Feed([], fails=[Unauthorized("expired", status=401)]), [record(1)])


def test_the_moment_of_a_post_is_in_its_id():
    assert created_ms("urn:li:share:7000000000000000000") == 7000000000000000000 >> 22
    assert created_ms("urn:li:share:x") is None


def test_a_record_without_images_matches_nothing():
    empty = record(1)
    empty.images = []
    assert not matches(empty, Post(id="urn:li:share:1", author=AUTHOR), shared_images=False)


@attrs.define
class Reader:
    """A client that can get one post."""

    answer: object

    @property
    def posts(self):
        return self

    async def get(self, urn):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def _original(made):
    return f"urn:li:share:{made << 22}"


async def test_a_duplicates_original_is_adopted_only_if_it_can_be_nobody_elses():
    from linkedin_media.errors import NotFound

    mine = record(1)
    shows = Post(id=_original(NOW), author=AUTHOR, content=ImageContent("urn:li:image:I1"))
    other = Post(id=_original(NOW), author=AUTHOR, content=MultiImageContent([ImageContent("urn:li:image:X")]))
    cases = [
        (shows, _original(NOW), set(), True),
        (Forbidden("no", status=403), _original(NOW), set(), True),
        (other, _original(NOW), set(), False),
        (NotFound("ghost", status=404), _original(NOW), set(), False),
        (shows, _original(NOW - 10**6), set(), False),
        (shows, _original(NOW), {_original(NOW)}, False),
        (shows, "urn:li:person:abc", set(), False),
        (shows, None, set(), False),
        (shows, "nonsense", set(), False),
    ]
    for answer, original, taken, adopted in cases:
        urn = await adopts(Reader(answer), Books(taken), mine, original, 120_000)
        assert (urn == original and urn is not None) == adopted, (answer, original)


async def test_an_intent_is_an_absolute_moment_whatever_was_waited_for_since(ledger, make_specs):
    """An age, taken when the job was claimed and used after a wait, once doubled posts."""
    await ledger.add(make_specs(1))
    [job] = await ledger.claim(1)
    job.images[0] = ImageProgress(urn="urn:li:image:I1", available=True)
    job.enter(State.AVAILABLE)
    await intend(ledger, job, "d")
    sent = time.time_ns() // 1_000_000
    await ledger.save(job, release=True)
    await asyncio.sleep(0.6)
    [again] = await ledger.claim(1)
    await asyncio.sleep(0.6)

    made = element(1, sent)
    findings = await find(Feed([element(9, sent + 1100), made]), [again], clock_skew=0.2)

    assert set(findings.found) == {again.id}
    assert abs(again.first_intent_at - sent) < 400
