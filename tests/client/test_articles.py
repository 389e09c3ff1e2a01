"""Articles over the wire: read, listed, deleted (articles-api.txt)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

import linkedin_media as lm
from linkedin_media.simulator import Answer, CommitThenDrop, Fault, Mutate
from tests.client.library import calls, client_of, targets

if TYPE_CHECKING:
    from linkedin_media.simulator import ThreadedSimulator

AWESOME: Final = 6217134937280131072
TESTING: Final = 6248272202878201856
NEW_MEDIA: Final = 6363802076731973632
STREAMS: Final = lm.Projection("title", lm.P("displayImage").decorate("playableStreams"))
NO_SUCH: Final = {"status": 404, "code": "NOT_FOUND", "message": "Could not find entity"}


@pytest.fixture
async def client(linkedin_simulator: ThreadedSimulator) -> Any:
    async with client_of(linkedin_simulator) as client:
        yield client


async def test_an_article_is_read(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    article = await client.articles.get(AWESOME)

    assert (article.id, article.title) == (AWESOME, "An Awesome Publishing Article")
    (call,) = linkedin_simulator.journal
    assert call.raw_path == f"/v2/originalArticles/{AWESOME}"
    assert "LinkedIn-Version" not in call.headers
    assert call.headers["X-Restli-Protocol-Version"] == "2.0.0"
    assert call.verdicts == ()


async def test_new_media_are_read_as_they_are(client: lm.LinkedInClient) -> None:
    article = await client.articles.get(NEW_MEDIA, convert_vector_urns=False)

    assert article.display_image == "urn:li:digitalmediaAsset:C5400AQENYhjODZ9eRw"
    with pytest.raises(lm.InvalidArgument, match="no address"):
        lm.media_url(article.display_image)


async def test_new_media_are_resolved_where_a_projection_asks(client: lm.LinkedInClient) -> None:
    article = await client.articles.get(NEW_MEDIA, convert_vector_urns=False, projection=STREAMS)

    stream = article.decorations["displayImage"].stream(500)
    assert stream is not None
    assert stream.size == (800, 533)
    assert article.id == NEW_MEDIA
    assert article.decoration_errors == {}


async def test_a_urn_that_does_not_resolve_is_an_error_beside_the_article(client: lm.LinkedInClient) -> None:
    article = await client.articles.get(AWESOME, projection=STREAMS)

    error = article.decoration_errors["displayImage"]
    assert isinstance(error, lm.NotFound)
    assert (error.method, error.resource) == ("GET", "originalArticles")
    assert error.request_id
    assert article.title == "An Awesome Publishing Article"


async def test_many_articles_are_got_by_number_digits_and_urn(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    batch = await client.articles.batch_get([AWESOME, str(TESTING), f"urn:li:linkedInArticle:{AWESOME}", 5])

    assert list(batch.results) == [AWESOME, TESTING]
    assert isinstance(batch.errors[5], lm.NotFound)
    assert targets(linkedin_simulator, "originalArticles.batch_get") == [
        f"/v2/originalArticles?ids=List({AWESOME},{TESTING},5)"
    ]


async def test_one_of_many_is_got_alone_and_read_alike(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    batch = await client.articles.batch_get([NEW_MEDIA], convert_vector_urns=False, projection=STREAMS)

    assert batch[NEW_MEDIA].decorations["displayImage"].streams
    assert calls(linkedin_simulator) == ["originalArticles.get"]


async def test_a_batch_is_asked_for_in_chunks(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    batch = await client.articles.batch_get(range(1, 6), batch_size=2, convert_vector_urns=False)

    assert len(batch.errors) == 5
    assert sorted(targets(linkedin_simulator, "originalArticles.batch_get")) == [
        "/v2/originalArticles?convertVectorUrns=false&ids=List(1,2)",
        "/v2/originalArticles?convertVectorUrns=false&ids=List(3,4)",
    ]


async def test_my_articles_are_listed_newest_first(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    found = client.articles.find_by_authors()

    assert [article.id async for article in found] == [TESTING, AWESOME]
    assert targets(linkedin_simulator, "originalArticles.finder") == ["/v2/originalArticles?q=authors"]


async def test_my_articles_are_listed_page_by_page(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    pages = [page async for page in client.articles.find_by_authors(count=1).by_page()]

    assert [page.total for page in pages] == [2, 2]
    assert [article.id for page in pages for article in page] == [TESTING, AWESOME]
    assert targets(linkedin_simulator, "originalArticles.finder")[1].endswith("count=1&q=authors&start=1")


async def test_pages_without_links_are_followed_by_their_total(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    linkedin_simulator.faults.add(
        Fault(on="originalArticles.finder", action=Mutate(replace={r'"links":\[.*?\]': '"links":[]'}), when="after")
    )

    assert [article.id async for article in client.articles.find_by_authors(count=1)] == [TESTING, AWESOME]


async def test_decorated_articles_are_listed(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    found = client.articles.find_by_permlinks(["article-with-new"], convert_vector_urns=False, projection=STREAMS)

    (article,) = [article async for article in found]
    assert article.decorations["displayImage"].streams
    assert "elements%2A%28title" in targets(linkedin_simulator, "originalArticles.finder")[0]


async def test_articles_are_found_by_their_permlinks(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    found = client.articles.find_by_permlinks(["awesome-publishing-article", "testing-a-new-article", "gone"])

    assert [article.id async for article in found] == [TESTING, AWESOME]
    assert targets(linkedin_simulator, "originalArticles.finder") == [
        "/v2/originalArticles?permlinks=List(awesome-publishing-article,testing-a-new-article,gone)&q=permlinks"
    ]


async def test_any_number_of_permlinks_is_asked_for(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    permlinks = [f"{'ü' * 40}-{number}" for number in range(120)]
    for number, permlink in enumerate(permlinks):
        linkedin_simulator.articles.add(
            {
                "id": number + 1,
                "permlink": permlink,
                "authors": [],
                "newsArticle": f"urn:li:article:{number}",
                "publishedAt": 0,
            }
        )

    found = [article.permlink async for article in client.articles.find_by_permlinks([*permlinks, permlinks[0]])]

    assert set(found) == set(permlinks)
    assert len(found) == len(permlinks)
    assert calls(linkedin_simulator) == ["originalArticles.finder"] * 3
    assert {call.method for call in linkedin_simulator.journal} == {"POST"}, "so long a query travels in the body"


def test_one_permlink_is_no_list_of_them(linkedin_simulator: Any) -> None:
    with pytest.raises(lm.InvalidArgument, match="not one"):
        client_of(linkedin_simulator).articles.find_by_permlinks("awesome-publishing-article")


async def test_no_permlinks_find_nothing(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    assert [article async for article in client.articles.find_by_permlinks([])] == []
    assert calls(linkedin_simulator) == []


async def test_a_long_article_is_read_whole(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    """Its text comes twice, and each character outside ASCII may take six bytes."""
    html = "<p>" + "文" * 300_000 + "</p>"
    content = {"com.linkedin.publishing.HtmlContent": {"htmlText": html, "secureHtmlText": html}}
    linkedin_simulator.articles.add({"id": 9, "authors": [], "publishedAt": 0, "content": content})

    assert (await client.articles.get(9)).html == html


async def test_an_article_is_deleted(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    await client.articles.delete(AWESOME)

    assert AWESOME not in linkedin_simulator.articles
    with pytest.raises(lm.NotFound):
        await client.articles.delete(AWESOME)


async def test_any_success_is_a_deletion(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    linkedin_simulator.faults.add(Fault(on="originalArticles.delete", action=Answer(status=204)))

    await client.articles.delete(AWESOME)


async def test_a_deletion_whose_answer_was_lost_is_done_when_a_repeat_finds_nothing(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    linkedin_simulator.faults.add(
        Fault(on="originalArticles.delete", action=CommitThenDrop(how="reset"), when="after", nth=1)
    )

    await client.articles.delete(AWESOME)

    assert calls(linkedin_simulator) == ["originalArticles.delete"] * 2
    assert linkedin_simulator.journal[-1].status == 404


async def test_a_deletion_that_was_put_off_and_then_finds_nothing_is_an_error(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    """A 429 did nothing for certain, so whoever deleted the article, it was not this call."""
    limited, gone = Answer(status=429, body={"status": 429}), Answer(status=404, body=NO_SUCH)
    linkedin_simulator.faults.add(
        Fault(on="originalArticles.delete", action=limited, nth=1),
        Fault(on="originalArticles.delete", action=gone, nth=2),
    )

    with pytest.raises(lm.NotFound):
        await client.articles.delete(AWESOME)


@pytest.mark.parametrize(("method", "scope"), [("get", "r_compliance"), ("delete", "w_compliance")])
async def test_a_token_without_the_closed_scope_is_told_which(linkedin_simulator: Any, method: str, scope: str) -> None:
    async with client_of(linkedin_simulator, linkedin_simulator.issue_token("rw_ads")) as client:
        with pytest.raises(lm.Forbidden) as caught:
            await getattr(client.articles, method)(AWESOME)

    assert scope in caught.value.hint


async def test_the_path_of_the_api_can_be_chosen(linkedin_simulator: Any) -> None:
    async with client_of(linkedin_simulator, articles_path="/rest/originalArticles") as client:
        with pytest.raises(lm.NotFound, match="No virtual resource"):
            await client.articles.get(AWESOME)

    (call,) = linkedin_simulator.journal
    assert call.raw_path == f"/rest/originalArticles/{AWESOME}"
    assert call.headers["LinkedIn-Version"] == "202609"


@pytest.mark.parametrize(
    "path", ["", "v2/originalArticles", "/v2/originalArticles/", "/v2/a?b", "/v2/a b", "//example.com", "/é"]
)
@pytest.mark.parametrize("name", ["articles_path", "social_actions_path"])
def test_a_path_that_is_none_is_refused(linkedin_simulator: Any, name: str, path: str) -> None:
    with pytest.raises(lm.InvalidArgument, match="no path of a collection"):
        client_of(linkedin_simulator, **{name: path})
