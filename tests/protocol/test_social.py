"""Comments, likes and their summary: what is asked, and what is made of LinkedIn's answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from linkedin_media.errors import InvalidArgument, UnexpectedReply
from linkedin_media.model.social import Comment, CommentsState, Like
from linkedin_media.protocol import codec, social
from linkedin_media.protocol.wire import Response, headers_of
from tests.protocol.answers import answer, sample

ARTICLE: Final = "urn:li:article:7152306650999999"
COMMENT: Final = f"urn:li:comment:({ARTICLE},6434892200114421760)"


def page_of(name: str) -> Response:
    return answer(sample(name))


@pytest.mark.parametrize(("name", "cls"), [("social_comments", Comment), ("social_likes", Like)])
def test_a_page_is_read_and_written_back_without_loss(name: str, cls: type[Any]) -> None:
    page = social.parse_page(page_of(name), cls, start=0, count=None)

    assert json.loads(json.dumps([codec.dump(element) for element in page])) == sample(name)["elements"]


def test_a_summary_is_read_and_written_back_without_loss() -> None:
    summary = social.parse_summary(page_of("social_summary"))

    assert json.loads(json.dumps(codec.dump(summary))) == sample("social_summary")
    assert summary.comments_summary
    assert summary.comments_summary.comments_state is CommentsState.OPEN
    assert summary.likes_summary
    assert summary.likes_summary.total_likes == 4


def test_a_comment_has_what_it_says_who_said_it_and_its_urn() -> None:
    first, second = social.parse_page(page_of("social_comments"), Comment, start=0, count=None)

    assert (first.text, first.actor, first.urn) == ("Jane Doe: well said", "urn:li:person:N4iIrGkxVh", COMMENT)
    assert first.created
    assert first.created.impersonator == "urn:li:servicePrincipal:123"
    assert first.created.time == datetime(2016, 12, 14, 17, 40, 30, 53_000, UTC)
    assert first.content
    assert first.content[0].entity == {"digitalmediaAsset": "urn:li:digitalmediaAsset:C5600AQ"}
    assert second.parent_comment == first.urn
    assert hash(first) != hash(second)


def test_a_like_may_be_of_a_retired_type() -> None:
    _, by_company = social.parse_page(page_of("social_likes"), Like, start=0, count=None)

    assert by_company.actor == "urn:li:company:105029503"


def test_a_comment_may_say_nothing() -> None:
    page = social.parse_page(answer({"elements": [{"id": "1", "mood": "happy"}]}), Comment, start=0, count=None)

    assert page.elements[0].text is None
    assert page.elements[0].unknown_fields == {"mood": "happy"}


def test_a_page_that_is_not_as_documented_names_the_request() -> None:
    with pytest.raises(UnexpectedReply, match="Like is not as documented") as caught:
        social.parse_page(answer({"elements": [{"actor": 5}]}), Like, start=0, count=None)

    assert caught.value.request_id == "request-1"


@pytest.mark.parametrize(
    ("request_", "target"),
    [
        (social.build_summary(ARTICLE), "/v2/socialActions/urn%3Ali%3Aarticle%3A7152306650999999"),
        (
            social.build_list(ARTICLE, "comments"),
            "/v2/socialActions/urn%3Ali%3Aarticle%3A7152306650999999/comments",
        ),
        (
            social.build_list(ARTICLE, "likes", start=10, count=5),
            "/v2/socialActions/urn%3Ali%3Aarticle%3A7152306650999999/likes?count=5&start=10",
        ),
        (
            social.build_list(COMMENT, "comments", path="/rest/socialActions"),
            (
                "/rest/socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aarticle%3A7152306650999999%2C6434892200114421760%29"
                "/comments"
            ),
        ),
    ],
    ids=["summary", "comments", "a page of likes", "comments on a comment"],
)
def test_a_urn_goes_into_the_path_encoded_whole(request_: Any, target: str) -> None:
    assert request_.target == target


def test_only_a_versioned_path_carries_a_version() -> None:
    unversioned = social.build_list(ARTICLE, "likes")
    versioned = social.build_list(ARTICLE, "likes", path="/rest/socialActions")

    assert "LinkedIn-Version" not in headers_of(unversioned, "202609")
    assert headers_of(versioned, "202609")["LinkedIn-Version"] == "202609"
    assert headers_of(versioned, "202609")["X-RestLi-Method"] == "GET_ALL"


def test_an_article_without_its_urn_says_where_that_comes_from() -> None:
    with pytest.raises(InvalidArgument) as caught:
        social.build_summary(None)

    assert "newsArticle" in caught.value.hint


@pytest.mark.parametrize("window", [{"start": -1}, {"count": 0}])
def test_an_impossible_page_is_refused(window: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument):
        social.build_list(ARTICLE, "comments", **window)
