"""Where the token comes from: an argument, a provider, or the environment; renewed once for any number of 401s."""

from __future__ import annotations

import asyncio
import copy
import inspect
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

import attrs

from ..errors import InvalidArgument, LinkedInMediaError
from ..model.secret import Secret
from ..passing_time import passing_time


class RenewingProvider(Protocol):
    """A provider that wants to know which token LinkedIn refused, None when it is asked in the ordinary course.

    Giving the refused token once more means: it is right and only just made, try again with it.
    """

    async def __call__(self, *, refused: Secret | None = None) -> str:
        """Return the token to send."""
        ...


TokenProvider = Callable[[], Awaitable[str]] | RenewingProvider
"""Any ``async def token() -> str``. It is asked once a minute, and again when LinkedIn refuses what it gave; one that
takes a keyword ``refused`` is told the refused token then, as `Secret`."""

ENVIRONMENT: Final = "LINKEDIN_ACCESS_TOKEN"
_ASK_AGAIN_AFTER: Final = 60.0


def token_source(access_token: str | TokenProvider | None, environ: Mapping[str, str] | None = None) -> TokenSource:
    """Return where the token comes from: the argument, else ``LINKEDIN_ACCESS_TOKEN``.

    Raises:
        InvalidArgument: There is none, or it cannot be sent in a header.
    """
    if callable(access_token):
        return TokenSource(provider=access_token)
    value = access_token if access_token is not None else (os.environ if environ is None else environ).get(ENVIRONMENT)
    if not value:
        raise InvalidArgument(
            "no access token", argument="access_token", hint=f"pass access_token= or set {ENVIRONMENT}"
        )
    return TokenSource(fixed=Secret(value))


@attrs.define(eq=False, kw_only=True)
class TokenSource:
    """Gives the current token; asks the provider for it at most once at a time."""

    fixed: Secret | None = attrs.field(default=None, repr=False)
    provider: TokenProvider | None = attrs.field(default=None, repr=False)
    clock: Callable[[], float] = passing_time
    _current: Secret | None = attrs.field(default=None, init=False, repr=False)
    _asked_at: float = attrs.field(default=0.0, init=False)
    _asking: asyncio.Task[Secret] | None = attrs.field(default=None, init=False, repr=False)
    _about: Secret | None = attrs.field(default=None, init=False, repr=False)
    _is_told: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._is_told = self.provider is not None and _takes_refused(self.provider)

    async def token(self) -> Secret:
        """Return the token to send."""
        return self.held() or await self._ask()

    def held(self) -> Secret | None:
        """Return the token to send where nobody needs to be asked for it."""
        if self.fixed is not None:
            return self.fixed
        if self._current is not None and self.clock() - self._asked_at < _ASK_AGAIN_AFTER:
            return self._current
        return None

    async def renew(self, refused: Secret, *, again: bool = False) -> Secret | None:
        """Return what to send after LinkedIn refused a token, or None where there is nothing else.

        A provider that knows of refusals may insist on its token, and may be asked `again` by the same call.
        """
        if self.provider is None or (again and not self._is_told):
            return None
        if self._asking is not None and self._about != refused:
            await self._ask()  # under way for another reason; what it gives may do
        if self._current is not None and self._current != refused:
            return self._current
        renewed = await self._ask(refused)
        return None if renewed == refused and not self._is_told else renewed

    async def _ask(self, refused: Secret | None = None) -> Secret:
        """Join the request under way, or start one; it survives the cancellation of whoever started it."""
        if self._asking is None:
            self._about = refused
            self._asking = asyncio.get_running_loop().create_task(self._fetch(refused))
            self._asking.add_done_callback(self._asked)
        asking = self._asking
        try:
            return await asyncio.shield(asking)
        except LinkedInMediaError as error:
            own = copy.copy(error)  # everyone who waits adds its own stage and images
        except asyncio.CancelledError:
            if not asking.cancelled() or _is_cancelled():
                raise
            own = InvalidArgument("the token provider was cancelled", argument="access_token")
        raise own

    async def _fetch(self, refused: Secret | None) -> Secret:
        if self.provider is None:
            raise InvalidArgument("no token provider", argument="access_token")
        told = {"refused": refused} if self._is_told else {}
        token = Secret(await self.provider(**told))
        self._current, self._asked_at = token, self.clock()
        return token

    def _asked(self, task: asyncio.Task[Secret]) -> None:
        self._asking = None
        if not task.cancelled():
            task.exception()

    async def aclose(self) -> None:
        """End a request for a token that is still under way."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _takes_refused(provider: TokenProvider) -> bool:
    try:
        return "refused" in inspect.signature(provider).parameters
    except (TypeError, ValueError):
        return False  # written in C, or not describable
