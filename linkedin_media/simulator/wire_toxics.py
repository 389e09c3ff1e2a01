"""What faults do to the connection: silence, trickles, halves, resets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import attrs

from . import wire
from .faults import Action, Moment
from .replies import Reply
from .wire import ENDINGS, Ending

if TYPE_CHECKING:
    from .exchange import Exchange

Direction = Literal["up", "down"]
_LINGER_SECONDS: Final = 10.0
_HEAD_START_SECONDS: Final = 0.1
_TICKS: Final = 20


_ENDING: Final = attrs.validators.in_(ENDINGS)
_DIRECTION: Final = attrs.validators.in_(("up", "down"))


@attrs.frozen(kw_only=True)
class Refuse(Action):
    """Be down for `seconds`: this connection is reset, idle ones are closed, new ones are refused."""

    moments: ClassVar[tuple[Moment, ...]] = ("before", "after")
    unanswered: ClassVar[bool] = True
    seconds: float = 1.0

    async def arrive(self, exchange: Exchange) -> None:
        exchange.host.refuse_for(self.seconds)
        await wire.end(exchange, "reset")

    async def settle(self, exchange: Exchange) -> None:
        await self.arrive(exchange)


@attrs.frozen(kw_only=True)
class BlackHole(Action):
    """Never answer; after `seconds`, if given, close. Before the deed, `read_body` says whether the body is still read."""

    unanswered: ClassVar[bool] = True
    seconds: float | None = None
    read_body: bool = True

    async def arrive(self, exchange: Exchange) -> None:
        if self.read_body:
            await exchange.read_body()
        else:
            wire.pause(exchange)
        exchange.record()
        await self.settle(exchange)

    async def settle(self, exchange: Exchange) -> None:
        await wire.hold(exchange, self.seconds)
        await wire.end(exchange, "close")


@attrs.frozen(kw_only=True)
class Reset(Action):
    """Reset the connection: before the deed once `read_body` is done, or at once; after the deed instead of answering."""

    unanswered: ClassVar[bool] = True
    read_body: bool = False

    async def arrive(self, exchange: Exchange) -> None:
        if self.read_body:
            await exchange.read_body()
        await wire.end(exchange, "reset")

    async def settle(self, exchange: Exchange) -> None:
        await wire.end(exchange, "reset")


@attrs.frozen(kw_only=True)
class CommitThenDrop(Action):
    """Do the deed, and end the connection without a word: ``how`` is close, reset or stall."""

    moments: ClassVar[tuple[Moment, ...]] = ("after",)
    unanswered: ClassVar[bool] = True
    how: Ending = attrs.field(default="close", validator=_ENDING)

    async def settle(self, exchange: Exchange) -> None:
        await wire.end(exchange, self.how)


@attrs.frozen(kw_only=True)
class LimitData(Action):
    """Pass `bytes` of the request's body (``"up"``) or of the whole answer (``"down"``), then close, reset or stall."""

    bytes: int
    then: Ending = attrs.field(default="close", validator=_ENDING)
    direction: Direction = attrs.field(default="up", validator=_DIRECTION)

    async def arrive(self, exchange: Exchange) -> None:
        if self.direction == "up" and self.bytes == 0:
            await wire.end(exchange, self.then)

    async def progress(self, exchange: Exchange) -> None:
        if self.direction == "up" and exchange.received >= self.bytes:
            exchange.record()
            await wire.end(exchange, self.then)

    async def deliver(self, exchange: Exchange, reply: Reply) -> bool:
        if self.direction == "down":
            await wire.write(exchange, (wire.head_of(reply) + reply.body)[: self.bytes])
            await wire.end(exchange, self.then)
        return False


def _encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


@attrs.frozen(kw_only=True)
class EarlyAnswer(Action):
    """Answer once `after` bytes of the body have come in, and do nothing with them.

    `then` is ``"linger"`` (read the rest, then close), or, reading no further, ``"close"`` (FIN, later RST), ``"reset"`` or
    ``"stall"``.
    """

    moments: ClassVar[tuple[Moment, ...]] = ("before",)
    status: int = 413
    body: bytes = attrs.field(default=b"", converter=_encoded)
    headers: Mapping[str, str] = attrs.field(factory=dict)
    after: int = 0
    then: Literal["linger", "close", "reset", "stall"] = attrs.field(
        default="linger", validator=attrs.validators.in_(("linger", *ENDINGS))
    )

    async def arrive(self, exchange: Exchange) -> None:
        if self.after == 0:
            await self._answer(exchange)

    async def progress(self, exchange: Exchange) -> None:
        if exchange.received >= self.after:
            await self._answer(exchange)

    async def _answer(self, exchange: Exchange) -> None:
        exchange.reply = Reply(self.status, self.body, dict(self.headers))
        exchange.record()
        await wire.write(exchange, wire.head_of(exchange.reply, close=self.then != "linger") + self.body)
        if self.then == "linger":
            await self._drain(exchange)
            await wire.end(exchange, "close")
        if self.then != "stall":
            # At once, the reset (which closing with unread bytes is, too) would overtake the answer.
            wire.finish(exchange)
            await wire.hold(exchange, _HEAD_START_SECONDS)
        await wire.end(exchange, self.then)

    async def _drain(self, exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while not exchange.request.content.at_eof():
                    await exchange.request.content.readany()
        except (TimeoutError, ConnectionError):
            return
