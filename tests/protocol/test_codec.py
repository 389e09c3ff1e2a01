"""Models from LinkedIn's JSON and back, without loss."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from linkedin_media.errors import UnexpectedReply
from linkedin_media.model.image import Image, InitializedUpload, MediaStatus
from linkedin_media.model.post import (
    ArticleContent,
    FeedDistribution,
    ImageContent,
    LifecycleStateInfo,
    MultiImageContent,
    OtherContent,
    Post,
    Visibility,
)
from linkedin_media.protocol import codec
from tests.protocol.answers import sample

IMAGE = {"id": "urn:li:image:a"}


@pytest.mark.parametrize(
    ("value", "cls"),
    [
        (sample("get_image"), Image),
        *((value, Image) for value in sample("batch_get_images")["results"].values()),
        *((value, Image) for value in sample("find_by_associated_account")["elements"]),
        (sample("get_post"), Post),
        *((value, Post) for value in sample("batch_get_posts")["results"].values()),
        (sample("initialize_upload")["value"], InitializedUpload),
    ],
    ids=["image", "batch image 1", "batch image 2", "library image", "post", "batch post 1", "batch post 2", "upload"],
)
def test_every_sample_is_read_and_written_back_without_loss(value: dict[str, Any], cls: type) -> None:
    assert codec.dump(codec.load(value, cls)) == value


def test_an_image_of_the_page_is_what_the_page_says() -> None:
    image = codec.load(sample("get_image"), Image)

    assert image.owner == "urn:li:organization:5583111"
    assert image.status is MediaStatus.AVAILABLE
    assert image.download_url_expires_at == datetime(2023, 3, 17, 20, 0, tzinfo=UTC)
    assert image.unknown_fields == {}


def test_a_library_image_has_its_entry_and_may_have_an_owner_of_a_retired_type() -> None:
    image = codec.load(sample("find_by_associated_account")["elements"][0], Image)

    assert image.owner == "urn:li:company:5791012"
    assert image.media_library_metadata is not None
    assert image.media_library_metadata.asset_name == "image created first"


def test_a_post_of_the_page_is_what_the_page_says() -> None:
    post = codec.load(sample("get_post"), Post)

    assert post.content == ImageContent("urn:li:image:C5F22AQEYStbwuCM12w", unknown_fields={"taggedEntities": []})
    assert post.visibility is Visibility.PUBLIC
    assert post.distribution is not None
    assert post.distribution.feed_distribution is FeedDistribution.MAIN_FEED
    assert post.lifecycle_state_info == LifecycleStateInfo(is_edited_by_author=False)
    assert post.created_at == datetime(2021, 12, 14, 20, 12, 54, 185_000, tzinfo=UTC)
    assert post.last_modified_by == "urn:li:csUser:2"


def test_a_key_that_came_twice_has_its_last_value() -> None:
    text = '{"id":"urn:li:image:a","downloadUrlExpiresAt":1676584800000,"downloadUrlExpiresAt":1679083200000}'

    image = codec.load(json.loads(text), Image)

    assert codec.dump(image)["downloadUrlExpiresAt"] == 1679083200000


@pytest.mark.parametrize(
    "more",
    [
        {"status": "QUARANTINED"},
        {"newField": {"deep": [1, None, "x"]}},
        {"unknown_fields": 1},
        {"aspectRatioWidth": 16.0, "aspectRatioHeight": 9.5},
        {"altText": ""},
        {"mediaLibraryMetadata": {"associatedAccount": "urn:li:sponsoredAccount:1", "assetName": "", "extra": True}},
    ],
)
def test_what_linkedin_adds_is_kept_and_written_back(more: dict[str, Any]) -> None:
    assert codec.dump(codec.load(IMAGE | more, Image)) == IMAGE | more


def test_null_is_as_good_as_absent() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ["owner", "status", "downloadUrl", "aspectRatioWidth", "mediaLibraryMetadata"]
    )

    assert codec.load(IMAGE | nothing, Image) == codec.load(IMAGE, Image)
    assert codec.load({"id": "urn:li:share:1", "content": None, "visibility": None}, Post).content is None


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ({"media": {"id": "urn:li:image:a", "altText": "A"}}, ImageContent("urn:li:image:a", alt_text="A")),
        (
            {"multiImage": {"images": [{"id": "urn:li:image:a"}, {"id": "urn:li:image:b"}]}},
            MultiImageContent([ImageContent("urn:li:image:a"), ImageContent("urn:li:image:b")]),
        ),
        (
            {"article": {"source": "https://x.example", "thumbnail": "urn:li:image:a"}},
            ArticleContent("https://x.example", thumbnail="urn:li:image:a"),
        ),
        ({"media": {"id": "urn:li:video:v"}}, OtherContent({"media": {"id": "urn:li:video:v"}})),
        (
            {"media": {"id": "urn:li:document:d", "title": "D"}},
            OtherContent({"media": {"id": "urn:li:document:d", "title": "D"}}),
        ),
        ({"poll": {"question": "?"}}, OtherContent({"poll": {"question": "?"}})),
        ({"media": {"id": "urn:li:image:a"}, "new": 1}, OtherContent({"media": {"id": "urn:li:image:a"}, "new": 1})),
        ({}, OtherContent({})),
    ],
)
def test_content_is_told_by_its_key_and_written_back(content: dict[str, Any], read: object) -> None:
    post = codec.load({"id": "urn:li:share:1", "content": content}, Post)

    assert post.content == read
    assert codec.dump(post)["content"] == content
    assert post.content is not None
    assert codec.dump_content(post.content) == content


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"id": "SECRET"}, "$.id"),
        ({"id": 5}, "$.id"),
        ({"id": None}, "$.id"),
        ({"downloadUrl": 5}, "$.downloadUrl"),
        ({"status": 5}, "$.status"),
        ({"status": ["AVAILABLE"]}, "$.status"),
        ({"owner": "SECRET"}, "$.owner"),
        ({"downloadUrlExpiresAt": "SECRET"}, "$.downloadUrlExpiresAt"),
        ({"downloadUrlExpiresAt": True}, "$.downloadUrlExpiresAt"),
        ({"downloadUrlExpiresAt": 1.5}, "$.downloadUrlExpiresAt"),
        ({"downloadUrlExpiresAt": 10**18}, "$.downloadUrlExpiresAt"),
        ({"aspectRatioWidth": "16"}, "$.aspectRatioWidth"),
        ({"aspectRatioWidth": float("inf")}, "$.aspectRatioWidth"),
        ({"aspectRatioWidth": 10**400}, "$.aspectRatioWidth"),
        ({"aspectRatioWidth": True}, "$.aspectRatioWidth"),
        ({"mediaLibraryMetadata": "SECRET"}, "$.mediaLibraryMetadata"),
        ({"mediaLibraryMetadata": {"assetName": "x"}}, "$.mediaLibraryMetadata"),
        ({"mediaLibraryMetadata": {"assetName": 5, "associatedAccount": "urn:li:sponsoredAccount:1"}}, "assetName"),
    ],
)
def test_what_is_not_as_documented_is_named_by_its_place_and_not_shown(wrong: dict[str, Any], where: str) -> None:
    with pytest.raises(UnexpectedReply, match="LinkedIn's Image is not as documented") as caught:
        codec.load(IMAGE | wrong, Image)

    assert where in caught.value.message
    assert "SECRET" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_what_is_no_object_is_no_model(value: object) -> None:
    with pytest.raises(UnexpectedReply):
        codec.load(value, Image)
    with pytest.raises(UnexpectedReply):
        codec.load({"id": "urn:li:share:1", "content": value if value is not None else 0}, Post)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["id", "content", "media", "status", "x"]), inner)
        ),
        max_leaves=10,
    )
)
def test_no_json_makes_reading_fail_otherwise(value: object) -> None:
    for cls in (Image, Post, InitializedUpload):
        try:
            codec.load(value, cls)
        except UnexpectedReply as error:
            assert len(error.message) < 2000


def test_instants_are_aware_and_exact_to_the_millisecond() -> None:
    moment = codec.instant(1639512774185)

    assert moment == datetime(2021, 12, 14, 20, 12, 54, 185_000, tzinfo=UTC)
    assert codec.milliseconds(moment) == 1639512774185


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_every_millisecond_of_the_calendar_comes_back(value: int) -> None:
    assert codec.milliseconds(codec.instant(value)) == value


def test_an_instant_may_be_written_as_text() -> None:
    text = codec.load(IMAGE | {"downloadUrlExpiresAt": "1679083200000"}, Image)

    assert text == codec.load(IMAGE | {"downloadUrlExpiresAt": 1679083200000}, Image)


@pytest.mark.parametrize(
    ("name", "spelled"), [("alt_text", "altText"), ("id", "id"), ("media_library_metadata", "mediaLibraryMetadata")]
)
def test_attributes_are_spelled_linkedins_way(name: str, spelled: str) -> None:
    assert codec.camel(name) == spelled
