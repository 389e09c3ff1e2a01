"""What is said about a 403: which scope, role or product is missing."""

from __future__ import annotations

import pytest

from linkedin_media.protocol import hints

DENIED = "Not enough permissions to access: "


@pytest.mark.parametrize(
    ("resource", "method", "message", "words"),
    [
        ("images", "FINDER", f"{DENIED}partnerApiImages.FINDER-associatedAccount.20260901", "Advertising API"),
        ("images", "FINDER", "", "Advertising API"),
        ("images", "BATCH_GET", f"{DENIED}partnerApiImages.BATCH_GET.20260901", "single gets"),
        ("posts", "BATCH_GET", f"{DENIED}partnerApiPosts.BATCH_GET.20260901", "single gets"),
        ("images", "GET", f"{DENIED}partnerApiAssets.GET.20260201", "w_member_social alone may only write"),
        ("images", "PARTIAL_UPDATE", "Accessing this image resource is forbidden.", "rw_ads"),
        ("images", "ACTION", "", "own member"),
        ("images", "ACTION", "Accessing this image resource is forbidden.", "DIRECT_SPONSORED_CONTENT_POSTER"),
        ("posts", "CREATE", "", "w_organization_social"),
        ("posts", "DELETE", "", "w_member_social"),
        ("posts", "FINDER", f"{DENIED}partnerApiPosts.FINDER-author.20260901", "r_organization_social"),
        ("originalArticles", "GET", f"{DENIED}originalArticles.GET.NO_VERSION", "r_compliance"),
        ("originalArticles", "DELETE", f"{DENIED}originalArticles.DELETE.NO_VERSION", "w_compliance"),
        ("socialActions", "GET_ALL", f"{DENIED}socialActions.comments.NO_VERSION", "r_member_social"),
        ("userinfo", "GET", "", "scopes"),
    ],
    ids=range(15),
)
def test_a_refusal_says_what_is_missing(resource: str, method: str, message: str, words: str) -> None:
    assert words in hints.forbidden(message, resource=resource, method=method)


def test_a_refusal_of_the_call_is_told_from_one_of_the_entity() -> None:
    assert hints.names_permission(f"{DENIED}partnerApiAssets.GET.20260201")
    assert not hints.names_permission("Accessing this image resource is forbidden.")
    assert not hints.names_permission("")
