"""A download as it is written down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import attrs

from .errors import ConnectionLost, UnexpectedReply

_READ: Final = 64 * 1024


@attrs.frozen(kw_only=True)
class Downloaded:
    """What a download was: its bytes counted, and its media type as the server names it."""

    size: int
    content_type: str


@attrs.define
class Sink:
    """Where a download goes, and what went wrong there: a full disk must not be taken for a broken connection."""

    write: Callable[[bytes], Awaitable[object]]
    size: int = 0
    failure: Exception | None = None

    async def fill(self, reply: aiohttp.ClientResponse) -> None:
        if reply.status != 200:
            refused = UnexpectedReply(f"the download answered {reply.status}", status=reply.status)
            if reply.status in (401, 403, 404, 410):
                refused.hint = "download URLs expire: get the image again"
            raise refused
        if reply.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise UnexpectedReply("the download is encoded in a way nobody asked for", status=reply.status)
        async for piece in reply.content.iter_chunked(_READ):
            try:
                await self.write(piece)
            except Exception as error:  # noqa: BLE001 -- it is raised again once the connection is let go
                self.failure = error
                return
            self.size += len(piece)
        if reply.content_length not in (None, self.size):
            raise ConnectionLost(f"{self.size:,} bytes of {reply.content_length:,} came")
