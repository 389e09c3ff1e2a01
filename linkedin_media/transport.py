"""The network edge (aiohttp): one `send`, one `put`, one `download`; typed errors only (see `containment`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, lru_cache
from importlib.metadata import version as installed_version
from typing import Final

import aiohttp
import attrs

from .connections import Connections
from .containment import bare, contained
from .download_body import Downloaded, Sink
from .errors import (
    ConnectionFailed,
    ConnectionLost,
    InvalidArgument,
    LinkedInMediaError,
    UntrustedHost,
    UploadIncomplete,
)
from .exchange import Exchange, Outgoing, OverConnection, OverSession, unobserved
from .lookout import Limit, Lookout
from .model.image import InitializedUpload
from .model.secret import Secret
from .options import Timeouts
from .places import Places
from .protocol.head import HeaderFields
from .protocol.hosts import DOWNLOAD_HOSTS, UPLOAD_HOSTS, Origin, distrust, split
from .protocol.wire import Repeat, Request, Response
from .upload_body import UploadBody, Watchdog


@cache
def user_agent() -> str:
    """Return the User-Agent of every request."""
    return f"linkedin-media/{installed_version('linkedin-media')}"


@cache
def _accepted() -> Mapping[str, str]:
    return {"Accept-Encoding": "gzip", "User-Agent": user_agent()}


@lru_cache(maxsize=64)
def _complete(headers: HeaderFields) -> HeaderFields:
    return HeaderFields({**_accepted(), **headers})


_OF_UPLOADS: Final = HeaderFields({"Accept": "*/*", "Content-Type": "application/octet-stream"})


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
    _connections: Connections | None = attrs.field(default=None, init=False, repr=False)
    _patience: aiohttp.ClientTimeout = attrs.field(init=False, repr=False)
    _root: str = attrs.field(init=False, repr=False)
    _closed: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._free = Places(self.connections)
        # The other limits are ours: aiohttp's would outlive a task, and never see a server that stops reading.
        self._patience = aiohttp.ClientTimeout(total=None, sock_connect=self.timeouts.connect)
        self._root = split(str(self.base))[0]

    async def send(
        self,
        request: Request,
        token: Secret | None,
        *,
        timeout: float,
        headers: HeaderFields | None = None,
        check: Callable[[], None] | None = None,
    ) -> Response:
        """Send one API call and read its whole answer, within `timeout` seconds.

        `headers` are all that describe the call, by default its own. `check` is called at the last moment before any of a
        call that is never repeated leaves: if it raises, nothing is sent.

        Raises:
            ConnectionFailed: Nothing was sent.
            ConnectionLost, DeadlineExceeded: Something may have been.
            UnexpectedReply: The answer is no HTTP, too long, or encoded in a way nobody asked for.
        """
        once = request.repeat is Repeat.NEVER and bool(request.body)
        outgoing = Outgoing(
            method=request.http_method,
            root=self._root,
            target=self.base.path + request.target,
            headers=_complete(HeaderFields(request.headers) if headers is None else headers),
            token=token,
            body=request.body,
            once=once,
            check=check if once else None,
        )
        exchanged = self._exchanged(self._exchange(outgoing), request.max_reply)
        try:
            return await contained(exchanged, Limit(self._lookout, timeout), what="no answer", host=self.base.host)
        except ConnectionLost as error:
            unsent = outgoing.once and not outgoing.begun
            failure = ConnectionFailed(f"nothing was sent: {error.message}") if unsent else error
        raise bare(failure)

    async def _exchanged(self, exchange: Exchange, max_reply: int) -> Response:
        async with self._free:
            return await exchange.response(max_reply)

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
        exchange = self._exchange(_uploading(upload, body, token, expect_continue=expect_continue))
        watchdog = Watchdog(self._lookout, body, self.timeouts, timeout, expects_leave=expect_continue)
        try:
            exchanged, host = self._put(exchange, body, watchdog), self.base.host
            response = await contained(exchanged, watchdog, what="the upload was not finished", host=host)
        except LinkedInMediaError as error:
            failure = body.failure or watchdog.failure or error
        else:
            return _checked(response, body)
        raise bare(failure)

    async def _put(self, exchange: Exchange, body: UploadBody, watchdog: Watchdog) -> Response:
        try:
            async with self._free:
                watchdog.begin()
                return await exchange.response()
        finally:
            if not body.complete:
                body.give_up()

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
        outgoing = None if problem else _downloading(url)
        url = "…"  # it is signed: from here on, no frame of ours shows it
        if outgoing is None:
            raise UntrustedHost(f"the download URL is not to be trusted: {problem}")
        patience = attrs.evolve(self._patience, sock_read=self.timeouts.stall)
        exchange, sink = OverSession(self._http(), outgoing, patience, ours=self._borrowed is None), Sink(write)

        async def exchanged() -> Downloaded:
            async with self._free, exchange as reply:
                await sink.fill(reply)
                return Downloaded(size=sink.size, content_type=reply.content_type)

        limit, what = Limit(self._lookout, timeout), "the download was not finished"
        downloaded = await contained(exchanged(), limit, what=what, host=outgoing.authority)
        if sink.failure is not None:
            raise sink.failure
        return downloaded

    async def aclose(self) -> None:
        """Close the session, unless it is borrowed; the transport is of no use any more."""
        session, self._session, self._closed = self._session, None, True
        self._lookout.close()
        if self._connections is not None:
            self._connections.give_back()
        if session is not None and session is not self._borrowed:
            await session.close()

    @property
    def sends_files(self) -> bool:
        """Tell whether the system itself may send files: nothing encrypts them, and no session is between."""
        return self._root.startswith("http:") and self._borrowed is None

    @property
    def is_closed(self) -> bool:
        """Tell whether the client, or the session it borrowed, was closed."""
        return self._closed or (self._borrowed is not None and self._borrowed.closed)

    def check_open(self) -> None:
        """Make sure that calls can be sent.

        Raises:
            InvalidArgument: The client, or the session it borrowed, was closed.
        """
        if self.is_closed:
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
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),  # `_free` is the limit
            cookie_jar=aiohttp.DummyCookieJar(),
            requote_redirect_url=False,
            trust_env=False,
        )

    def _exchange(self, outgoing: Outgoing) -> Exchange:
        session, ours = self._http(), self._borrowed is None
        if ours and not outgoing.expect_continue and unobserved(session):
            if self._connections is None:
                self._connections = Connections(session, self._patience)
            return OverConnection(self._connections, outgoing)
        return OverSession(session, outgoing, self._patience, ours=ours)


def _uploading(upload: InitializedUpload, body: UploadBody, token: Secret | None, *, expect_continue: bool) -> Outgoing:
    root, target = split(upload.upload_url)
    return Outgoing(
        method="PUT",
        root=root,
        target=target,
        headers=_complete(_OF_UPLOADS),
        token=token,
        upload=body,
        expect_continue=expect_continue,
    )


def _downloading(url: str) -> Outgoing:
    root, target = split(url)
    wanted = HeaderFields({**_accepted(), "Accept": "image/*", "Accept-Encoding": "identity"})
    return Outgoing(method="GET", root=root, target=target, headers=wanted, token=None)


def _checked(response: Response, body: UploadBody) -> Response:
    if response.ok and not body.was_complete:
        raise UploadIncomplete(f"{response.status} came after {body.given:,} of {body.size:,} bytes")
    return response
