"""What a new post must be: LinkedIn's schema, and the rules behind it (facts §4.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .image_store import AVAILABLE, PROCESSING_FAILED
from .images import read_urn
from .incoming import Incoming
from .replies import Refused, access_denied, bad_input, denied
from .schema import ANYTHING, FLAG, TEXT, Items, Record, Symbol

if TYPE_CHECKING:
    from .world import World

MAX_COMMENTARY: Final = 3000
MAX_ALT_TEXT: Final = 4086
IMAGES: Final = range(2, 21)

_IMAGE: Final = {"id": TEXT, "altText": TEXT}
_MEDIA: Final = Record({**_IMAGE, "title": TEXT}, {"id"})
_ARTICLE: Final = Record(
    {"source": TEXT, "title": TEXT, "description": TEXT, "thumbnail": TEXT, "thumbnailAltText": TEXT}, {"source"}
)
_CONTENT: Final = Record(
    {
        "media": _MEDIA,
        "multiImage": Record({"images": Items(Record(_IMAGE, {"id"})), "altText": TEXT}, {"images"}),
        "article": _ARTICLE,
        "poll": Record({"question": TEXT, "options": Items(Record({"text": TEXT}, {"text"})), "settings": ANYTHING}),
        "carousel": ANYTHING,
        "reference": ANYTHING,
    }
)
_DISTRIBUTION: Final = Record(
    {
        "feedDistribution": Symbol({"MAIN_FEED", "NONE"}),
        "targetEntities": Items(ANYTHING),
        "thirdPartyDistributionChannels": Items(ANYTHING),
    },
    {"feedDistribution"},
)
SCHEMA: Final = Record(
    {
        "author": TEXT,
        "commentary": TEXT,
        "visibility": Symbol({"PUBLIC", "CONNECTIONS", "LOGGED_IN", "CONTAINER"}),
        "distribution": _DISTRIBUTION,
        "lifecycleState": Symbol({"DRAFT", "PUBLISHED", "PUBLISH_REQUESTED", "PUBLISH_FAILED"}),
        "isReshareDisabledByAuthor": FLAG,
        "content": _CONTENT,
        "container": TEXT,
        "contentLandingPage": TEXT,
        "contentCallToActionLabel": TEXT,
        "reshareContext": Record({"parent": TEXT}, {"parent"}),
        "adContext": Record({"dscName": TEXT, "dscStatus": TEXT, "dscAdAccount": TEXT, "isDsc": FLAG}),
    },
    {"author", "commentary", "visibility", "distribution", "lifecycleState"},
)


def check_author(call: Incoming, author: str) -> None:
    """Refuse an author the caller may not post for.

    Raises:
        Refused: 400 for no or the wrong kind of URN, 403 for a missing scope or role.
    """
    kind = read_urn(author, "author", ("person", "organization")).entity_type
    scope = "w_member_social" if kind == "person" else "w_organization_social"
    if scope not in call.caller.scopes:
        raise access_denied(f"partnerApiPosts.{call.meaning.restli_method}.{call.version}")
    if kind == "person" and author != call.caller.member:
        raise denied("Data Processing Exception while processing fields [/author]")
    if kind == "organization" and author not in call.caller.organizations:
        raise denied("Organization permissions must be used when using organization as author")


def check_fields(fields: Mapping[str, Any], plain: str) -> None:
    """Refuse values the schema allows and the Posts API does not.

    Raises:
        Refused: 400 with the code of facts §4.5.
    """
    if fields["lifecycleState"] != "PUBLISHED":
        raise bad_input("INVALID_VALUE_FOR_FIELD", "lifecycleState must be PUBLISHED on creation", "lifecycleState")
    content = fields.get("content")
    if content is not None and len(content) != 1:
        raise bad_input("INVALID_VALUE_FOR_FIELD", "content must have exactly one member", "content")
    if not plain.strip() and not content and "reshareContext" not in fields:
        raise bad_input("INVALID_VALUE_BLANK_FIELD", "commentary must not be blank", "commentary")
    check_length(plain)


def check_length(plain: str) -> None:
    """Refuse a commentary that is too long, counted as people read it.

    Raises:
        Refused: 400 ``FIELD_LENGTH_TOO_LONG``.
    """
    if len(plain) > MAX_COMMENTARY:
        raise _too_long("commentary", len(plain), MAX_COMMENTARY)


def images_of(content: Mapping[str, Any] | None) -> list[tuple[str, str, str | None]]:
    """Return every image the content names: where it stands, its URN, its alternate text."""
    match content:
        case {"media": media}:
            return [("content.media", media["id"], media.get("altText"))]
        case {"multiImage": multi}:
            images = enumerate(multi["images"])
            return [(f"content.multiImage.images[{at}]", image["id"], image.get("altText")) for at, image in images]
        case {"article": {"thumbnail": thumbnail} as article}:
            return [("content.article.thumbnail", thumbnail, article.get("thumbnailAltText"))]
    return []


def check_content(world: World, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Check content and images; return the images' URNs.

    Raises:
        Refused: 400: too few or many images, an invalid link, an image that is unknown, not the author's, or not ready.
    """
    content = fields.get("content")
    match content:
        case {"multiImage": {"images": images}} if len(images) not in IMAGES:
            message = f"a multi-image post holds {IMAGES[0]} to {IMAGES[-1]} images, not {len(images)}"
            raise bad_input("INVALID_VALUE_FOR_FIELD", message, "content.multiImage.images")
        case {"article": {"source": source}} if not _is_url(source):
            raise bad_input("INVALID_URL", "This URL is invalid", "content.article.source", value=source)
    named = images_of(content)
    for field, urn, alt_text in named:
        _check_image(world, fields["author"], field, urn)
        if alt_text is not None and len(alt_text) > MAX_ALT_TEXT:
            raise _too_long(f"{field}.altText", len(alt_text), MAX_ALT_TEXT)
    return tuple(urn for _, urn, _ in named)


def _check_image(world: World, author: str, field: str, urn: str) -> None:
    kind = read_urn(urn, field, ("image", "video", "document")).entity_type
    image = world.images.get(urn)
    if image is None:
        raise bad_input(f"INVALID_{kind.upper()}_ID", f"This {kind.capitalize()} ID is invalid", field, value=urn)
    if image.owner != author:
        raise bad_input(
            "INVALID_VALUE_FOR_FIELD", "One or more of the assets is not owned by the author", field, value=urn
        )
    status = image.status(world.clock.now())
    if status == AVAILABLE or (not world.config.post_requires_available and status != PROCESSING_FAILED):
        return
    raise _NOT_READY[status](urn, field)


def _failed(urn: str, field: str) -> Refused:
    message = f"Failed to update asset {urn} for the intended usecase. Please recreate the asset and try again."  # nosec B608  # words, not SQL
    return bad_input("UPDATING_ASSET_FAILED", message, field, value=urn)


def _unready(code: str, why: str) -> Callable[[str, str], Refused]:
    return lambda urn, field: bad_input(code, f"The asset {urn} {why}", field, value=urn)


_NOT_READY: Final[Mapping[str, Callable[[str, str], Refused]]] = MappingProxyType(
    {
        "WAITING_UPLOAD": _unready("MEDIA_ASSET_WAITING_UPLOAD", "is waiting for its upload"),
        "PROCESSING": _unready("MEDIA_ASSET_PROCESSING", "is still being processed"),
        "PROCESSING_FAILED": _failed,
    }
)


def _too_long(field: str, length: int, most: int) -> Refused:
    return bad_input("FIELD_LENGTH_TOO_LONG", f"{field} has {length} characters, more than {most}", field)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
