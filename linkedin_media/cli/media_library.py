"""The work of ``linkedin-media images``: show, list, archive, restore, rename."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..client.session import LinkedInClient
from ..model.image import Image
from .changing import change_each
from .listing import Listing
from .options import Connection, Output
from .screen import Screen
from .settings import make_client

MOST: Final = 100
"""Images of a page that nobody limits."""


async def show_images(urns: Sequence[str], connection: Connection, output: Output) -> int:
    """Show images, and why not where that fails."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            return _listing(screen).show_batch(await client.images.batch_get(urns), "image")


async def list_library(
    account: str, status: str | None, limit: int | None, connection: Connection, output: Output
) -> int:
    """List an account's media library as its pages come."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            found = client.images.find_by_associated_account(
                account, status=status and status.upper(), count=min(limit or MOST, MOST)
            )
            return await _listing(screen).show_pages(found, limit)


async def file_images(urns: Sequence[str], account: str, status: str, connection: Connection, output: Output) -> int:
    """Archive or restore images."""
    async with make_client(connection) as client:

        async def file(urn: str) -> dict[str, Any]:
            await client.images.partial_update(urn, account=account, status=status)
            return {"status": status}

        with Screen(output) as screen:
            return await change_each(urns, file, screen, noun="image", done="ok")


async def rename_image(urn: str, name: str, account: str, connection: Connection, output: Output) -> int:
    """Rename one image."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            return await change_each(
                [urn], lambda urn: _rename(client, urn, name, account), screen, noun="image", done="ok"
            )


async def _rename(client: LinkedInClient, urn: str, name: str, account: str) -> dict[str, Any]:
    await client.images.partial_update(urn, account=account, asset_name=name)
    return {"name": name}


def _listing(screen: Screen) -> Listing[Image]:
    return Listing(screen, ("image", "status", "library", "owner", "name"), _cells)


def _cells(image: Image) -> tuple[str, ...]:
    library = image.media_library_metadata
    filed, name = (library.media_library_status, library.asset_name) if library else (None, "")
    return (image.id, image.status or "", filed or "", image.owner or "", name)
