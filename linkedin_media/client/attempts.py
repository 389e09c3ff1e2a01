"""The attempts of one call: their token, their waits, their end."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import attrs

from ..errors import LinkedInMediaError, NotSentInTime, RateLimited, Unauthorized
from ..model.secret import Secret
from ..passing_time import passing_time
from ..protocol.retry_after import next_utc_midnight
from ..protocol.wire import Repeat, Response
from .retry import delay_before_retry, is_ambiguous

if TYPE_CHECKING:
    from .session import LinkedInClient
    from .throttle import Breaker

_log = logging.getLogger("linkedin_media.client")
_RESTRICTED_MEMBER: Final = 65608
_HELD_BACK: Final = "LinkedIn goes on refusing this call and does not say until when; its daily limits end at 00:00 UTC"
_REVOKED: Final = 65601  # also seen for some seconds on a token that was only just refreshed


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.frozen
class Clock:
    """Time, randomness and sleep, so that tests can have their own."""

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = passing_time
    fraction: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


def without(response: Response, token: Secret | None) -> Response:
    """Return `response` with the token taken out of its body, should the server have echoed it."""
    if token is None or not response.body or token.reveal().encode() not in response.body:
        return response
    return attrs.evolve(response, body=response.body.replace(token.reveal().encode(), b"..."))


@attrs.define(eq=False)
class Attempts:
    """The attempts of one call: their token, their deadline, and whether there is another."""

    client: LinkedInClient
    repeat: Repeat
    what: str
    deadline: float
    send_before: float = math.inf
    number: int = 0
    in_doubt: bool = attrs.field(default=False, init=False)
    token: Secret | None = attrs.field(default=None, init=False, repr=False)
    _renewals: int = attrs.field(default=0, init=False)
    _began: float = attrs.field(init=False)
    _sent_at: float = attrs.field(init=False)
    _breaker: Breaker = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._began = self._sent_at = self.client.clock.monotonic()
        self._breaker = self.client.breaker(self.what)

    def remaining(self) -> float:
        """Return the seconds left for this call and its repeats."""
        return self.deadline - (self.client.clock.monotonic() - self._began)

    async def wait_for_slot(self) -> None:
        """Wait for the shared pause and rate, and make sure there is a token.

        Raises:
            NotSentInTime: The call must not leave any more.
            RateLimited: LinkedIn has refused too many of its kind.
        """
        client, now = self.client, self.client.clock.monotonic
        self.number += 1
        if not self._breaker.admits(now()):
            raise self._held_back()
        if client.before_call is not None:
            await client.before_call()
        self.token = self.token or client.tokens.held() or await self._ask_for_token()
        self._sent_at = now()
        wait = client.throttle.wait(self._sent_at)
        if wait > 0:
            await self._wait_for_turn(wait)
            self._sent_at = now()
        if self._sent_at > self.send_before:
            raise self._too_late()

    def check_time(self) -> None:
        """Make sure that the call may still leave.

        Raises:
            NotSentInTime: It must not.
        """
        if self.client.clock.monotonic() > self.send_before:
            raise self._too_late()

    def _too_late(self) -> NotSentInTime:
        return NotSentInTime(f"{self.what} was held back: the time in which it was to be sent had passed")

    async def _wait_for_turn(self, wait: float) -> None:
        """Wait for the pause all calls share, which the deadline bounds, and for a rate of one's own choice, which it does not."""
        throttle, clock = self.client.throttle, self.client.clock
        paused = throttle.paused_for(clock.monotonic())
        while wait > 0:
            if paused > self.remaining():
                raise NotSentInTime(
                    f"{self.what} was held back: LinkedIn asked for a pause that ends after its deadline"
                )
            self._began += max(wait - paused, 0.0)
            await clock.sleep(wait)
            paused = throttle.paused_for(clock.monotonic())  # meanwhile another call may have been told to wait
            wait = throttle.wait(clock.monotonic()) if paused else 0.0

    async def _ask_for_token(self) -> Secret:
        left = None if math.isinf(self.deadline) else max(self.remaining(), 0.001)
        try:
            async with asyncio.timeout(left) as limit:
                return await self.client.tokens.token()
        except TimeoutError:
            if not limit.expired():
                raise
        raise NotSentInTime(f"{self.what} was held back: no access token came before its deadline")

    async def wait_or_raise(self, error: LinkedInMediaError) -> None:
        """Return when the call may be repeated; raise `error` where it must not be."""
        self.in_doubt = self.in_doubt or is_ambiguous(error)
        if isinstance(error, Unauthorized) and await self._renew(error):
            return
        if isinstance(error, RateLimited) and error.retry_after is None and error.resets_at is None:
            self._note_refusal(error)
        delay = delay_before_retry(error, self.repeat, self.number, self.client.retry, self.client.clock.fraction())
        if delay is None or delay > self.remaining() or not self.client.take_retry():
            raise error
        if isinstance(error, RateLimited):
            self.client.throttle.pause(delay, self.client.clock.monotonic())
        _log.warning(
            "call.retry",
            extra={"call": self.what, "attempt": self.number, "delay": round(delay, 3), "error": error.error_code},
        )
        await self.client.clock.sleep(delay)

    def _held_back(self) -> RateLimited:
        method, _, resource = self.what.partition(" ")
        return RateLimited(
            "not sent: earlier calls were refused for their rate",
            status=429,
            resets_at=next_utc_midnight(self.client.clock.now()),
            method=method,
            resource=resource,
            hint=_HELD_BACK,
        )

    def _note_refusal(self, error: RateLimited) -> None:
        """Take refusals without an end for a daily limit, once there are enough of them."""
        if self._breaker.refused(self._sent_at, self.client.clock.monotonic()):
            error.resets_at, error.hint = next_utc_midnight(self.client.clock.now()), _HELD_BACK

    async def _renew(self, error: Unauthorized) -> bool:
        """Ask for another token, once; twice where LinkedIn calls a token revoked that was only just made."""
        allowed = {_RESTRICTED_MEMBER: 0, _REVOKED: 2}.get(error.service_error_code or 0, 1)
        if self.token is None or self._renewals >= allowed:
            return False
        self._renewals += 1
        renewed = await self.client.tokens.renew(self.token, again=self._renewals > 1)
        self.token = renewed or self.token
        return renewed is not None

    def log(self, response: Response) -> None:
        """Note one answered request."""
        if self._sent_at >= self.client.server_time.due:
            self.client.server_time.hear(response, self.client.clock.now(), self._sent_at)
        if response.status != 429:
            self._breaker.answered()
        if _log.isEnabledFor(logging.DEBUG):
            details = {"status": response.status, "request_id": response.request_id}
            _log.debug("call.answered", extra={"call": self.what, "attempt": self.number, **details})
