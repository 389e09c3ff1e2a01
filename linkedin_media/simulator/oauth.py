"""Signing in: authorization, tokens, introspection, and who am I (facts §6). Outside Rest.li."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

import attrs

from .incoming import Incoming
from .replies import Refused, Reply, access_denied, json_reply
from .tokens import ALL_SCOPES, Token

if TYPE_CHECKING:
    from .world import World

CODE_SECONDS: Final = 1800.0
REFRESH_SECONDS: Final = 31_536_000.0
_KNOWN_SCOPES: Final = ALL_SCOPES | {"w_power_creators", "rw_organization_admin", "r_organization_admin"}
_STALE: Final = "The provided authorization grant or refresh token is invalid, expired or revoked"


@attrs.frozen
class Grant:
    """What an authorization code or a refresh token stands for."""

    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    expires_at: float


class Grants:
    """The codes and refresh tokens given out."""

    def __init__(self) -> None:
        self.codes: dict[str, Grant] = {}
        self.refresh_tokens: dict[str, Grant] = {}

    def revoke(self) -> None:
        """Withdraw every refresh token."""
        self.refresh_tokens.clear()


def answer(world: World, call: Incoming) -> Reply:
    """Decide a call under ``/oauth/v2``."""
    path = call.target.partition("?")[0]
    handler = _HANDLERS.get((call.method, path))
    if handler is None:
        raise _oauth_error(404, "invalid_request", "no such address")
    return handler(world, call)


def authorize(world: World, call: Incoming) -> Reply:
    """Consent for the member, or refuse, at once, and send the browser back."""
    given = dict(parse_qsl(call.target.partition("?")[2]))
    missing = [name for name in ("response_type", "client_id", "redirect_uri", "scope") if not given.get(name)]
    if missing or given["response_type"] != "code":
        raise _oauth_error(400, "invalid_request", f"missing or wrong: {', '.join(missing) or 'response_type'}")
    if given["client_id"] != world.config.client_id:
        raise _oauth_error(400, "invalid_client_id", "The passed in client_id is invalid")
    if "#" in given["redirect_uri"]:
        raise _oauth_error(400, "invalid_redirect_uri", "Unable to retrieve access token: a redirect has no fragment")
    answer = {**_consent(world, given), **({"state": given["state"]} if "state" in given else {})}
    return Reply(302, headers={"Location": f"{given['redirect_uri'].partition('?')[0]}?{urlencode(answer)}"})


def _consent(world: World, given: Mapping[str, str]) -> dict[str, str]:
    if world.config.oauth_decision == "deny":
        return {"error": "user_cancelled_authorize", "error_description": "The user cancelled the authorization"}
    scopes = frozenset(given["scope"].replace(",", " ").split())
    unknown = sorted(scopes - _KNOWN_SCOPES)
    if unknown:
        description = f'Scope "{unknown[0]}" is not authorized for your application'
        return {"error": "unauthorized_scope_error", "error_description": description}
    code = f"AQT{world.ids.text(48)}"
    expires_at = world.clock.now() + CODE_SECONDS
    world.grants.codes[code] = Grant(given["client_id"], given["redirect_uri"], scopes, expires_at)
    return {"code": code}


def access_token(world: World, call: Incoming) -> Reply:
    """Exchange a code or a refresh token for an access token."""
    form = _form(call)
    if not form.get("grant_type"):
        raise _oauth_error(400, "invalid_request", 'A required parameter "grant_type" is missing')
    _check_client(world, form)
    match form["grant_type"]:
        case "authorization_code":
            return _by_code(world, form)
        case "refresh_token":
            return _by_refresh_token(world, form)
        case "client_credentials":
            raise _oauth_error(401, "access_denied", "This application is not allowed to create application tokens")
    raise _oauth_error(400, "invalid_request", "Unknown grant type")


def _by_code(world: World, form: Mapping[str, str]) -> Reply:
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            raise _oauth_error(400, "invalid_request", f'A required parameter "{name}" is missing')
    grant = world.grants.codes.pop(form["code"], None)
    if grant is None:
        raise _oauth_error(401, "invalid_request", "Unable to retrieve access token: authorization code not found")
    if grant.redirect_uri != form["redirect_uri"] or world.clock.now() >= grant.expires_at:
        message = "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code"
        raise _oauth_error(400, "invalid_redirect_uri", message)
    _invalidate_other_scopes(world, grant)
    refresh = None
    if world.config.refresh_tokens:
        refresh = f"AQR{world.ids.text(48)}"
        world.grants.refresh_tokens[refresh] = attrs.evolve(grant, expires_at=world.clock.now() + REFRESH_SECONDS)
    return _issued(world, grant, refresh)


def _by_refresh_token(world: World, form: Mapping[str, str]) -> Reply:
    value = form.get("refresh_token", "")
    grant = world.grants.refresh_tokens.get(value)
    if grant is None or world.clock.now() >= grant.expires_at:
        raise _oauth_error(400, "invalid_request", _STALE)
    if world.config.rotate_refresh_tokens:
        del world.grants.refresh_tokens[value]
        value = f"AQR{world.ids.text(48)}"
        world.grants.refresh_tokens[value] = grant
    return _issued(world, grant, value)


def _issued(world: World, grant: Grant, refresh: str | None) -> Reply:
    """Answer with a token; the refresh token's own life is not extended, and the access token does not outlive it."""
    lifetime = world.config.token_seconds
    fields: dict[str, object] = {"scope": ",".join(sorted(grant.scopes)), "token_type": "Bearer"}  # nosec B105  # a kind of token, not one
    if refresh is not None:
        left = world.grants.refresh_tokens[refresh].expires_at - world.clock.now()
        lifetime = min(lifetime, left)
        fields |= {"refresh_token": refresh, "refresh_token_expires_in": int(left)}
    token = world.issue_token(grant.scopes, expires_in=lifetime, client_id=grant.client_id)
    return json_reply({"access_token": token, "expires_in": int(lifetime), **fields})


