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
from typing import Any, Final, Protocol

import aiohttp
import attrs
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import StreamWriter
from yarl import URL

from .connections import Connections
from .containment import unrepeated
from .model.secret import Secret
from .plain_connection import PlainAnswer, PlainConnection
from .protocol.head import HeaderFields, bearer, request_head
from .protocol.wire import MAX_REPLY, Response
from .reply_body import Answer, read_plain, read_reply
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

    `begun` tells whether any of it may have left. Over a session it is told only of a body that goes out `once`. `check` is
    called before that, and raises where it must not leave any more.
    """

    method: str
    root: str
    target: str = attrs.field(repr=False)
    headers: HeaderFields
    token: Secret | None
    body: bytes | None = attrs.field(default=None, repr=False)
    upload: UploadBody | None = attrs.field(default=None, repr=False)
    once: bool = False
    check: Callable[[], None] | None = attrs.field(default=None, repr=False)
    expect_continue: bool = False
    begun: bool = attrs.field(default=False, init=False)

    @property
    def authority(self) -> str:
        """Host and port, as they are named in the request."""
        return self.root.partition("//")[2]

    @property
    def length(self) -> int | None:
        """How many bytes the body has; None where the method has none."""
        if self.body is not None:
            return len(self.body)
        if self.upload is not None:
            return self.upload.size
        return None if self.method in _BODILESS else 0

    def begin(self) -> None:
        """Take note that it begins to leave, if it may."""
        if self.check is not None:
            self.check()
        self.begun = True

    def answered(self) -> None:
        """Take note that the answer begins."""
        if self.upload is not None:
            self.upload.answered()


class Exchange(Protocol):
    """One request, and the whole answer to it."""

    async def response(self, most: int = MAX_REPLY) -> Response:
        """Send the request and read an answer of at most so many bytes. The body is told when the answer begins."""


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

    async def response(self, most: int = MAX_REPLY) -> Response:
        """Do what every exchange does."""
        async with self as answer:
            self._outgoing.answered()
            return await read_reply(answer, most)


def _options(outgoing: Outgoing, *, ours: bool) -> dict[str, Any]:
    """Return what a request is sent with, whatever a borrowed session would choose."""
    headers = dict(outgoing.headers)
    if outgoing.token is not None:
        headers["Authorization"] = bearer(outgoing.token)
    body: object = outgoing.body
    if outgoing.once and outgoing.body is not None:
        body = _WatchedBytes(outgoing, outgoing.body)
    elif outgoing.upload is not None:
        body = _UploadPayload(outgoing.upload)
        headers["Content-Length"] = str(outgoing.upload.size)
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
        self._outgoing.begin()
        await super().write_with_length(writer, content_length)


class _UploadPayload(aiohttp.Payload):
    """An upload as a session sends it. It is ``consumed`` from the start, so that aiohttp never re-sends it behind our back."""

    def __init__(self, body: UploadBody) -> None:
        super().__init__(body, content_type="application/octet-stream")
        self._body = body
        self._size = body.size
        self._consumed = True

    async def write(self, writer: AbstractStreamWriter) -> None:
        await self._body.write(writer)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:  # noqa: ARG002 -- aiohttp's signature
        await self._body.write(writer)  # the length is the body's own

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002 -- aiohttp's
        raise TypeError("an upload is not text")


class OverConnection:
    """An exchange over a connection, and nothing besides."""

    def __init__(self, connections: Connections, outgoing: Outgoing) -> None:
        self._connections = connections
        self._outgoing = outgoing
        self._writing: asyncio.Task[None] | None = None

    async def response(self, most: int = MAX_REPLY) -> Response:
        """Do what every exchange does."""
        outgoing, connections = self._outgoing, self._connections
        head = request_head(
            outgoing.method,
            outgoing.authority,
            outgoing.target,
            outgoing.headers,
            token=outgoing.token,
            length=outgoing.length,
        )
        connection = connections.kept(outgoing.root) or await connections.opened(outgoing.root)
        try:
            plain = await self._send(connection, head)
            if plain is None:
                answer = await _read_head(connection)
                outgoing.answered()
                response = await read_reply(answer, most)
            else:
                outgoing.answered()
                response = read_plain(plain, most)
        except BaseException:
            self._close(connection)
            raise
        if response.status == _SWITCHING or not (self._writing is None or self._writing.done()):
            self._close(connection)
        else:
            connections.keep(outgoing.root, connection)
        return response

    def _close(self, connection: PlainConnection) -> None:
        if self._writing is not None:
            self._writing.cancel()
        connection.close()

    def _send(self, connection: PlainConnection, head: bytes) -> asyncio.Future[PlainAnswer | None]:
        transport, outgoing = connection.transport, self._outgoing
        if transport.is_closing():
            raise aiohttp.ClientConnectionResetError("the connection was closed")
        outgoing.begin()
        asked = connection.ask()
        if outgoing.upload is None:
            transport.write(head + outgoing.body if outgoing.body else head)
        elif not outgoing.upload.begin(transport, head):
            self._go_on(connection, outgoing.upload.write)
        elif connection.handler.writing_paused:
            self._go_on(connection, outgoing.upload.drain)
        return asked

    def _go_on(
        self, connection: PlainConnection, write: Callable[[AbstractStreamWriter], Coroutine[Any, Any, None]]
    ) -> None:
        """Write what is left in a task of its own: the answer may come first."""
        writer = StreamWriter(connection.handler, asyncio.get_running_loop())
        self._writing = asyncio.create_task(write(writer))
        self._writing.add_done_callback(partial(_written, connection))


def _written(connection: PlainConnection, writing: asyncio.Task[None]) -> None:
    failure = None if writing.cancelled() else writing.exception()
    if failure is not None:
        connection.fail(aiohttp.ClientConnectionError("the body failed"), failure)


@attrs.frozen(eq=False)
class _ReadByAiohttp(Answer):
    status: int
    headers: Mapping[str, str]
    content: aiohttp.StreamReader
    close: Callable[[], None]


async def _read_head(connection: PlainConnection) -> Answer:
    while True:
        message, content = await connection.handler.read()
        if message.code == _SWITCHING or not 100 <= message.code < 200:
            return _ReadByAiohttp(message.code, message.headers, content, connection.close)
