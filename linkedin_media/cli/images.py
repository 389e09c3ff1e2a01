"""``linkedin-media images``: look at images, file them, fetch them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from .options import Connection, Output, UrnType, connection_options, output_options

Command = TypeVar("Command", bound=Callable[..., Any])
_IMAGES: Final[dict[str, Any]] = {"nargs": -1, "required": True, "type": UrnType("image"), "metavar": "URN..."}


def _account(command: Command) -> Command:
    return click.option(
        "--account",
        required=True,
        type=UrnType("sponsoredAccount"),
        metavar="URN",
        help="The ad account whose media library is meant: a urn:li:sponsoredAccount:…",
    )(command)


@click.group()
def images() -> None:
    """Look at images, file them in a media library, fetch them."""


@images.command()
@click.argument("urns", **_IMAGES)
@connection_options
@output_options
def get(urns: Sequence[str], connection: Connection, output: Output) -> int:
    """Show images; with --json, everything LinkedIn says of them, a signed download address included."""
    from .media_library import show_images
    from .running import run_async

    return run_async(show_images(urns, connection, output))


@images.command("list")
@_account
@click.option("--status", type=click.Choice(["ACTIVE", "ARCHIVED"], case_sensitive=False), help="Only these.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="How many at most.  [default: all]")
@connection_options
@output_options
def list_(account: str, status: str | None, limit: int | None, connection: Connection, output: Output) -> int:
    """List the media library of an ad account, the last modified first, page by page.

    LinkedIn lets applications with the Advertising API product do this.
    """
    from .media_library import list_library
    from .running import run_async

    return run_async(list_library(account, status, limit, connection, output))


@images.command()
@click.argument("urns", **_IMAGES)
@_account
@connection_options
@output_options
def archive(urns: Sequence[str], account: str, connection: Connection, output: Output) -> int:
    """Archive images in a media library; not while they are being processed."""
    from .media_library import file_images
    from .running import run_async

    return run_async(file_images(urns, account, "ARCHIVED", connection, output))


@images.command()
@click.argument("urns", **_IMAGES)
@_account
@connection_options
@output_options
def restore(urns: Sequence[str], account: str, connection: Connection, output: Output) -> int:
    """Take images out of the archive of a media library; only those that were processed successfully."""
    from .media_library import file_images
    from .running import run_async

    return run_async(file_images(urns, account, "ACTIVE", connection, output))


@images.command()
@click.argument("urn", type=UrnType("image"), metavar="URN")
@click.argument("name")
@_account
@connection_options
@output_options
def rename(urn: str, name: str, account: str, connection: Connection, output: Output) -> int:
    """Give an image another name in a media library."""
    from .media_library import rename_image
    from .running import run_async

    return run_async(rename_image(urn, name, account, connection, output))


@images.command()
@click.argument("urns", **_IMAGES)
@click.option(
    "-o",
    "--output",
    "to",
    default=".",
    type=click.Path(allow_dash=True, path_type=str),
    metavar="PATH",
    help="A folder, or for a single image a file or - for stdout.  [default: this folder]",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@connection_options
@output_options
def download(urns: Sequence[str], to: str, connection: Connection, output: Output, *, force: bool) -> int:
    """Download images that are AVAILABLE; in a folder, files are named for the image's id."""
    from .fetching import fetch_images
    from .running import run_async

    return run_async(fetch_images(urns, to, connection, output, force=force))
