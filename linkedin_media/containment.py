"""Keep aiohttp's exceptions in: they print request headers, bearer token included, and so do the frames they came through.

Whatever goes wrong inside `contained` comes out as one of our errors, without cause, context or inner frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from aiohttp.http import HttpProcessingError

from .errors import ConnectionFailed, ConnectionLost, DeadlineExceeded, LinkedInMediaError
from .lookout import Limit
from .protocol.redact import printable

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


async def contained(work: Awaitable[T], limit: Limit, *, what: str, host: str) -> T:
    """Await `work` for as long as `limit` allows.

    Raises:
        ConnectionFailed: Nothing was sent.
        ConnectionLost, DeadlineExceeded: Something may have been.
        LinkedInMediaError: What `work` raised of ours.
    """
    try:
        with limit:
            return await work
    except asyncio.CancelledError as cancelled:
        raise bare(cancelled)  # noqa: B904 -- it is the same one, without its past
    except LinkedInMediaError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 -- an accident inside aiohttp leaves as much in doubt as a lost connection
        failure = translate(error, what, limit.seconds, host)
    raise bare(failure)


def bare(error: E) -> E:
    """Return `error` without the frames and the exceptions it came through."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def translate(error: Exception, what: str, timeout: float | None, host: str) -> LinkedInMediaError:
    """Make our error of a foreign one, keeping nothing of it but its kind and the operating system's words."""
    words = printable(getattr(error, "strerror", None) or type(error).__name__)
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return ConnectionFailed(f"TLS with {host} failed: {words}", hint="its certificate must be valid")
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return ConnectionFailed(f"could not connect to {host}: {words}")
        case aiohttp.SocketTimeoutError():
            return DeadlineExceeded(f"{what}: {host} sent nothing for too long")
        case TimeoutError():
            return DeadlineExceeded(f"{what} within {timeout or 0:g} s")
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return ConnectionLost(f"{host} did not answer in HTTP: {words}")
        case _:
            return ConnectionLost(f"the connection to {host} broke: {words}")


async def unrepeated(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Send a request once: aiohttp would repeat a GET or a DELETE on its own, uncounted by our retries (a middleware)."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        failure = translate(error, "no answer", None, request.url.host or "")
    raise failure
