"""The network edge (aiohttp): one `send`, one `put`, one `download`; typed errors only (see `containment`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib.metadata import version as installed_version
from typing import Any, Final

import aiohttp
import attrs
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

from .containment import bare, contained, unrepeated
from .errors import (
    ConnectionFailed,
    ConnectionLost,
    InvalidArgument,
    LinkedInMediaError,
    UnexpectedReply,
    UntrustedHost,
    UploadIncomplete,
)
from .lookout import Limit, Lookout
from .model.image import InitializedUpload
from .model.secret import Secret
from .options import Timeouts
from .places import Places
from .protocol.hosts import DOWNLOAD_HOSTS, UPLOAD_HOSTS, Origin, distrust
from .protocol.wire import Repeat, Request, Response
from .reply_body import read_reply
from .upload_body import UploadBody, Watchdog

_READ: Final = 64 * 1024
_REPEATED: Final = ("GET", "DELETE")
"""What aiohttp would repeat on its own; a PUT it would repeat, too, but its body goes out once only."""


@cache
def user_agent() -> str:
    """Return the User-Agent of every request."""
    return f"linkedin-media/{installed_version('linkedin-media')}"


@attrs.frozen(kw_only=True)
class Downloaded:
    """What a download was: its bytes counted, and its media type as the server names it."""

    size: int
    content_type: str


@attrs.define(eq=False)
class Transport:
    """Owns the aiohttp session, made on first use and bound to the running event loop; a borrowed one is not closed."""

    base: Origin
    timeouts: Timeouts
    connections: int
    _borrowed: aiohttp.ClientSession | None = attrs.field(default=None, repr=False)
    _session: aiohttp.ClientSession | None = attrs.field(default=None, init=False, repr=False)
    _loop: asyncio.AbstractEventLoop | None = attrs.field(default=None, init=False, repr=False)
    _free: Places = attrs.field(init=False, repr=False)
    _lookout: Lookout = attrs.field(factory=Lookout, init=False, repr=False)
    _prefix: str = attrs.field(init=False, repr=False)
    _closed: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._free = Places(self.connections)
        self._prefix = str(self.base)

    async def send(self, request: Request, token: Secret | None, *, timeout: float) -> Response:
        """Send one API call and read its whole answer, within `timeout` seconds.

        Raises:
            ConnectionFailed: Nothing was sent.
            ConnectionLost, DeadlineExceeded: Something may have been.
            UnexpectedReply: The answer is no HTTP, too long, or encoded in a way nobody asked for.
        """
        http, url = self._http(), URL(self._prefix + request.target, encoded=True)
        once = _OnceBody(request.body) if request.repeat is Repeat.NEVER and request.body else None

        async def exchange() -> Response:
            options = self._options(request.http_method, request.headers, token, data=once or request.body)
            async with self._free, http.request(request.http_method, url, **options) as reply:
                return await read_reply(reply, request.max_reply)

        try:
            return await contained(exchange(), Limit(self._lookout, timeout), what="no answer", host=self.base.host)
        except ConnectionLost as error:
            failure = ConnectionFailed(f"nothing was sent: {error.message}") if once and not once.begun else error
        raise bare(failure)

    async def put(
        self,
        upload: InitializedUpload,
        body: UploadBody,
        token: Secret | None,
        *,
        timeout: float | None = None,
        expect_continue: bool = False,
    ) -> Response:
        """Stream `body` to the upload URL; the answer counts only once every byte is sent.

        Raises:
            UntrustedHost: The URL is not LinkedIn's; nothing was sent.
            UploadStalled: The server stopped reading.
            UploadIncomplete: A 2xx came before the last byte was sent.
            FileChanged, FileUnreadable: The file failed while it was read.
            ConnectionFailed, ConnectionLost, DeadlineExceeded: The network failed.
        """
        problem = distrust(upload.upload_url, self.base, UPLOAD_HOSTS)
        if problem:
            raise UntrustedHost(f"the upload URL for {upload.image} is not to be trusted: {problem}")
        http = self._http()
        watchdog = Watchdog(self._lookout, body, self.timeouts, timeout, expects_leave=expect_continue)

        async def exchange() -> tuple[Response, bool]:
            length = {"Content-Length": str(body.size)}
            options = self._options("PUT", length, token, data=body, expect100=expect_continue)
            try:
                async with self._free:
                    watchdog.begin()
                    async with http.put(URL(upload.upload_url, encoded=True), **options) as reply:
                        complete = body.complete
                        return await read_reply(reply), complete
            finally:
                if not body.complete:
                    body.give_up()

        try:
            what, host = "the upload was not finished", self.base.host
            response, complete = await contained(exchange(), watchdog, what=what, host=host)
        except LinkedInMediaError as error:
            failure = body.failure or watchdog.failure or error
        else:
            return _checked(response, body, complete=complete)
        raise bare(failure)

    async def download(
        self, url: str, write: Callable[[bytes], Awaitable[object]], *, timeout: float | None = None
    ) -> Downloaded:
        """Give the bytes behind an image's ``download_url`` to `write`, piece by piece; the token stays here.

        What `write` raises comes out as it is.

        Raises:
            UntrustedHost: The URL is not LinkedIn's; nothing was sent to it.
            UnexpectedReply: The answer is not a 200.
            ConnectionFailed, ConnectionLost, DeadlineExceeded: The network failed, or fewer bytes came than announced.
        """
        problem = distrust(url, self.base, DOWNLOAD_HOSTS)
        sink, url = _Sink(url, write), "…"  # it is signed: from here on, no frame of ours shows it
        if problem:
            raise UntrustedHost(f"the download URL is not to be trusted: {problem}")
        http = self._http()

        async def exchange() -> Downloaded:
            wanted = {"Accept": "image/*", "Accept-Encoding": "identity"}
            options = self._options("GET", wanted, None, timeout=_timeout(self.timeouts.connect, self.timeouts.stall))
            async with self._free, http.get(URL(sink.url, encoded=True), **options) as reply:
                await sink.fill(reply)
                return Downloaded(size=sink.size, content_type=reply.content_type)

        host = URL(sink.url, encoded=True).host or ""
        limit, what = Limit(self._lookout, timeout), "the download was not finished"
        downloaded = await contained(exchange(), limit, what=what, host=host)
        if sink.failure is not None:
            raise sink.failure
        return downloaded

    async def aclose(self) -> None:
        """Close the session, unless it is borrowed; the transport is of no use any more."""
        session, self._session, self._closed = self._session, None, True
        self._lookout.close()
        if session is not None and session is not self._borrowed:
            await session.close()

    def check_open(self) -> None:
        """Make sure that calls can be sent.

        Raises:
            InvalidArgument: The client, or the session it borrowed, was closed.
        """
        if self._closed or (self._borrowed is not None and self._borrowed.closed):
            raise InvalidArgument("this client is closed", hint="use it inside `async with`")

    def _http(self) -> aiohttp.ClientSession:
        self.check_open()
        loop = asyncio.get_running_loop()
        if self._session is None:
            self._session, self._loop = self._borrowed or self._new_session(), loop
        elif self._loop is not loop:
            raise InvalidArgument(
                "this client is bound to another event loop",
                hint="make one LinkedInClient per event loop, or one asyncio.run for all of your work",
            )
        return self._session

    def _new_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.connections, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
            requote_redirect_url=False,
            trust_env=False,
        )

    def _options(self, method: str, headers: Mapping[str, str], token: Secret | None, **more: object) -> dict[str, Any]:
        """Return what every request is sent with, whatever a borrowed session would choose."""
        sent = {"Accept-Encoding": "gzip", "User-Agent": user_agent(), **headers}
        if token is not None:
            sent["Authorization"] = f"Bearer {token.reveal()}"
        if method in _REPEATED and self._borrowed is None:
            more["middlewares"] = (unrepeated,)
        return {
            "headers": sent,
            "timeout": _timeout(self.timeouts.connect, None),
            "allow_redirects": False,
            "auto_decompress": False,
            "raise_for_status": False,
            **more,
        }


@cache
def _timeout(connect: float, read: float | None) -> aiohttp.ClientTimeout:
    """Return aiohttp's own timeouts; the others are ours, since they must not outlive a task."""
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)


class _OnceBody(aiohttp.BytesPayload):
    """A body that knows whether any of it was written: until then, not even the head of its request has left."""

    begun = False

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self.begun = True
        await super().write_with_length(writer, content_length)


def _checked(response: Response, body: UploadBody, *, complete: bool) -> Response:
    if response.ok and not complete:
        raise UploadIncomplete(f"{response.status} came after {body.given:,} of {body.size:,} bytes")
    return response


@attrs.define
class _Sink:
    """Where a download goes, and what went wrong there: a full disk must not be taken for a broken connection."""

    url: str = attrs.field(repr=False)
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
