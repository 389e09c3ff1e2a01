"""The Posts API: what leaves, to the byte, and what comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.post import (
    ArticleContent,
    Content,
    Distribution,
    FeedDistribution,
    ImageContent,
    LifecycleState,
    MultiImageContent,
    OtherContent,
    PostDraft,
)
from linkedin_media.model.urn import Urn
from linkedin_media.protocol import posts
from linkedin_media.protocol.restli import decode_params
from linkedin_media.protocol.text import LittleText, Mention
from linkedin_media.protocol.wire import Headers, Repeat, Request, Response, RestliMethod
from tests.protocol.answers import answer, sample

NOW: Final = datetime(2026, 9, 1, tzinfo=UTC)
AUTHOR = "urn:li:organization:5515715"
IMAGE = ImageContent("urn:li:image:C5610AQFj6TdYowm17w", alt_text="testing for alt tags")


def body_of(request: Request) -> Any:
    return json.loads(request.body or b"")


def draft(**wishes: Any) -> PostDraft:
    return PostDraft(**{"author": AUTHOR, "commentary": "Hi", "content": IMAGE} | wishes)


def test_a_post_is_created_as_on_the_page() -> None:
    request = posts.build_create(draft(commentary="test strings!"))

    assert (request.http_method, request.target) == ("POST", "/rest/posts")
    assert request.restli_method is RestliMethod.CREATE
    assert body_of(request) == sample("create_post_request")


def test_a_creation_must_never_be_repeated_in_doubt() -> None:
    assert posts.build_create(draft()).repeat is Repeat.NEVER


def test_plain_text_is_escaped_for_the_little_format() -> None:
    assert body_of(posts.build_create(draft(commentary="Hi (there) #1")))["commentary"] == "Hi \\(there\\) \\#1"


def test_little_text_leaves_with_its_links() -> None:
    text = LittleText("Hi ", Mention("Ann (HR)", "urn:li:person:a"))

    assert body_of(posts.build_create(draft(commentary=text)))["commentary"] == text.wire


def test_several_images_are_sent_in_their_order() -> None:
    content = MultiImageContent([ImageContent("urn:li:image:a", alt_text="A"), ImageContent("urn:li:image:b")])

    assert body_of(posts.build_create(draft(content=content)))["content"] == {
        "multiImage": {"images": [{"id": "urn:li:image:a", "altText": "A"}, {"id": "urn:li:image:b"}]}
    }


def test_a_link_is_sent_with_what_linkedin_does_not_fetch_itself() -> None:
    link = ArticleContent("https://x.example", title="T", thumbnail="urn:li:image:a", thumbnail_alt_text="A")

    assert body_of(posts.build_create(draft(content=link)))["content"] == {
        "article": {"source": "https://x.example", "title": "T", "thumbnail": "urn:li:image:a", "thumbnailAltText": "A"}
    }


def test_other_content_is_sent_as_given() -> None:
    poll = {"poll": {"question": "?", "options": [{"text": "a"}, {"text": "b"}]}}

    assert body_of(posts.build_create(draft(content=OtherContent(poll))))["content"] == poll


def test_a_reshare_names_its_parent_and_needs_no_text() -> None:
    request = posts.build_create(PostDraft(author=AUTHOR, reshare_parent="urn:li:share:1"))

    assert body_of(request)["reshareContext"] == {"parent": "urn:li:share:1"}
    assert body_of(request)["commentary"] == ""


def test_wishes_about_who_sees_a_post_are_sent() -> None:
    targets = [{"geoLocations": ["urn:li:geo:1"]}]
    distribution = Distribution(FeedDistribution.NONE, target_entities=targets)

    sent = body_of(
        posts.build_create(
            draft(
                visibility="LOGGED_IN",
                distribution=distribution,
                is_reshare_disabled_by_author=True,
                lifecycle_state="DRAFT",
            )
        )
    )

    assert (sent["visibility"], sent["lifecycleState"], sent["isReshareDisabledByAuthor"]) == (
        "LOGGED_IN",
        "DRAFT",
        True,
    )
    assert sent["distribution"] == {
        "feedDistribution": "NONE",
        "targetEntities": targets,
        "thirdPartyDistributionChannels": [],
    }


def test_nothing_is_sent_as_null() -> None:
    assert b"null" not in (posts.build_create(draft(content=ArticleContent("https://x"))).body or b"")


@pytest.mark.parametrize(
    ("wishes", "problem"),
    [
        ({"author": "urn:li:sponsoredAccount:1"}, "author"),
        ({"author": "urn:li:company:1"}, "author"),
        ({"commentary": "", "content": None}, "needs a commentary"),
        ({"commentary": "x" * 3001}, "3,001 characters"),
        ({"commentary": "\ud800"}, "surrogate"),
        ({"content": ImageContent("urn:li:image:a", alt_text="x" * 4087)}, "4,087 characters"),
        ({"content": ImageContent("urn:li:image:a", alt_text="\ud800")}, "surrogate"),
        ({"content": ImageContent("urn:li:share:1")}, "must be urn:li:image"),
        ({"content": MultiImageContent([IMAGE])}, "1 images: a multi-image post holds 2 to 20"),
        ({"content": MultiImageContent([IMAGE] * 21)}, "21 images"),
        ({"content": MultiImageContent([IMAGE, ImageContent("urn:li:image:b", title="T")])}, "no title"),
        ({"content": ArticleContent("www.example.com")}, "http or https"),
        ({"content": ArticleContent("https://x", thumbnail="urn:li:video:v")}, "image"),
        ({"content": ArticleContent("https://x", thumbnail_alt_text="x" * 4087)}, "4,087"),
        ({"reshare_parent": "urn:li:image:a"}, "post"),
    ],
)
def test_what_linkedin_would_refuse_is_refused_here(wishes: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        posts.build_create(draft(**wishes))


@pytest.mark.parametrize(
    "content",
    [
        ImageContent("urn:li:image:a", alt_text="x" * 4086),
        ImageContent("urn:li:video:v", title="T"),
        ImageContent("urn:li:document:d"),
        MultiImageContent([IMAGE] * 2),
        MultiImageContent([IMAGE] * 20),
        ArticleContent("http://x"),
    ],
)
def test_what_linkedin_takes_is_taken(content: Content) -> None:
    posts.check_content(content)


def test_an_image_needs_no_text() -> None:
    assert body_of(posts.build_create(draft(commentary="")))["commentary"] == ""


def created(**headers: str) -> Any:
    return posts.parse_create(
        Response(status=201, headers=Headers({name.replace("_", "-"): value for name, value in headers.items()})),
        draft(),
    )


def test_a_created_post_has_its_id_and_its_images() -> None:
    post = created(x_restli_id="urn:li:share:6876614985750310912")

    assert (post.id, post.images) == ("urn:li:share:6876614985750310912", ("urn:li:image:C5610AQFj6TdYowm17w",))


def test_a_post_without_a_readable_id_was_created_all_the_same() -> None:
    assert created(x_restli_id="nonsense").id is None
    assert created().images == ("urn:li:image:C5610AQFj6TdYowm17w",)


def test_one_post_is_asked_for_by_its_encoded_urn() -> None:
    assert posts.build_get("urn:li:share:1").target == "/rest/posts/urn%3Ali%3Ashare%3A1"
    assert posts.build_get("urn:li:ugcPost:1", view_context="AUTHOR").target == (
        "/rest/posts/urn%3Ali%3AugcPost%3A1?viewContext=AUTHOR"
    )
    assert posts.parse_get(answer(sample("get_post"))).id == "urn:li:share:6876614985750310912"


def test_only_posts_are_asked_for() -> None:
    with pytest.raises(InvalidArgument):
        posts.build_get("urn:li:image:a")


def test_many_posts_are_read_with_a_get_whatever_the_page_says() -> None:
    urns = [Urn("urn:li:share:6927408039457087488"), Urn("urn:li:share:6927408326569783296")]
    request = posts.build_batch_get(urns)

    assert request.http_method == "GET"
    assert request.target == (
        "/rest/posts?ids=List(urn%3Ali%3Ashare%3A6927408039457087488,urn%3Ali%3Ashare%3A6927408326569783296)"
    )
    found = posts.parse_batch_get(request, answer(sample("batch_get_posts")), urns, NOW)
    assert [found[urn].commentary for urn in urns] == ["test strings", "test strings1"]


def test_the_posts_of_an_author_are_searched() -> None:
    request = posts.build_find_by_author(AUTHOR, start=10, count=20, sort_by="CREATED")

    assert request.restli_method is RestliMethod.FINDER
    assert decode_params(request.query) == {
        "q": "author",
        "author": AUTHOR,
        "start": "10",
        "count": "20",
        "sortBy": "CREATED",
    }


@pytest.mark.parametrize("page", [{"count": 0}, {"count": 101}, {"start": -1}])
def test_a_page_stays_within_linkedins_bounds(page: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument):
        posts.build_find_by_author(AUTHOR, **page)


def test_a_page_of_posts_is_read() -> None:
    page = posts.parse_page(
        answer({"elements": [sample("get_post")], "paging": {"start": 0, "count": 10, "links": []}})
    )

    assert [post.author for post in page] == ["urn:li:company:5515715"]
    assert page.next_start is None


def test_a_post_is_changed_by_a_patch() -> None:
    request = posts.build_partial_update(
        "urn:li:share:1",
        commentary="New (text)",
        lifecycle_state=LifecycleState.PUBLISHED,
        call_to_action="LEARN_MORE",
        landing_page="https://x.example",
    )

    assert (request.http_method, request.target) == ("POST", "/rest/posts/urn%3Ali%3Ashare%3A1")
    assert body_of(request) == {
        "patch": {
            "$set": {
                "commentary": "New \\(text\\)",
                "lifecycleState": "PUBLISHED",
                "contentCallToActionLabel": "LEARN_MORE",
                "contentLandingPage": "https://x.example",
            }
        }
    }


def test_a_change_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="nothing to update"):
        posts.build_partial_update("urn:li:share:1")


def test_a_post_is_deleted() -> None:
    request = posts.build_delete("urn:li:share:1")

    assert (request.http_method, request.target, request.body) == ("DELETE", "/rest/posts/urn%3Ali%3Ashare%3A1", None)
    assert request.repeat is Repeat.HARMLESS


def test_the_ad_of_a_post_is_changed_within_its_own_record() -> None:
    request = posts.build_partial_update("urn:li:share:1", ad_name="Spring", ad_status="ACTIVE")

    assert body_of(request) == {"patch": {"adContext": {"$set": {"dscName": "Spring", "dscStatus": "ACTIVE"}}}}
