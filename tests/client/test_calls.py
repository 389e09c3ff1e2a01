"""Every documented call, as it leaves for LinkedIn: verb, address, headers, body (images-api.txt, articles-api.txt)."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

import linkedin_media as lm

if TYPE_CHECKING:
    from aioresponses import aioresponses
    from yarl import URL

IMAGE, IMAGE_2 = "urn:li:image:C4E10AQFn10iWtKexVA", "urn:li:image:C4E10AQFgOYeVoHFeBw"
POST, POST_2 = "urn:li:share:6876614985750310912", "urn:li:share:6927408039457087488"
ACCOUNT, AUTHOR = "urn:li:sponsoredAccount:123456789", "urn:li:organization:5515715"
NEWS: Final = "urn:li:article:7152306650999999"
API: Final = "https://api.linkedin.com"
STARTED: Final = {
    "value": {"image": IMAGE, "uploadUrl": "https://www.linkedin.com/dms-uploads/x", "uploadUrlExpiresAt": 1}
}
PAGE: Final[dict[str, Any]] = {"elements": []}


@attrs.frozen
class Documented:
    """A call of the library, and what the page shows of it; addresses are compared decoded, as the mock has them."""

    call: Callable[[lm.LinkedInClient], Awaitable[Any]]
    method: str
    address: str
    restli_method: str
    answer: dict[str, Any] = attrs.field(factory=dict)
    body: dict[str, Any] | None = None


async def everything(pages: lm.Pages[Any]) -> list[Any]:
    return [element async for element in pages]


CALLS: Final = {
    "initialize": Documented(
        lambda client: client.images.initialize_upload("urn:li:organization:5583111"),
        "POST",
        "/rest/images?action=initializeUpload",
        "ACTION",
        STARTED,
        {"initializeUploadRequest": {"owner": "urn:li:organization:5583111"}},
    ),
    "image": Documented(lambda client: client.images.get(IMAGE), "GET", f"/rest/images/{IMAGE}", "GET", {"id": IMAGE}),
    "images": Documented(
        lambda client: client.images.batch_get([IMAGE, IMAGE_2]),
        "GET",
        f"/rest/images?ids=List({IMAGE},{IMAGE_2})",
        "BATCH_GET",
        {"results": {}},
    ),
    "rename and archive": Documented(
        lambda client: client.images.partial_update(
            IMAGE, account=ACCOUNT, asset_name="updated name", status="ARCHIVED", check="never"
        ),
        "POST",
        f"/rest/images/{IMAGE}?associatedAccount={ACCOUNT}",
        "PARTIAL_UPDATE",
        body={
            "patch": {"mediaLibraryMetadata": {"$set": {"assetName": "updated name", "mediaLibraryStatus": "ARCHIVED"}}}
        },
    ),
    "library": Documented(
        lambda client: everything(client.images.find_by_associated_account(ACCOUNT, status="ACTIVE", count=1)),
        "GET",
        f"/rest/images?associatedAccount={ACCOUNT}&count=1&mediaLibraryStatus=(value:ACTIVE)&q=associatedAccount&start=0",
        "FINDER",
        PAGE,
    ),
    "post": Documented(lambda client: client.posts.get(POST), "GET", f"/rest/posts/{POST}", "GET", {"id": POST}),
    "posts": Documented(
        lambda client: client.posts.batch_get([POST, POST_2]),
        "GET",
        f"/rest/posts?ids=List({POST},{POST_2})",
        "BATCH_GET",
        {"results": {}},
    ),
    "author": Documented(
        lambda client: everything(client.posts.find_by_author(AUTHOR, count=10)),
        "GET",
        f"/rest/posts?author={AUTHOR}&count=10&q=author&sortBy=LAST_MODIFIED&start=0",
        "FINDER",
        PAGE,
    ),
    "new text": Documented(
        lambda client: client.posts.partial_update(POST, commentary="Hi"),
        "POST",
        f"/rest/posts/{POST}",
        "PARTIAL_UPDATE",
        body={"patch": {"$set": {"commentary": "Hi"}}},
    ),
    "delete": Documented(lambda client: client.posts.delete(POST), "DELETE", f"/rest/posts/{POST}", "DELETE"),
    "article": Documented(
        lambda client: client.articles.get(1, convert_vector_urns=False),
        "GET",
        "/v2/originalArticles/1?convertVectorUrns=false",
        "GET",
        {"id": 1},
    ),
    "articles": Documented(
        lambda client: client.articles.batch_get([1, 2]),
        "GET",
        "/v2/originalArticles?ids=List(1,2)",
        "BATCH_GET",
        {"results": {}},
    ),
    "my articles": Documented(
        lambda client: everything(client.articles.find_by_authors()),
        "GET",
        "/v2/originalArticles?q=authors",
        "FINDER",
        PAGE,
    ),
    "permlinks": Documented(
        lambda client: everything(client.articles.find_by_permlinks(["a-b", "c"])),
        "GET",
        "/v2/originalArticles?permlinks=List(a-b,c)&q=permlinks",
        "FINDER",
        PAGE,
    ),
    "delete an article": Documented(
        lambda client: client.articles.delete(1), "DELETE", "/v2/originalArticles/1", "DELETE"
    ),
    "comments": Documented(
        lambda client: everything(client.social_actions.comments(NEWS)),
        "GET",
        f"/v2/socialActions/{NEWS}/comments",
        "GET_ALL",
        PAGE,
    ),
    "likes": Documented(
        lambda client: everything(client.social_actions.likes(NEWS)),
        "GET",
        f"/v2/socialActions/{NEWS}/likes",
        "GET_ALL",
        PAGE,
    ),
    "summary": Documented(
        lambda client: client.social_actions.summary(NEWS), "GET", f"/v2/socialActions/{NEWS}", "GET"
    ),
}


@pytest.mark.parametrize("documented", CALLS.values(), ids=CALLS)
async def test_a_call_leaves_as_documented(documented: Documented, mocked_http: aioresponses) -> None:
    mocked_http.add(re.compile(f"{API}/.*"), documented.method, body=json.dumps(documented.answer))

    async with lm.LinkedInClient("a-token", version="202609", base_url=API) as client:
        await documented.call(client)

    (((method, url), (request,)),) = mocked_http.requests.items()
    assert (method, plain(url)) == (documented.method, API + documented.address)
    headers = request.kwargs["headers"]
    assert headers["X-RestLi-Method"] == documented.restli_method
    assert headers["X-Restli-Protocol-Version"] == "2.0.0"
    assert headers["Authorization"] == "Bearer a-token"
    assert headers.get("LinkedIn-Version") == ("202609" if documented.address.startswith("/rest/") else None)
    body = request.kwargs["data"]
    assert (json.loads(body) if body else None) == documented.body


def plain(url: URL) -> str:
    """The address without any percent-encoding, its parameters sorted."""
    base, _, query = str(url.human_repr()).partition("?")
    return f"{base}?{'&'.join(sorted(query.split('&')))}" if query else base
