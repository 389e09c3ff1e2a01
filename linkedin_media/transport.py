"""The network edge (aiohttp): one `send`, one `put`, one `download`; typed errors only.

aiohttp's exceptions print the request headers, token included, so none of them gets out of this module, not even as a
cause: they are translated inside ``except`` and raised outside it.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version as installed_version
from typing import Any, Final

import aiohttp
import attrs
from yarl import URL

from .errors import (
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    InvalidArgument,
    LinkedInMediaError,
    UnexpectedReply,
    UntrustedHost,
    UploadIncomplete,
)
from .model.image import InitializedUpload
from .model.secret import Secret
from .options import Timeouts
from .protocol.hosts import DOWNLOAD_HOSTS, UPLOAD_HOSTS, Origin, distrust
from .protocol.redact import printable
from .protocol.wire import MAX_REPLY, Headers, Request, Response
from .upload_body import UploadBody, Watchdog

_READ: Final = 64 * 1024
_NO_TOTAL: Final = aiohttp.ClientTimeout(total=None)


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

    async def send(self, request: Request, token: Secret | None, *, timeout: float) -> Response:
        """Send one API call and read its whole answer, within `timeout` seconds.

        Raises:
            ConnectionFailed: Nothing was sent.
            ConnectionLost, DeadlineExceeded: Something may have been.
            UnexpectedReply: The answer is no HTTP, too long, or encoded in a way nobody asked for.
        """
        url = URL(str(self.base) + request.target, encoded=True)
        async with (
            self._translated("no answer", timeout),
            self._http().request(
                request.http_method,
                url,
                data=request.body,
                headers={**request.headers, **_authorization(token)},
                **_PLAIN,
            ) as reply,
        ):
            return await _read(reply, request.max_reply)

    async def put(
        self, upload: InitializedUpload, body: UploadBody, token: Secret | None, *, expect_continue: bool = False
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
        tracker = aiohttp.UploadTracker()
        watchdog = Watchdog(tracker, body, self.timeouts)
        try:
            async with (
                self._translated("the upload was not finished", self.timeouts.upload),
                watchdog,
                self._http().put(
                    URL(upload.upload_url, encoded=True),
                    data=body,
                    headers={"Content-Length": str(body.size), **_authorization(token)},
                    expect100=expect_continue,
                    upload_tracker=tracker,
                    **_PLAIN,
                ) as reply,
            ):
                complete = body.complete(tracker)
                response = await _read(reply)
        except LinkedInMediaError as error:
            failure = body.failure or watchdog.failure or error
        else:
            return _checked(response, body, complete=complete)
        raise failure

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
        if problem:
            raise UntrustedHost(f"the download URL is not to be trusted: {problem}")
        target, sink = URL(url, encoded=True), _Sink(write)
        async with (
            self._translated("the download was not finished", timeout, target.host),
            self._http().get(
                target,
                headers={"Accept": "image/*", "Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self.timeouts.connect, sock_read=self.timeouts.stall
                ),
                **_PLAIN,
            ) as reply,
        ):
            await sink.fill(reply)

        if sink.failure is not None:
            raise sink.failure
        return Downloaded(size=sink.size, content_type=reply.content_type)

    async def aclose(self) -> None:
        """Close the session, unless it is borrowed."""
        session, self._session = self._session, None
        if session is not None and session is not self._borrowed:
            await session.close()

    def _http(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None:
            self._session, self._loop = self._borrowed or self._new_session(), loop
        elif self._loop is not loop:
            raise InvalidArgument(
                "this client is bound to another event loop",
                hint="make one LinkedInClient per event loop, or one asyncio.run for all of your work",
            )
        if self._session.closed:
            raise InvalidArgument("this client is closed", hint="use it inside `async with`")
        return self._session

    def _new_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=self.connections, ttl_dns_cache=300)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            requote_redirect_url=False,
            headers={"User-Agent": user_agent()},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.timeouts.connect),
        )

    @asynccontextmanager
    async def _translated(self, what: str, timeout: float | None, host: str | None = None) -> AsyncIterator[None]:
        failure: LinkedInMediaError
        try:
            async with asyncio.timeout(timeout):
                yield
            return
        except LinkedInMediaError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            failure = translate(error, what, timeout, host or self.base.host)
        raise failure


_PLAIN: Final[dict[str, Any]] = {"allow_redirects": False, "auto_decompress": False}


def _authorization(token: Secret | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token.reveal()}"}


def translate(error: Exception, what: str, timeout: float | None, host: str) -> LinkedInMediaError:
    """Make our error of a foreign one, keeping nothing of it but its kind and the operating system's words."""
    words = printable(getattr(error, "strerror", None) or type(error).__name__)
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return ConnectionFailed(f"TLS with {host} failed: {words}", hint="its certificate must be valid")
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | aiohttp.ClientProxyConnectionError():
            return ConnectionFailed(f"could not connect to {host}: {words}")
        case aiohttp.SocketTimeoutError():
            return DeadlineExceeded(f"{what}: {host} sent nothing for too long")
        case TimeoutError():
            return DeadlineExceeded(f"{what} within {timeout or 0:g} s")
        case aiohttp.ClientResponseError():
            return ConnectionLost(f"{host} did not answer in HTTP: {words}")
        case _:
            return ConnectionLost(f"the connection to {host} broke: {words}")


def _checked(response: Response, body: UploadBody, *, complete: bool) -> Response:
    if response.ok and not complete:
        raise UploadIncomplete(f"{response.status} came after {body.given:,} of {body.size:,} bytes")
    return response


@attrs.define
class _Sink:
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


async def _read(reply: aiohttp.ClientResponse, most: int = MAX_REPLY) -> Response:
    body = bytearray()
    decoder = _decoder(reply.headers.get("Content-Encoding", ""))
    async for piece in reply.content.iter_chunked(_READ):
        body += decoder(piece, most + 1 - len(body))
        if len(body) > most:
            reply.close()
            raise UnexpectedReply(f"the answer is longer than {most:,} bytes", status=reply.status)

    return Response(status=reply.status, headers=Headers(reply.headers), body=bytes(body))


def _decoder(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return what undoes a Content-Encoding, giving at most so many bytes."""
    match encoding.strip().lower():
        case "" | "identity":
            return lambda piece, _: piece
        case "gzip" | "x-gzip" | "deflate":
            inflate = zlib.decompressobj(wbits=47)
            return lambda piece, limit: _inflated(inflate, piece, limit)
        case other:
            raise UnexpectedReply(f"the answer is encoded as {printable(other)[:20]}, which nobody asked for")


def _inflated(inflate: Any, piece: bytes, limit: int) -> bytes:
    try:
        result: bytes = inflate.decompress(piece, max(limit, 1))
    except zlib.error:
        raise UnexpectedReply("the answer's compression is broken") from None
    return result