def _invalidate_other_scopes(world: World, grant: Grant) -> None:
    """Revoke the member's tokens with a different set of scopes, as LinkedIn does."""
    for token in world.tokens.of(world.config.person, grant.client_id):
        if token.scopes != grant.scopes and token.value != world.token:
            token.revoked = True


def introspect(world: World, call: Incoming) -> Reply:
    """Tell whether a token is alive and what it may do; times are seconds here."""
    form = _form(call)
    _check_client(world, form)
    if not form.get("token"):
        raise _oauth_error(400, "invalid_request", 'A required parameter "token" is missing')
    token = world.tokens.get(form["token"])
    if token is None or token.client_id != form["client_id"]:
        return json_reply({"active": False})
    status = _status(token, world.clock.now())
    return json_reply(
        {
            "active": status == "active",
            "status": status,
            "scope": ",".join(sorted(token.scopes)),
            "client_id": token.client_id,
            "created_at": int(token.created_at),
            "authorized_at": int(token.created_at),
            "expires_at": int(token.expires_at),
            "auth_type": "3L",
        }
    )


def _status(token: Token, now: float) -> str:
    if token.revoked:
        return "revoked"
    return "expired" if now >= token.expires_at else "active"


def userinfo(world: World, call: Incoming) -> Reply:
    """Say who the member behind the token is."""
    if "openid" not in call.caller.scopes:
        raise access_denied("userinfo.GET.NO_VERSION")
    about: dict[str, object] = {"sub": call.caller.member.rpartition(":")[2]}
    if "profile" in call.caller.scopes:
        names = {"name": "Ada Simulated", "given_name": "Ada", "family_name": "Simulated"}
        about |= {**names, "locale": {"country": "US", "language": "en"}, "picture": f"{world.base_url}/dms/nobody"}
    if "email" in call.caller.scopes:
        about |= {"email": "ada@example.com", "email_verified": True}
    return json_reply(about)


def _form(call: Incoming) -> dict[str, str]:
    try:
        return dict(parse_qsl(call.body.content.decode(), strict_parsing=bool(call.body.content)))
    except ValueError:
        raise _oauth_error(400, "invalid_request", "The body is no form") from None


def _check_client(world: World, form: Mapping[str, str]) -> None:
    """Check the application, whose credentials stand in the body."""
    for name in ("client_id", "client_secret"):
        if not form.get(name):
            raise _oauth_error(400, "invalid_request", f'A required parameter "{name}" is missing')
    if (form["client_id"], form["client_secret"]) != (world.config.client_id, world.config.client_secret):
        raise _oauth_error(401, "invalid_client_id", "Client authentication failed")


def _oauth_error(status: int, error: str, description: str) -> Refused:
    body = json.dumps({"error": error, "error_description": description}).encode()
    return Refused(Reply(status, body), f"{error}: {description}")


_HANDLERS: Final[Mapping[tuple[str, str], Callable[[World, Incoming], Reply]]] = MappingProxyType(
    {
        ("GET", "/oauth/v2/authorization"): authorize,
        ("POST", "/oauth/v2/accessToken"): access_token,
        ("POST", "/oauth/v2/introspectToken"): introspect,
    }
)
