"""Posts, as they are written and as LinkedIn answers for them (Posts API; images-api.txt, "Managing Image content")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

import attrs

from ..errors import InvalidArgument
from .openness import known, unknown_fields
from .urn import Urn, optional_urn

MULTI_IMAGE_RANGE = range(2, 21)
"""How many images a multi-image post holds."""


class Visibility(StrEnum):
    """Who may see a post."""

    PUBLIC = "PUBLIC"
    CONNECTIONS = "CONNECTIONS"
    LOGGED_IN = "LOGGED_IN"
    CONTAINER = "CONTAINER"


class FeedDistribution(StrEnum):
    """Whether a post enters feeds."""

    MAIN_FEED = "MAIN_FEED"
    NONE = "NONE"


class LifecycleState(StrEnum):
    """How far a post is."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    PUBLISH_REQUESTED = "PUBLISH_REQUESTED"
    PUBLISH_FAILED = "PUBLISH_FAILED"
    PROCESSING = "PROCESSING"


@runtime_checkable
class Commentary(Protocol):
    """Text in LinkedIn's little format: `wire` is what is sent, `plain` what people read."""

    @property
    def wire(self) -> str:
        """The text with its markup and escapes."""

    @property
    def plain(self) -> str:
        """The text without them."""


def _feed(value: str) -> FeedDistribution | str:
    return known(FeedDistribution, value)


def visibility_of(value: str) -> Visibility | str:
    """Return a visibility, known or not."""
    return known(Visibility, value)


def _lifecycle(value: str) -> LifecycleState | str:
    return known(LifecycleState, value)


def _optional_visibility(value: str | None) -> Visibility | str | None:
    return None if value is None else known(Visibility, value)


def _optional_lifecycle(value: str | None) -> LifecycleState | str | None:
    return None if value is None else known(LifecycleState, value)


@attrs.frozen
class Distribution:
    """Where a post appears; by default in the main feed, for everybody."""

    feed_distribution: FeedDistribution | str = attrs.field(default=FeedDistribution.MAIN_FEED, converter=_feed)
    target_entities: Sequence[Any] | None = attrs.field(default=None, kw_only=True, hash=False)
    third_party_distribution_channels: Sequence[Any] | None = attrs.field(default=None, kw_only=True, hash=False)
    unknown_fields: Mapping[str, Any] = unknown_fields()


MAIN_FEED: Final = Distribution()


@attrs.frozen
class ImageContent:
    """One image of a post: ``ImageContent(image.id, alt_text="…")``."""

    id: Urn = attrs.field(converter=Urn)
    alt_text: str | None = attrs.field(default=None, kw_only=True)
    title: str | None = attrs.field(default=None, kw_only=True)
    unknown_fields: Mapping[str, Any] = unknown_fields()


def _tuple(images: Iterable[ImageContent]) -> tuple[ImageContent, ...]:
    return tuple(images)


@attrs.frozen
class MultiImageContent:
    """Two to twenty images in one post."""

    images: Sequence[ImageContent] = attrs.field(converter=_tuple)
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen
class ArticleContent:
    """A link; LinkedIn does not read the page, so title, description and thumbnail (an image URN) are yours to give."""

    source: str
    title: str | None = attrs.field(default=None, kw_only=True)
    description: str | None = attrs.field(default=None, kw_only=True)
    thumbnail: Urn | None = attrs.field(default=None, kw_only=True, converter=optional_urn)
    thumbnail_alt_text: str | None = attrs.field(default=None, kw_only=True)
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen
class OtherContent:
    """Content of a kind this package does not model (poll, carousel, document, …), as LinkedIn sends it."""

    raw: Mapping[str, Any] = attrs.field(hash=False)


Content = ImageContent | MultiImageContent | ArticleContent | OtherContent


def image_ids(content: Content | None) -> tuple[Urn, ...]:
    """Return the URNs of the images that `content` shows, those of kinds not modelled yet included."""
    match content:
        case ImageContent(id=image):
            return (image,)
        case MultiImageContent(images=images):
            return tuple(image.id for image in images)
        case OtherContent(raw=raw):
            return tuple(_images_within(raw))
        case _:
            return ()


def _images_within(raw: object) -> Iterator[Urn]:
    """Find what a reconciliation looks for, whatever LinkedIn adds around it; videos and documents are no images."""
    match raw:
        case {"media": {"id": str(image)}} if _is_image(image):
            yield Urn(image)
        case {"multiImage": {"images": [*images]}}:
            for image in images:
                yield from _images_within({"media": image})


def _is_image(value: str) -> bool:
    try:
        return Urn(value).entity_type == "image"
    except InvalidArgument:
        return False


@attrs.frozen(kw_only=True)
class LifecycleStateInfo:
    """What happened to a post since it was made."""

    is_edited_by_author: bool | None = None
    content_status: str | None = None
    review_status: str | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class PostDraft:
    """A post to be created. `commentary` is plain text, escaped for you, or a `LittleText` with mentions and hashtags.

    An empty commentary needs `content`. `reshare_parent` makes it a reshare of that post.
    """

    author: Urn = attrs.field(converter=Urn)
    commentary: str | Commentary = ""
    content: Content | None = None
    visibility: Visibility | str = attrs.field(default=Visibility.PUBLIC, converter=visibility_of)
    distribution: Distribution = MAIN_FEED
    lifecycle_state: LifecycleState | str = attrs.field(default=LifecycleState.PUBLISHED, converter=_lifecycle)
    is_reshare_disabled_by_author: bool = False
    reshare_parent: Urn | None = attrs.field(default=None, converter=optional_urn)

    @property
    def image_ids(self) -> tuple[Urn, ...]:
        """The images the post will show."""
        return image_ids(self.content)


@attrs.frozen
class CreatedPost:
    """A post LinkedIn has accepted. `id` is None where the 201 carried no readable id: the post exists all the same."""

    id: Urn | None
    images: tuple[Urn, ...] = ()

    @property
    def url(self) -> str | None:
        """Where people see it, where the id is known."""
        return None if self.id is None else f"https://www.linkedin.com/feed/update/{self.id}/"


@attrs.frozen(kw_only=True)
class Post:
    """A post as LinkedIn answers for it. `commentary` is little text; ``LittleText.from_wire`` reads it.

    `author` may be of a retired type (``urn:li:company:``). Instants are aware datetimes in UTC.
    """

    id: Urn = attrs.field(converter=Urn)
    author: Urn | None = attrs.field(default=None, converter=optional_urn)
    commentary: str | None = None
    content: Content | None = None
    visibility: Visibility | str | None = attrs.field(default=None, converter=_optional_visibility)
    distribution: Distribution | None = None
    lifecycle_state: LifecycleState | str | None = attrs.field(default=None, converter=_optional_lifecycle)
    lifecycle_state_info: LifecycleStateInfo | None = None
    is_reshare_disabled_by_author: bool | None = None
    created_at: datetime | None = None
    created_by: Urn | None = attrs.field(default=None, converter=optional_urn)
    last_modified_at: datetime | None = None
    last_modified_by: Urn | None = attrs.field(default=None, converter=optional_urn)
    published_at: datetime | None = None
    published_by: Urn | None = attrs.field(default=None, converter=optional_urn)
    container: Urn | None = attrs.field(default=None, converter=optional_urn)
    unknown_fields: Mapping[str, Any] = unknown_fields()

    @property
    def image_ids(self) -> tuple[Urn, ...]:
        """The images the post shows."""
        return image_ids(self.content)
