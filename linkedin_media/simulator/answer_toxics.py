"""What faults do to the way an answer is written: trickles, halves, delays, interim answers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import attrs

from . import wire
from .faults import Action, Moment
from .replies import Reply
from .wire import ENDINGS, Ending

if TYPE_CHECKING:
    from .exchange import Exchange

Direction = Literal["up", "down"]
_ENDING: Final = attrs.validators.in_(ENDINGS)
_DIRECTION: Final = attrs.validators.in_(("up", "down"))
_TICKS: Final = 20


@attrs.frozen(kw_only=True)
class Bandwidth(Action):
    """Read the body (``"up"``) or write the answer (``"down"``) at so many bytes a second."""

    bytes_per_second: float = attrs.field(validator=attrs.validators.gt(0))
    direction: Direction = attrs.field(default="up", validator=_DIRECTION)

    async def progress(self, exchange: Exchange) -> None:
        if self.direction == "up":
            elapsed = time.monotonic() - exchange.started
            await asyncio.sleep(max(exchange.received / self.bytes_per_second - elapsed, 0))

    async def deliver(self, exchange: Exchange, reply: Reply) -> bool:
        if self.direction == "up":
            return False
        size = max(int(self.bytes_per_second / _TICKS), 1)
        answer = wire.head_of(reply, close=True) + reply.body
        await wire.drip(exchange, answer, size=size, delay=size / self.bytes_per_second)
        wire.close(exchange)
        return True


@attrs.frozen(kw_only=True)
class Slice(Action):
    """Write the answer, head and all, in slices of `size` bytes, `delay` seconds apart."""

    size: int = attrs.field(default=1, validator=attrs.validators.gt(0))
    delay: float = 0.01

    async def deliver(self, exchange: Exchange, reply: Reply) -> bool:
        await wire.drip(exchange, wire.head_of(reply, close=True) + reply.body, size=self.size, delay=self.delay)
        wire.close(exchange)
        return True


@attrs.frozen(kw_only=True)
class SlowClose(Action):
    """Answer, announce the end of the connection, and close it only after `seconds`."""

    seconds: float = 1.0

    async def deliver(self, exchange: Exchange, reply: Reply) -> bool:
        await wire.write(exchange, wire.head_of(reply, close=True) + reply.body)
        await wire.hold(exchange, self.seconds)
        wire.close(exchange)
        return True


@attrs.frozen(kw_only=True)
class HalfHead(Action):
    """Write part of the answer's head (`bytes` of it, or half), then close, reset or stall; before the deed, prevent it."""

    moments: ClassVar[tuple[Moment, ...]] = ("after", "before")
    unanswered: ClassVar[bool] = True
    bytes: int | None = None
    then: Ending = attrs.field(default="close", validator=_ENDING)

    def prepare(self, exchange: Exchange) -> None:
        exchange.reply = Reply(200)

    async def deliver(self, exchange: Exchange, reply: Reply) -> bool:
        head = wire.head_of(reply)
        await wire.write(exchange, head[: len(head) // 2 if self.bytes is None else min(self.bytes, len(head) - 1)])
        await wire.end(exchange, self.then)


@attrs.frozen(kw_only=True)
class HalfBody(Action):
    """Write the answer's head and part of its body, then close, reset or stall; before the deed, prevent it.

    An answer without a body promises 100 bytes and sends none.
    """

    moments: ClassVar[tuple[Moment, ...]] = ("after", "before")
    fraction: float = 0.5
    then: Ending = attrs.field(default="close", validator=_ENDING)

    def prepare(self, exchange: Exchange) -> None:
        exchange.reply = Reply(200)

    async def deliver(self, exchange: Exchange, reply: Reply) -> bool:
        length = str(len(reply.body) or 100)
        headers = {name: value for name, value in reply.headers.items() if name.lower() != "content-length"}
        promised = attrs.evolve(reply, headers={**headers, "Content-Length": length})
        await wire.write(exchange, wire.head_of(promised) + reply.body[: int(len(reply.body) * self.fraction)])
        await wire.end(exchange, self.then)


@attrs.frozen(kw_only=True)
class Informational(Action):
    """Send interim answers, `count` of them or without end, `interval` seconds apart, before the real one."""

    status: int = attrs.field(default=103, validator=attrs.validators.in_((100, 102, 103)))
    count: int | None = 5
    interval: float = 0.0

    async def arrive(self, exchange: Exchange) -> None:
        await exchange.read_body()
        await self.settle(exchange)

    async def settle(self, exchange: Exchange) -> None:
        if self.count is None:
            exchange.record(answered=False)
        interim = f"HTTP/1.1 {self.status} Interim\r\n\r\n".encode()
        sent = 0
        while self.count is None or sent < self.count:
            if wire.gone(exchange) or exchange.host.stopping:
                await wire.end(exchange, "close")
            await wire.write(exchange, interim)
            await asyncio.sleep(self.interval)
            sent += 1
