"""Handling a connection below HTTP: raw bytes, half answers, resets, silence."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from .replies import Reply

if TYPE_CHECKING:
    from .exchange import Exchange

Ending = Literal["close", "reset", "stall"]
ENDINGS: Final = ("close", "reset", "stall")
_LOOK_SECONDS: Final = 0.02
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class TakenOver(Exception):
    """Raised once a fault has dealt with the connection itself: no answer is to be sent."""


async def end(exchange: Exchange, how: Ending) -> NoReturn:
    """End the exchange without a (further) answer: close, reset, or never say a word again.

    Raises:
        TakenOver: Always.
    """
    if how == "stall":
        pause(exchange)
        await hold(exchange, None)
    elif how == "reset":
        reset(exchange)
    else:
        close(exchange)
    raise TakenOver


def close(exchange: Exchange) -> None:
    """Close the connection once what was written has left."""
    if exchange.request.transport is not None:
        exchange.request.transport.close()


def finish(exchange: Exchange) -> None:
    """Send a FIN, and read no further."""
    transport = exchange.request.transport
    if transport is not None and not transport.is_closing():
        pause(exchange)
        transport.write_eof()


def reset(exchange: Exchange) -> None:
    """Drop the connection with a RST."""
    transport = exchange.request.transport
    if transport is not None:
        kernel: socket.socket = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()


def pause(exchange: Exchange) -> None:
    """Stop reading, so that the client's window closes."""
    transport = exchange.request.transport
    if transport is not None and transport.is_reading():
        transport.pause_reading()


async def hold(exchange: Exchange, seconds: float | None) -> None:
    """Wait, until the time is over, the client is gone or the simulator stops."""
    loop = asyncio.get_running_loop()
    until = None if seconds is None else loop.time() + seconds
    while not gone(exchange) and not exchange.host.stopping and (until is None or loop.time() < until):  # noqa: ASYNC110
        # An event would have to be set from the transport's connection_lost, which is aiohttp's.
        await asyncio.sleep(_LOOK_SECONDS if until is None else min(_LOOK_SECONDS, max(until - loop.time(), 0)))


def gone(exchange: Exchange) -> bool:
    """Tell whether the client has closed the connection."""
    transport = exchange.request.transport
    return transport is None or transport.is_closing()


async def write(exchange: Exchange, data: bytes) -> None:
    """Put bytes on the wire, past aiohttp."""
    transport = exchange.request.transport
    if transport is not None and not transport.is_closing():
        transport.write(data)
        await asyncio.sleep(0)


async def drip(exchange: Exchange, data: bytes, *, size: int, delay: float) -> None:
    """Put bytes on the wire in slices of `size`, `delay` seconds apart."""
    for start in range(0, len(data), size):
        if gone(exchange) or exchange.host.stopping:
            return
        await write(exchange, data[start : start + size])
        await asyncio.sleep(delay)


def head_of(reply: Reply, *, close: bool = False) -> bytes:
    """Return the head of an answer as it goes over the wire."""
    try:
        reason = HTTPStatus(reply.status).phrase
    except ValueError:
        reason = "Unknown"
    headers = {**reply.headers}
    names = {name.lower() for name in headers}
    if "content-length" not in names and "transfer-encoding" not in names:
        headers["Content-Length"] = str(len(reply.body))
    if reply.body and "content-type" not in names:
        headers["Content-Type"] = reply.content_type
    if close:
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {reply.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
