"""The Images API: what leaves, to the byte, and what comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from linkedin_media.errors import InvalidArgument, NotFound, ServerError, UnexpectedReply
from linkedin_media.model.image import Image, MediaLibraryMetadata, MediaLibraryStatus, MediaStatus
from linkedin_media.model.urn import Urn
from linkedin_media.protocol import images
from linkedin_media.protocol.restli import decode_params
from linkedin_media.protocol.wire import Headers, Repeat, Response, RestliMethod
from tests.protocol.answers import answer, sample

NOW: Final = datetime(2026, 9, 1, tzinfo=UTC)
ONE, TWO = "urn:li:image:C4E10AQFn10iWtKexVA", "urn:li:image:C4E10AQFgOYeVoHFeBw"
ACCOUNT = "urn:li:sponsoredAccount:123456789"


def test_an_upload_is_registered_as_on_the_page() -> None:
    request = images.build_initialize_upload("urn:li:organization:5583111")

    assert (request.http_method, request.target) == ("POST", "/rest/images?action=initializeUpload")
    assert request.restli_method is RestliMethod.ACTION
    assert json.loads(request.body or b"") == sample("initialize_upload_request")
    assert request.repeat is Repeat.HARMLESS


def test_an_upload_is_registered_in_a_media_library_as_on_the_page() -> None:
    library = MediaLibraryMetadata(ACCOUNT, "My media library asset")

    request = images.build_initialize_upload("urn:li:organization:2414183", library)

    assert json.loads(request.body or b"") == sample("initialize_upload_library_request")


def test_the_status_of_a_new_library_entry_is_sent_where_given() -> None:
    library = MediaLibraryMetadata(ACCOUNT, "Spring hero", MediaLibraryStatus.ARCHIVED)

    body = json.loads(images.build_initialize_upload("urn:li:person:a", library).body or b"")

    assert body["initializeUploadRequest"]["mediaLibraryMetadata"]["mediaLibraryStatus"] == "ARCHIVED"


@pytest.mark.parametrize("owner", ["urn:li:person:", "urn:li:company:1", "urn:li:image:1", "5583111", ""])
def test_nothing_is_registered_for_who_cannot_own_an_image(owner: str) -> None:
    with pytest.raises(InvalidArgument):
        images.build_initialize_upload(owner)


def test_a_media_library_belongs_to_an_ad_account() -> None:
    with pytest.raises(InvalidArgument, match="sponsoredAccount"):
        images.build_initialize_upload("urn:li:person:a", MediaLibraryMetadata("urn:li:organization:1", "x"))


def test_where_to_send_the_bytes_is_read_from_the_page() -> None:
    started = images.parse_initialize_upload(answer(sample("initialize_upload")))

    assert started.image == "urn:li:image:C4E10AQFoyyAjHPMQuQ"
    assert started.upload_url == sample("initialize_upload")["value"]["uploadUrl"]
    assert started.upload_url_expires_at == datetime(2022, 4, 21, 18, 58, 30, 704_000, tzinfo=UTC)


def test_an_upload_url_may_come_without_an_expiry() -> None:
    value = {"image": ONE, "uploadUrl": "https://www.linkedin.com/x"}

    assert images.parse_initialize_upload(answer({"value": value})).upload_url_expires_at is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"value": None},
        {"value": []},
        {"value": {"image": ONE}},
        {"value": {"uploadUrl": "https://www.linkedin.com/x?ut=SECRET"}},
        {"value": {"image": "urn:li:video:v", "uploadUrl": "https://www.linkedin.com/x?ut=SECRET"}},
        {"value": {"image": "", "uploadUrl": "https://www.linkedin.com/x?ut=SECRET"}},
        {"value": {"image": ONE, "uploadUrl": 5}},
        {"value": {"image": ONE, "uploadUrl": "https://x", "uploadUrlExpiresAt": "soon"}},
    ],
)
def test_a_registration_that_is_not_as_documented_is_told_without_its_signature(body: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedReply) as caught:
        images.parse_initialize_upload(answer(body))

    assert (caught.value.status, caught.value.request_id) == (200, "request-1")
    assert "SECRET" not in caught.value.excerpt + str(caught.value)


def test_one_image_is_asked_for_by_its_encoded_urn() -> None:
    request = images.build_get("urn:li:image:C4E10AQFn10iWtKexVA")

    assert (request.http_method, request.target) == ("GET", "/rest/images/urn%3Ali%3Aimage%3AC4E10AQFn10iWtKexVA")
    assert images.parse_get(answer(sample("get_image"))).id == ONE


def test_only_images_are_asked_for() -> None:
    with pytest.raises(InvalidArgument):
        images.build_get("urn:li:video:1")
    with pytest.raises(InvalidArgument):
        images.build_batch_get([ONE, "urn:li:share:1"])


def test_many_images_are_asked_for_as_on_the_page() -> None:
    request = images.build_batch_get([ONE, TWO])

    assert request.http_method == "GET"
    assert request.restli_method is RestliMethod.BATCH_GET
    assert request.target == (
        "/rest/images?ids=List(urn%3Ali%3Aimage%3AC4E10AQFn10iWtKexVA,urn%3Ali%3Aimage%3AC4E10AQFgOYeVoHFeBw)"
    )


def batch(body: dict[str, Any], *keys: str) -> Any:
    urns = [Urn(key) for key in keys]
    return images.parse_batch_get(images.build_batch_get(urns), answer(body), urns, NOW)


def test_a_batch_of_the_page_is_read() -> None:
    result = batch(sample("batch_get_images"), ONE, TWO)

    assert [result[ONE].status, result[TWO].status] == [MediaStatus.AVAILABLE, MediaStatus.WAITING_UPLOAD]
    assert result.errors == {}


def test_what_is_missing_from_a_batch_is_not_found() -> None:
    result = batch({"results": {}}, ONE)

    assert type(result.errors[ONE]) is NotFound
    assert "does not mention it" in str(result.errors[ONE])


def test_each_image_of_a_batch_has_its_own_error_and_none_harms_another() -> None:
    found = {"id": ONE, "status": "AVAILABLE"}
    result = batch(
        {
            "results": {ONE: found},
            "errors": {TWO: {"status": 500, "message": "oops"}},
            "statuses": {ONE: 200, TWO: 500},
        },
        ONE,
        TWO,
    )

    assert result[ONE].available
    assert type(result.errors[TWO]) is ServerError
    assert (result.errors[TWO].message, result.errors[TWO].request_id) == ("oops", "request-1")


def test_an_image_is_changed_as_on_the_page() -> None:
    request = images.build_partial_update(
        "urn:li:image:C5510AQEB1AGuxQ1NEA",
        account=ACCOUNT,
        asset_name="updated name",
        status=MediaLibraryStatus.ARCHIVED,
    )

    assert (request.http_method, request.target) == (
        "POST",
        "/rest/images/urn%3Ali%3Aimage%3AC5510AQEB1AGuxQ1NEA?associatedAccount=urn%3Ali%3AsponsoredAccount%3A123456789",
    )
    assert request.restli_method is RestliMethod.PARTIAL_UPDATE
    assert json.loads(request.body or b"") == sample("partial_update_image_request")


@pytest.mark.parametrize(
    ("change", "patch"),
    [({"asset_name": "New"}, {"assetName": "New"}), ({"status": "ACTIVE"}, {"mediaLibraryStatus": "ACTIVE"})],
)
def test_only_what_changes_is_sent(change: dict[str, Any], patch: dict[str, Any]) -> None:
    body = json.loads(images.build_partial_update(ONE, account=ACCOUNT, **change).body or b"")

    assert body == {"patch": {"mediaLibraryMetadata": {"$set": patch}}}


@pytest.mark.parametrize(
    "change", [{}, {"asset_name": ""}, {"asset_name": " "}, {"status": "ACTIVE", "account": "urn:li:organization:1"}]
)
def test_a_change_that_changes_nothing_or_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        images.build_partial_update(ONE, **{"account": ACCOUNT} | change)


@pytest.mark.parametrize(
    ("status", "wanted", "taken"),
    [
        ("PROCESSING", "ARCHIVED", False),
        ("WAITING_UPLOAD", "ARCHIVED", False),
        ("AVAILABLE", "ARCHIVED", True),
        ("PROCESSING_FAILED", "ARCHIVED", True),
        (None, "ARCHIVED", True),
        ("PROCESSING", "ACTIVE", False),
        ("PROCESSING_FAILED", "ACTIVE", False),
        ("AVAILABLE", "ACTIVE", True),
        ("QUARANTINED", "ACTIVE", True),
        (None, "ACTIVE", True),
    ],
)
def test_a_status_changes_as_far_as_processing_allows(status: str | None, wanted: str, *, taken: bool) -> None:
    image = Image(id=ONE, status=status)

    if taken:
        images.check_transition(image, wanted)
    else:
        with pytest.raises(InvalidArgument, match=str(status)):
            images.check_transition(image, wanted)


def test_a_status_that_the_library_has_already_is_no_change() -> None:
    entry = MediaLibraryMetadata(ACCOUNT, "x", MediaLibraryStatus.ARCHIVED)

    images.check_transition(
        Image(id=ONE, status="PROCESSING", media_library_metadata=entry), MediaLibraryStatus.ARCHIVED, account=ACCOUNT
    )


def test_a_media_library_is_searched_as_on_the_page() -> None:
    request = images.build_find_by_associated_account(ACCOUNT, status=MediaLibraryStatus.ACTIVE, start=0, count=1)

    assert request.restli_method is RestliMethod.FINDER
    assert request.path == "/rest/images"
    assert "mediaLibraryStatus=(value:ACTIVE)" in request.query
    assert "associatedAccount=urn%3Ali%3AsponsoredAccount%3A123456789" in request.query
    assert decode_params(request.query) == {
        "q": "associatedAccount",
        "associatedAccount": ACCOUNT,
        "mediaLibraryStatus": {"value": "ACTIVE"},
        "start": "0",
        "count": "1",
    }


def test_without_a_status_the_whole_library_is_searched() -> None:
    assert "mediaLibraryStatus" not in images.build_find_by_associated_account(ACCOUNT).query


@pytest.mark.parametrize("page", [{"count": 0}, {"count": 1001}, {"start": -1}])
def test_a_page_stays_within_linkedins_bounds(page: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument):
        images.build_find_by_associated_account(ACCOUNT, **page)


def test_a_page_of_the_page_is_read_and_says_where_the_next_begins() -> None:
    page = images.parse_page(answer(sample("find_by_associated_account")))

    assert [image.id for image in page] == ["urn:li:image:C5510AQGbefUcYjBtaA"]
    assert (page.start, page.count, page.total, page.next_start) == (0, 1, None, 1)


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (Image(id=ONE, status="WAITING_UPLOAD", download_url="https://media.licdn.com/x"), "is WAITING_UPLOAD"),
        (Image(id=ONE, status="AVAILABLE"), "has no download URL"),
        (Image(id=ONE), "has no download URL"),
    ],
)
def test_an_image_is_downloaded_by_its_status_not_by_having_a_url(image: Image, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        images.download_url(image)


def test_an_available_image_is_downloaded_from_its_url() -> None:
    assert images.download_url(Image(id=ONE, status="AVAILABLE", download_url="https://x")) == "https://x"


def test_an_answer_that_is_no_image_names_the_request() -> None:
    with pytest.raises(UnexpectedReply) as caught:
        images.parse_get(Response(status=200, headers=Headers({"x-li-uuid": "u"}), body=b'{"status":"AVAILABLE"}'))

    assert caught.value.request_id == "u"
