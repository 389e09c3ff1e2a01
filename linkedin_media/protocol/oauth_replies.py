"""What LinkedIn answers to a sign-in: redirects, tokens, introspections and refusals (linkedin-facts §6).

A function that raises keeps what it read in no variable: a traceback that shows variables must show no token.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qs

from ..errors import InvalidArgument, LinkedInMediaError, SignInError, TokenRefused, UnexpectedReply
from ..model.secret import Secret
from ..model.token import Introspection, StoredToken
from ..model.urn import Urn
from . import replies
from .oauth import RESOURCE
from .redact import printable
from .wire import Request, Response

_LONGEST_LIFE: Final = 10 * 366 * 86_400
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_SIGN_IN_AGAIN: Final = "sign in again: linkedin-media auth login"
_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "invalid_client": "check LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET against the Auth tab of the application",
        "invalid_client_id": "check LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET against the Auth tab of the application",
        "invalid_redirect_uri": "the redirect URL must stand in the Auth tab of the application, letter for letter; "
        "a code lives 30 minutes and works once",
        "unauthorized_scope_error": "ask only for scopes that the Auth tab of the application lists; products grant them",
        "access_denied": "the application is not allowed this: look at its products in the Developer Portal",
        "user_cancelled_login": "the member did not sign in; nothing has changed",
        "user_cancelled_authorize": "the member declined; nothing has changed",
        "invalid_request": _SIGN_IN_AGAIN,
        "invalid_grant": _SIGN_IN_AGAIN,
    }
)


def scopes_of(text: object) -> frozenset[str]:
    """Split a scope as LinkedIn writes it: by blanks in one place, by commas in another."""
    return frozenset(text.replace(",", " ").split()) if isinstance(text, str) else frozenset()


def read_callback(target: str, state: str) -> Secret:
    """Return the code that LinkedIn sent the browser back with, for `state`.

    Raises:
        SignInError: The redirect belongs to another sign-in, or makes no sense.
        TokenRefused: The member or LinkedIn refused.
    """
    given = {name: values[0] for name, values in parse_qs(target.partition("?")[2]).items() if len(values) == 1}
    if not hmac.compare_digest(given.get("state", "").encode("utf-8", "replace"), state.encode()):
        raise SignInError(
            "the redirect carries another state: it does not belong to this sign-in",
            hint="begin again, and use the newest address only",
        )
    if "error" in given:
        raise _refused(given, None, "no reason given")
    code = _secret(given.get("code"))
    if code is None:
        raise SignInError("the redirect carries no usable code", hint="begin again")
    return code


def read_refusal(request: Request, response: Response, now: datetime) -> LinkedInMediaError:
    """Make the typed error of an answer that is not a 2xx; a 4xx of the sign-in refuses for good."""
    if request.resource != RESOURCE or response.status in (408, 429) or not 400 <= response.status < 500:
        return replies.read_error(request, response, now)
    return _refused(_fields(response) or {}, response.status, f"HTTP {response.status} without a reason")


def _refused(fields: Mapping[str, Any], status: int | None, otherwise: str) -> TokenRefused:
    code, words = (_words(fields.get(name)) for name in ("error", "error_description"))
    message = f"LinkedIn refused: {words or code or otherwise}"
    return TokenRefused(message, status=status, api_code=code or None, hint=_HINTS.get(code, ""))


def parse_token(response: Response, *, client_id: str, now: datetime) -> StoredToken:
    """Read a token; `now` is when it was asked for, so that it never seems to live longer than it does.

    Raises:
        UnexpectedReply: It is not as documented; nothing of it is quoted.
    """
    token = _token(_fields(response) or {}, client_id, now)
    if token is None:
        raise _unexpected(response, "without a usable access_token and expires_in")
    return token


def _token(fields: Mapping[str, Any], client_id: str, now: datetime) -> StoredToken | None:
    access, life = _secret(fields.get("access_token")), _seconds(fields.get("expires_in"))
    if access is None or life is None:
        return None
    refresh, refresh_life = _secret(fields.get("refresh_token")), _seconds(fields.get("refresh_token_expires_in"))
    return StoredToken(
        access=access,
        issued_at=now,
        expires_at=now + life,
        client_id=client_id,
        scopes=scopes_of(fields.get("scope")),
        refresh=refresh,
        refresh_expires_at=now + refresh_life if refresh and refresh_life else None,
    )


def parse_introspection(response: Response) -> Introspection:
    """Read what LinkedIn says of a token; its times are seconds here.

    Raises:
        UnexpectedReply: It does not say whether the token is active.
    """
    fields = _fields(response) or {}
    active = fields.get("active")
    if not isinstance(active, bool):
        raise _unexpected(response, "without saying whether the token is active")
    return Introspection(
        active=active,
        status=_words(fields.get("status")),
        scopes=scopes_of(fields.get("scope")),
        client_id=_words(fields.get("client_id")),
        authorized_at=_instant(fields.get("authorized_at")),
        expires_at=_instant(fields.get("expires_at")),
    )


def parse_userinfo(response: Response) -> Urn:
    """Read the member behind a token.

    Raises:
        UnexpectedReply: There is no usable ``sub``.
    """
    subject = (_fields(response) or {}).get("sub")
    try:
        return Urn.of("person", subject if isinstance(subject, str) else "")
    except InvalidArgument:
        pass
    raise _unexpected(response, "without saying who the member is")


def _fields(response: Response) -> dict[str, Any] | None:
    try:
        return replies.read_object(response)
    except UnexpectedReply:
        return None


def _unexpected(response: Response, what: str) -> UnexpectedReply:
    """Make an error that quotes nothing: the answer may hold a token."""
    message = f"LinkedIn answered {response.status} {what}"
    return UnexpectedReply(message, status=response.status, request_id=response.request_id)


def _words(value: object) -> str:
    return printable(value[:400]) if isinstance(value, str) else ""


def _seconds(value: object) -> timedelta | None:
    """Read a lifetime: a number, or the digits of one, which some answers carry."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_LIFE:
        return None
    return timedelta(seconds=value)


def _instant(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST_SECOND:
        return None
    return datetime.fromtimestamp(value, UTC)


def _secret(value: object) -> Secret | None:
    try:
        return Secret(value) if isinstance(value, str) else None
    except InvalidArgument:
        return None
