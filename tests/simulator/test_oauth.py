from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

REDIRECT = "http://localhost:9999/callback"


@pytest.fixture
def authorize(linkedin):
    async def authorized(**changes):
        params = {
            "response_type": "code",
            "client_id": "simulator-client",
            "redirect_uri": REDIRECT,
            "state": "s 1",
            "scope": "w_member_social openid",
        }
        query = urlencode({name: value for name, value in (params | changes).items() if value})
        reply = await linkedin.get(f"/oauth/v2/authorization?{query}", without=["Authorization"])
        location = urlsplit(reply.headers.get("Location", ""))
        return reply, {name: values[0] for name, values in parse_qs(location.query).items()}

    return authorized


@pytest.fixture
def exchange(linkedin):
    async def exchanged(path="accessToken", **form):
        credentials = {"client_id": "simulator-client", "client_secret": "simulator-secret"}
        data = {name: value for name, value in (credentials | form).items() if value is not None}
        return await linkedin.call("POST", f"/oauth/v2/{path}", data=data, without=["Authorization"])

    return exchanged


@pytest.fixture
def sign_in(authorize, exchange):
    async def signed_in(**changes):
        _, back = await authorize(**changes)
        return await exchange(grant_type="authorization_code", code=back["code"], redirect_uri=REDIRECT)

    return signed_in


async def test_consent_sends_the_browser_back_with_a_code_and_the_state(authorize):
    reply, back = await authorize()

    assert reply.status == 302
    assert reply.headers["Location"].startswith(f"{REDIRECT}?code=")
    assert back["state"] == "s 1"


async def test_a_member_may_refuse(sim, authorize):
    sim.configure(oauth_decision="deny")
    _, back = await authorize()

    assert (back["error"], back["state"]) == ("user_cancelled_authorize", "s 1")


async def test_an_unknown_scope_is_refused_by_redirect(authorize):
    _, back = await authorize(scope="w_everything")

    assert back["error"] == "unauthorized_scope_error"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "other"}, "invalid_client_id"),
        ({"scope": ""}, "invalid_request"),
        ({"response_type": "token"}, "invalid_request"),
        ({"redirect_uri": "http://x/#here"}, "invalid_redirect_uri"),
    ],
)
async def test_a_malformed_authorization_is_400_without_a_redirect(authorize, changes, error):
    reply, _ = await authorize(**changes)

    assert (reply.status, reply.json["error"]) == (400, error)


async def test_a_code_buys_a_working_token_of_its_scopes(linkedin, sign_in):
    reply = await sign_in()

    assert reply.status == 200
    assert reply.json["expires_in"] == 5_184_000
    assert set(reply.json["scope"].split(",")) == {"openid", "w_member_social"}
    assert reply.json["refresh_token_expires_in"] == 31_536_000
    assert (await linkedin.post(token=reply.json["access_token"])).status == 201
    assert (await linkedin.post(author="urn:li:organization:5583111", token=reply.json["access_token"])).status == 403


async def test_a_code_is_good_once_for_its_redirect_and_for_half_an_hour(sim, authorize, exchange):
    codes = [(await authorize())[1]["code"] for _ in range(3)]
    grant = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}

    assert (await exchange(code=codes[0], **grant)).status == 200
    assert (await exchange(code=codes[0], **grant)).json["error_description"].endswith("code not found")
    elsewhere = await exchange(code=codes[1], **grant | {"redirect_uri": "http://x"})
    assert (elsewhere.status, elsewhere.json["error"]) == (400, "invalid_redirect_uri")
    sim.clock.advance(1800)
    assert (await exchange(code=codes[2], **grant)).json["error"] == "invalid_redirect_uri"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "client_secret": None}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "client_secret": "no"}, 401, "invalid_client_id"),
        ({"grant_type": "client_credentials"}, 401, "access_denied"),
        ({"grant_type": "refresh_token", "refresh_token": "no"}, 400, "invalid_request"),
    ],
)
async def test_what_buys_no_token(exchange, form, status, error):
    reply = await exchange(**form)

    assert (reply.status, reply.json["error"]) == (status, error)


