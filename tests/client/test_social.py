"""Comments and likes over the wire (articles-api.txt, "Retrieve Article Comments and Likes")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

import linkedin_media as lm
from tests.client.library import calls, client_of, targets

if TYPE_CHECKING:
    from linkedin_media.simulator import ThreadedSimulator

ARTICLE: Final = "urn:li:article:7152306650999999"


@pytest.fixture
async def client(linkedin_simulator: ThreadedSimulator) -> Any:
    async with client_of(linkedin_simulator) as client:
        yield client


async def test_the_comments_on_an_article_are_listed(client: lm.LinkedInClient, linkedin_simulator: Any) -> None:
    article = await client.articles.get(6217134937280131072)

    said = [comment.text async for comment in client.social_actions.comments(article.news_article)]

    assert said == [f"Comment {number}: well said" for number in range(1, 13)]
    path = "/v2/socialActions/urn%3Ali%3Aarticle%3A7152306650999999/comments"
    assert targets(linkedin_simulator, "socialActions.comments") == [path, f"{path}?start=10"]
    assert all(call.verdicts == () for call in linkedin_simulator.journal)


async def test_the_likes_of_an_article_are_listed_page_by_page(client: lm.LinkedInClient) -> None:
    pages = [page async for page in client.social_actions.likes(ARTICLE, count=2).by_page()]

    assert [len(page) for page in pages] == [2, 1]
    assert pages[0].total == 3
    assert pages[0].elements[0].actor == "urn:li:person:reader0"


async def test_comments_on_a_comment_are_asked_for_by_its_whole_urn(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    comment = await anext(aiter(client.social_actions.comments(ARTICLE)))
    answer = linkedin_simulator.social.comment(comment.urn, "urn:li:person:a", "Thank you")

    (found,) = [found async for found in client.social_actions.comments(comment.urn)]

    assert (found.text, found.urn) == ("Thank you", answer)
    assert targets(linkedin_simulator, "socialActions.comments")[-1] == (
        "/v2/socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aarticle%3A7152306650999999%2C6300000000000000000%29"
        "/comments"
    )


async def test_a_summary_counts(client: lm.LinkedInClient) -> None:
    summary = await client.social_actions.summary(ARTICLE)

    assert summary.target == ARTICLE
    assert summary.comments_summary
    assert summary.comments_summary.aggregated_total_comments == 12
    assert summary.likes_summary
    assert summary.likes_summary.total_likes == 3


async def test_an_article_without_its_urn_is_not_asked_about(
    client: lm.LinkedInClient, linkedin_simulator: Any
) -> None:
    with pytest.raises(lm.InvalidArgument, match="no URN"):
        client.social_actions.comments(None)

    assert calls(linkedin_simulator) == []


async def test_a_token_that_may_not_read_comments_is_told_what_it_lacks(linkedin_simulator: Any) -> None:
    async with client_of(linkedin_simulator, linkedin_simulator.issue_token("rw_ads")) as client:
        with pytest.raises(lm.Forbidden) as caught:
            await client.social_actions.summary(ARTICLE)

    assert "r_organization_social" in caught.value.hint


async def test_the_path_of_the_api_can_be_chosen(linkedin_simulator: Any) -> None:
    async with client_of(linkedin_simulator, social_actions_path="/rest/socialActions") as client:
        with pytest.raises(lm.NotFound):
            await client.social_actions.summary(ARTICLE)

    (call,) = linkedin_simulator.journal
    assert call.raw_path.startswith("/rest/socialActions/urn%3A")
    assert call.headers["LinkedIn-Version"] == "202609"
