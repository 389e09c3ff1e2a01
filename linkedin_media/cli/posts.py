"""``linkedin-media posts``: look at posts, delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click

from .options import Connection, Output, UrnType, connection_options, output_options

_POSTS: Final[dict[str, Any]] = {
    "nargs": -1,
    "required": True,
    "type": UrnType("share", "ugcPost"),
    "metavar": "URN...",
}


@click.group()
def posts() -> None:
    """Look at posts, delete them."""


@posts.command()
@click.argument("urns", **_POSTS)
@connection_options
@output_options
def get(urns: Sequence[str], connection: Connection, output: Output) -> int:
    """Show posts; with --json, everything LinkedIn says of them."""
    from .posted import show_posts
    from .running import run_async

    return run_async(show_posts(urns, connection, output))


@posts.command("list")
@click.option(
    "--author",
    required=True,
    envvar="LINKEDIN_OWNER",
    show_envvar=True,
    type=UrnType("person", "organization"),
    help="Whose posts: a urn:li:person:… or urn:li:organization:…",
)
@click.option(
    "--sort",
    type=click.Choice(["created", "modified"]),
    default="created",
    show_default=True,
    help="The newest first, by this.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="How many at most.  [default: all]")
@connection_options
@output_options
def list_(author: str, sort: str, limit: int | None, connection: Connection, output: Output) -> int:
    """List an author's posts, page by page.

    Needs r_organization_social and a role on the page, or LinkedIn's closed scope r_member_social.
    """
    from .posted import list_posts
    from .running import run_async

    return run_async(list_posts(author, limit, connection, output, by_creation=sort == "created"))


@posts.command()
@click.argument("urns", **_POSTS)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@connection_options
@output_options
def delete(urns: Sequence[str], connection: Connection, output: Output, *, yes: bool) -> int:
    """Delete posts. On a terminal you are asked first; a post that is gone already counts as deleted."""
    from .confirming import confirm
    from .posted import delete_posts
    from .running import run_async

    confirm(f"Delete {len(urns)} posts?" if len(urns) > 1 else f"Delete {urns[0]}?", yes=yes)
    return run_async(delete_posts(urns, connection, output))
