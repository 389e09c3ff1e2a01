"""Images and uploads as values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linkedin_media.errors import InvalidArgument
from linkedin_media.model.image import (
    Image,
    InitializedUpload,
    MediaLibraryMetadata,
    MediaLibraryStatus,
    MediaStatus,
    ValidatedImage,
)
from linkedin_media.model.urn import Urn

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize("status", list(MediaStatus))
def test_only_an_available_image_is_available(status: MediaStatus) -> None:
    assert Image(id="urn:li:image:a", status=status.value).available == (status is MediaStatus.AVAILABLE)


def test_a_known_status_becomes_a_member_and_an_unknown_one_stays_text() -> None:
    assert Image(id="urn:li:image:a", status="PROCESSING").status is MediaStatus.PROCESSING
    assert Image(id="urn:li:image:a", status="QUARANTINED").status == "QUARANTINED"
    assert not Image(id="urn:li:image:a", status="QUARANTINED").available
    assert not Image(id="urn:li:image:a").available


def test_an_image_needs_a_urn() -> None:
    with pytest.raises(InvalidArgument):
        Image(id="C4E10AQFoyyAjHPMQuQ")


def test_the_signed_address_of_an_image_is_not_shown() -> None:
    image = Image(id="urn:li:image:a", download_url="https://media.licdn.com/x?t=SIGNATURE")

    assert "SIGNATURE" not in repr(image)


def test_the_signed_address_of_an_upload_is_not_shown() -> None:
    started = InitializedUpload(image="urn:li:image:a", upload_url="https://www.linkedin.com/x?ut=SIGNATURE")

    assert "SIGNATURE" not in repr(started)


def test_a_library_entry_is_made_in_one_line() -> None:
    entry = MediaLibraryMetadata("urn:li:sponsoredAccount:1", "Spring hero")

    assert (entry.associated_account, entry.asset_name, entry.media_library_status) == (
        Urn("urn:li:sponsoredAccount:1"),
        "Spring hero",
        None,
    )


def test_a_library_status_is_known_or_stays_text() -> None:
    def status(value: str) -> object:
        return MediaLibraryMetadata("urn:li:sponsoredAccount:1", "a", value).media_library_status

    assert status("ARCHIVED") is MediaLibraryStatus.ARCHIVED
    assert status("HIDDEN") == "HIDDEN"


@pytest.mark.parametrize(
    ("seconds_left", "margin", "expired"),
    [(10, 0, False), (0, 0, True), (-1, 0, True), (5, 5, True), (5.001, 5, False)],
)
def test_an_upload_url_expires_a_margin_early(seconds_left: float, margin: float, *, expired: bool) -> None:
    started = InitializedUpload(
        image="urn:li:image:a", upload_url="x", upload_url_expires_at=NOW + timedelta(seconds=seconds_left)
    )

    assert started.expired(NOW, margin=margin) == expired


def test_an_upload_url_without_an_expiry_never_expires() -> None:
    assert not InitializedUpload(image="urn:li:image:a", upload_url="x").expired(NOW, margin=1e9)


def test_the_media_type_of_an_upload_follows_from_its_format() -> None:
    facts = ValidatedImage(name="a.png", size=1, format="JPEG", width=1, height=1, frames=1)

    assert facts.content_type == "image/jpeg"
