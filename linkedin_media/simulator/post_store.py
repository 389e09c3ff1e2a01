"""The posts the simulator holds, and its memory of recent content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import attrs


@attrs.define(kw_only=True)
class StoredPost:
    """A post: the fields it was created with, and what happened to it since. Instants are seconds."""

    id: str
    author: str
    commentary: str
    fields: dict[str, Any] = attrs.field(repr=False)
    images: tuple[str, ...] = ()
    created_at: float = 0.0
    modified_at: float = 0.0
    edited: bool = False
    deleted: bool = False
    created_by: str = ""

    @property
    def created_ms(self) -> int:
        """When it was created, in epoch milliseconds; the upper bits of its id say the same."""
        return round(self.created_at * 1000)


@attrs.frozen(kw_only=True)
class PostState:
    """A post as tests see it."""

    id: str
    author: str
    commentary: str
    images: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    content: Any = None
    visibility: str = "PUBLIC"
    created_at: float = 0.0
    modified_at: float = 0.0
    edited: bool = False
    deleted: bool = False


class PostStore:
    """All posts by URN, each author's in the order of creation and of last change, and digests of recent content."""

    def __init__(self) -> None:
        self._posts: dict[str, StoredPost] = {}
        self._created: dict[str, dict[str, StoredPost]] = {}
        self._modified: dict[str, dict[str, StoredPost]] = {}
        self._recent: dict[str, StoredPost] = {}

    def __iter__(self) -> Iterator[StoredPost]:
        return iter(list(self._posts.values()))

    def __len__(self) -> int:
        return len(self._posts)

    def add(self, post: StoredPost, digest: str) -> None:
        """Remember a new post and its content."""
        self._posts[post.id] = post
        self._created.setdefault(post.author, {})[post.id] = post
        self._modified.setdefault(post.author, {})[post.id] = post
        self._recent[digest] = post

    def get(self, urn: str) -> StoredPost | None:
        """Return a post, deleted or not, or None."""
        return self._posts.get(urn)

    def touch(self, post: StoredPost, now: float) -> None:
        """Make this post the last modified one of its author."""
        post.modified_at = now
        newest_last = self._modified[post.author]
        newest_last[post.id] = newest_last.pop(post.id)

    def duplicate_of(self, digest: str, now: float, seconds: float) -> StoredPost | None:
        """Return a post of the same content made within the last `seconds`, deleted or not."""
        post = self._recent.get(digest)
        return post if post is not None and now - post.created_at < seconds else None

    def by_author(self, author: str, *, by_creation: bool, until: float, start: int, count: int) -> list[StoredPost]:
        """Return a stretch of an author's posts made up to `until`, newest first, deleted ones included."""
        order = (self._created if by_creation else self._modified).get(author, {})
        listed = (post for post in reversed(order.values()) if post.created_at <= until)
        return list(islice(listed, start, start + count))


def digest_of(author: str, commentary: str, content: Any) -> str:
    """Return what makes two posts the same to LinkedIn."""
    text = json.dumps([author, commentary, content], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Posts(Mapping[str, PostState]):
    """The posts by URN, as snapshots: ``sim.posts[urn].commentary``; `live` leaves out what was deleted."""

    def __init__(self, store: PostStore) -> None:
        self._store = store

    def __getitem__(self, urn: str) -> PostState:
        post = self._store.get(urn)
        if post is None:
            raise KeyError(urn)
        shared = {field.name for field in attrs.fields(PostState)} - {"content", "visibility"}
        return PostState(
            content=post.fields.get("content"),
            visibility=post.fields["visibility"],
            **{name: getattr(post, name) for name in shared},
        )

    def __iter__(self) -> Iterator[str]:
        return (post.id for post in self._store)

    def __len__(self) -> int:
        return len(self._store)

    def live(self) -> list[PostState]:
        """Return the posts that are not deleted, the oldest first."""
        return [post for post in self.values() if not post.deleted]

    def with_image(self, image: str) -> list[PostState]:
        """Return the posts that show this image, deleted or not."""
        return [post for post in self.values() if image in post.images]

    def to_json(self) -> list[dict[str, Any]]:
        """Return all snapshots as plain values."""
        return [attrs.asdict(state) for state in self.values()]
