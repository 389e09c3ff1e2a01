"""What people say and like: comments, likes and their summary (articles-api.txt, "Retrieve Article Comments and Likes")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from .article import AttributedText
from .openness import known, unknown_fields
from .urn import Urn, optional_urn


class CommentsState(StrEnum):
    """Whether people may comment."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


def _state(value: str | None) -> CommentsState | str | None:
    return None if value is None else known(CommentsState, value)


@attrs.frozen(kw_only=True)
class AuditStamp:
    """Who did something when; `impersonator` is who did it in the actor's name."""

    actor: Urn | None = attrs.field(default=None, converter=optional_urn)
    impersonator: Urn | None = attrs.field(default=None, converter=optional_urn)
    time: datetime | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class LikesSummary:
    """How many like something, and a few of those likes as LinkedIn names them."""

    aggregated_total_likes: int | None = None
    liked_by_current_user: bool | None = None
    selected_likes: tuple[Any, ...] | None = attrs.field(default=None, hash=False)
    total_likes: int | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class CommentsSummary:
    """How many comments something has (`aggregated_total_comments` counts the answers to comments too), and a few."""

    aggregated_total_comments: int | None = None
    comments_state: CommentsState | str | None = attrs.field(default=None, converter=_state)
    selected_comments: tuple[Any, ...] | None = attrs.field(default=None, hash=False)
    total_first_level_comments: int | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class CommentContent:
    """A picture or link in a comment; `entity` as LinkedIn sends it (``{"digitalmediaAsset": …}``)."""

    type: str | None = None
    url: str | None = None
    entity: Mapping[str, Any] | None = attrs.field(default=None, hash=False)
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class Comment:
    """A comment. `urn` names it (``$URN``); comments on it are read with that."""

    id: str | None = None
    urn: Urn | None = attrs.field(default=None, converter=optional_urn)
    actor: Urn | None = attrs.field(default=None, converter=optional_urn)
    agent: Urn | None = attrs.field(default=None, converter=optional_urn)
    comment_urn: Urn | None = attrs.field(default=None, converter=optional_urn)
    comments_summary: CommentsSummary | None = None
    content: tuple[CommentContent, ...] | None = None
    created: AuditStamp | None = None
    last_modified: AuditStamp | None = None
    likes_summary: LikesSummary | None = None
    message: AttributedText | None = None
    object: Urn | None = attrs.field(default=None, converter=optional_urn)
    parent_comment: Urn | None = attrs.field(default=None, converter=optional_urn)
    unknown_fields: Mapping[str, Any] = unknown_fields()

    @property
    def text(self) -> str | None:
        """What it says."""
        return self.message.text if self.message else None


@attrs.frozen(kw_only=True)
class Like:
    """A like, by `actor`, of `object`."""

    urn: Urn | None = attrs.field(default=None, converter=optional_urn)
    actor: Urn | None = attrs.field(default=None, converter=optional_urn)
    agent: Urn | None = attrs.field(default=None, converter=optional_urn)
    created: AuditStamp | None = None
    last_modified: AuditStamp | None = None
    object: Urn | None = attrs.field(default=None, converter=optional_urn)
    unknown_fields: Mapping[str, Any] = unknown_fields()


@attrs.frozen(kw_only=True)
class SocialSummary:
    """How many comments and likes `target` has."""

    target: Urn | None = attrs.field(default=None, converter=optional_urn)
    urn: Urn | None = attrs.field(default=None, converter=optional_urn)
    comments_summary: CommentsSummary | None = None
    likes_summary: LikesSummary | None = None
    unknown_fields: Mapping[str, Any] = unknown_fields()
