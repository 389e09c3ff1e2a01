"""What to do about LinkedIn's errors, in words (linkedin-facts: 401/403 causes, versions, daily limits)."""

from __future__ import annotations

import re
from typing import Final

_PERMISSION: Final = re.compile(r"Not enough permissions to access: (?P<resource>[\w.]+?)\.(?P<call>[A-Z_]+[\w-]*)\.")
_TOKEN_HINTS: Final = {
    65600: "the token is not one LinkedIn knows: sign in again",
    65601: "the member or LinkedIn revoked the token: sign in again",
    65602: "the token has expired (they live 60 days): refresh it or sign in again",
    65604: "no token was sent: set LINKEDIN_ACCESS_TOKEN",
    65608: "LinkedIn has restricted this member: nothing can be sent on their behalf",
}
_LIBRARY_FINDER: Final = (
    "finding images by account needs rw_ads, a role in the ad account, and LinkedIn's grant to the application: ask for "
    "the Advertising API product"
)
_READ_SCOPES: Final = "reading needs rw_ads or w_organization_social; w_member_social alone may only write"


def unauthorized(service_error_code: int | None) -> str:
    """Say what to do about a 401."""
    return _TOKEN_HINTS.get(service_error_code or 0, "sign in again, or check LINKEDIN_ACCESS_TOKEN")


def names_permission(message: str) -> bool:
    """Tell whether a 403 speaks of the call, for any entity, and not of the one entity that was asked for."""
    return _PERMISSION.search(message) is not None


def forbidden(message: str, *, resource: str, method: str) -> str:
    """Say which scope, role or product is missing, where the call or the message tells."""
    match = _PERMISSION.search(message)
    call = match["call"] if match else ""
    if "FINDER-associatedAccount" in call or (resource == "images" and method == "FINDER"):
        return _LIBRARY_FINDER
    if call.startswith("BATCH_GET"):
        return "the application's access tier has no batch get: use single gets, or apply for the standard tier"
    if resource == "images":
        return _images(message, method)
    if resource == "posts":
        return _posts(method)
    if resource == "originalArticles":
        return f"articles need LinkedIn's closed scope {'w' if method == 'DELETE' else 'r'}_compliance"
    if resource == "socialActions":
        return (
            "comments and likes need r_organization_social with a role on the page, or LinkedIn's closed scopes "
            "r_member_social and r_compliance"
        )
    return "check the token's scopes, the member's role and the application's products"


def _images(message: str, method: str) -> str:
    if method in ("GET", "BATCH_GET"):
        return _READ_SCOPES
    if method == "PARTIAL_UPDATE":
        return "changing a media library needs rw_ads and a role in the ad account that owns it"
    if not message:
        return "the owner must be the token's own member, or an organization the member administers"
    return (
        "the owner must be the token's own member (w_member_social), an organization the member administers "
        "(w_organization_social, ADMINISTRATOR or DIRECT_SPONSORED_CONTENT_POSTER), or an ad account (rw_ads)"
    )


def _posts(method: str) -> str:
    if method in ("GET", "BATCH_GET", "FINDER"):
        return "reading posts needs r_organization_social and a role on the page, or the closed scope r_member_social"
    return (
        "posting needs w_organization_social and a role on the page (ADMINISTRATOR, CONTENT_ADMIN or "
        "DIRECT_SPONSORED_CONTENT_POSTER), or w_member_social for the member's own posts"
    )


def version_sunset(version: str | None) -> str:
    """Say how to change the version."""
    return (
        f"version {version or 'sent'} is not active: set LINKEDIN_VERSION or pass version= to LinkedInClient, "
        "with a version of the last twelve months"
    )


def input_hint(api_code: str | None, message: str) -> str:
    """Say what to do about a refused input."""
    if api_code == "VERSION_MISSING":
        return "set LINKEDIN_VERSION or pass version= to LinkedInClient"
    if api_code == "UPDATING_ASSET_FAILED" or "MEDIA_ASSET" in message or "MEDIA_ASSET" in (api_code or ""):
        return "the image is not usable for this post: wait until it is AVAILABLE, or upload it anew"
    if api_code == "INVALID_IMAGE_ID":
        return "use the image URN LinkedIn returned from initializeUpload, owned by the author of the post"
    return ""
