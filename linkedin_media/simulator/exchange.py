"""One request on the wire: reading its body, recording it, and turning replies into aiohttp's responses."""

from __future__ import annotations

import hashlib
import time
from email.utils import formatdate
from typing import Final, Protocol

import attrs
from aiohttp import web
from multidict import CIMultiDict

from .faults import Strike
from .incoming import Body, Incoming
from .journal import Call
from .replies import Reply
from .world import World

REDACTED: Final = "[redacted]"


class BrokenOff(Exception):
    """The client went away before its request was complete."""


class Host(Protocol):
    """The server, as far as faults may touch it."""

    @property
    def stopping(self) -> bool:
        """True once the simulator is being stopped."""

    def refuse_for(self, seconds: float) -> None:
        """Refuse new connections for a while, and drop idle ones."""


class Silence(web.StreamResponse):
    """A response that sends nothing and lets its connection go: somebody else has written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> None:
        """Send no head."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Send no end."""


@attrs.define(kw_only=True)
class Exchange:
    """A request, the call it makes, the answer it will get, and the faults that strike it.

    Of a body longer than `limit` the rest is counted and dropped.
    """

    world: World = attrs.field(repr=False)
    host: Host = attrs.field(repr=False)
    request: web.BaseRequest = attrs.field(repr=False)
    call: Incoming
    arrived_at: float
    limit: int
    started: float = attrs.field(factory=time.monotonic)
    connection: int = 0
    reply: Reply | None = None
    strikes: list[Strike] = attrs.field(factory=list)
    received: int = 0
    complete: bool = False
    recorded: bool = False

    async def read_body(self) -> None:
        """Read the whole body, once, digesting it on the way.

        Raises:
            BrokenOff: The client went away.
            TakenOver: A fault ended the connection.
        """
        if self.complete:
            return
        await self._invite_body()
        digest, chunks = hashlib.sha256(), []
        try:
            async for chunk in self.request.content.iter_any():
                self.received += len(chunk)
                digest.update(chunk)
                if self.received <= self.limit:
                    chunks.append(chunk)
                for strike in self.strikes:
                    await strike.action.progress(self)
        except (web.RequestPayloadError, ConnectionError) as error:
            raise BrokenOff from error
        self.complete = True
        sha256 = digest.hexdigest() if self.received else None
        self.call.body = Body(content=b"".join(chunks), size=self.received, sha256=sha256)

    async def _invite_body(self) -> None:
        """Answer ``Expect: 100-continue``."""
        if self.request.headers.get("Expect", "").lower() == "100-continue":
            await self.request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.request.writer.output_size = 0

    def record(self, *, answered: bool = True) -> None:
        """Write the call into the journal, once; this happens before the first byte of the answer leaves."""
        if self.recorded:
            return
        self.recorded = True
        call, meaning = self.call, self.call.meaning
        self.world.journal.append(
            Call(
                index=len(self.world.journal),
                time=self.arrived_at,
                seconds=self.world.clock.now() - self.arrived_at,
                method=self.request.method,
                raw_path=call.raw_path,
                operation=meaning.operation,
                resource=meaning.resource,
                restli_method=meaning.restli_method,
                headers=_redacted(self.request),
                status=self.reply.status if self.reply and answered else None,
                image=call.image,
                post=call.post,
                sha256=call.body.sha256,
                bytes=call.body.size or self.received,
                connection=self.connection,
                fault=call.fault,
                verdicts=tuple(call.verdicts),
            )
        )


def to_response(reply: Reply, now: float) -> web.Response:
    """Return a reply as aiohttp sends it, at a moment of the simulator's clock."""
    headers = CIMultiDict(reply.headers)
    headers.setdefault("Date", formatdate(now, usegmt=True))
    if reply.body and "Content-Type" not in headers:
        headers["Content-Type"] = reply.content_type
    if not reply.body:
        headers.setdefault("Content-Length", "0")
    return web.Response(status=reply.status, body=reply.body or None, headers=headers)


def _redacted(request: web.BaseRequest) -> dict[str, str]:
    headers = dict(request.headers)
    if "Authorization" in request.headers:
        for name in headers:
            if name.lower() == "authorization":
                headers[name] = f"{headers[name].partition(' ')[0]} {REDACTED}"
    return headers
