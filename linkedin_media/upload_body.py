"""The body of an upload: counted, sent once, watched for stalls."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from .errors import ConnectionLost, UploadStalled
from .lookout import Limit, Lookout, interval_of
from .options import Timeouts

_PIECE: Final = 64 * 1024
"""Bytes given to the network at a time: what it does not take at once is copied."""

_AT_ONCE: Final = 256 * 1024
"""Bytes of a body that is given to the network whole: one call of the system instead of four."""

_LEAVE: Final = 5.0
"""Seconds to wait for the leave to send a body: a server that never heard of asking for it will not give any."""


def unwatched(given: int) -> None:
    """Watch no progress."""


def _keep() -> None:
    """Do nothing about a chunk that has left."""


class UploadBody:
    """Exactly `size` bytes from an async iterator, for one attempt only.

    It ends with its last byte: one more thread hop after it, and a fast server's answer would make aiohttp give up the
    connection.
    """

    def __init__(
        self,
        chunks: AsyncIterator[bytes | memoryview],
        size: int,
        on_progress: Callable[[int], None] = unwatched,
        on_sent: Callable[[], None] = _keep,
    ) -> None:
        self._chunks = chunks
        self.size = size
        self._on_progress = on_progress
        self._on_sent = on_sent
        self._transport: asyncio.WriteTransport | None = None
        self._bare: asyncio.WriteTransport | None = None  # nobody between writes heads of his own
        self._plain: int | None = None  # its socket, where nothing encrypts
        self._is_written = self._ended = False
        self._sent = 0
        self.given = 0
        self.was_complete = False
        self.failure: Exception | None = None

    @property
    def sent(self) -> int:
        """How many bytes have left for the network; what a connection that closes still held back never did."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            self._sent = max(self._sent, self.given - transport.get_write_buffer_size())
        return self._sent

    @property
    def complete(self) -> bool:
        """Tell whether every byte was given away: what is under way still is ahead of any answer to it."""
        return self.given == self.size and (self._ended or self.sent == self.size)

    def answered(self) -> None:
        """Take note of how much was given away when the answer began: what was not did not lead to it."""
        self.was_complete = self.complete

    def give_up(self) -> None:
        """Drop the connection, and with it what is still buffered: closing it would wait for a server that does not read."""
        if self._transport is not None and not _is_gone(self._transport):
            self._transport.abort()

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write every chunk; a file that fails, or a watcher that raises, ends the attempt with its own error.

        A connection that breaks does not: the server may have said why before it closed, and that answer is read next.
        """
        if self._is_written:
            raise ConnectionLost("an upload is never re-sent unasked")
        self._is_written = True
        self._transport = getattr(writer, "transport", None)
        while self.given < self.size:
            if self._send_file(self._socket()):
                self._tell()
                await asyncio.sleep(0)
                continue
            chunk = await self._next_chunk()
            self.given += len(chunk)
            try:
                await self._write_chunk(writer, chunk)
            except (ConnectionError, aiohttp.ClientConnectionError):
                self.given -= len(chunk)
                return
            if self.sent == self.given:
                self._on_sent()
            chunk = b""  # not held while the next one is read
            self._tell()
        self._ended = True

    async def _write_chunk(self, writer: AbstractStreamWriter, chunk: bytes | memoryview) -> None:
        """Write a chunk in pieces, straight to the transport where there is no need for the accounts that a writer keeps."""
        size = _AT_ONCE if self.size <= _AT_ONCE else _PIECE
        for start in range(0, len(chunk), size):
            piece = memoryview(chunk)[start : start + size]
            if self._bare is None:
                await writer.write(piece)
                continue
            if self._bare.is_closing():
                raise aiohttp.ClientConnectionResetError("the connection was closed")
            self._bare.write(piece)
            await writer.drain()

    def begin(self, transport: asyncio.WriteTransport, head: bytes) -> bool:
        """Write the head of the request, and the body if that can be had at once; tell whether all of it could.

        If so, what the network did not take is on its way when `drain` is done; if not, `write` goes on. `chunks` knows
        what can be had; see `OpenImage`.
        """
        self._transport = self._bare = transport
        self._plain = _plain_socket(transport)
        socket = self._socket()
        if socket is None:
            self._write_whole(transport, head)
        elif left := _written_at_once(socket, head):
            transport.write(left)
        else:
            self._send_file(socket)
        if self.given < self.size:
            return False
        self._ended = transport.get_write_buffer_size() <= _PIECE
        if self.sent == self.given:
            self._on_sent()
        self._tell()
        return True

    def _write_whole(self, transport: asyncio.WriteTransport, head: bytes) -> None:
        take: Callable[[bytes], memoryview | None] | None = getattr(self._chunks, "whole", None)
        whole = None if take is None else take(head)
        transport.write(head if whole is None else whole)
        if whole is not None:
            self.given = self.size

    def _socket(self) -> int | None:
        """Return the socket to which the system can send what comes next by itself, None where it cannot."""
        socket, transport = self._plain, self._bare
        if socket is None or transport is None or transport.is_closing() or transport.get_write_buffer_size():
            return None
        can_send: Callable[[], bool] | None = getattr(self._chunks, "can_send", None)
        return None if can_send is None or not can_send() else socket

    def _send_file(self, socket: int | None) -> bool:
        """Have the system send what comes next, as much as the network takes at once; tell whether it took any."""
        if socket is None:
            return False
        chunks: Any = self._chunks
        sent: int = chunks.send(socket)
        self.given += sent
        if sent:
            self._on_sent()
        return sent > 0

    async def drain(self, writer: AbstractStreamWriter) -> None:
        """Wait until the network takes more."""
        with suppress(ConnectionError, aiohttp.ClientConnectionError):  # the answer, if there is one, says why
            await writer.drain()
            self._ended = True

    async def _next_chunk(self) -> bytes | memoryview:
        try:
            return await anext(self._chunks)
        except Exception as error:
            self.failure = error
            raise

    def _tell(self) -> None:
        try:
            self._on_progress(self.given)
        except Exception as error:
            self.failure = error
            raise


def _plain_socket(transport: asyncio.WriteTransport) -> int | None:
    """Return the descriptor of the socket where what is written to it goes out as it is."""
    socket = transport.get_extra_info("socket")
    if socket is None or transport.get_extra_info("sslcontext") is not None:
        return None
    descriptor: int = socket.fileno()
    return descriptor


def _is_gone(transport: asyncio.WriteTransport) -> bool:
    """Tell whether a connection has ended: asyncio has no loop left to drop one that closed after its last byte had left."""
    socket = transport.get_extra_info("socket")
    return socket is not None and socket.fileno() < 0


def _written_at_once(socket: int, head: bytes) -> bytes:
    """Write to a socket, and not later: not every event loop does what it is told at once; return what it did not take."""
    try:
        return head[os.write(socket, head) :]
    except OSError:  # the transport finds out, and tells
        return head


class Watchdog(Limit):
    """Ends an upload that makes no progress for ``stall`` seconds, or gets no answer for ``answer`` seconds.

    aiohttp's read timeout never fires while a server has stopped reading, so the bytes leaving are watched instead.
    """

    def __init__(
        self,
        lookout: Lookout,
        body: UploadBody,
        timeouts: Timeouts,
        seconds: float | None = None,
        *,
        expects_leave: bool = False,
    ) -> None:
        super().__init__(lookout, seconds)
        self._body = body
        self._stall, self._answer = timeouts.stall, timeouts.answer
        self._leave = min(_LEAVE, timeouts.stall) if expects_leave else timeouts.stall
        self.interval = min(self.interval, interval_of(self._leave), interval_of(self._answer))
        self._seen = -1
        self._since = math.inf
        self.failure: UploadStalled | None = None

    def begin(self) -> None:
        """Expect progress from now on: there is a connection for the upload, or room for one."""
        self._since = self.loop.time()

    def look(self, now: float) -> None:
        """End the upload if it has stalled, or takes too long altogether."""
        sent = self._body.sent
        if sent != self._seen and not math.isinf(self._since):
            self._seen, self._since = sent, now
        allowed = self._allowed(sent)
        if now - self._since >= allowed:
            self.failure = UploadStalled(
                f"no progress for {allowed:g} s after {max(sent, 0):,} of {self._body.size:,} bytes"
            )
            self.reach()
        super().look(now)

    def _allowed(self, sent: int) -> float:
        if sent >= self._body.size:
            return self._answer
        return self._stall if sent > 0 else self._leave
