"""One exchange with a server: straight over a connection of aiohttp's, or over a session that somebody looks into.

A `ClientSession` prepares every request for what it might need (redirects, cookies, proxies, traces, forms), which takes
more than twice what the exchange itself does. We need none of it. Where the session is our own and nobody looks into it, a
request goes out over a connection of its connector, with its pool, its TLS and its parser; see `unobserved`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Final, Protocol, Self

import aiohttp
import attrs
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import StreamWriter
from yarl import URL

from .connections import READ, Connections
from .containment import unrepeated
from .model.secret import Secret
from .protocol.head import bearer, request_head
from .upload_body import UploadBody

_REPEATED: Final = ("GET", "DELETE")
"""What aiohttp would repeat on its own; a PUT it would repeat, too, but its body goes out once only."""

_BODILESS: Final = ("GET", "HEAD")
_SWITCHING: Final = 101
"""What comes behind this answer is no HTTP."""

_REQUEST: Final = aiohttp.ClientSession._request  # noqa: SLF001 -- what mocks and instrumentation replace
_CODE: Final = getattr(_REQUEST, "__code__", None)
_GENUINE: Final = _CODE is not None and _CODE.co_filename == sys.modules["aiohttp.client"].__file__


@attrs.define(eq=False, kw_only=True)
class Outgoing:
    """One request as it leaves, to `target` below `root`.

    `begun` tells whether any of it may have left. Over a session it is told only of a body that goes out `once`.
    """

    method: str
    root: str
    target: str = attrs.field(repr=False)
    headers: Mapping[str, str]
    token: Secret | None
    body: bytes | UploadBody | None = attrs.field(default=None, repr=False)
    once: bool = False
    expect_continue: bool = False
    begun: bool = attrs.field(default=False, init=False)

    @property
    def authority(self) -> str:
        """Host and port, as they are named in the request."""
        return self.root.partition("//")[2]

    @property
    def length(self) -> int | None:
        """How many bytes the body has; None where the method has none."""
        if isinstance(self.body, UploadBody):
            return self.body.size
        if self.body is None:
            return None if self.method in _BODILESS else 0
        return len(self.body)


class Answer(Protocol):
    """The head of an answer; its content is still to be read."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> aiohttp.StreamReader: ...
    def close(self) -> None:
        """Close the connection: nobody will read the rest."""


class Exchange(Protocol):
    """``async with exchange as answer``: the request is sent, and its connection given back."""

    async def __aenter__(self) -> Answer: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


def unobserved(session: aiohttp.ClientSession) -> bool:
    """Tell whether nobody looks into our session: no trace, no mock, no instrumentation."""
    return _GENUINE and aiohttp.ClientSession._request is _REQUEST and not session.trace_configs  # noqa: SLF001


class OverSession:
    """An exchange by a session, whatever it was made to do besides."""

    def __init__(
        self, session: aiohttp.ClientSession, outgoing: Outgoing, timeout: aiohttp.ClientTimeout, *, ours: bool
    ) -> None:
        self._session = session
        self._outgoing = outgoing
        self._timeout = timeout
        self._ours = ours

    async def __aenter__(self) -> aiohttp.ClientResponse:
        outgoing = self._outgoing
        url, options = URL(outgoing.root + outgoing.target, encoded=True), _options(outgoing, ours=self._ours)
        self._context = self._session.request(outgoing.method, url, timeout=self._timeout, **options)
        return await self._context.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._context.__aexit__(kind, error, traceback)


def _options(outgoing: Outgoing, *, ours: bool) -> dict[str, Any]:
    """Return what a request is sent with, whatever a borrowed session would choose."""
    headers = dict(outgoing.headers)
    if outgoing.token is not None:
        headers["Authorization"] = bearer(outgoing.token)
    body: object = outgoing.body
    if outgoing.once and isinstance(body, bytes):
        body = _WatchedBytes(outgoing, body)
    elif isinstance(body, UploadBody):
        headers["Content-Length"] = str(body.size)
    return {
        "headers": headers,
        "data": body,
        "expect100": outgoing.expect_continue,
        "allow_redirects": False,
        "auto_decompress": False,
        "raise_for_status": False,
        **({"middlewares": (unrepeated,)} if ours and outgoing.method in _REPEATED else {}),
    }


class _WatchedBytes(aiohttp.BytesPayload):
    """A body that tells when it is written: until then, not even the head of its request has left."""

    def __init__(self, outgoing: Outgoing, body: bytes) -> None:
        super().__init__(body)
        self._outgoing = outgoing

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self._outgoing.begun = True
        await super().write_with_length(writer, content_length)


class OverConnection:
    """An exchange over a connection, and nothing besides."""

    def __init__(self, connections: Connections, outgoing: Outgoing) -> None:
        self._connections = connections
        self._outgoing = outgoing
        self._connection: Connection | None = None
        self._writing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        outgoing = self._outgoing
        head = request_head(
            outgoing.method,
            outgoing.authority,
            outgoing.target,
            outgoing.headers,
            token=outgoing.token,
            length=outgoing.length,
        )
        connections, root = self._connections, outgoing.root
        self._connection = connection = connections.kept(root) or await connections.opened(root)
        try:
            protocol = self._send(connection, head)
            while True:
                message, self.content = await protocol.read()
                if message.code == _SWITCHING or not 100 <= message.code < 200:
                    break
        except BaseException:
            self.close()
            raise
        self.status: int = message.code
        self.headers: Mapping[str, str] = message.headers
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        written = self._writing is None or self._writing.done()
        if kind is None and self._connection is not None and written and self.status != _SWITCHING:
            self._connections.keep(self._outgoing.root, self._connection)
        else:
            self.close()

    def close(self) -> None:
        """Close the connection: nobody will read the rest."""
        if self._writing is not None:
            self._writing.cancel()
        if self._connection is not None:
            self._connection.close()

    def _send(self, connection: Connection, head: bytes) -> ResponseHandler:
        protocol, transport, body = connection.protocol, connection.transport, self._outgoing.body
        if protocol is None or transport is None or transport.is_closing():
            raise aiohttp.ClientConnectionResetError("the connection was closed")
        protocol.set_response_params(read_until_eof=True, auto_decompress=False, read_bufsize=READ)
        self._outgoing.begun = True
        if not isinstance(body, UploadBody):
            transport.write(head + body if body else head)
        elif not body.begin(transport, head):
            self._go_on(protocol, body.write)
        elif protocol.writing_paused:
            self._go_on(protocol, body.drain)
        return protocol

    def _go_on(
        self, protocol: ResponseHandler, write: Callable[[AbstractStreamWriter], Coroutine[Any, Any, None]]
    ) -> None:
        """Write what is left in a task of its own: the answer may come first."""
        self._writing = asyncio.create_task(write(StreamWriter(protocol, asyncio.get_running_loop())))
        self._writing.add_done_callback(partial(_written, protocol))


def _written(protocol: ResponseHandler, writing: asyncio.Task[None]) -> None:
    failure = None if writing.cancelled() else writing.exception()
    if failure is not None:
        protocol.set_exception(aiohttp.ClientConnectionError("the body failed"), failure)
