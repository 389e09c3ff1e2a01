"""The work of ``linkedin-media images download``."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import click

from ..client.session import LinkedInClient
from ..errors import InvalidArgument
from ..model.urn import Urn
from .changing import change_each
from .options import Connection, Output
from .printable import file_name
from .screen import Screen
from .settings import make_client

_SUFFIXES: Final = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif"}
_STDOUT: Final = "-"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


async def fetch_images(urns: Sequence[str], to: str, connection: Connection, output: Output, *, force: bool) -> int:
    """Download images, tell of each, and return the exit status."""
    _check_room(urns, to)
    async with make_client(connection) as client:
        with Screen(output) as screen:
            if to == _STDOUT:
                await client.images.download(urns[0], sys.stdout.buffer)
                sys.stdout.buffer.flush()
                return 0
            fetch = _Fetch(client, Path(to), force=force)
            return await change_each(urns, fetch.one, screen, noun="image", done="ok")


def _check_room(urns: Sequence[str], to: str) -> None:
    if len(urns) > 1 and not Path(to).is_dir():
        raise click.UsageError(f"several images need a folder that is there: --output {file_name(to)} is none")


@attrs.frozen
class _Fetch:
    """Downloads to a file, or into a folder under the image's id and the suffix of what it turns out to be."""

    client: LinkedInClient
    to: Path
    force: bool = attrs.field(kw_only=True)

    async def one(self, urn: str) -> dict[str, Any]:
        is_folder, path = self._place(urn)
        image = await self.client.images.download(urn, path)
        if is_folder:
            path = path.replace(path.with_name(path.name + _SUFFIXES.get(image.content_type, "")))
        return {"file": file_name(path), "size": image.size, "content_type": image.content_type}

    def _place(self, urn: str) -> tuple[bool, Path]:
        """Return whether it is in a folder, and the file: its suffix is known only when it is there.

        Raises:
            InvalidArgument: A file of that name is there already.
        """
        is_folder = self.to.is_dir()
        path = self.to / _UNSAFE.sub("_", Urn(urn).id) if is_folder else self.to
        suffixes = ("", *_SUFFIXES.values()) if is_folder else ("",)
        taken = next((name for suffix in suffixes if (name := path.with_name(path.name + suffix)).exists()), None)
        if taken is not None and not self.force:
            raise InvalidArgument(f"{file_name(taken)} is there already", hint="--force overwrites it")
        return is_folder, path
