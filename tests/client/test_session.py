"""One place every call goes through: attempts, waits, tokens and their end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import pytest

import linkedin_media as lm
from linkedin_media import errors
from linkedin_media.client.attempts import Clock
from linkedin_media.client.session import LinkedInClient
from tests.client.stepped_clock import SteppedClock
from tests.raw_server import CANARY, Peer, RawServer, Script, always, everything_printed_about, header
from tests.waiting import eventually

IMAGE: Final = "urn:li:image:a"
FOUND: Final = b'{"id":"urn:li:image:a","status":"AVAILABLE"}'
POLICY: Final = lm.RetryPolicy(max_attempts=4, initial_delay=1.0, max_delay=8.0, retry_after_cap=60.0, deadline=100.0)
DRAFT: Final = lm.PostDraft(author="urn:li:person:a", commentary="Hi")


def client_of(
    server: RawServer, clock: SteppedClock | None = None, token: Any = CANARY, **options: Any
) -> LinkedInClient:
    client = lm.LinkedInClient(token, base_url=server.base_url, **{"version": "202609", "retry": POLICY} | options)
    if clock is not None:
        client.clock = clock.clock
    return client


Answer = tuple[int, bytes, *tuple[str, ...]]


def one_after_the_other(*answers: Answer | None) -> Script:
    """Answer the first request with the first of `answers`, and so on; the last one stays. None breaks the connection."""
    left = list(answers)

    async def script(peer: Peer) -> None:
        while await peer.request():
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer is None:
                return
            await peer.answer(*answer)

    return script


GOOD: Final[Answer] = (200, FOUND)


async def test_a_call_that_fails_for_now_is_repeated_after_growing_waits() -> None:
    clock = SteppedClock(chance=0.5)
    async with (
        RawServer(one_after_the_other((503, b""), None, (500, b""), GOOD)) as server,
        client_of(server, clock) as client,
    ):
        image = await client.images.get(IMAGE)

    assert image.available
    assert len(server.heads) == 4
    assert clock.slept == [0.5, 1.0, 2.0]


async def test_a_call_ends_with_its_last_error_after_its_attempts() -> None:
    async with RawServer(always(503, b'{"message":"down"}')) as server, client_of(server, SteppedClock()) as client:
        with pytest.raises(lm.ServerError, match="down"):
            await client.images.get(IMAGE)

    assert len(server.heads) == 4


@pytest.mark.parametrize("status", [302, 400, 403, 404, 422, 426])
async def test_a_refusal_for_good_is_asked_for_once(status: int) -> None:
    async with RawServer(always(status)) as server, client_of(server, SteppedClock()) as client:
        with pytest.raises(lm.ApiError) as caught:
            await client.images.get(IMAGE)

    assert caught.value.status == status
    assert len(server.heads) == 1


async def test_the_deadline_bounds_a_call_with_all_its_repeats_and_waits() -> None:
    clock = SteppedClock()
    patient = lm.RetryPolicy(max_attempts=1000, initial_delay=1.0, max_delay=8.0, deadline=30.0)
    async with RawServer(always(503)) as server, client_of(server, clock, retry=patient) as client:
        with pytest.raises(lm.ServerError):
            await client.images.get(IMAGE)

    assert clock.slept == [1, 2, 4, 8, 8]
    assert clock.passed <= 30


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        (["Retry-After: 2"], [2.0]),
        (["Retry-After: Tue, 01 Sep 2026 12:00:20 GMT"], [20.0]),
        (["Retry-After: 60"], [60.0]),
        (["Retry-After: inf"], [1.0]),
        (["Retry-After: -5"], [1.0]),
        (["Retry-After: 1e400"], [1.0]),
        (["Retry-After: 1000000000000"], [1.0]),
        (["Retry-After: soon"], [1.0]),
        ([], [1.0]),
    ],
)
async def test_retry_after_is_honoured_where_it_makes_sense(headers: list[str], waited: list[float]) -> None:
    clock = SteppedClock()
    async with RawServer(one_after_the_other((429, b"", *headers), GOOD)) as server, client_of(server, clock) as client:
        await client.images.get(IMAGE)

    assert clock.slept == waited


async def test_a_wait_longer_than_the_cap_is_told_instead_of_slept() -> None:
    clock = SteppedClock()
    async with RawServer(always(429, b"", "Retry-After: 61")) as server, client_of(server, clock) as client:
        with pytest.raises(lm.RateLimited) as caught:
            await client.images.get(IMAGE)

    assert (caught.value.retry_after, clock.slept, len(server.heads)) == (61.0, [], 1)


async def test_a_daily_limit_is_told_at_once_with_its_end() -> None:
    body = b'{"message":"Resource level throttle APPLICATION DAY limit for calls to this resource is reached."}'
    async with RawServer(always(429, body)) as server, client_of(server, SteppedClock()) as client:
        with pytest.raises(lm.RateLimited) as caught:
            await client.images.get(IMAGE)

    assert caught.value.resets_at == datetime(2026, 9, 2, tzinfo=UTC)
    assert len(server.heads) == 1


async def test_a_rate_limit_of_one_call_holds_all_calls_back() -> None:
    clock = SteppedClock()
    async with (
        RawServer(one_after_the_other((429, b"", "Retry-After: 5"), GOOD)) as server,
        client_of(server, clock) as client,
    ):
        client.throttle.pause(5, clock.passed)
        await client.images.get(IMAGE)

    assert clock.slept == [5.0, 5.0]


async def test_a_pause_that_is_prolonged_meanwhile_is_waited_for_to_its_end() -> None:
    clock = SteppedClock()
    async with RawServer(always(*GOOD)) as server, client_of(server, clock) as client:
        client.throttle.pause(3, clock.passed)

        async def prolong(seconds: float) -> None:
            if not clock.slept:
                client.throttle.pause(10, clock.passed)
            await clock.sleep(seconds)

        client.clock = Clock(now=clock.now, monotonic=lambda: clock.passed, sleep=prolong)
        await client.images.get(IMAGE)

    assert clock.passed == 10


async def test_a_pause_that_ends_too_late_means_nothing_was_sent() -> None:
    clock = SteppedClock()
    async with RawServer(always(201)) as server, client_of(server, clock) as client:
        client.throttle.pause(101, clock.passed)
        with pytest.raises(errors.NotSentInTime, match="after its deadline"):
            await client.posts.create(DRAFT)

    assert (clock.slept, server.connections) == ([], 0)


async def test_the_wait_for_a_rate_of_ones_own_choice_is_no_delay_of_the_call() -> None:
    async def unhurried(peer: Peer) -> None:
        while await peer.request():
            await asyncio.sleep(0.05)
            await peer.answer(*GOOD)

    clock = SteppedClock()
    async with RawServer(unhurried) as server, client_of(server, clock, max_calls_per_second=0.001) as client:
        for _ in range(3):
            await client.images.get(IMAGE)

    assert clock.slept == [1000, 1000]
    assert POLICY.deadline < 1000


async def test_an_outage_cannot_multiply_the_load() -> None:
    few = lm.RetryPolicy(max_attempts=4, initial_delay=0.001, quota=10)
    async with RawServer(always(503)) as server, client_of(server, SteppedClock(), retry=few) as client:
        outcomes = await asyncio.gather(*(client.images.get(IMAGE) for _ in range(50)), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {lm.ServerError}
    assert len(server.heads) == 50 + 10


# Tokens


class Provider:
    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        await asyncio.sleep(0.01)
        return self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]


def only_for(token: str) -> Script:
    async def script(peer: Peer) -> None:
        while head := await peer.request():
            if header(head, "Authorization") == f"Bearer {token}":
                await peer.answer(200, FOUND)
            else:
                await peer.answer(401, b'{"serviceErrorCode":65602,"message":"expired"}')

    return script


async def test_fifty_refusals_of_a_token_renew_it_once_and_each_call_is_repeated_once() -> None:
    provider = Provider("OLD", "NEW")
    async with RawServer(only_for("NEW")) as server, client_of(server, token=provider) as client:
        images = await asyncio.gather(*(client.images.get(IMAGE) for _ in range(50)))

    assert all(image.available for image in images)
    assert provider.asked == 2
    assert len(server.heads) == 100


async def test_a_token_that_is_refused_again_ends_the_call() -> None:
    provider = Provider("OLD", "OTHER")
    async with RawServer(only_for("NEW")) as server, client_of(server, token=provider) as client:
        with pytest.raises(lm.Unauthorized) as caught:
            await client.images.get(IMAGE)

    assert caught.value.service_error_code == 65602
    assert len(server.heads) == 2


async def test_a_fixed_token_that_is_refused_ends_the_call_at_once() -> None:
    async with RawServer(only_for("NEW")) as server, client_of(server) as client:
        with pytest.raises(lm.Unauthorized):
            await client.images.get(IMAGE)

    assert len(server.heads) == 1


async def test_a_provider_that_hangs_does_not_hang_the_call() -> None:
    async def provider() -> str:
        await asyncio.sleep(60)
        return "late"

    hasty = lm.RetryPolicy(deadline=0.05)
    async with RawServer(always(201)) as server, client_of(server, token=provider, retry=hasty) as client:
        with pytest.raises(errors.NotSentInTime, match="no access token came"):
            await client.posts.create(DRAFT)

    assert server.connections == 0


async def test_a_provider_that_gives_up_in_time_is_heard() -> None:
    async def provider() -> str:
        raise TimeoutError("vault")

    async with RawServer(always(201)) as server, client_of(server, token=provider) as client:
        with pytest.raises(TimeoutError, match="vault"):
            await client.images.get(IMAGE)


@pytest.mark.parametrize("status", [200, 400, 502])
@pytest.mark.parametrize("body", ["{0}", '{{"message":"you said {0}","code":"{0}"}}', "<p>{0}</p>"])
async def test_a_token_that_a_server_echoes_is_shown_to_nobody(status: int, body: str) -> None:
    echo = always(status, body.format(CANARY).encode())
    async with RawServer(echo) as server, client_of(server, SteppedClock()) as client:
        with pytest.raises(lm.LinkedInMediaError) as caught:
            await client.images.get(IMAGE)

    assert CANARY not in everything_printed_about(caught.value)
    assert CANARY not in f"{vars(caught.value)}"


# Posts


def sends(*lines: str) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.writer.write("\r\n".join(lines).encode())

    return script


async def silent(peer: Peer) -> None:
    await peer.request()
    await peer.left()


async def resets(peer: Peer) -> None:
    await peer.request()
    peer.reset()


@pytest.mark.parametrize(
    "script",
    [
        *(always(status) for status in (408, 500, 502, 503, 504)),
        silent,
        resets,
        sends(),
        sends("HTTP/1.1 201 Cre"),
        sends("HTTP/1.1 201 Created", "Content-Length: 10", "", "half"),
        sends("garbage", "", ""),
        always(201, b"x" * (1 << 21)),
        always(201, b"{}", "Content-Encoding: br"),
    ],
    ids=[
        *("408", "500", "502", "503", "504"),
        *("no answer", "reset", "closed", "half a head", "half a body", "garbage", "too long", "unasked encoding"),
    ],
)
async def test_a_post_in_doubt_is_told_as_such_and_sent_once(script: Script) -> None:
    quick = lm.Timeouts(call=0.3)
    draft = lm.PostDraft(author="urn:li:person:a", content=lm.ImageContent(IMAGE))
    async with RawServer(script) as server, client_of(server, SteppedClock(), timeouts=quick) as client:
        with pytest.raises(lm.PostOutcomeUnknown) as caught:
            await client.posts.create(draft)

    assert len(server.heads) == 1
    assert (caught.value.author, caught.value.images) == ("urn:li:person:a", (IMAGE,))
    assert caught.value.reason
    assert caught.value.__context__ is None
    assert CANARY not in everything_printed_about(caught.value)


CREATED: Final[Answer] = (201, b"", "x-restli-id: urn:li:share:1")


@pytest.mark.parametrize("refusal", [(429, b""), (429, b"", "Retry-After: 2"), (409, b'{"code":"CONFLICT"}')])
async def test_a_post_that_was_certainly_refused_is_sent_again(refusal: Answer) -> None:
    async with RawServer(one_after_the_other(refusal, CREATED)) as server, client_of(server, SteppedClock()) as client:
        post = await client.posts.create(DRAFT)

    assert post.id == "urn:li:share:1"
    assert len(server.heads) == 2


async def test_a_post_refused_for_its_token_is_sent_again_with_another() -> None:
    async with RawServer(only_for("NEW")) as server, client_of(server, token=Provider("OLD", "NEW")) as client:
        assert (await client.posts.create(DRAFT)).id is None

    assert len(server.heads) == 2


async def test_a_conflict_is_believed_once() -> None:
    async with RawServer(always(409)) as server, client_of(server, SteppedClock()) as client:
        with pytest.raises(lm.Conflict):
            await client.posts.create(DRAFT)

    assert len(server.heads) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 422, 426])
async def test_a_post_refused_for_good_is_sent_once_and_not_in_doubt(status: int) -> None:
    async with RawServer(always(status)) as server, client_of(server, SteppedClock()) as client:
        with pytest.raises(lm.ApiError):
            await client.posts.create(DRAFT)

    assert len(server.heads) == 1


async def test_a_post_that_could_not_be_sent_is_tried_again_and_not_in_doubt() -> None:
    clock = SteppedClock()
    async with RawServer(always(201)) as server:
        pass
    async with client_of(server, clock) as client:
        with pytest.raises(lm.ConnectionFailed):
            await client.posts.create(DRAFT)

    assert len(clock.slept) == 3


async def test_a_post_may_be_held_to_a_moment() -> None:
    clock = SteppedClock(passed=50.0)
    async with RawServer(always(201)) as server, client_of(server, clock) as client:
        with pytest.raises(errors.NotSentInTime):
            await client.posts.create(DRAFT, send_before=49.0)
        await client.posts.create(DRAFT, send_before=50.0)

    assert len(server.heads) == 1


@pytest.mark.parametrize("borrowed", [False, True], ids=["own session", "borrowed session"])
async def test_a_post_whose_time_passes_while_it_waits_for_a_connection_is_held_back(borrowed: bool) -> None:
    clock, go_on = SteppedClock(passed=50.0), asyncio.Event()

    async def script(peer: Peer) -> None:
        while await peer.request():
            await go_on.wait()
            await peer.answer(*GOOD)

    few = lm.Concurrency(initialize=1, upload=1, poll=1, post=1)
    async with (
        aiohttp.ClientSession() as session,
        RawServer(script) as server,
        client_of(server, clock, concurrency=few, session=session if borrowed else None) as client,
    ):
        others = [asyncio.create_task(client.images.get(IMAGE)) for _ in range(few.connections)]
        await eventually(lambda: len(server.heads) == few.connections)
        post = asyncio.create_task(client.posts.create(DRAFT, send_before=50.0))
        await asyncio.sleep(0.05)
        clock.passed = 50.1
        go_on.set()
        with pytest.raises(errors.NotSentInTime):
            await post
        await asyncio.gather(*others)

    assert not [head for head in server.heads if head.startswith(b"POST")]


async def test_an_empty_post_is_refused_before_anything_is_sent() -> None:
    async with RawServer(always(201)) as server, client_of(server) as client:
        with pytest.raises(lm.InvalidArgument):
            await client.posts.create(lm.PostDraft(author="urn:li:person:a"))

    assert server.connections == 0


# The client itself


def test_settings_come_from_arguments_then_the_environment_then_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LINKEDIN_ACCESS_TOKEN", "LINKEDIN_VERSION", "LINKEDIN_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    default = lm.LinkedInClient("AQX")
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", "AQY")
    monkeypatch.setenv("LINKEDIN_VERSION", "202601")
    monkeypatch.setenv("LINKEDIN_BASE_URL", "http://127.0.0.1:8080")
    ambient = lm.LinkedInClient()
    explicit = lm.LinkedInClient("AQX", version="202602", base_url="http://localhost:1")

    assert [(client.version, str(client.base_url)) for client in (default, ambient, explicit)] == [
        (lm.DEFAULT_VERSION, "https://api.linkedin.com"),
        ("202601", "http://127.0.0.1:8080"),
        ("202602", "http://localhost:1"),
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"version": "tomorrow"},
        {"version": 202609},
        {"base_url": "http://api.linkedin.com"},
        {"max_calls_per_second": 0},
        {"access_token": "with space"},
        {"articles_path": "articles"},
    ],
)
def test_a_setting_that_cannot_be_right_is_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(lm.InvalidArgument):
        lm.LinkedInClient(**{"access_token": "AQX"} | options)


def test_a_client_shows_where_it_calls_and_no_token() -> None:
    client = lm.LinkedInClient(CANARY, version="202609", base_url="http://127.0.0.1:1")

    assert repr(client) == "LinkedInClient(base_url='http://127.0.0.1:1', version='202609')"
    assert CANARY not in f"{client.images!r} {client.posts!r} {client.tokens!r} {client.transport!r}"


async def test_a_borrowed_session_stays_open() -> None:
    async with aiohttp.ClientSession() as session, RawServer(always(*GOOD)) as server:
        async with client_of(server, session=session) as client:
            await client.images.get(IMAGE)
        assert not session.closed


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.images.get(IMAGE),
        lambda client: client.images.upload(lm.InitializedUpload(image=IMAGE, upload_url="https://x"), "a.png"),
    ],
    ids=["get", "upload"],
)
async def test_a_closed_client_says_so(use: Callable[[LinkedInClient], Awaitable[Any]]) -> None:
    client = lm.LinkedInClient("AQX", base_url="http://127.0.0.1:1")
    await client.aclose()

    with pytest.raises(lm.InvalidArgument, match="closed"):
        await use(client)
    await client.aclose()


async def test_a_call_that_is_cut_off_by_closing_the_client_is_not_repeated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = SteppedClock()
    async with RawServer(silent) as server, client_of(server, clock) as client:
        call = asyncio.create_task(client.images.get(IMAGE))
        await eventually(lambda: bool(server.heads))
        await client.aclose()

        with pytest.raises(lm.ConnectionLost):
            await call

    assert clock.slept == []
    assert not caplog.records


async def test_a_client_leaves_no_connection_behind() -> None:
    left = []

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(*GOOD)
        left.append(await peer.left())

    async with RawServer(script) as server:
        async with client_of(server) as client:
            await client.images.get(IMAGE)
        await eventually(lambda: bool(left))


async def test_something_may_be_awaited_before_each_attempt() -> None:
    asked: list[int] = []

    async def before() -> None:
        asked.append(1)

    async with RawServer(one_after_the_other((503, b""), GOOD)) as server, client_of(server, SteppedClock()) as client:
        client.before_call = before
        await client.images.get(IMAGE)

    assert len(asked) == 2


async def test_the_second_delete_after_a_lost_answer_finds_nothing_and_is_content() -> None:
    async with RawServer(one_after_the_other(None, (404, b""))) as server, client_of(server, SteppedClock()) as client:
        await client.posts.delete("urn:li:share:1")

    assert len(server.heads) == 2
