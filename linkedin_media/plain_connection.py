"""A connection of aiohttp's that reads plain answers by itself, see `protocol.plain_answer`.

Whatever else comes, it leaves to aiohttp's own protocol, as if that had never been away: there every transfer coding is
known, every interim answer, and every way in which an answer may break off.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from .protocol.plain_answer import PlainHead, plain_head

READ: Final = 64 * 1024
"""Bytes that are read at a time. Where asyncio makes room for 256 KB, the system has to find and to clear it each time."""


class PlainAnswer(NamedTuple):
    """One answer, whole."""

    head: PlainHead
    content: bytes


class PlainConnection(asyncio.Protocol):
    """One connection, for one request after the other."""

    def __init__(self, connection: Connection, handler: ResponseHandler, transport: asyncio.Transport) -> None:
        self.handler = handler
        self.transport = transport
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Future[PlainAnswer | None] | None = None
        self._piece = b""
        self._head: PlainHead | None = None
        self._is_left = False
        transport.set_protocol(self)

    def ask(self) -> asyncio.Future[PlainAnswer | None]:
        """Expect the answer to the request that is sent next. It is None where it is to be read from `handler`."""
        asked: asyncio.Future[PlainAnswer | None] = self._loop.create_future()
        if self._is_left:
            self._expect()
            asked.set_result(None)
        else:
            self._asked = asked
        return asked

    def fail(self, error: Exception, cause: BaseException) -> None:
        """Have whoever waits for the answer hear of an error instead."""
        self.leave()
        self.handler.set_exception(error, cause)

    def leave(self) -> None:
        """Give the connection to aiohttp's own protocol; it gets what has come of an answer."""
        if self._is_left:
            return
        self._is_left = True
        self.transport.set_protocol(self.handler)
        asked, self._asked, piece = self._asked, None, self._piece
        self._piece, self._head = b"", None
        if asked is not None:
            self._expect()
            if not asked.done():
                asked.set_result(None)
        if piece:
            self.handler.data_received(piece)

    def _expect(self) -> None:
        self.handler.set_response_params(read_until_eof=True, auto_decompress=False, read_bufsize=READ)

    @property
    def is_usable(self) -> bool:
        """Tell whether it is open, nothing is under way on it, and nothing has come over it that nobody asked for."""
        return (
            not self._is_left
            and self._asked is None
            and not self.transport.is_closing()
            and self.transport.get_write_buffer_size() == 0
        )

    def take_again(self) -> bool:
        """Make ready for the next request, once the answer to the last is read; tell whether there can be one."""
        if self._is_left and is_open(self._connection):
            self._is_left = False
            self.transport.set_protocol(self)
        return self.is_usable

    def release(self) -> None:
        """Give it back to aiohttp's pool."""
        self.leave()
        self._connection.release()

    def close(self) -> None:
        """Close it: nobody will read the rest."""
        self._asked = self._head = None
        self._piece = b""
        self._connection.close()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        asked, head, piece = self._asked, self._head, self._piece
        if head is None and asked is not None:
            head = plain_head(data)
        whole = piece + data if piece else data
        if head is None or asked is None or len(whole) > head.end or head.end > READ:
            self.leave()
            self.handler.data_received(data)
        elif len(whole) < head.end:
            self._piece, self._head = whole, head
        else:
            self._asked, self._head, self._piece = None, None, b""
            if not asked.done():
                asked.set_result(PlainAnswer(head, whole[head.start :]))

    def eof_received(self) -> None:
        """Let the connection end; what that means for an answer is aiohttp's to say."""
        self.leave()
        self.handler.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell aiohttp's protocol, and through it whoever waits."""
        self.leave()
        self.handler.connection_lost(exc)

    def pause_writing(self) -> None:
        """Tell aiohttp's protocol, which those who write look at."""
        self.handler.pause_writing()

    def resume_writing(self) -> None:
        """Tell aiohttp's protocol, which those who write look at."""
        self.handler.resume_writing()


def is_open(connection: Connection) -> bool:
    """Tell whether a connection is open, and nothing has come over it. The end of a handshake may still be under way."""
    protocol = connection.protocol
    return protocol is not None and protocol.is_connected() and not protocol.should_close
