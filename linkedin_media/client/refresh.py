"""The stored token as a provider: refreshed ahead of its expiry, and once for any number of refusals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from ..errors import (
    ApiError,
    ConnectionFailed,
    InvalidArgument,
    LinkedInMediaError,
    SignInError,
    TokenRefused,
    TransportError,
    UnexpectedReply,
)
from ..model.secret import Secret
from ..model.token import StoredToken
from .oauth import SignIn, oauth_origin
from .tokens import TokenStore, load_for, token_store

_log = logging.getLogger("linkedin_media.client")
_AGAIN: Final = "sign in again: linkedin-media auth login"
_FRESH: Final = timedelta(seconds=60)
"""LinkedIn has been seen to call a token revoked for some seconds after it made it."""
_SETTLE: Final = 5.0
"""Seconds before the second try with such a token."""

_LATE: Final = timedelta(seconds=30)
"""A call that is refused within so much time after the second try may have been sent before it."""

_RETRY_AFTER: Final = timedelta(seconds=60)


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.define(eq=False, kw_only=True)
class StoredTokenProvider:
    """The token that ``linkedin-media auth login`` stored; pass it to `LinkedInClient`, or share it among several.

    It is refreshed in the last day of its life, where LinkedIn gave a refresh token and the application's secret is
    known: one refresh for any number of callers, which survives the caller that started it. What comes back is stored.
    A refresh token that LinkedIn refused is not sent again.

    Args:
        store: By default the system's keyring, else a file.
        client_secret: By default ``LINKEDIN_CLIENT_SECRET``.
        oauth_url: See `SignIn`.
        base_url: See `SignIn`.
    """

    store: TokenStore = attrs.field(factory=token_store)
    client_secret: str | Secret | None = attrs.field(default=None, repr=False)
    oauth_url: str | None = None
    base_url: str | None = None
    now: Callable[[], datetime] = attrs.field(default=_now, repr=False)
    sleep: Callable[[float], Awaitable[object]] = attrs.field(default=asyncio.sleep, repr=False)
    _token: StoredToken | None = attrs.field(default=None, init=False, repr=False)
    _work: asyncio.Task[StoredToken] | None = attrs.field(default=None, init=False, repr=False)
    _about: Secret | None = attrs.field(default=None, init=False, repr=False)
    _refused_with: TokenRefused | None = attrs.field(default=None, init=False, repr=False)
    _refused_token: Secret | None = attrs.field(default=None, init=False, repr=False)
    _settled: Secret | None = attrs.field(default=None, init=False, repr=False)
    _settled_at: datetime = attrs.field(default=datetime.min.replace(tzinfo=UTC), init=False, repr=False)
    _not_before: datetime | None = attrs.field(default=None, init=False, repr=False)

    async def __call__(self, *, refused: Secret | None = None) -> str:
        """Return the access token, refreshed where that is due, or where it is the one LinkedIn `refused`.

        Raises:
            SignInError: Nobody has signed in, or only signing in again helps.
            ConnectionFailed: The token has expired and could not be refreshed now; nothing else was sent.
        """
        if self._work is not None and self._about != refused:
            await self._once(refused)
        return (await self._once(refused)).access.reveal()

    async def _once(self, refused: Secret | None) -> StoredToken:
        """Join the work under way, or start it; it survives the cancellation of whoever started it."""
        if self._work is None:
            self._about = refused
            self._work = asyncio.get_running_loop().create_task(self._current(refused))
            self._work.add_done_callback(self._done)
        return await asyncio.shield(self._work)

    def _done(self, work: asyncio.Task[StoredToken]) -> None:
        self._work = None
        if not work.cancelled():
            work.exception()

    async def _current(self, refused: Secret | None) -> StoredToken:
        token = self._token or await self._stored()
        if refused != token.access and not self._is_due(token):
            return token
        token = await self._stored()  # another process may have replaced it
        if refused == token.access:
            return await self._instead_of(token)
        return await self._ahead(token) if self._is_due(token) else token

    async def _stored(self) -> StoredToken:
        issuer = oauth_origin(self.oauth_url, self.base_url)
        token = await asyncio.to_thread(load_for, self.store, issuer)
        if token is None:
            raise SignInError("nobody has signed in here", hint="linkedin-media auth login")
        self._token = token
        return token

    def _is_due(self, token: StoredToken) -> bool:
        now = self.now()
        if token.expired(now):
            return True
        return token.refresh_due(now) and (self._not_before is None or now >= self._not_before)

    async def _ahead(self, token: StoredToken) -> StoredToken:
        """Refresh; while the token lives, a failure is only noted."""
        try:
            return await self._refreshed(token)
        except LinkedInMediaError as error:
            if token.expired(self.now()):
                raise
            self._not_before = self.now() + _RETRY_AFTER
            level = logging.WARNING if self._refused_token != token.refresh else logging.DEBUG
            _log.log(level, "token.not_refreshed", extra={"error": error.error_code, "why": error.message})
            return token

    async def _instead_of(self, token: StoredToken) -> StoredToken:
        """Return what to send instead of a refused token: itself, once, where it was only just made."""
        if self.now() - token.issued_at >= _FRESH:
            return await self._refreshed(token)
        if self._settled != token.access:
            await self.sleep(_SETTLE)
            self._settled, self._settled_at = token.access, self.now()
        elif self.now() - self._settled_at >= _LATE:
            raise SignInError("LinkedIn refuses the token it has just made", hint=_AGAIN)
        return token

    async def _refreshed(self, token: StoredToken) -> StoredToken:
        self._check_refreshable(token)
        try:
            renewed = await self._ask(token)
        except TokenRefused as error:
            self._refused_with, self._refused_token = error, token.refresh
            raise
        except (ApiError, TransportError, UnexpectedReply) as error:
            problem = error.message
        else:
            await self._keep(renewed)
            return renewed
        # Whatever became of the refresh, the call that needs the token has not been sent.
        raise ConnectionFailed(f"the token could not be refreshed: {problem}")

    def _check_refreshable(self, token: StoredToken) -> None:
        if not token.can_refresh(self.now()):
            what = "has expired too" if token.refresh else "was not given by LinkedIn"
            raise SignInError(f"the token is no longer good, and a refresh token {what}", hint=_AGAIN)
        error = self._refused_with
        if error is not None and self._refused_token == token.refresh:
            raise TokenRefused(error.message, status=error.status, api_code=error.api_code, hint=error.hint)

    async def _ask(self, token: StoredToken) -> StoredToken:
        try:
            sign_in = SignIn(
                token.client_id, self.client_secret, oauth_url=self.oauth_url, base_url=self.base_url, now=self.now
            )
        except InvalidArgument as error:
            raise SignInError(f"the token cannot be refreshed: {error.message}", hint=error.hint) from None
        async with sign_in:
            return await sign_in.refresh(token)

    async def _keep(self, token: StoredToken) -> None:
        """Store what came back; a store that fails costs the next process a sign-in, not this one its token."""
        self._token, self._not_before = token, None
        _log.info("token.refreshed", extra={"days": round(token.days_left(self.now()), 1)})
        try:
            await asyncio.to_thread(self.store.save, token)
        except SignInError as error:
            _log.warning("token.not_stored", extra={"error": error.error_code, "why": error.message})
