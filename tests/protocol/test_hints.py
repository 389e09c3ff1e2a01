"""What to do, in words, for every refusal LinkedIn is known to give."""

from __future__ import annotations

import pytest

from linkedin_media.protocol import hints

LIVE = "Not enough permissions to access: partnerApiAssets.GET.20260201"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (65600, "sign in again"),
        (65601, "revoked"),
        (65602, "expired"),
        (65604, "LINKEDIN_ACCESS_TOKEN"),
        (65608, "restricted"),
        (None, "sign in again"),
        (401, "sign in again"),
    ],
)
def test_a_401_says_what_is_wrong_with_the_token(code: int | None, words: str) -> None:
    assert words in hints.unauthorized(code)


@pytest.mark.parametrize(
    ("message", "resource", "method", "words"),
    [
        (LIVE, "images", "GET", "w_member_social alone may only write"),
        ("Accessing this image resource is forbidden.", "images", "BATCH_GET", "rw_ads or w_organization_social"),
        ("Not enough permissions to access: partnerApiPosts.BATCH_GET.202609", "posts", "BATCH_GET", "single gets"),
        (
            "Not enough permissions to access: x.FINDER-associatedAccount.20260201",
            "images",
            "FINDER",
            "Advertising API",
        ),
        ("no", "images", "FINDER", "Advertising API"),
        ("", "images", "ACTION", "token's own member, or an organization"),
        ("no", "images", "ACTION", "w_member_social"),
        ("no", "images", "PARTIAL_UPDATE", "rw_ads"),
        ("no", "posts", "CREATE", "DIRECT_SPONSORED_CONTENT_POSTER"),
        ("no", "posts", "FINDER", "r_organization_social"),
        ("no", "originalArticles", "GET", "r_compliance"),
        ("no", "originalArticles", "DELETE", "w_compliance"),
        ("no", "socialActions", "GET", "r_member_social"),
        ("no", "unheardOf", "GET", "scopes"),
    ],
)
def test_a_403_says_which_permission_is_missing(message: str, resource: str, method: str, words: str) -> None:
    assert words in hints.forbidden(message, resource=resource, method=method)


def test_a_403_about_the_call_is_told_from_one_about_the_entity() -> None:
    assert hints.names_permission(LIVE)
    assert not hints.names_permission("Accessing this image resource is forbidden.")


def test_a_sunset_version_is_named() -> None:
    assert "version 202508 is not active" in hints.version_sunset("202508")
    assert "LINKEDIN_VERSION" in hints.version_sunset(None)


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("VERSION_MISSING", "", "LINKEDIN_VERSION"),
        ("UPDATING_ASSET_FAILED", "", "upload it anew"),
        ("MEDIA_ASSET_WAITING_UPLOAD", "", "AVAILABLE"),
        (None, "MEDIA_ASSET_PROCESSING_FAILED", "AVAILABLE"),
        ("INVALID_IMAGE_ID", "", "initializeUpload"),
    ],
)
def test_a_refused_input_says_what_to_change(code: str | None, message: str, words: str) -> None:
    assert words in hints.input_hint(code, message)


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert hints.input_hint("WHATEVER", "no") == ""
