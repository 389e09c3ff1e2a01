"""Posts and drafts as values."""

from __future__ import annotations

import pytest

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.post import (
    ArticleContent,
    Content,
    CreatedPost,
    Distribution,
    FeedDistribution,
    ImageContent,
    LifecycleState,
    MultiImageContent,
    OtherContent,
    Post,
    PostDraft,
    Visibility,
    image_ids,
)

ONE, TWO = "urn:li:image:one", "urn:li:image:two"


@pytest.mark.parametrize(
    ("content", "images"),
    [
        (None, ()),
        (ImageContent(ONE), (ONE,)),
        (MultiImageContent([ImageContent(ONE), ImageContent(TWO)]), (ONE, TWO)),
        (ArticleContent("https://example.com", thumbnail=ONE), ()),
        (OtherContent({"poll": {"question": "?"}}), ()),
        (OtherContent({"media": {"id": "urn:li:video:v"}}), ()),
        (OtherContent({"media": {"id": ONE}, "new": True}), (ONE,)),
        (OtherContent({"multiImage": {"images": [{"id": ONE}, {"id": TWO}]}, "new": True}), (ONE, TWO)),
        (OtherContent({"multiImage": {"images": [None, {"id": "urn:li:image:"}, {"id": 5}]}}), ()),
        (OtherContent({"media": "urn:li:image:one"}), ()),
    ],
)
def test_the_images_a_content_shows_are_found_in_their_order(content: Content | None, images: tuple[str, ...]) -> None:
    assert image_ids(content) == images
    assert PostDraft(author="urn:li:person:a", content=content).image_ids == images
    assert Post(id="urn:li:share:1", content=content).image_ids == images


def test_a_draft_is_public_and_in_the_main_feed_unless_it_says_otherwise() -> None:
    draft = PostDraft(author="urn:li:person:a", commentary="Hi")

    assert draft.visibility is Visibility.PUBLIC
    assert draft.distribution == Distribution(FeedDistribution.MAIN_FEED)
    assert draft.lifecycle_state is LifecycleState.PUBLISHED
    assert not draft.is_reshare_disabled_by_author


def test_values_that_linkedin_adds_later_stay_as_they_are() -> None:
    post = Post(id="urn:li:share:1", visibility="FRIENDS", lifecycle_state="ARCHIVED")

    assert (post.visibility, post.lifecycle_state) == ("FRIENDS", "ARCHIVED")
    assert Distribution("SIDE_FEED").feed_distribution == "SIDE_FEED"


def test_an_author_may_be_of_a_retired_type_when_read() -> None:
    assert Post(id="urn:li:share:1", author="urn:li:company:5515715").author == "urn:li:company:5515715"


def test_a_draft_needs_an_author_that_is_a_urn() -> None:
    with pytest.raises(InvalidArgument):
        PostDraft(author="me")


def test_a_created_post_says_where_people_see_it() -> None:
    assert CreatedPost("urn:li:share:1").url == "https://www.linkedin.com/feed/update/urn:li:share:1/"


def test_a_created_post_without_an_id_has_no_address() -> None:
    assert CreatedPost(None).url is None


def test_values_can_be_put_into_sets() -> None:
    contents = {MultiImageContent([ImageContent(ONE)]), OtherContent({"poll": {}}), ArticleContent("https://x")}

    assert len(contents) == 3
