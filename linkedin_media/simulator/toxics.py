"""What faults do to answers, to time and to state; the connection is left alone."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import attrs

from .faults import Action, Moment
from .replies import Reply, json_reply

if TYPE_CHECKING:
    from .exchange import Exchange

_DAY: Final = 86_400
_LIMITED: Final = "Resource level throttle limit for calls to this resource is reached."
_LIMITED_TODAY: Final = "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."


def _bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


@attrs.frozen(kw_only=True)
class Answer(Action):
    """Answer something else: before the deed instead of it, after the deed in spite of it. `body` may be JSON."""

    status: int = 200
    body: bytes = attrs.field(default=b"", converter=_bytes)
    headers: Mapping[str, str] = attrs.field(factory=dict)

    def prepare(self, exchange: Exchange) -> None:
        exchange.reply = self._reply()

    def transform(self, exchange: Exchange, reply: Reply) -> Reply:  # noqa: ARG002 -- the hook has it
        return self._reply()

    def _reply(self) -> Reply:
        return Reply(self.status, self.body, dict(self.headers))


@attrs.frozen(kw_only=True)
class Throttle(Action):
    """Answer 429 as LinkedIn does; `retry_after` adds the header it never sends, `day` says the daily limit is reached."""

    moments: ClassVar[tuple[Moment, ...]] = ("before",)
    retry_after: str | None = attrs.field(default=None, converter=attrs.converters.optional(str))
    day: bool = False

    def prepare(self, exchange: Exchange) -> None:
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        exchange.reply = _limited(_LIMITED_TODAY if self.day else _LIMITED, headers)


@attrs.define(kw_only=True, eq=False)
class DailyLimit(Action):
    """Take `calls` calls a day of the simulated clock, and answer 429 with the day message until 00:00 UTC."""

    moments: ClassVar[tuple[Moment, ...]] = ("before",)
    calls: int = 0
    _day: int = attrs.field(default=-1, init=False)
    _taken: int = attrs.field(default=0, init=False)

    def prepare(self, exchange: Exchange) -> None:
        day = int(exchange.world.clock.now() // _DAY)
        if day != self._day:
            self._day, self._taken = day, 0
        self._taken += 1
        if self._taken > self.calls:
            exchange.reply = _limited(_LIMITED_TODAY)


def _limited(message: str, headers: Mapping[str, str] | None = None) -> Reply:
    body = {"message": message, "serviceErrorCode": 101, "status": 429}
    return json_reply(body, status=429, headers=headers or {})


@attrs.frozen(kw_only=True)
class Mutate(Action):
    """Change the answer: `replace` maps patterns to text in the body, `headers` sets headers or, with None, removes them.

    `change` takes the body and returns another; in Python only.
    """

    moments: ClassVar[tuple[Moment, ...]] = ("after",)
    replace: Mapping[str, str] = attrs.field(factory=dict)
    headers: Mapping[str, str | None] = attrs.field(factory=dict)
    status: int | None = None
    change: Callable[[bytes], bytes] | None = None

    def transform(self, exchange: Exchange, reply: Reply) -> Reply:  # noqa: ARG002 -- the hook has it
        body = reply.body
        for pattern, text in self.replace.items():
            body = re.sub(pattern.encode(), text.encode(), body, flags=re.DOTALL)
        if self.change is not None:
            body = self.change(body)
        changed = {name.lower() for name in self.headers}
        kept = {name: value for name, value in reply.headers.items() if name.lower() not in changed}
        added = {name: value for name, value in self.headers.items() if value is not None}
        return attrs.evolve(reply, status=self.status or reply.status, body=body, headers={**kept, **added})


@attrs.define(kw_only=True, eq=False)
class Latency(Action):
    """Wait `seconds`, up to `jitter` more, in real time. The deed is done even if the client has given up meanwhile."""

    seconds: float
    jitter: float = 0.0
    _chance: random.Random = attrs.field(factory=lambda: random.Random(0), init=False, repr=False)  # noqa: S311 -- of a fault, to be repeated  # nosec B311

    async def arrive(self, exchange: Exchange) -> None:
        await exchange.read_body()
        await self._wait()

    async def settle(self, exchange: Exchange) -> None:  # noqa: ARG002 -- the hook has it
        await self._wait()

    async def _wait(self) -> None:
        await asyncio.sleep(self.seconds + self._chance.uniform(0, self.jitter))


@attrs.frozen
class ExpireUploads(Action):
    """Let every upload address given out so far expire."""

    def prepare(self, exchange: Exchange) -> None:
        exchange.world.expire_uploads()

    async def settle(self, exchange: Exchange) -> None:
        exchange.world.expire_uploads()


@attrs.frozen(kw_only=True)
class AdvanceClock(Action):
    """Move the simulated time."""

    seconds: float

    def prepare(self, exchange: Exchange) -> None:
        exchange.world.clock.advance(self.seconds)

    async def settle(self, exchange: Exchange) -> None:
        exchange.world.clock.advance(self.seconds)


@attrs.frozen(kw_only=True)
class InvalidateToken(Action):
    """Expire or revoke the token the call carries: this call is refused, and all that follow with it."""

    how: Literal["expired", "revoked"] = attrs.field(
        default="expired", validator=attrs.validators.in_(("expired", "revoked"))
    )

    def prepare(self, exchange: Exchange) -> None:
        self._invalidate(exchange)

    async def settle(self, exchange: Exchange) -> None:
        self._invalidate(exchange)

    def _invalidate(self, exchange: Exchange) -> None:
        world = exchange.world
        value = exchange.call.headers.get("Authorization", "").partition(" ")[2]
        if world.tokens.get(value) is None:
            return
        if self.how == "revoked":
            world.tokens.revoke(value)
        else:
            world.tokens.expire(value, world.clock.now())


@attrs.frozen(kw_only=True)
class Hook(Action):
    """Call a function with the exchange, before or after the deed; in Python only."""

    call: Callable[[Exchange], None]

    def prepare(self, exchange: Exchange) -> None:
        self.call(exchange)

    async def settle(self, exchange: Exchange) -> None:
        self.call(exchange)
