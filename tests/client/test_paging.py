"""Pages: asked for when they are needed, until there are no more."""

from __future__ import annotations

from typing import Any

import pytest

from linkedin_media.client.paging import Pages, Query
from linkedin_media.errors import InvalidArgument, LinkedInMediaError, ServerError, UnexpectedReply
from linkedin_media.model.collection import Page
from linkedin_media.protocol import replies
from linkedin_media.protocol.wire import Request, Response, RestliMethod
from tests.client.scripted import ScriptedClient, ok


def build(*, start: int, name: str = "things") -> Request:
    if start < 0:
        raise InvalidArgument("start must not be negative")
    return Request(restli_method=RestliMethod.FINDER, resource=name, path=f"/rest/{name}", query=f"start={start}")


def parse(_: Request, response: Response, start: int) -> Page[Any]:
    return replies.read_page(response, lambda element: element)


def page(*elements: Any, then: int | None = None) -> Response:
    links = [] if then is None else [{"rel": "next", "href": f"/rest/things?start={then}&count=2"}]
    return ok({"elements": elements, "paging": {"start": 0, "count": 2, "links": links}})


def scripted(*answers: Response | LinkedInMediaError) -> ScriptedClient:
    queue = list(answers)
    return ScriptedClient(lambda request: queue.pop(0))


def pages_of(client: ScriptedClient, *names: str, start: int = 0) -> Pages[Any]:
    queries = [
        Query(build=lambda *, start, name=name: build(start=start, name=name), parse=parse)
        for name in names or ("things",)
    ]
    return Pages(client, queries, start)


def starts(client: ScriptedClient) -> list[str]:
    return [request.query for request in client.sent]


async def read_into(seen: list[Any], pages: Pages[Any]) -> None:
    async for element in pages:
        seen.append(element)  # noqa: PERF401 -- extend() would lose what came before a failure


async def test_elements_come_one_by_one_over_all_pages() -> None:
    client = scripted(page(1, 2, then=2), page(3, 4, then=4), page(5))

    assert [element async for element in pages_of(client)] == [1, 2, 3, 4, 5]
    assert starts(client) == ["start=0", "start=2", "start=4"]


async def test_pages_come_whole() -> None:
    client = scripted(page(1, 2, then=2), page(3))

    assert [list(found) async for found in pages_of(client).by_page()] == [[1, 2], [3]]


async def test_a_short_page_is_not_the_last_one() -> None:
    client = scripted(page(1, then=2), page(2, 3))

    assert [element async for element in pages_of(client)] == [1, 2, 3]
    assert starts(client) == ["start=0", "start=2"]


async def test_an_empty_page_is_the_last_one_whatever_it_links_to() -> None:
    client = scripted(page(1, 2, then=2), page(then=4))

    assert [element async for element in pages_of(client)] == [1, 2]


async def test_nothing_found_is_no_page() -> None:
    assert [found async for found in pages_of(scripted(page())).by_page()] == []


async def test_a_page_is_not_asked_for_before_it_is_needed() -> None:
    client = scripted(page(1, 2, then=2))

    pages = pages_of(client)
    assert client.sent == []

    async for element in pages:
        if element == 2:
            break
    assert starts(client) == ["start=0"]


async def test_each_loop_asks_anew() -> None:
    client = scripted(page(1), page(2))
    pages = pages_of(client)

    assert [element async for element in pages] == [1]
    assert [element async for element in pages] == [2]


async def test_a_loop_can_begin_in_the_middle() -> None:
    client = scripted(page(3))

    assert [element async for element in pages_of(client, start=2)] == [3]
    assert starts(client) == ["start=2"]


async def test_several_queries_are_read_one_after_the_other() -> None:
    client = scripted(page(1, then=1), page(2), page(3))

    assert [element async for element in pages_of(client, "a", "b")] == [1, 2, 3]
    assert [request.target for request in client.sent] == ["/rest/a?start=0", "/rest/a?start=1", "/rest/b?start=0"]


def test_what_linkedin_would_refuse_is_refused_before_the_loop() -> None:
    with pytest.raises(InvalidArgument, match="negative"):
        pages_of(scripted(), start=-1)


@pytest.mark.parametrize("back", [0, 2])
async def test_a_page_that_leads_back_ends_the_loop_with_an_error(back: int) -> None:
    client = scripted(page(1, 2, then=2), page(3, 4, then=back))
    seen: list[int] = []

    with pytest.raises(UnexpectedReply, match=f"the page from 2 leads back to {back}"):
        await read_into(seen, pages_of(client))

    assert seen == [1, 2, 3, 4]


async def test_what_came_before_a_failure_has_been_given() -> None:
    client = scripted(page(1, 2, then=2), ServerError("down", status=500))
    seen: list[int] = []

    with pytest.raises(ServerError):
        await read_into(seen, pages_of(client))

    assert seen == [1, 2]
