"""Articles as LinkedIn answers for them (articles-api.txt, "Schema"; its JSON where the table says otherwise)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from ..errors import ApiError
from .article_urls import pulse_url
from .decoration import Decoration
from .openness import derived, known, unknown_fields
from .urn import Urn, optional_urn


class AuthorType(StrEnum):
    """What an author may do with an article (articles-api.txt, ``author.type``)."""

    PRIMARY_AUTHOR = "PRIMARY_AUTHOR"
    AUTHOR = "AUTHOR"
    COLLABORATOR = "COLLABORATOR"


class ArticleState(StrEnum):
    """The state of an article; LinkedIn returns published ones only."""

    PUBLISHED = "PUBLISHED"


def _author_type(value: str | None) -> AuthorType | str | None:
    return None if value is None else known(AuthorType, value)


def _state(value: str | None) -> ArticleState | str | None:
    return None if value is None else known(ArticleState, value)


@attrs.frozen(kw_only=True)
class ArticleAuthor:
    """One author of an article."""

    author: Urn | None = attrs.field(default=None, converter=optional_urn)
    type: AuthorType | str | None = attrs.field(default=None, converter=_author_type)
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class HtmlContent:
    """The markup of an article; with https embeds in `secure_html_text`. Both are other people's HTML: do not trust it."""

    html_text: str | None = None
    secure_html_text: str | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class ArticleBody:
    """What an article says. `html_content` is the one kind there is (``com.linkedin.publishing.HtmlContent``)."""

    html_content: HtmlContent | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class CropInfo:
    """The part of the original that a cropped image shows, in pixels."""

    x: int | None = None
    y: int | None = None
    width: int | None = None
    height: int | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class CroppedImage:
    """A cropped image, what it was cropped from, and how."""

    cropped: Urn | None = attrs.field(default=None, converter=optional_urn)
    original: Urn | None = attrs.field(default=None, converter=optional_urn)
    crop_info: CropInfo | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class CoverImage:
    """The image above an article."""

    caption: str | None = None
    cropped_image: CroppedImage | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class ArticleLocale:
    """The language of an article, and sometimes its country."""

    language: str | None = None
    country: str | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class AttributedText:
    """A text with its mentions and links as `attributes`, as LinkedIn sends them."""

    text: str | None = None
    attributes: tuple[Any, ...] | None = attrs.field(default=None, hash=False)
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class Article:
    """A published article; only `id` is always there, and it is larger than a float can hold.

    `news_article` is what comments and likes refer to. Where a projection asked for decorations, `decorations` holds what
    LinkedIn resolved, by the path of the field that names it (``coverImage.croppedImage.original``, ``authors.0.author``);
    `decoration_errors` holds what it could not, each as the error that the call itself would have been. What LinkedIn
    sent for either stays where it was, in `unknown_fields`.
    """

    id: int
    authors: tuple[ArticleAuthor, ...] | None = None
    content: ArticleBody | None = None
    cover_image: CoverImage | None = None
    cover_media: Urn | None = attrs.field(default=None, converter=optional_urn)
    created: datetime | None = None
    display_image: Urn | None = attrs.field(default=None, converter=optional_urn)
    last_modified: datetime | None = None
    locale: ArticleLocale | None = None
    news_article: Urn | None = attrs.field(default=None, converter=optional_urn)
    permlink: str | None = None
    publish_commentary: AttributedText | None = None
    published_at: datetime | None = None
    state: ArticleState | str | None = attrs.field(default=None, converter=_state)
    title: str | None = None
    ugc_post: Urn | None = attrs.field(default=None, converter=optional_urn)
    version: int | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()
    decorations: Mapping[str, Decoration] = derived()
    decoration_errors: Mapping[str, ApiError] = derived()

    @property
    def url(self) -> str | None:
        """Where people read it, where its permlink is known."""
        return None if self.permlink is None else pulse_url(self.permlink)

    @property
    def html(self) -> str | None:
        """Its markup, with https embeds where LinkedIn has them; other people's HTML."""
        html = self.content.html_content if self.content else None
        return None if html is None else html.secure_html_text or html.html_text
