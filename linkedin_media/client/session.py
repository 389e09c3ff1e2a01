"""The session manager: one connection pool, one token, one place every call goes through."""

from __future__ import annotations

import math
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from ..errors import LinkedInMediaError
from ..options import DEFAULT_VERSION, Concurrency, RetryPolicy, Timeouts
from ..protocol import articles, replies, social
from ..protocol.head import HeaderFields
from ..protocol.hosts import Origin, parse_base_url
from ..protocol.tunnel import tunnel
from ..protocol.wire import Request, Response, check_path, check_version, headers_of
from ..transport import Transport
from .articles import Articles
from .attempts import Attempts, Clock, without
from .auth import TokenProvider, TokenSource, token_source
from .images import Images
from .posts import Posts
from .retry import RetryQuota, already_done
from .server_time import ServerTime
from .social import SocialActions
from .throttle import Breaker, Throttle

if TYPE_CHECKING:
    import aiohttp

DEFAULT_BASE_URL: Final = "https://api.linkedin.com"
_READERS: Final = 4
_PATIENCE: Final = 3


class LinkedInClient:
    """An async client of LinkedIn's Images, Posts and Articles APIs.

    Use it with ``async with``, or call `aclose`. It belongs to the event loop it is first used in.

    Args:
        access_token: A token, or an ``async def token() -> str`` that is asked for one; by default
            ``LINKEDIN_ACCESS_TOKEN``.
        version: The ``LinkedIn-Version`` of every call (``YYYYMM``); by default ``LINKEDIN_VERSION``, else the newest
            this release was tested with.
        base_url: By default ``LINKEDIN_BASE_URL``, else LinkedIn. Plain http is taken for this machine only.
        session: An `aiohttp.ClientSession` of yours to use, its traces and its connector with it; it is not closed. Our own
            is faster: without traces, it needs no more than a connection for a request.
        concurrency: Bounds the connection pool.
        retry: When a failed call is repeated.
        timeouts: How long each step may take.
        max_calls_per_second: A rate for all calls together, None for no limit.
        articles_path: Where the Articles API is; LinkedIn has announced the end of unversioned paths.
        social_actions_path: Where comments and likes are.
        upload_authorization: Whether uploads carry the token, as LinkedIn's pages ask.

    Raises:
        InvalidArgument: No token, or a version or base URL that cannot be right.
    """

    def __init__(
        self,
        access_token: str | TokenProvider | None = None,
        *,
        version: str | None = None,
        base_url: str | None = None,
        session: aiohttp.ClientSession | None = None,
        concurrency: Concurrency | None = None,
        retry: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
        max_calls_per_second: float | None = None,
        upload_authorization: bool = True,
        articles_path: str = articles.PATH,
        social_actions_path: str = social.PATH,
    ) -> None:
        self.version = check_version(version or os.environ.get("LINKEDIN_VERSION") or DEFAULT_VERSION)
        self.concurrency = concurrency or Concurrency()
        self.retry = retry or RetryPolicy()
        self.timeouts = timeouts or Timeouts()
        self.upload_authorization = upload_authorization
        base = parse_base_url(base_url or os.environ.get("LINKEDIN_BASE_URL") or DEFAULT_BASE_URL)
        self.tokens: TokenSource = token_source(access_token)
        self.transport = Transport(base, self.timeouts, self.concurrency.connections, session)
        self.throttle = Throttle(max_calls_per_second)
        self._breakers: dict[str, Breaker] = {}
        self.clock = Clock()
        self.server_time = ServerTime()
        self.before_call: Callable[[], Awaitable[None]] | None = None
        self.companions: dict[object, Any] = {}  # what the floors above keep for as long as there is this client
        self._readers = ThreadPoolExecutor(_READERS, "linkedin-media-read")
        self._quota = RetryQuota(self.retry.quota)
        self.images = Images(self)
        self.posts = Posts(self)
        self.articles = Articles(self, check_path(articles_path))
        self.social_actions = SocialActions(self, check_path(social_actions_path))

    @property
    def base_url(self) -> Origin:
        """Where calls go."""
        return self.transport.base

    @property
    def readers(self) -> ThreadPoolExecutor:
        """The threads that read files, as long as the client is open.

        Raises:
            InvalidArgument: It was closed.
        """
        self.transport.check_open()
        return self._readers

    def __repr__(self) -> str:
        return f"LinkedInClient(base_url={str(self.base_url)!r}, version={self.version!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; a borrowed session stays open."""
        await self.tokens.aclose()
        await self.transport.aclose()
        self._readers.shutdown(wait=False, cancel_futures=True)

    async def send(self, request: Request, *, send_before: float = math.inf) -> Response:
        """Send one call, and repeat it where that is safe; the answer is a 2xx.

        No attempt leaves after `send_before`, a moment of the client's monotonic clock.

        Raises:
            ApiError: LinkedIn answered with an error.
            TransportError: The network failed.
            UnexpectedReply: The answer could not be read.
            NotSentInTime: `send_before` had passed.
        """
        prepared = tunnel(request)
        headers = headers_of(prepared, self.version)
        what = f"{prepared.restli_method.value} {prepared.resource}"
        attempts = Attempts(self, prepared.repeat, what, self.retry.deadline, send_before)
        while True:
            try:
                return await self._attempt(prepared, headers, attempts)
            except LinkedInMediaError as error:
                if attempts.in_doubt and already_done(error, prepared.restli_method):
                    return Response(status=404)
                await attempts.wait_or_raise(error)

    async def _attempt(self, request: Request, headers: HeaderFields, attempts: Attempts) -> Response:
        await attempts.wait_for_slot()
        timeout = min(self.timeouts.call, max(attempts.remaining(), 0.001))
        answered = await self.transport.send(
            request, attempts.token, timeout=timeout, headers=headers, check=attempts.check_time
        )
        response = without(answered, attempts.token)
        attempts.log(response)
        if response.ok:
            self._quota.give_back()
            return response
        raise replies.read_error(request, response, self.clock.now())

    def breaker(self, what: str) -> Breaker:
        """Return what holds back calls of one kind that LinkedIn goes on refusing."""
        breaker = self._breakers.get(what)
        if breaker is None:
            breaker = self._breakers[what] = Breaker(max(self.retry.max_attempts, _PATIENCE))
        return breaker

    def take_retry(self) -> bool:
        """Take one retry from the quota all calls share; there is none once the client is closed."""
        return not self.transport.is_closed and self._quota.take()
