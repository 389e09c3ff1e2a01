"""Signing in as values: addresses and requests to build (linkedin-facts §6); `oauth_replies` reads what comes back.

The application's credentials and every token travel in a request's body, which no ``repr`` shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from ..errors import InvalidArgument
from ..model.secret import Secret
from ..model.token import LINKEDIN, ClientCredentials
from .wire import Repeat, Request, RestliMethod

RESOURCE: Final = "oauth"
_ROOT: Final = "/oauth/v2"
_SCOPE: Final = re.compile(r"[!#-+\--\[\]-~]+", re.ASCII)
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


def authorization_url(
    client_id: str, redirect_uri: str, scopes: Iterable[str], state: str | None = None, *, origin: str = LINKEDIN
) -> str:
    """Return the address where the member consents.

    Raises:
        InvalidArgument: No scope, no client id, or a redirect LinkedIn would not take.
    """
    wanted = list(dict.fromkeys(scopes))
    if not wanted:
        raise InvalidArgument("at least one scope must be specified", argument="scopes")
    for scope in wanted:
        if not _SCOPE.fullmatch(scope):
            raise InvalidArgument(f"{ascii(scope)[:80]} is no scope", argument="scopes", hint="give one scope each")
    _check_redirect(redirect_uri)
    parameters = {
        "response_type": "code",
        "client_id": checked_client_id(client_id),
        "redirect_uri": redirect_uri,
        "scope": " ".join(wanted),
        **({"state": state} if state is not None else {}),
    }
    return f"{origin}{_ROOT}/authorization?{urlencode(parameters, quote_via=quote)}"


def checked_client_id(client_id: str) -> str:
    """Return an application's id, or refuse what cannot be one.

    Raises:
        InvalidArgument: Empty, or not printable ASCII.
    """
    if client_id and client_id.isascii() and client_id.isprintable() and " " not in client_id:
        return client_id
    raise InvalidArgument(
        "no client id" if not client_id else "the client id holds characters that none has",
        argument="client_id",
        hint="set LINKEDIN_CLIENT_ID to the client id in the Auth tab of your application",
    )


def _check_redirect(redirect_uri: str) -> None:
    parts = urlsplit(redirect_uri)
    local = parts.hostname in _LOCAL
    if not parts.hostname or parts.scheme not in (("http", "https") if local else ("https",)) or "#" in redirect_uri:
        raise InvalidArgument(
            f"{ascii(redirect_uri)[:200]} is no redirect LinkedIn takes",
            argument="redirect_uri",
            hint="an https address without '#'; plain http for localhost only",
        )


def build_exchange(credentials: ClientCredentials, code: Secret, redirect_uri: str) -> Request:
    """Exchange a code for a token. A code works once."""
    fields = {"code": code.reveal(), "redirect_uri": redirect_uri}
    return _post("accessToken", credentials, {"grant_type": "authorization_code", **fields})


def build_refresh(credentials: ClientCredentials, refresh: Secret) -> Request:
    """Ask for a new access token by a refresh token."""
    return _post("accessToken", credentials, {"grant_type": "refresh_token", "refresh_token": refresh.reveal()})


def build_introspection(credentials: ClientCredentials, token: Secret) -> Request:
    """Ask what a token is worth."""
    return _post("introspectToken", credentials, {"token": token.reveal()})


def _post(name: str, credentials: ClientCredentials, fields: Mapping[str, str]) -> Request:
    form = {
        **fields,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.reveal(),
    }
    return Request(
        restli_method=RestliMethod.ACTION,
        resource=RESOURCE,
        path=f"{_ROOT}/{name}",
        body=urlencode(form).encode(),
        headers={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
        versioned=False,
        repeat=Repeat.NEVER,
    )


def build_userinfo() -> Request:
    """Ask who the member behind the token is; needs the scope ``openid``."""
    return Request(
        restli_method=RestliMethod.GET,
        resource="userinfo",
        path="/v2/userinfo",
        headers={"Accept": "application/json"},
        versioned=False,
    )
