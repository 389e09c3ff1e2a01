"""The stored token is refreshed ahead of its expiry, once for everybody, and a dead one ends it all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.client.auth import TokenSource
from linkedin_media.client.refresh import StoredTokenProvider
from linkedin_media.errors import ConnectionFailed, SignInError, TokenRefused, Unauthorized
from linkedin_media.model.secret import Secret
from linkedin_media.simulator import Answer, Fault, InvalidateToken, Latency, Simulator, SimulatorConfig
from tests.client.member import SCOPES, MemoryStore, clock_of, signed_in

if TYPE_CHECKING:
    from linkedin_media.model.token import StoredToken

DAY: Final = 86_400.0
REFUSED: Final = {
    code: Answer(status=401, body={"status": 401, "serviceErrorCode": code, "code": name, "message": "no"})
    for code, name in ((65601, "REVOKED_ACCESS_TOKEN"), (65602, "EXPIRED_ACCESS_TOKEN"), (65608, "RESTRICTED_MEMBER"))
}


@attrs.define
class Signed:
    """A simulator somebody has signed in to, the store that holds the token, and the waits that were asked for."""

    simulator: Simulator
    store: MemoryStore
    waits: list[float] = attrs.field(factory=list)

    def provider(self, **changes: Any) -> StoredTokenProvider:
        options = {
            "store": self.store,
            "client_secret": self.simulator.config.client_secret,
            "base_url": self.simulator.base_url,
            "now": clock_of(self.simulator),
            "sleep": self.wait,
        }
        return StoredTokenProvider(**options | changes)

    def client(self, provider: StoredTokenProvider | None = None) -> lm.LinkedInClient:
        retry = lm.RetryPolicy(initial_delay=0.001, max_delay=0.001)
        return lm.LinkedInClient(provider or self.provider(), base_url=self.simulator.base_url, retry=retry)

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    @property
    def token(self) -> StoredToken:
        assert self.store.token is not None
        return self.store.token

    @property
    def refreshes(self) -> int:
        return self.simulator.journal.count(operation="oauth.accessToken") - 1  # the first one signed in

    def calls(self, operation: str = "images.initializeUpload") -> int:
        return self.simulator.journal.count(operation=operation)

    def fail(self, code: int, **when: Any) -> None:
        self.simulator.faults.add(Fault(action=REFUSED[code], on="images.*", **when))

    def fail_refreshes(self, status: int = 503, body: object = b"") -> None:
        self.simulator.faults.add(Fault(action=Answer(status=status, body=body), on="oauth.accessToken"))


@pytest.fixture
async def signed() -> AsyncIterator[Signed]:
    async with Simulator(SimulatorConfig(processing_seconds=0.0)) as simulator:
        yield Signed(simulator, MemoryStore(await signed_in(simulator)))


async def _upload(client: lm.LinkedInClient, signed: Signed) -> lm.InitializedUpload:
    return await client.images.initialize_upload(signed.simulator.organization)


# --- ahead of time --------------------------------------------------------------------------------------------------


async def test_a_young_token_is_given_as_it_is(signed: Signed) -> None:
    signed.simulator.clock.advance(58 * DAY)

    assert await signed.provider()() == signed.token.access.reveal()
    assert signed.refreshes == 0


async def test_a_token_is_refreshed_in_its_last_day_and_stored(signed: Signed) -> None:
    old = signed.token
    signed.simulator.clock.advance(59.5 * DAY)

    given = await signed.provider()()

    assert given == signed.token.access.reveal() != old.access.reveal()
    assert signed.store.saved == [signed.token]
    assert (
        (signed.token.member, signed.token.scopes)
        == (old.member, old.scopes)
        == (
            signed.simulator.person,
            frozenset(SCOPES),
        )
    )
    assert signed.token.refresh == old.refresh
    assert signed.token.refresh_expires_at - old.refresh_expires_at < timedelta(seconds=2)  # its life is not extended
    assert signed.refreshes == 1


async def test_a_refresh_token_that_comes_back_replaces_the_old_one(signed: Signed) -> None:
    signed.simulator.configure(rotate_refresh_tokens=True)
    provider, first = signed.provider(), signed.token.refresh

    signed.simulator.clock.advance(59.5 * DAY)
    await provider()
    second = signed.token.refresh
    signed.simulator.clock.advance(59.5 * DAY)
    await provider()

    assert len({first, second, signed.token.refresh}) == 3
    assert signed.refreshes == 2


async def test_what_does_not_come_back_is_kept(signed: Signed) -> None:
    old = signed.token
    bare = {"access_token": "canary-new", "expires_in": 5_184_000}
    signed.fail_refreshes(200, bare)
    signed.simulator.clock.advance(59.5 * DAY)

    assert await signed.provider()() == "canary-new"
    assert (signed.token.refresh, signed.token.scopes, signed.token.member) == (old.refresh, old.scopes, old.member)


async def test_a_failure_ahead_of_time_costs_nothing_and_is_not_repeated_at_once(
    signed: Signed, caplog: pytest.LogCaptureFixture
) -> None:
    signed.fail_refreshes()
    provider = signed.provider()
    signed.simulator.clock.advance(59.5 * DAY)

    with caplog.at_level(logging.DEBUG, "linkedin_media"):
        given = {await provider() for _ in range(5)}

    assert given == {signed.token.access.reveal()}
    assert signed.refreshes == 1
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "token.not_refreshed"
    ]
    signed.simulator.clock.advance(61)
    signed.simulator.faults.clear()
    assert await provider() not in given


async def test_a_refused_refresh_token_leaves_the_living_token_in_use(signed: Signed) -> None:
    signed.simulator.revoke_refresh_tokens()
    provider = signed.provider()
    signed.simulator.clock.advance(59.5 * DAY)

    async with signed.client(provider) as client:
        for _ in range(3):
            await _upload(client, signed)
            signed.simulator.clock.advance(120)
            await provider()

    assert signed.refreshes == 1


async def test_what_another_process_refreshed_is_used(signed: Signed) -> None:
    provider, other = signed.provider(), signed.provider()
    await provider()
    signed.simulator.clock.advance(59.5 * DAY)

    assert await other() == await provider()
    assert signed.refreshes == 1


async def test_two_clients_of_one_provider_refresh_once(signed: Signed) -> None:
    provider = signed.provider()
    async with signed.client(provider) as first, signed.client(provider) as second:
        await asyncio.gather(_upload(first, signed), _upload(second, signed))
        signed.simulator.expire_token(signed.token.access.reveal())
        signed.simulator.clock.advance(3600)
        await asyncio.gather(*(_upload(client, signed) for client in (first, second) for _ in range(10)))

    assert signed.refreshes == 1


# --- once for everybody ---------------------------------------------------------------------------------------------


async def test_any_number_of_refusals_make_one_refresh(signed: Signed) -> None:
    async with signed.client() as client:
        signed.simulator.expire_token(signed.token.access.reveal())
        signed.simulator.clock.advance(3600)
        started = await asyncio.gather(*(_upload(client, signed) for _ in range(100)))

    assert len({upload.image for upload in started}) == 100
    assert signed.refreshes == 1
    assert signed.calls() <= 200


async def test_a_refresh_survives_the_waiter_that_started_it(signed: Signed) -> None:
    signed.simulator.faults.add(Fault(action=Latency(seconds=0.3), on="oauth.accessToken"))
    signed.simulator.clock.advance(59.5 * DAY)
    async with signed.client() as client:
        waiting = [asyncio.create_task(_upload(client, signed)) for _ in range(100)]
        await asyncio.sleep(0.1)
        waiting[0].cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(ended[0], asyncio.CancelledError)
    assert sum(isinstance(result, lm.InitializedUpload) for result in ended) == 99
    assert signed.refreshes == 1


async def test_a_refresh_survives_when_the_provider_itself_is_cancelled(signed: Signed) -> None:
    signed.simulator.faults.add(Fault(action=Latency(seconds=0.2), on="oauth.accessToken"))
    signed.simulator.clock.advance(59.5 * DAY)
    provider = signed.provider()
    waiting = [asyncio.create_task(provider()) for _ in range(100)]
    await asyncio.sleep(0.05)
    waiting[0].cancel()

    ended = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(ended[0], asyncio.CancelledError)
    assert set(ended[1:]) == {signed.token.access.reveal()}
    assert len(signed.store.saved) == signed.refreshes == 1


async def test_a_refusal_during_an_ordinary_refresh_waits_for_it(signed: Signed) -> None:
    signed.simulator.faults.add(Fault(action=Latency(seconds=0.1), on="oauth.accessToken"))
    signed.simulator.clock.advance(59.5 * DAY)
    provider, old = signed.provider(), signed.token.access

    given = await asyncio.gather(provider(), provider(refused=old), provider(), provider(refused=old))

    assert set(given) == {signed.token.access.reveal()}
    assert signed.refreshes == 1


async def test_a_provider_that_does_not_ask_for_the_refused_token_is_not_told_it() -> None:
    class Undescribed:
        """A provider as one written in C looks."""

        __signature__ = "none"

        async def __call__(self) -> str:
            return "token"

    source = TokenSource(provider=Undescribed())

    assert await source.token() == Secret("token")
    assert await source.renew(Secret("token")) is None


# --- no loop on what is dead ----------------------------------------------------------------------------------------


async def test_a_revoked_refresh_token_is_tried_once_and_stops_every_call(signed: Signed) -> None:
    signed.simulator.revoke_refresh_tokens()
    signed.simulator.expire_token(signed.token.access.reveal())
    signed.simulator.clock.advance(3600)
    provider = signed.provider()
    async with signed.client(provider) as client:
        ended = await asyncio.gather(*(_upload(client, signed) for _ in range(30)), return_exceptions=True)
        ended += await asyncio.gather(*(_upload(client, signed) for _ in range(3)), return_exceptions=True)

    assert {type(error) for error in ended} == {TokenRefused}
    assert {error.hint for error in ended} == {"sign in again: linkedin-media auth login"}
    assert signed.refreshes == 1
    assert signed.calls() == 33


async def test_an_invalid_grant_is_final_too(signed: Signed) -> None:
    signed.fail_refreshes(400, {"error": "invalid_grant", "error_description": "revoked"})
    signed.simulator.clock.advance(61 * DAY)
    provider = signed.provider()

    for _ in range(3):
        with pytest.raises(TokenRefused, match="revoked") as refused:
            await provider()

    assert refused.value.api_code == "invalid_grant"
    assert signed.refreshes == 1


async def test_signing_in_again_revives_the_provider(signed: Signed) -> None:
    signed.simulator.revoke_refresh_tokens()
    signed.simulator.clock.advance(61 * DAY)
    provider = signed.provider()
    with pytest.raises(TokenRefused):
        await provider()

    signed.store.token = await signed_in(signed.simulator)

    assert await provider() == signed.token.access.reveal()


async def test_a_second_refusal_after_a_refresh_ends_the_call(signed: Signed) -> None:
    signed.simulator.clock.advance(3600)
    signed.fail(65602)
    async with signed.client() as client:
        with pytest.raises(Unauthorized) as refused:
            await _upload(client, signed)

    assert refused.value.service_error_code == 65602
    assert (signed.calls(), signed.refreshes, signed.waits) == (2, 1, [])


async def test_a_restricted_member_is_not_helped_by_another_token(signed: Signed) -> None:
    signed.simulator.clock.advance(3600)
    signed.fail(65608)
    async with signed.client() as client:
        with pytest.raises(Unauthorized, match="RESTRICTED_MEMBER"):
            await _upload(client, signed)

    assert (signed.calls(), signed.refreshes) == (1, 0)


# --- the token LinkedIn does not know yet ---------------------------------------------------------------------------


async def test_a_fresh_token_called_revoked_is_tried_once_more_after_a_while(signed: Signed) -> None:
    signed.simulator.expire_token(signed.token.access.reveal())
    signed.simulator.clock.advance(3600)
    signed.fail(65601, nth=2)
    async with signed.client() as client:
        await _upload(client, signed)

    assert (signed.calls(), signed.refreshes, signed.waits) == (3, 1, [5.0])


async def test_a_token_refreshed_before_the_first_call_has_its_second_try_too(signed: Signed) -> None:
    signed.simulator.clock.advance(59.5 * DAY)
    signed.fail(65601, nth=1)
    async with signed.client() as client:
        await _upload(client, signed)

    assert (signed.calls(), signed.refreshes, signed.waits) == (2, 1, [5.0])


async def test_all_who_wait_for_the_second_try_wait_once(signed: Signed) -> None:
    signed.simulator.clock.advance(59.5 * DAY)
    signed.fail(65601, times=20)
    async with signed.client() as client:
        await asyncio.gather(*(_upload(client, signed) for _ in range(20)))

    assert (signed.refreshes, signed.waits) == (1, [5.0])


async def test_a_call_that_was_sent_before_the_second_try_and_is_refused_after_it_is_sent_again(signed: Signed) -> None:
    signed.simulator.clock.advance(59.5 * DAY)
    async with signed.client() as client:
        for late in (0, 29):
            signed.simulator.clock.advance(late)
            signed.fail(65601, times=1)
            await _upload(client, signed)

    assert (signed.calls(), signed.refreshes, signed.waits) == (4, 1, [5.0])


async def test_a_token_that_stays_revoked_is_given_up(signed: Signed) -> None:
    signed.simulator.clock.advance(3600)
    signed.simulator.faults.add(Fault(action=InvalidateToken(how="revoked"), on="images.*"))
    async with signed.client() as client:
        with pytest.raises(Unauthorized) as refused:
            await _upload(client, signed)
        calls = signed.calls()
        signed.simulator.clock.advance(31)
        with pytest.raises(SignInError, match="it has just made"):
            await _upload(client, signed)

    assert refused.value.service_error_code == 65601
    assert (calls, signed.calls(), signed.refreshes, signed.waits) == (3, 4, 1, [5.0])


# --- what cannot be refreshed ---------------------------------------------------------------------------------------


async def test_nobody_has_signed_in(signed: Signed) -> None:
    with pytest.raises(SignInError, match="nobody has signed in") as missing:
        await signed.provider(store=MemoryStore())()

    assert missing.value.hint == "linkedin-media auth login"


async def test_a_token_from_elsewhere_is_not_sent(signed: Signed) -> None:
    signed.store.token = attrs.evolve(signed.token, issuer="https://www.linkedin.com")
    async with signed.client() as client:
        with pytest.raises(SignInError, match=r"from https://www.linkedin.com, and calls go to http://127"):
            await _upload(client, signed)

    assert signed.calls() == 0


async def test_an_expired_token_without_refresh_token_needs_a_new_sign_in(signed: Signed) -> None:
    signed.store.token = attrs.evolve(signed.token, refresh=None, refresh_expires_at=None)
    signed.simulator.clock.advance(61 * DAY)

    with pytest.raises(SignInError, match="was not given by LinkedIn"):
        await signed.provider()()


async def test_an_expired_refresh_token_is_not_sent(signed: Signed) -> None:
    signed.simulator.clock.advance(366 * DAY)

    with pytest.raises(SignInError, match="has expired too"):
        await signed.provider()()

    assert signed.refreshes == 0


async def test_without_the_applications_secret_the_token_lives_out_its_life(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINKEDIN_CLIENT_SECRET", raising=False)
    provider = signed.provider(client_secret=None)
    signed.simulator.clock.advance(59.5 * DAY)
    assert await provider() == signed.token.access.reveal()

    signed.simulator.clock.advance(DAY)
    with pytest.raises(SignInError, match="no client secret") as unable:
        await provider()

    assert "LINKEDIN_CLIENT_SECRET" in unable.value.hint


@pytest.mark.parametrize(
    ("status", "body"), [(503, b""), (429, b""), (200, b"garbage"), (302, b"")], ids=["503", "429", "garbage", "302"]
)
async def test_a_post_that_waits_for_a_refresh_was_never_sent(signed: Signed, status: int, body: bytes) -> None:
    signed.fail_refreshes(status, body)
    signed.simulator.clock.advance(61 * DAY)
    async with signed.client() as client:
        with pytest.raises(ConnectionFailed, match="could not be refreshed"):
            await client.posts.create(lm.PostDraft(author=signed.simulator.organization, commentary="Hi"))

    assert signed.calls("posts.create") == 0


async def test_a_refresh_is_tried_again_with_the_call(signed: Signed) -> None:
    signed.simulator.faults.add(Fault(action=Answer(status=503), on="oauth.accessToken", times=2))
    signed.simulator.clock.advance(61 * DAY)
    async with signed.client() as client:
        await _upload(client, signed)

    assert signed.refreshes == 3


async def test_a_store_that_fails_costs_no_call(signed: Signed, caplog: pytest.LogCaptureFixture) -> None:
    signed.store.refuses = True
    signed.simulator.clock.advance(59.5 * DAY)
    with caplog.at_level(logging.WARNING, "linkedin_media"):
        async with signed.client() as client:
            await _upload(client, signed)

    noted = [record.getMessage() for record in caplog.records]
    assert [note for note in noted if note != "clock.skew"] == ["token.not_stored"]


async def test_a_client_that_closes_during_a_refresh_leaves_nothing_behind(signed: Signed) -> None:
    signed.simulator.faults.add(Fault(action=Latency(seconds=0.2), on="oauth.accessToken"))
    signed.simulator.clock.advance(59.5 * DAY)
    provider = signed.provider()
    client = signed.client(provider)
    call = asyncio.create_task(_upload(client, signed))
    await asyncio.sleep(0.05)
    call.cancel()
    await client.aclose()

    assert await provider() == signed.token.access.reveal()  # what was under way is finished, and stored
    assert signed.refreshes == 1


# --- secrets --------------------------------------------------------------------------------------------------------


async def test_no_secret_is_logged_or_shown(signed: Signed, caplog: pytest.LogCaptureFixture) -> None:
    provider, old = signed.provider(), signed.token
    signed.simulator.clock.advance(59.5 * DAY)
    with caplog.at_level(logging.DEBUG):
        async with signed.client(provider) as client:
            await _upload(client, signed)
            signed.simulator.revoke_refresh_tokens()
            signed.simulator.expire_token(signed.token.access.reveal())
            signed.simulator.clock.advance(3600)
            with pytest.raises(TokenRefused) as refused:
                await _upload(client, signed)

    shown = f"{provider!r} {client!r} {client.tokens!r} {refused.value!r} {refused.value.__context__!r}"
    shown += "".join(str(vars(record)) + caplog.handler.format(record) for record in caplog.records)
    secrets = [old.access, old.refresh, signed.token.access, Secret(signed.simulator.config.client_secret)]
    assert "oauth.answered" in shown
    assert [secret for secret in secrets if secret.reveal() in shown] == []