async def test_credentials_stand_in_the_body(linkedin):
    reply = await linkedin.call("POST", "/oauth/v2/accessToken", data=b"\xff=", headers={"Content-Type": "text/plain"})

    assert (reply.status, reply.json["error"]) == (400, "invalid_request")
    assert (await linkedin.get("/oauth/v2/nothing")).status == 404


async def test_a_refresh_gives_a_new_token_and_does_not_prolong_the_refresh_token(sim, linkedin, sign_in, exchange):
    refresh = (await sign_in()).json["refresh_token"]
    sim.clock.advance(59 * 86_400)
    early = await exchange(grant_type="refresh_token", refresh_token=refresh)
    sim.clock.advance(301 * 86_400)
    late = await exchange(grant_type="refresh_token", refresh_token=refresh)

    assert (early.json["refresh_token"], early.json["refresh_token_expires_in"]) == (refresh, 306 * 86_400)
    assert late.json["expires_in"] == late.json["refresh_token_expires_in"] == 5 * 86_400
    assert (await linkedin.post(token=late.json["access_token"])).status == 201
    assert (await linkedin.post(token=early.json["access_token"])).json["serviceErrorCode"] == 65602
    sim.clock.advance(5 * 86_400)
    assert (await exchange(grant_type="refresh_token", refresh_token=refresh)).status == 400


async def test_refresh_tokens_may_rotate_be_withdrawn_or_not_be_given_at_all(sim, sign_in, exchange):
    sim.configure(rotate_refresh_tokens=True)
    first = (await sign_in()).json["refresh_token"]
    second = (await exchange(grant_type="refresh_token", refresh_token=first)).json["refresh_token"]
    assert first != second
    assert (await exchange(grant_type="refresh_token", refresh_token=first)).status == 400
    sim.revoke_refresh_tokens()
    stale = await exchange(grant_type="refresh_token", refresh_token=second)
    assert "expired or revoked" in stale.json["error_description"]
    sim.configure(refresh_tokens=False)
    assert "refresh_token" not in (await sign_in()).json


async def test_another_set_of_scopes_invalidates_the_earlier_tokens(linkedin, sign_in):
    first = (await sign_in()).json["access_token"]
    same = (await sign_in()).json["access_token"]
    assert (await linkedin.post(token=first)).status == 201

    await sign_in(scope="openid")
    for token in (first, same):
        assert (await linkedin.post(token=token)).json["serviceErrorCode"] == 65601


async def test_introspection_tells_what_a_token_is(sim, sign_in, exchange):
    token = (await sign_in()).json["access_token"]

    alive = (await exchange("introspectToken", token=token)).json
    assert (alive["active"], alive["status"], alive["auth_type"]) == (True, "active", "3L")
    assert alive["expires_at"] - alive["created_at"] == 5_184_000
    sim.revoke_token(token)
    assert (await exchange("introspectToken", token=token)).json["status"] == "revoked"
    assert (await exchange("introspectToken", token="foreign")).json == {"active": False}
    sim.clock.advance(5_184_000)
    assert (await exchange("introspectToken", token=sim.token)).json["status"] == "expired"
    assert (await exchange("introspectToken")).status == 400
    assert (await exchange("introspectToken", token=token, client_secret="no")).status == 401


async def test_userinfo_says_who_the_member_is_without_protocol_headers(sim, linkedin):
    plain = ["LinkedIn-Version", "X-Restli-Protocol-Version"]

    assert (await linkedin.get("/v2/userinfo", without=plain)).json["sub"] == "Ylpq-RobP9"
    openid_only = await linkedin.get("/v2/userinfo", token=sim.issue_token("openid"), without=plain)
    assert openid_only.json == {"sub": "Ylpq-RobP9"}
    assert (await linkedin.get("/v2/userinfo", token=sim.issue_token("profile"), without=plain)).status == 403
