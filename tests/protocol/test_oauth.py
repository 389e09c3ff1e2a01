"""Signing in is asked for as LinkedIn documents, and its answers are read in all their shapes."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from linkedin_media.errors import (
    InvalidArgument,
    RateLimited,
    ServerError,
    SignInError,
    TokenRefused,
    UnexpectedReply,
)
from linkedin_media.model.secret import Secret
from linkedin_media.model.token import ClientCredentials
from linkedin_media.protocol import oauth, oauth_replies
from linkedin_media.protocol.wire import Repeat, Response

VECTORS: Final = Path(__file__).resolve().parents[1] / "vectors" / "restli.json"
CASES: Final[list[dict[str, Any]]] = next(
    group["cases"]
    for group in json.loads(VECTORS.read_text(encoding="utf-8"))["groups"]
    if group["group"] == "js.oauth_authorization_url"
)
NOW: Final = datetime(2026, 10, 1, 12, tzinfo=UTC)
APPLICATION: Final = ClientCredentials(client_id="app", client_secret=Secret("canary-secret"))
CALLBACK: Final = "http://localhost:8765/callback"
CANARIES: Final = ("canary-secret", "canary-access", "canary-refresh", "canary-code")


def _json(status: int, /, **fields: Any) -> Response:
    return Response(status=status, body=json.dumps(fields).encode())


def _form(body: bytes | None) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(body.decode(), strict_parsing=True).items()}


def _token(**changes: Any) -> Response:
    fields = {"access_token": "canary-access", "expires_in": 5_184_000, "scope": "openid,w_member_social"} | changes
    return _json(200, **{name: value for name, value in fields.items() if value is not None})


# --- the address where the member consents --------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_address_says_what_the_official_client_says(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expected"]
    if expected.startswith("throws: "):
        with pytest.raises(InvalidArgument, match=expected.removeprefix("throws: A")):
            oauth.authorization_url(**given)
        return

    url = oauth.authorization_url(**given)

    # The official client joins scopes by commas; LinkedIn documents blanks.
    wanted = parse_qs(expected.partition("?")[2].replace(",", "%20"))
    assert url.partition("?")[0] == expected.partition("?")[0]
    assert parse_qs(url.partition("?")[2]) == wanted


def test_scopes_are_joined_by_encoded_blanks_and_asked_for_once() -> None:
    url = oauth.authorization_url("app", CALLBACK, ["openid", "w_member_social", "openid"], "x/y")

    assert url.endswith(
        "&redirect_uri=http%3A%2F%2Flocalhost%3A8765%2Fcallback&scope=openid%20w_member_social&state=x%2Fy"
    )


def test_another_origin_may_play_linkedin() -> None:
    url = oauth.authorization_url("app", CALLBACK, ["openid"], origin="http://127.0.0.1:80")

    assert url.startswith("http://127.0.0.1:80/oauth/v2/authorization?")


@pytest.mark.parametrize(
    "redirect",
    ["", "callback", "http://example.com/callback", "https://example.com/#a", "ftp://localhost/", "https:///callback"],
)
def test_a_redirect_linkedin_would_not_take_is_refused(redirect: str) -> None:
    with pytest.raises(InvalidArgument, match="redirect"):
        oauth.authorization_url("app", redirect, ["openid"])


@pytest.mark.parametrize("scope", ["", "two scopes", "a,b", 'quo"te', "back\\slash", "ünicode", "new\nline"])
def test_what_is_no_single_scope_is_refused(scope: str) -> None:
    with pytest.raises(InvalidArgument, match="is no scope"):
        oauth.authorization_url("app", CALLBACK, [scope])


@pytest.mark.parametrize("client_id", ["", "two words", "lüge", "a\nb"])
def test_what_is_no_client_id_is_refused(client_id: str) -> None:
    with pytest.raises(InvalidArgument, match="client id"):
        oauth.authorization_url(client_id, CALLBACK, ["openid"])


# --- requests -------------------------------------------------------------------------------------------------------


def test_a_code_is_exchanged_with_the_credentials_in_the_body() -> None:
    request = oauth.build_exchange(APPLICATION, Secret("canary-code"), CALLBACK)

    assert (request.http_method, request.target) == ("POST", "/oauth/v2/accessToken")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in request.headers
    assert _form(request.body) == {
        "grant_type": "authorization_code",
        "code": "canary-code",
        "redirect_uri": CALLBACK,
        "client_id": "app",
        "client_secret": "canary-secret",
    }


def test_a_refresh_carries_the_refresh_token() -> None:
    request = oauth.build_refresh(APPLICATION, Secret("canary-refresh"))

    assert request.target == "/oauth/v2/accessToken"
    assert _form(request.body) == {
        "grant_type": "refresh_token",
        "refresh_token": "canary-refresh",
        "client_id": "app",
        "client_secret": "canary-secret",
    }


def test_an_introspection_carries_the_token() -> None:
    request = oauth.build_introspection(APPLICATION, Secret("canary-access"))

    assert request.target == "/oauth/v2/introspectToken"
    assert _form(request.body) == {"token": "canary-access", "client_id": "app", "client_secret": "canary-secret"}


def test_secrets_with_reserved_characters_survive_the_form() -> None:
    application = ClientCredentials(client_id="app", client_secret=Secret("WPL_AP1.a+b&c=d/e%20=="))

    assert _form(oauth.build_refresh(application, Secret("r")).body)["client_secret"] == "WPL_AP1.a+b&c=d/e%20=="


def test_no_request_is_repeated_blindly_and_none_shows_its_secrets() -> None:
    requests = [
        oauth.build_exchange(APPLICATION, Secret("canary-code"), CALLBACK),
        oauth.build_refresh(APPLICATION, Secret("canary-refresh")),
        oauth.build_introspection(APPLICATION, Secret("canary-access")),
    ]

    assert {request.repeat for request in requests} == {Repeat.NEVER}
    assert not any(canary in repr([APPLICATION, *requests]) for canary in CANARIES)


def test_who_the_member_is_is_asked_of_the_api() -> None:
    request = oauth.build_userinfo()

    assert (request.http_method, request.target, request.body) == ("GET", "/v2/userinfo", None)


# --- the redirect back ----------------------------------------------------------------------------------------------


def test_the_code_is_read_from_the_redirect() -> None:
    assert oauth_replies.read_callback("/callback?code=canary-code&state=s", "s") == Secret("canary-code")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=canary-code",
        "code=canary-code&state=",
        "code=canary-code&state=other",
        "code=canary-code&state=s&state=s",
        "code=canary-code&state=\udcff",
        "error=user_cancelled_login",
    ],
)
def test_a_redirect_with_another_state_is_refused(query: str) -> None:
    with pytest.raises(SignInError, match="another state") as refused:
        oauth_replies.read_callback(f"/callback?{query}", "s")

    assert not isinstance(refused.value, TokenRefused)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("query", ["state=s", "state=s&code=", "state=s&code=a&code=b", "state=s&code=%0a"])
def test_a_redirect_without_a_usable_code_is_refused(query: str) -> None:
    with pytest.raises(SignInError, match="no usable code"):
        oauth_replies.read_callback(f"/callback?{query}", "s")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("user_cancelled_login", "did not sign in"),
        ("user_cancelled_authorize", "declined"),
        ("unauthorized_scope_error", "scopes"),
        ("something_new", ""),
    ],
)
def test_a_refusal_in_the_redirect_says_why(error: str, hint: str) -> None:
    with pytest.raises(TokenRefused, match="The user said no") as refused:
        oauth_replies.read_callback(f"/callback?error={error}&error_description=The+user+said+no&state=s", "s")

    assert refused.value.api_code == error
    assert refused.value.status is None
    assert hint in refused.value.hint


def test_a_refusal_without_words_names_its_code() -> None:
    with pytest.raises(TokenRefused, match="LinkedIn refused: server_busy"):
        oauth_replies.read_callback("/callback?error=server_busy&state=s", "s")


# --- tokens ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expires_in", [5_184_000, "5184000", 5_184_000.0], ids=["int", "str", "float"])
def test_a_lifetime_may_come_as_number_or_text(expires_in: object) -> None:
    token = oauth_replies.parse_token(_token(expires_in=expires_in), client_id="app", now=NOW)

    assert token.expires_at == NOW + timedelta(days=60)
    assert token.issued_at == NOW


@pytest.mark.parametrize("scope", ["openid w_member_social", "openid,w_member_social", " openid, w_member_social "])
def test_scopes_are_split_at_blanks_and_commas(scope: str) -> None:
    token = oauth_replies.parse_token(_token(scope=scope), client_id="app", now=NOW)

    assert token.scopes == {"openid", "w_member_social"}


def test_a_token_may_come_without_scope_and_refresh_token() -> None:
    token = oauth_replies.parse_token(_token(scope=None), client_id="app", now=NOW)

    assert (token.scopes, token.refresh, token.refresh_expires_at) == (frozenset(), None, None)
    assert token.client_id == "app"


def test_a_refresh_token_is_kept_with_its_own_life() -> None:
    reply = _token(refresh_token="canary-refresh", refresh_token_expires_in="31536000")

    token = oauth_replies.parse_token(reply, client_id="app", now=NOW)

    assert token.refresh == Secret("canary-refresh")
    assert token.refresh_expires_at == NOW + timedelta(days=365)


def test_a_refresh_token_of_unknown_life_is_kept_too() -> None:
    token = oauth_replies.parse_token(_token(refresh_token="canary-refresh"), client_id="app", now=NOW)

    assert token.refresh == Secret("canary-refresh")
    assert token.refresh_expires_at is None


def test_a_token_of_a_thousand_characters_is_taken() -> None:
    token = oauth_replies.parse_token(_token(access_token="A" * 2000), client_id="app", now=NOW)

    assert token.access == Secret("A" * 2000)


@pytest.mark.parametrize(
    "reply",
    [
        _token(access_token=None),
        _token(access_token=""),
        _token(access_token=7),
        _token(access_token="canary-access\nX: y"),
        _token(expires_in=None),
        _token(expires_in=0),
        _token(expires_in=-1),
        _token(expires_in=True),
        _token(expires_in="soon"),
        _token(expires_in="²"),
        _token(expires_in=1e300),
        _token(expires_in="9" * 5000),
        Response(status=200, body=b'{"access_token":"canary-access"'),
        Response(status=200, body=b'["canary-access"]'),
        Response(status=200),
    ],
)
def test_an_answer_that_holds_no_usable_token_is_not_quoted(reply: Response) -> None:
    with pytest.raises(UnexpectedReply) as refused:
        oauth_replies.parse_token(reply, client_id="app", now=NOW)

    shown = "".join(traceback.TracebackException.from_exception(refused.value, capture_locals=True).format())
    assert "parse_token" in shown
    assert "canary" not in shown.replace(repr(reply), "")
    assert "canary" not in repr(vars(refused.value))


def test_a_token_shows_no_secret() -> None:
    token = oauth_replies.parse_token(_token(refresh_token="canary-refresh"), client_id="app", now=NOW)

    assert "canary" not in f"{token!r} {token} {token.access} {vars(type(token))}"


# --- when a token is refreshed --------------------------------------------------------------------------------------


def _stored(seconds: int, refresh_seconds: int | None = None) -> Any:
    refresh = {} if refresh_seconds is None else {"refresh_token_expires_in": refresh_seconds}
    reply = _token(expires_in=seconds, refresh_token="r", **refresh)
    return oauth_replies.parse_token(reply, client_id="app", now=NOW)


@pytest.mark.parametrize(
    ("seconds", "ahead"), [(5_184_000, timedelta(days=1)), (1800, timedelta(minutes=3)), (432_000, timedelta(hours=12))]
)
def test_a_refresh_is_due_ahead_of_expiry_and_not_before(seconds: int, ahead: timedelta) -> None:
    token = _stored(seconds, 31_536_000)

    assert not token.refresh_due(token.expires_at - ahead - timedelta(seconds=1))
    assert token.refresh_due(token.expires_at - ahead)
    assert token.refresh_due(token.expires_at + ahead)


def test_a_refresh_that_would_gain_nothing_is_never_due() -> None:
    token = _stored(432_000, 432_000)

    assert not token.refresh_due(token.expires_at - timedelta(seconds=1))
    assert not token.can_refresh(token.expires_at)


def test_a_token_without_refresh_token_is_never_due() -> None:
    token = oauth_replies.parse_token(_token(), client_id="app", now=NOW)

    assert not token.refresh_due(token.expires_at)
    assert token.days_left(NOW) == 60
    assert token.expired(NOW + timedelta(days=60))


# --- introspection and userinfo -------------------------------------------------------------------------------------


def test_an_introspection_counts_in_seconds() -> None:
    reply = _json(
        200,
        active=True,
        status="active",
        scope="openid,w_member_social",
        client_id="app",
        created_at=1_790_000_000,
        authorized_at=1_790_000_000,
        expires_at=1_795_184_000,
        auth_type="3L",
    )

    told = oauth_replies.parse_introspection(reply)

    assert (told.active, told.status, told.client_id) == (True, "active", "app")
    assert told.scopes == {"openid", "w_member_social"}
    assert told.expires_at - told.authorized_at == timedelta(days=60)


def test_a_foreign_token_is_only_not_active() -> None:
    told = oauth_replies.parse_introspection(_json(200, active=False))

    assert (told.active, told.status, told.expires_at) == (False, "", None)


@pytest.mark.parametrize("expires_at", [True, "1795184000", -1, 10**18, None], ids=repr)
def test_an_expiry_that_makes_no_sense_is_unknown(expires_at: object) -> None:
    assert oauth_replies.parse_introspection(_json(200, active=True, expires_at=expires_at)).expires_at is None


@pytest.mark.parametrize("body", [b"", b"{}", b'{"active":"yes"}', b"[]"])
def test_an_introspection_that_says_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(UnexpectedReply, match="active"):
        oauth_replies.parse_introspection(Response(status=200, body=body))


def test_the_member_is_a_person() -> None:
    assert oauth_replies.parse_userinfo(_json(200, sub="Ylpq-RobP9", name="Ada")) == "urn:li:person:Ylpq-RobP9"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"sub":7}', b'{"sub":""}', b'{"sub":"a b"}'])
def test_a_member_without_a_usable_id_is_refused(body: bytes) -> None:
    with pytest.raises(UnexpectedReply, match="who the member is"):
        oauth_replies.parse_userinfo(Response(status=200, body=body))


# --- refusals -------------------------------------------------------------------------------------------------------

REFRESH: Final = oauth.build_refresh(APPLICATION, Secret("canary-refresh"))


@pytest.mark.parametrize(
    ("status", "error", "description", "hint"),
    [
        (400, "invalid_request", "The provided authorization grant or refresh token is invalid", "sign in again"),
        (400, "invalid_grant", "expired", "sign in again"),
        (401, "invalid_client_id", "Client authentication failed", "LINKEDIN_CLIENT_SECRET"),
        (401, "invalid_client", "Client authentication failed", "LINKEDIN_CLIENT_SECRET"),
        (401, "access_denied", "This application is not allowed to create application tokens", "products"),
        (400, "invalid_redirect_uri", "does not match", "letter for letter"),
        (401, "invalid_request", "authorization code not found", "sign in again"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, error: str, description: str, hint: str) -> None:
    refused = oauth_replies.read_refusal(REFRESH, _json(status, error=error, error_description=description), NOW)

    assert isinstance(refused, TokenRefused)
    assert (refused.status, refused.api_code) == (status, error)
    assert description in str(refused)
    assert hint in refused.hint


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":7,"error_description":[]}', b"null"])
def test_a_refusal_without_words_names_its_status(body: bytes) -> None:
    refused = oauth_replies.read_refusal(REFRESH, Response(status=403, body=body), NOW)

    assert isinstance(refused, TokenRefused)
    assert "HTTP 403" in refused.message
    assert refused.api_code is None


def test_a_refusal_that_echoes_a_token_does_not_show_it() -> None:
    reply = _json(400, error="invalid_request", error_description="bad refresh_token=canary-refresh\x1b[31m")

    refused = oauth_replies.read_refusal(REFRESH, reply, NOW)

    assert "canary" not in str(refused)
    assert "\x1b" not in str(refused)


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (500, ServerError), (503, ServerError)])
def test_what_may_pass_is_no_refusal(status: int, kind: type[Exception]) -> None:
    assert isinstance(oauth_replies.read_refusal(REFRESH, Response(status=status), NOW), kind)


def test_the_addresses_are_linkedins_own() -> None:
    host = urlsplit(oauth.authorization_url("app", CALLBACK, ["openid"])).hostname

    assert host == "www.linkedin.com"
