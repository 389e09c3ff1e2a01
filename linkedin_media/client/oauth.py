"""Signing in: codes, tokens and introspection over the same guarded transport as every other call."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import attrs

from ..errors import InvalidArgument, LinkedInMediaError, SignInError
from ..model.secret import Secret
from ..model.token import LINKEDIN, ClientCredentials, Introspection, StoredToken
from ..model.urn import Urn
from ..options import Timeouts
from ..protocol import oauth, oauth_replies
from ..protocol.hosts import Origin, parse_base_url
from ..protocol.wire import Request, Response
from ..transport import Transport

if TYPE_CHECKING:
    import aiohttp

_log = logging.getLogger("linkedin_media.client")
_API: Final = "https://api.linkedin.com"
_AGAIN: Final = "sign in again: linkedin-media auth login"
_CONNECTIONS: Final = 4


def _now() -> datetime:
    return datetime.now(UTC)


def new_state() -> str:
    """Return a state nobody can guess, for one sign-in."""
    return secrets.token_urlsafe(32)


def credentials_of(
    client_id: str | None = None, client_secret: str | Secret | None = None, environ: Mapping[str, str] | None = None
) -> ClientCredentials:
    """Return the application's credentials: the arguments, else ``LINKEDIN_CLIENT_ID``, ``LINKEDIN_CLIENT_SECRET``.

    Raises:
        InvalidArgument: One of them is missing or cannot be right.
    """
    given = os.environ if environ is None else environ
    checked = oauth.checked_client_id(client_id or given.get("LINKEDIN_CLIENT_ID") or "")
    secret = as_secret(client_secret or given.get("LINKEDIN_CLIENT_SECRET"))
    if secret is None:
        raise InvalidArgument(
            "no client secret, or one with characters that none has",
            argument="client_secret",
            hint="set LINKEDIN_CLIENT_SECRET to the secret in the Auth tab of your application",
        )
    return ClientCredentials(client_id=checked, client_secret=secret)


def as_secret(value: str | Secret | None) -> Secret | None:
    """Return a secret, None where there is none or it holds what no secret does."""
    try:
        return value if value is None or isinstance(value, Secret) else Secret(value)
    except InvalidArgument:
        return None


def oauth_origin(oauth_url: str | None = None, base_url: str | None = None) -> Origin:
    """Return where tokens come from: ``LINKEDIN_OAUTH_URL``, else the origin of a loopback base URL, else LinkedIn.

    Raises:
        InvalidArgument: The address is none, or would show the secret to the network.
    """
    chosen = oauth_url or os.environ.get("LINKEDIN_OAUTH_URL")
    if chosen:
        return parse_base_url(chosen)
    base = api_origin(base_url)
    return attrs.evolve(base, path="") if base.loopback else parse_base_url(LINKEDIN)


def api_origin(base_url: str | None = None) -> Origin:
    """Return where calls go: the argument, else ``LINKEDIN_BASE_URL``, else LinkedIn.

    Raises:
        InvalidArgument: The address is none, or would show the token to the network.
    """
    return parse_base_url(base_url or os.environ.get("LINKEDIN_BASE_URL") or _API)


class SignIn:
    """LinkedIn's sign-in for one application of the Developer Portal. Use it with ``async with``, or call `aclose`.

    Args:
        client_id: By default ``LINKEDIN_CLIENT_ID``.
        client_secret: By default ``LINKEDIN_CLIENT_SECRET``. It is sent in the body of requests only.
        oauth_url: By default ``LINKEDIN_OAUTH_URL``, else ``https://www.linkedin.com``.
        base_url: Where to ask who the member is; by default ``LINKEDIN_BASE_URL``, else LinkedIn's API. One on this
            machine, such as the simulator's, is where tokens come from as well.
        session: An `aiohttp.ClientSession` of yours to use; it is not closed.
        timeouts: ``call`` bounds each request.
        now: The clock, for tests.

    Raises:
        InvalidArgument: The credentials are missing, or an address cannot be right.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        *,
        oauth_url: str | None = None,
        base_url: str | None = None,
        session: aiohttp.ClientSession | None = None,
        timeouts: Timeouts | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.credentials = credentials_of(client_id, client_secret)
        self._timeouts = timeouts or Timeouts()
        self._oauth = Transport(oauth_origin(oauth_url, base_url), self._timeouts, _CONNECTIONS, session)
        self._api = Transport(api_origin(base_url), self._timeouts, _CONNECTIONS, session)
        self._now = now

    def __repr__(self) -> str:
        return f"SignIn(client_id={self.credentials.client_id!r}, origin={str(self._oauth.base)!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; a borrowed session stays open."""
        await self._oauth.aclose()
        await self._api.aclose()

    def authorization_url(self, redirect_uri: str, scopes: Iterable[str], state: str) -> str:
        """Return the address to send the member's browser to. Keep `state`: the redirect must bring it back.

        Raises:
            InvalidArgument: No scope, or a redirect LinkedIn does not take.
        """
        return oauth.authorization_url(
            self.credentials.client_id, redirect_uri, scopes, state, origin=str(self._oauth.base)
        )

    async def exchange(self, code: str | Secret, redirect_uri: str) -> StoredToken:
        """Exchange the code of the redirect for a token; `redirect_uri` is the one that was asked for.

        Raises:
            TokenRefused: The code is used or too old, or the application's credentials are wrong.
        """
        secret = as_secret(code)
        if secret is None:
            raise InvalidArgument("the code holds characters that none has", argument="code")
        token = await self._token(oauth.build_exchange(self.credentials, secret, redirect_uri), secret)
        return attrs.evolve(token, issuer=str(self._oauth.base), member=await self._member_if_told(token))

    async def refresh(self, token: StoredToken) -> StoredToken:
        """Return the token that follows `token`, with whatever refresh token came back.

        Raises:
            TokenRefused: LinkedIn takes the refresh token no longer.
            SignInError: There is none.
        """
        if token.refresh is None:
            raise SignInError("there is no refresh token: LinkedIn gives one to some applications only", hint=_AGAIN)
        renewed = await self._token(oauth.build_refresh(self.credentials, token.refresh), token.refresh)
        return token.renewed_by(renewed)

    async def introspect(self, token: StoredToken | Secret | str) -> Introspection:
        """Ask LinkedIn whether a token of this application is alive, and what it may do.

        Raises:
            TokenRefused: The application's credentials are wrong.
        """
        access = token.access if isinstance(token, StoredToken) else as_secret(token)
        if access is None:
            raise InvalidArgument("the token holds characters no header can carry", argument="token")
        response = await self._sent(self._oauth, oauth.build_introspection(self.credentials, access), None, access)
        return oauth_replies.parse_introspection(response)

    async def member(self, token: StoredToken) -> Urn:
        """Ask who the member behind a token is; it needs the scope ``openid``.

        Raises:
            Unauthorized: The token is dead.
            Forbidden: The token lacks the scope.
        """
        response = await self._sent(self._api, oauth.build_userinfo(), token.access, token.access)
        return oauth_replies.parse_userinfo(response)

    async def _member_if_told(self, token: StoredToken) -> Urn | None:
        """Return the member, None where LinkedIn does not say: the token is worth having all the same."""
        if "openid" not in token.scopes:
            return None
        try:
            return await self.member(token)
        except LinkedInMediaError as error:
            _log.warning("token.member_unknown", extra={"error": error.error_code})
            return None

    async def _token(self, request: Request, secret: Secret) -> StoredToken:
        asked_at = self._now()
        response = await self._sent(self._oauth, request, None, secret)
        return oauth_replies.parse_token(response, client_id=self.credentials.client_id, now=asked_at)

    async def _sent(self, transport: Transport, request: Request, token: Secret | None, secret: Secret) -> Response:
        response = await transport.send(request, token, timeout=self._timeouts.call)
        _log.debug("oauth.answered", extra={"call": request.path, "status": response.status})
        if response.ok:
            return response
        raise oauth_replies.read_refusal(
            request, _without(response, secret, self.credentials.client_secret), self._now()
        )


def _without(response: Response, *echoed: Secret) -> Response:
    body = response.body
    for secret in echoed:
        body = body.replace(secret.reveal().encode(), b"...")

    return attrs.evolve(response, body=body)
