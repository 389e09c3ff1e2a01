"""Signing in over real sockets, against the simulator's pages."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from linkedin_media.client.oauth import SignIn, credentials_of, new_state, oauth_origin
from linkedin_media.errors import (
    ConnectionFailed,
    DeadlineExceeded,
    Forbidden,
    InvalidArgument,
    ServerError,
    SignInError,
    TokenRefused,
    Unauthorized,
    UnexpectedReply,
)
from linkedin_media.model.secret import Secret
from linkedin_media.options import Timeouts
from linkedin_media.protocol.oauth_replies import read_callback
from linkedin_media.simulator import Answer, Fault, Latency, Simulator
from tests.client.member import CALLBACK, SCOPES, application, clock_of, consent, signed_in

CODE: Final = Secret("canary-code")


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture
async def sign_in(simulator: Simulator) -> AsyncIterator[SignIn]:
    async with SignIn(**application(simulator)) as sign_in:
        yield sign_in


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "OAUTH_URL", "BASE_URL"):
        monkeypatch.delenv(f"LINKEDIN_{name}", raising=False)
    return monkeypatch


async def _code(sign_in: SignIn, *scopes: str) -> Secret:
    state = new_state()
    return read_callback(await consent(sign_in.authorization_url(CALLBACK, scopes or SCOPES, state)), state)


# --- from consent to token ------------------------------------------------------------------------------------------


async def test_a_member_who_consents_is_known_by_a_token(simulator: Simulator) -> None:
    token = await signed_in(simulator)

    assert token.member == simulator.person
    assert token.scopes == set(SCOPES)
    assert token.client_id == simulator.config.client_id
    assert 59.9 < token.days_left(clock_of(simulator)()) <= 60
    assert timedelta(days=364) < token.refresh_expires_at - token.issued_at <= timedelta(days=365)


async def test_without_openid_nobody_asks_who_the_member_is(simulator: Simulator) -> None:
    token = await signed_in(simulator, "w_member_social")

    assert token.member is None
    assert simulator.journal.count(resource="userinfo") == 0


async def test_a_token_is_worth_having_when_the_member_stays_unknown(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.faults.add(Fault(action=Answer(status=503), on="userinfo.*"))

    token = await signed_in(simulator)

    assert token.member is None
    assert [record.getMessage() for record in caplog.records] == ["token.member_unknown"]


async def test_an_application_without_refresh_tokens_gets_none(simulator: Simulator, sign_in: SignIn) -> None:
    simulator.configure(refresh_tokens=False)

    token = await sign_in.exchange(await _code(sign_in), CALLBACK)

    assert token.refresh is None
    with pytest.raises(SignInError, match="no refresh token"):
        await sign_in.refresh(token)


async def test_a_member_who_declines_gives_no_code(simulator: Simulator, sign_in: SignIn) -> None:
    simulator.configure(oauth_decision="deny")

    with pytest.raises(TokenRefused, match="cancelled") as refused:
        await _code(sign_in)

    assert refused.value.api_code == "user_cancelled_authorize"


async def test_a_scope_the_application_lacks_gives_no_code(sign_in: SignIn) -> None:
    with pytest.raises(TokenRefused, match="not authorized") as refused:
        await _code(sign_in, "r_everything")

    assert "Auth tab" in refused.value.hint


# --- refusals -------------------------------------------------------------------------------------------------------


async def test_a_code_works_once(sign_in: SignIn) -> None:
    code = await _code(sign_in)
    await sign_in.exchange(code, CALLBACK)

    with pytest.raises(TokenRefused) as refused:
        await sign_in.exchange(code, CALLBACK)

    assert refused.value.status == 401
    assert "sign in again" in refused.value.hint


async def test_a_code_is_bound_to_its_redirect_and_its_half_hour(simulator: Simulator, sign_in: SignIn) -> None:
    with pytest.raises(TokenRefused, match="redirect") as refused:
        await sign_in.exchange(await _code(sign_in), "http://localhost:1/other")
    code = await _code(sign_in)
    simulator.clock.advance(1801)
    with pytest.raises(TokenRefused, match="redirect"):
        await sign_in.exchange(code, CALLBACK)

    assert refused.value.api_code == "invalid_redirect_uri"


async def test_a_wrong_secret_is_named_as_such(simulator: Simulator) -> None:
    async with SignIn(**application(simulator, client_secret="canary-wrong")) as sign_in:
        with pytest.raises(TokenRefused, match="Client authentication failed") as refused:
            await sign_in.exchange(await _code(sign_in), CALLBACK)

    assert "LINKEDIN_CLIENT_SECRET" in refused.value.hint
    assert "canary" not in repr(vars(refused.value))


async def test_what_cannot_be_a_code_is_not_sent(simulator: Simulator, sign_in: SignIn) -> None:
    with pytest.raises(InvalidArgument, match="code"):
        await sign_in.exchange("two words", CALLBACK)

    assert len(simulator.journal) == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=503, body="canary-code simulator-secret"), ServerError),
        (Answer(status=400, body={"error": "x", "error_description": "canary-code simulator-secret"}), TokenRefused),
        (Answer(status=200, body={"access_token": "canary-access"}), UnexpectedReply),
        (Answer(status=200, body='{"access_token": "canary-access", '), UnexpectedReply),
    ],
    ids=["503", "400", "no expiry", "cut"],
)
async def test_an_answer_that_repeats_our_secrets_is_not_shown(
    simulator: Simulator, sign_in: SignIn, answer: Answer, kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    simulator.faults.add(Fault(action=answer, on="oauth.accessToken"))

    with caplog.at_level(logging.DEBUG), pytest.raises(kind) as refused:
        await sign_in.exchange(CODE, CALLBACK)

    shown = "".join(traceback.TracebackException.from_exception(refused.value, capture_locals=True).format())
    shown += repr(vars(refused.value)) + "".join(str(vars(record)) for record in caplog.records)
    own = re.compile(r"^    (answer|kind|simulator) = .*$", re.MULTILINE)  # the test's own variables
    assert re.findall(r"canary-\w+|simulator-secret", own.sub("", shown)) == []


async def test_a_sign_in_that_hangs_is_bounded(simulator: Simulator) -> None:
    simulator.faults.add(Fault(action=Latency(seconds=0.5), on="oauth.accessToken"))
    async with SignIn(**application(simulator, timeouts=Timeouts(call=0.1))) as sign_in:
        with pytest.raises(DeadlineExceeded):
            await sign_in.exchange("code", CALLBACK)


async def test_a_sign_in_that_is_not_there_is_reported(simulator: Simulator, sign_in: SignIn) -> None:
    simulator.deafen()

    with pytest.raises(ConnectionFailed):
        await sign_in.exchange("code", CALLBACK)


# --- introspection and member ---------------------------------------------------------------------------------------


async def test_a_token_is_introspected_while_it_lives_and_after(simulator: Simulator, sign_in: SignIn) -> None:
    token = await signed_in(simulator)
    living = await sign_in.introspect(token)
    simulator.revoke_token(token.access.reveal())
    revoked = await sign_in.introspect(token.access)
    other = simulator.issue_token("openid", expires_in=60)
    simulator.clock.advance(61)
    expired = await sign_in.introspect(other)

    assert (living.active, living.status, living.scopes) == (True, "active", token.scopes)
    assert abs(living.expires_at - token.expires_at) < timedelta(seconds=2)
    assert (revoked.active, revoked.status) == (False, "revoked")
    assert (expired.active, expired.status) == (False, "expired")


async def test_another_applications_token_is_only_not_active(simulator: Simulator, sign_in: SignIn) -> None:
    told = await sign_in.introspect(simulator.issue_token("openid", client_id="another"))

    assert (told.active, told.status) == (False, "")


async def test_what_no_header_carries_is_not_introspected(sign_in: SignIn) -> None:
    with pytest.raises(InvalidArgument):
        await sign_in.introspect("a\nb")


async def test_the_member_is_asked_for_with_the_token(simulator: Simulator, sign_in: SignIn) -> None:
    token = await signed_in(simulator)
    plain = await signed_in(simulator, "w_member_social")

    with pytest.raises(Unauthorized):  # another set of scopes has revoked it
        await sign_in.member(token)
    with pytest.raises(Forbidden):
        await sign_in.member(plain)


async def test_the_credentials_travel_in_the_body_only(simulator: Simulator) -> None:
    await signed_in(simulator)

    secret = simulator.config.client_secret
    calls = simulator.journal.calls(operation="oauth.accessToken")
    assert [call.raw_path for call in calls] == ["/oauth/v2/accessToken"]
    assert [call for call in calls if secret in str(call.headers) or "Authorization" in call.headers] == []


# --- where, and as whom ---------------------------------------------------------------------------------------------

LINKEDIN: Final = "https://www.linkedin.com"


@pytest.mark.parametrize(
    ("oauth_url", "base_url", "expected"),
    [
        (None, None, LINKEDIN),
        (None, "https://api.linkedin.com", LINKEDIN),
        (None, "https://proxy.example", LINKEDIN),
        (None, "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        (None, "http://localhost:8080/prefix", "http://localhost:8080"),
        ("https://sso.example", "http://127.0.0.1:8080", "https://sso.example"),
    ],
)
def test_tokens_come_from_linkedin_or_from_a_loopback_stand_in(
    oauth_url: str | None, base_url: str | None, expected: str, environment: pytest.MonkeyPatch
) -> None:
    assert str(oauth_origin(oauth_url, base_url)) == expected
    for name, value in (("LINKEDIN_OAUTH_URL", oauth_url), ("LINKEDIN_BASE_URL", base_url)):
        if value:
            environment.setenv(name, value)
    assert str(oauth_origin()) == expected


def test_plain_http_is_for_this_machine_only() -> None:
    with pytest.raises(InvalidArgument, match="plain http"):
        oauth_origin("http://sso.example")


def test_the_credentials_may_come_from_the_environment() -> None:
    given = {"LINKEDIN_CLIENT_ID": "app", "LINKEDIN_CLIENT_SECRET": "canary"}

    credentials = credentials_of(environ=given)

    assert (credentials.client_id, credentials.client_secret) == ("app", Secret("canary"))
    assert credentials_of("other", "mine", given).client_id == "other"
    assert "canary" not in repr(credentials)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "LINKEDIN_CLIENT_ID"),
        ({"LINKEDIN_CLIENT_ID": "a b", "LINKEDIN_CLIENT_SECRET": "s"}, "LINKEDIN_CLIENT_ID"),
        ({"LINKEDIN_CLIENT_ID": "app"}, "LINKEDIN_CLIENT_SECRET"),
        ({"LINKEDIN_CLIENT_ID": "app", "LINKEDIN_CLIENT_SECRET": "canary\n"}, "LINKEDIN_CLIENT_SECRET"),
    ],
)
def test_missing_credentials_are_named(given: dict[str, str], missing: str) -> None:
    with pytest.raises(InvalidArgument, match=missing) as refused:
        credentials_of(environ=given)

    assert "canary" not in str(refused.value)


async def test_a_sign_in_shows_no_secret_and_is_usable_without_a_block(simulator: Simulator) -> None:
    sign_in = SignIn(**application(simulator))

    assert repr(sign_in) == f"SignIn(client_id='simulator-client', origin='{simulator.base_url}')"
    url = urlsplit(sign_in.authorization_url(CALLBACK, ["openid"], "s"))
    assert parse_qs(url.query)["state"] == ["s"]
    await sign_in.aclose()


async def test_a_borrowed_session_stays_open(simulator: Simulator) -> None:
    async with aiohttp.ClientSession() as session:
        async with SignIn(**application(simulator, session=session)) as sign_in:
            await sign_in.exchange(await _code(sign_in), CALLBACK)

        assert not session.closed


async def test_the_wall_clock_is_used_by_default(simulator: Simulator) -> None:
    options: dict[str, Any] = application(simulator)
    del options["now"]
    async with SignIn(**options) as sign_in:
        token = await sign_in.exchange(await _code(sign_in), CALLBACK)

    assert 59.9 < token.days_left(clock_of(simulator)()) <= 60.1


def test_no_state_is_used_twice() -> None:
    states = {new_state() for _ in range(100)}

    assert len(states) == 100
    assert min(map(len, states)) >= 43
