"""Connections of a session's pool, kept for the next request: to ask the pool takes as long as half an exchange."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from .passing_time import passing_time
from .plain_connection import READ, PlainConnection, is_open

_IDLE: Final = 15.0
"""Seconds a connection waits for the next request, as in aiohttp's pool; servers' patience ends some time after."""

_DESTINATIONS: Final = 64
"""Origins remembered at most; LinkedIn has two."""


class Connections:
    """Hands connections out and takes them back; whoever asks is bounded already, see `Transport`."""

    def __init__(self, session: aiohttp.ClientSession, timeout: aiohttp.ClientTimeout) -> None:
        self._session = session
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._kept: dict[str, deque[tuple[PlainConnection, float]]] = {}
        self._destinations: dict[str, aiohttp.ClientRequest] = {}
        self._timer: asyncio.TimerHandle | None = None

    def kept(self, root: str) -> PlainConnection | None:
        """Return the connection to an origin that was used last, if nothing has come over it that nobody asked for."""
        kept = self._kept.get(root)
        while kept:
            connection, since = kept.pop()
            is_fresh = passing_time() - since < _IDLE  # the timer may be late, and the server's farewell with it
            if is_fresh and connection.is_usable:
                return connection
            connection.close()
        return None

    async def opened(self, root: str) -> PlainConnection:
        """Return a connection to an origin that is not kept here.

        One that is of no use is replaced once: the pool's may be stale. A server that ends each one at once, or speaks
        before it is asked, is heard.

        Raises:
            aiohttp.ClientError: There is none.
        """
        connection = await self._connected(root)
        if not is_open(connection):
            connection.close()
            connection = await self._connected(root)
        handler, transport = connection.protocol, connection.transport
        if handler is None or transport is None:
            connection.close()
            raise aiohttp.ClientConnectionResetError("the connection was closed")
        if hasattr(transport, "max_size"):  # not on every event loop
            transport.max_size = READ
        plain = PlainConnection(connection, handler, transport)
        if not is_open(connection):
            plain.leave()
        return plain

    async def _connected(self, root: str) -> Connection:
        connector, destination = self._session.connector, self._destinations.get(root) or self._destination(root)
        if connector is None:
            raise aiohttp.ClientConnectionError("the session is closed")
        try:
            return await connector.connect(destination, [], self._timeout)
        except TimeoutError:
            raise aiohttp.ConnectionTimeoutError from None

    def keep(self, root: str, connection: PlainConnection) -> None:
        """Keep a connection for the next request, if its answer was read to its end; close it otherwise."""
        if not connection.take_again():
            connection.close()
            return
        kept = self._kept.get(root)
        if kept is None:
            kept = self._kept[root] = deque()
        kept.append((connection, passing_time()))
        if self._timer is None:
            self._timer = self._loop.call_later(_IDLE, self._close_idle)

    def give_back(self) -> None:
        """Give every connection that is kept to the session's pool, which closes its own in good order."""
        if self._timer is not None:
            self._timer.cancel()
        for kept in self._kept.values():
            while kept:
                kept.pop()[0].release()

    def _close_idle(self) -> None:
        now = passing_time()
        for root, kept in [*self._kept.items()]:
            while kept and now - kept[0][1] >= _IDLE:
                kept.popleft()[0].close()
            if not kept:
                del self._kept[root]
        oldest = min((kept[0][1] for kept in self._kept.values()), default=None)
        self._timer = None if oldest is None else self._loop.call_later(oldest + _IDLE - now, self._close_idle)

    def _destination(self, root: str) -> aiohttp.ClientRequest:
        """Return the request that a connector takes as the address of all that go there."""
        if len(self._destinations) >= _DESTINATIONS:
            self._destinations.clear()
        request = aiohttp.ClientRequest("GET", URL(root), loop=self._loop, session=self._session)
        self._destinations[root] = request
        return request
