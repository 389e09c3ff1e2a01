"""Getting many: chunked, a few calls at once, and nothing asked for goes missing."""

from __future__ import annotations

from typing import Any

import pytest

from linkedin_media.client.batching import BatchGet
from linkedin_media.errors import (
    ConnectionLost,
    Forbidden,
    InvalidArgument,
    LinkedInMediaError,
    NotFound,
    ServerError,
    Unauthorized,
    VersionSunset,
)
from linkedin_media.options import Concurrency
from linkedin_media.protocol import articles
from linkedin_media.protocol.wire import Request, Response, RestliMethod
from tests.client.scripted import NOW, ScriptedClient, forbidden, ok

NO_BATCH = "Not enough permissions to access: originalArticles.BATCH_GET.NO_VERSION"
NO_GET = "Not enough permissions to access: originalArticles.GET.NO_VERSION"


def everything(request: Request) -> Response:
    """Answer for every article asked for."""
    if request.restli_method is RestliMethod.GET:
        return ok({"id": key_of(request)})
    return ok({"results": {str(key): {"id": key} for key in keys_of(request)}})


def keys_of(request: Request) -> list[int]:
    listed = request.query.removeprefix("ids=List(").removesuffix(")")
    return [int(key) for key in listed.split(",")]


def key_of(request: Request) -> int:
    return int(request.path.rpartition("/")[2])


def batch_on(client: ScriptedClient) -> BatchGet[int, Any]:
    async def get(key: int) -> Any:
        request = articles.build_get(key)
        return articles.parse_get(request, await client.send(request), NOW)

    return BatchGet(client=client, get=get, build=articles.build_batch_get, parse=articles.parse_batch_get)


def calls(client: ScriptedClient) -> list[str]:
    return [request.restli_method.value for request in client.sent]


async def test_many_keys_are_asked_for_in_chunks() -> None:
    client = ScriptedClient(everything)

    batch = await batch_on(client).all(range(1, 8), size=3)

    assert list(batch.results) == [1, 2, 3, 4, 5, 6, 7]
    assert batch.errors == {}
    assert calls(client) == ["BATCH_GET", "BATCH_GET", "GET"]
    assert [keys_of(request) for request in client.sent[:2]] == [[1, 2, 3], [4, 5, 6]]


async def test_a_key_given_twice_is_asked_for_once() -> None:
    client = ScriptedClient(everything)

    batch = await batch_on(client).all([2, 1, 2])

    assert list(batch.results) == [2, 1]
    assert keys_of(client.sent[0]) == [2, 1]


async def test_no_keys_are_no_call() -> None:
    client = ScriptedClient(everything)

    assert len(await batch_on(client).all([])) == 0
    assert client.sent == []


@pytest.mark.parametrize("size", [0, -1])
async def test_a_chunk_has_at_least_one_key(size: int) -> None:
    with pytest.raises(InvalidArgument, match="batch_size"):
        await batch_on(ScriptedClient(everything)).all([1], size=size)


@pytest.mark.parametrize("failure", [ServerError("down", status=500), ConnectionLost("reset")], ids=["500", "network"])
async def test_a_call_that_fails_marks_its_own_keys_only(failure: LinkedInMediaError) -> None:
    client = ScriptedClient(lambda request: failure if request.query.endswith("List(3,4)") else everything(request))

    batch = await batch_on(client).all(range(1, 8), size=2)

    assert list(batch.results) == [1, 2, 5, 6, 7]
    assert batch.errors == {3: failure, 4: failure}


async def test_a_single_key_that_fails_is_marked_too() -> None:
    gone, reset = NotFound("Could not find entity", status=404), ConnectionLost("reset")

    assert (await batch_on(ScriptedClient(lambda _: gone)).all([1])).errors == {1: gone}
    assert (await batch_on(ScriptedClient(lambda _: reset)).all([1])).errors == {1: reset}


@pytest.mark.parametrize("keys", [[1], [1, 2]], ids=["one", "two"])
@pytest.mark.parametrize(
    "failure", [Unauthorized("expired", status=401), VersionSunset("gone", status=426)], ids=["401", "426"]
)
async def test_what_concerns_every_call_is_raised(keys: list[int], failure: LinkedInMediaError) -> None:
    with pytest.raises(type(failure)) as caught:
        await batch_on(ScriptedClient(lambda _: failure)).all(keys)

    assert caught.value is failure


async def test_what_a_token_provider_raises_comes_out_as_it_is() -> None:
    def broken(_: Request) -> Response:
        raise LookupError("no token today")

    with pytest.raises(LookupError, match="no token today"):
        await batch_on(ScriptedClient(broken)).all(range(10), size=2)


async def test_where_batches_are_refused_keys_are_asked_for_one_by_one() -> None:
    def development_tier(request: Request) -> Response | LinkedInMediaError:
        return forbidden(NO_BATCH) if request.restli_method is RestliMethod.BATCH_GET else everything(request)

    client = ScriptedClient(development_tier, concurrency=Concurrency(poll=1))

    batch = await batch_on(client).all(range(1, 7), size=2)

    assert list(batch.results) == [1, 2, 3, 4, 5, 6]
    assert calls(client) == ["BATCH_GET", *["GET"] * 6]


async def test_a_token_that_may_not_read_at_all_is_not_asked_again_and_again() -> None:
    def write_only(request: Request) -> LinkedInMediaError:
        return forbidden(NO_BATCH if request.restli_method is RestliMethod.BATCH_GET else NO_GET)

    client = ScriptedClient(write_only, concurrency=Concurrency(poll=1))

    batch = await batch_on(client).all(range(1, 101), size=10)

    assert len(batch.errors) == 100
    assert all(isinstance(error, Forbidden) and "GET" in error.message for error in batch.errors.values())
    assert calls(client) == ["BATCH_GET", "GET"]


async def test_an_entity_of_somebody_else_says_nothing_about_the_others() -> None:
    def not_ours(request: Request) -> Response | LinkedInMediaError:
        if request.restli_method is RestliMethod.BATCH_GET:
            return forbidden(NO_BATCH)
        return forbidden("this one is not yours") if key_of(request) == 1 else everything(request)

    batch = await batch_on(ScriptedClient(not_ours)).all([1, 2, 3])

    assert list(batch.results) == [2, 3]
    assert list(batch.errors) == [1]


async def test_a_few_calls_are_under_way_at_once() -> None:
    import asyncio

    under_way = most = 0

    class Slow(ScriptedClient):
        async def send(self, request: Request) -> Response:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.001)
            under_way -= 1
            return await super().send(request)

    batch = await batch_on(Slow(everything, concurrency=Concurrency(poll=3))).all(range(40), size=2)

    assert len(batch.results) == 40
    assert most == 3
