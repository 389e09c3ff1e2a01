"""Where the token comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from linkedin_media.client.auth import TokenSource, token_source
from linkedin_media.errors import ConnectionFailed, InvalidArgument, SignInError
from linkedin_media.model.secret import Secret


class Provider:
    """Gives what it is told to give, one after the other, once it is let."""

    def __init__(self, *given: str | Exception, at_once: bool = True) -> None:
        self.given = list(given)
        self.asked = 0
        self.let = asyncio.Event()
        if at_once:
            self.let.set()

    async def __call__(self) -> str:
        self.asked += 1
        await self.let.wait()
        token = self.given.pop(0) if len(self.given) > 1 else self.given[0]
        if isinstance(token, Exception):
            raise token
        return token


class InsistingProvider(Provider):
    """Wants to know which token was refused."""

    def __init__(self, *given: str | Exception) -> None:
        super().__init__(*given)
        self.refusals: list[Secret | None] = []

    async def __call__(self, *, refused: Secret | None = None) -> str:
        self.refusals.append(refused)
        return await super().__call__()


def source_of(provider: Callable[[], object], now: list[float] | None = None) -> TokenSource:
    moments = now or [0.0]
    return TokenSource(provider=provider, clock=lambda: moments[0])


async def test_a_token_is_used_as_given() -> None:
    source = token_source("AQX")

    assert (await source.token()).reveal() == "AQX"
    assert await source.renew(Secret("AQX")) is None


async def test_without_a_token_the_environment_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await token_source(None, {"LINKEDIN_ACCESS_TOKEN": "AQY"}).token()).reveal() == "AQY"
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", "AQZ")
    assert (await token_source(None).token()).reveal() == "AQZ"


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_at_all_is_refused_with_where_to_set_it(token: str | None) -> None:
    with pytest.raises(InvalidArgument) as caught:
        token_source(token, {})

    assert "LINKEDIN_ACCESS_TOKEN" in caught.value.hint


@pytest.mark.parametrize("token", ["AQ X", "AQX\r\nX-Evil: 1", "AQ\x00", "é"])
def test_what_no_header_can_carry_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        token_source(token)

    assert token not in str(caught.value)


def test_a_source_shows_no_token() -> None:
    assert "AQX" not in repr(token_source("AQX"))


async def test_a_provider_is_asked_once_a_minute() -> None:
    now = [0.0]
    provider = Provider("one", "two")
    source = source_of(provider, now)

    assert [(await source.token()).reveal(), (await source.token()).reveal()] == ["one", "one"]
    now[0] = 59.9
    assert (await source.token()).reveal() == "one"
    now[0] = 60.0
    assert (await source.token()).reveal() == "two"
    assert provider.asked == 2


async def test_many_who_need_a_token_at_once_ask_once() -> None:
    provider = Provider("one")
    source = source_of(provider)

    tokens = await asyncio.gather(*(source.token() for _ in range(50)))

    assert {token.reveal() for token in tokens} == {"one"}
    assert provider.asked == 1


async def test_a_refused_token_is_renewed_once_for_all() -> None:
    provider = Provider("old", "new")
    source = source_of(provider)
    old = await source.token()

    renewed = await asyncio.gather(*(source.renew(old) for _ in range(50)))

    assert {token and token.reveal() for token in renewed} == {"new"}
    assert provider.asked == 2
    late = await source.renew(old)
    assert (late and late.reveal(), provider.asked) == ("new", 2)


async def test_a_provider_that_has_nothing_else_gives_nothing() -> None:
    source = source_of(Provider("only"))

    assert await source.renew(await source.token()) is None
    assert await source.renew(await source.token(), again=True) is None


async def test_a_provider_that_asks_is_told_which_token_was_refused_and_may_insist_on_it() -> None:
    provider = InsistingProvider("only")
    source = source_of(provider)
    token = await source.token()

    assert await source.renew(token) == token
    assert await source.renew(token, again=True) == token
    assert provider.refusals == [None, token, token]


async def test_a_request_survives_whoever_started_it() -> None:
    provider = Provider("one", at_once=False)
    source = source_of(provider)
    first = asyncio.create_task(source.token())
    others = [asyncio.create_task(source.token()) for _ in range(10)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    provider.let.set()

    assert {(await other).reveal() for other in others} == {"one"}
    assert first.cancelled()
    assert provider.asked == 1


async def test_a_failure_is_everybodys_own_and_the_next_call_asks_again() -> None:
    provider = Provider(ConnectionFailed("no network"), "one", at_once=False)
    source = source_of(provider)
    waiting = [asyncio.create_task(source.token()) for _ in range(3)]
    await asyncio.sleep(0)
    provider.let.set()
    failures = await asyncio.gather(*waiting, return_exceptions=True)

    assert [str(failure) for failure in failures] == ["no network"] * 3
    assert len({id(failure) for failure in failures}) == 3
    assert (await source.token()).reveal() == "one"


async def test_what_a_provider_raises_comes_out_as_it_is() -> None:
    problem = RuntimeError("vault sealed")

    with pytest.raises(RuntimeError) as caught:
        await source_of(Provider(problem)).token()

    assert caught.value is problem


@pytest.mark.parametrize("given", ["", "with space"])
async def test_a_provider_that_gives_no_token_is_told(given: str) -> None:
    with pytest.raises(InvalidArgument):
        await source_of(Provider(given)).token()


async def test_a_provider_that_is_cancelled_does_not_cancel_those_who_wait() -> None:
    async def provider() -> str:
        raise asyncio.CancelledError

    with pytest.raises(InvalidArgument, match="was cancelled"):
        await source_of(provider).token()


async def test_closing_ends_a_request_under_way() -> None:
    provider = Provider("one", at_once=False)
    source = source_of(provider)
    waiting = asyncio.create_task(source.token())
    await asyncio.sleep(0)

    await source.aclose()
    await asyncio.wait([waiting])

    assert isinstance(waiting.exception(), InvalidArgument)
    await source.aclose()


async def test_a_source_without_a_provider_has_nothing_to_ask() -> None:
    with pytest.raises(InvalidArgument, match="no token provider"):
        await TokenSource().token()


async def test_a_provider_written_in_c_is_not_told_of_refusals() -> None:
    class Odd:
        __signature__ = "nonsense"

        async def __call__(self) -> str:
            return "odd"

    assert (await token_source(Odd()).token()).reveal() == "odd"


async def test_an_error_of_signing_in_names_no_token() -> None:
    with pytest.raises(SignInError):
        await source_of(Provider(SignInError("sign in again"))).token()
