"""The work of ``linkedin-media posts``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..model.post import Post
from ..protocol.text import LittleText
from .changing import change_each
from .listing import Listing, moment
from .options import Connection, Output
from .screen import Screen
from .settings import make_client

MOST: Final = 100
"""Posts of a page that nobody limits."""


async def show_posts(urns: Sequence[str], connection: Connection, output: Output) -> int:
    """Show posts, and why not where that fails."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            return _listing(screen).show_batch(await client.posts.batch_get(urns), "post")


async def list_posts(
    author: str, limit: int | None, connection: Connection, output: Output, *, by_creation: bool
) -> int:
    """List an author's posts as their pages come."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            found = client.posts.find_by_author(
                author, sort_by="CREATED" if by_creation else "LAST_MODIFIED", count=min(limit or MOST, MOST)
            )
            return await _listing(screen).show_pages(found, limit)


async def delete_posts(urns: Sequence[str], connection: Connection, output: Output) -> int:
    """Delete posts."""
    async with make_client(connection) as client:

        async def delete(urn: str) -> dict[str, Any]:
            await client.posts.delete(urn)
            return {}

        with Screen(output) as screen:
            return await change_each(urns, delete, screen, noun="post", done="deleted")


def _listing(screen: Screen) -> Listing[Post]:
    return Listing(screen, ("post", "state", "visibility", "created", "text"), _cells)


def _cells(post: Post) -> tuple[str, ...]:
    return (
        post.id,
        post.lifecycle_state or "",
        post.visibility or "",
        moment(post.created_at or post.published_at),
        LittleText.from_wire(post.commentary or "").plain,
    )
