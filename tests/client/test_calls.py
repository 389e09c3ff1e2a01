"""Each documented call of images and posts: what leaves, to the byte, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs
import pytest
from aioresponses import aioresponses
from yarl import URL

import linkedin_media as lm
from linkedin_media.client.session import LinkedInClient
from tests.client.test_session import client_of
from tests.protocol.answers import sample
from tests.raw_server import CANARY, RawServer, always, header

OWNER: Final = "urn:li:organization:5583111"
ACCOUNT: Final = "urn:li:sponsoredAccount:123456789"
ONE, TWO = "urn:li:image:C4E10AQFn10iWtKexVA", "urn:li:image:C4E10AQFgOYeVoHFeBw"
POST, OTHER = "urn:li:share:6927408039457087488", "urn:li:share:6927408326569783296"


@attrs.frozen
class Documented:
    """One call of the pages: how it is made, what leaves, what is answered."""

    make: Callable[[LinkedInClient], Awaitable[Any]]
    line: str
    restli_method: str
    body: Any = None
    status: int = 200
    answer: Any = None


async def everything(pages: Any) -> list[Any]:
    return [element async for element in pages]


CALLS: Final = {
    "images.initialize_upload": Documented(
        lambda client: client.images.initialize_upload(OWNER),
        "POST /rest/images?action=initializeUpload",
        "ACTION",
        body=sample("initialize_upload_request"),
        answer=sample("initialize_upload"),
    ),
    "images.initialize_upload into a library": Documented(
        lambda client: client.images.initialize_upload(
            "urn:li:organization:2414183", media_library=lm.MediaLibraryMetadata(ACCOUNT, "My media library asset")
        ),
        "POST /rest/images?action=initializeUpload",
        "ACTION",
        body=sample("initialize_upload_library_request"),
        answer=sample("initialize_upload"),
    ),
    "images.get": Documented(
        lambda client: client.images.get(ONE),
        "GET /rest/images/urn%3Ali%3Aimage%3AC4E10AQFn10iWtKexVA",
        "GET",
        answer=sample("get_image"),
    ),
    "images.batch_get": Documented(
        lambda client: client.images.batch_get([ONE, TWO]),
        "GET /rest/images?ids=List(urn%3Ali%3Aimage%3AC4E10AQFn10iWtKexVA,urn%3Ali%3Aimage%3AC4E10AQFgOYeVoHFeBw)",
        "BATCH_GET",
        answer=sample("batch_get_images"),
    ),
    "images.partial_update": Documented(
        lambda client: client.images.partial_update(
            "urn:li:image:C5510AQEB1AGuxQ1NEA",
            account=ACCOUNT,
            asset_name="updated name",
            status=lm.MediaLibraryStatus.ARCHIVED,
            check="never",
        ),
        "POST /rest/images/urn%3Ali%3Aimage%3AC5510AQEB1AGuxQ1NEA"
        "?associatedAccount=urn%3Ali%3AsponsoredAccount%3A123456789",
        "PARTIAL_UPDATE",
        body=sample("partial_update_image_request"),
        status=204,
    ),
    "posts.create": Documented(
        lambda client: client.posts.create(
            lm.PostDraft(
                author="urn:li:organization:5515715",
                commentary="test strings!",
                content=lm.ImageContent("urn:li:image:C5610AQFj6TdYowm17w", alt_text="testing for alt tags"),
            )
        ),
        "POST /rest/posts",
        "CREATE",
        body=sample("create_post_request"),
        status=201,
    ),
    "posts.get": Documented(
        lambda client: client.posts.get(POST, view_context="AUTHOR"),
        "GET /rest/posts/urn%3Ali%3Ashare%3A6927408039457087488?viewContext=AUTHOR",
        "GET",
        answer=sample("get_post"),
    ),
    "posts.batch_get": Documented(
        lambda client: client.posts.batch_get([POST, OTHER]),
        "GET /rest/posts?ids=List(urn%3Ali%3Ashare%3A6927408039457087488,urn%3Ali%3Ashare%3A6927408326569783296)",
        "BATCH_GET",
        answer=sample("batch_get_posts"),
    ),
    "posts.find_by_author": Documented(
        lambda client: everything(client.posts.find_by_author(OWNER, sort_by="CREATED", count=10)),
        "GET /rest/posts?author=urn%3Ali%3Aorganization%3A5583111&count=10&q=author&sortBy=CREATED&start=0",
        "FINDER",
        answer={"elements": []},
    ),
    "posts.partial_update": Documented(
        lambda client: client.posts.partial_update(POST, commentary="New"),
        "POST /rest/posts/urn%3Ali%3Ashare%3A6927408039457087488",
        "PARTIAL_UPDATE",
        body={"patch": {"$set": {"commentary": "New"}}},
        status=204,
    ),
    "posts.delete": Documented(
        lambda client: client.posts.delete(POST),
        "DELETE /rest/posts/urn%3Ali%3Ashare%3A6927408039457087488",
        "DELETE",
        status=204,
    ),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@each_call
async def test_a_call_leaves_exactly_as_documented(call: Documented) -> None:
    answer = b"" if call.answer is None else json.dumps(call.answer).encode()
    async with RawServer(always(call.status, answer)) as server, client_of(server) as client:
        await call.make(client)

    (head,) = server.heads
    assert head.decode().partition(" HTTP/1.1\r\n")[0] == call.line
    assert (json.loads(server.bodies[0]) if server.bodies[0] else None) == call.body
    expected = {
        "Authorization": f"Bearer {CANARY}",
        "LinkedIn-Version": "202609",
        "X-Restli-Protocol-Version": "2.0.0",
        "X-RestLi-Method": call.restli_method,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Content-Type": "application/json" if call.body else None,
        "Transfer-Encoding": None,
        "Cookie": None,
    }
    assert {name: header(head, name) for name in expected} == expected


@each_call
async def test_a_call_is_made_once(call: Documented) -> None:
    answer = b"" if call.answer is None else json.dumps(call.answer).encode()
    async with RawServer(always(call.status, answer)) as server, client_of(server) as client:
        await call.make(client)

    assert len(server.heads) == 1


@pytest.fixture
def linkedin(mocked_http: aioresponses) -> aioresponses:
    """LinkedIn itself, played by aioresponses."""
    return mocked_http


API: Final = "https://api.linkedin.com"
OF_ONE: Final = URL(f"{API}/rest/images/urn%3Ali%3Aimage%3AC4E10AQFn10iWtKexVA", encoded=True)


def sent(mocked: aioresponses, method: str) -> dict[str, Any]:
    ((_, calls),) = [(key, calls) for key, calls in mocked.requests.items() if key[0] == method]
    return dict(calls[0].kwargs)


async def test_a_registered_upload_comes_back_as_a_value(linkedin: aioresponses) -> None:
    linkedin.post(f"{API}/rest/images?action=initializeUpload", payload=sample("initialize_upload"))
    async with lm.LinkedInClient("AQX", version="202609") as client:
        started = await client.images.initialize_upload(OWNER)

    assert started.image == "urn:li:image:C4E10AQFoyyAjHPMQuQ"
    assert started.upload_url.startswith("https://www.linkedin.com/dms-uploads/")
    assert sent(linkedin, "POST")["headers"]["Authorization"] == "Bearer AQX"
    assert sent(linkedin, "POST")["allow_redirects"] is False


async def test_an_image_comes_back_as_a_value(linkedin: aioresponses) -> None:
    linkedin.get(OF_ONE, payload=sample("get_image"))
    async with lm.LinkedInClient("AQX") as client:
        image = await client.images.get(ONE)

    assert (image.id, image.status, image.available) == (ONE, lm.MediaStatus.AVAILABLE, True)


async def test_a_post_that_was_created_comes_back_with_its_address(linkedin: aioresponses) -> None:
    linkedin.post(f"{API}/rest/posts", status=201, headers={"x-linkedin-id": "urn:li:share:6876614985750310912"})
    async with lm.LinkedInClient("AQX") as client:
        post = await client.posts.create(lm.PostDraft(author=OWNER, commentary="Hi"))

    assert post.id == "urn:li:share:6876614985750310912"
    assert post.url == "https://www.linkedin.com/feed/update/urn:li:share:6876614985750310912/"


async def test_the_error_of_the_page_comes_back_as_a_typed_one(linkedin: aioresponses) -> None:
    linkedin.get(OF_ONE, status=403, payload=sample("forbidden"), headers={"x-li-uuid": "AAY"})
    async with lm.LinkedInClient("AQX") as client:
        with pytest.raises(lm.Forbidden) as caught:
            await client.images.get(ONE)

    assert caught.value.message == sample("forbidden")["message"]
    assert (caught.value.request_id, caught.value.method, caught.value.resource) == ("AAY", "GET", "images")
    assert "w_member_social alone may only write" in caught.value.hint


async def test_a_dead_network_comes_back_as_a_typed_error(linkedin: aioresponses) -> None:
    async with lm.LinkedInClient("AQX", retry=lm.RetryPolicy(max_attempts=1)) as client:
        with pytest.raises(lm.ConnectionLost):
            await client.images.get(ONE)

    assert list(linkedin.requests) == [("GET", OF_ONE)]
