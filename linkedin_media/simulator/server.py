"""The HTTP server: one handler for every path, dispatched on the raw target, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import TYPE_CHECKING, Final

from aiohttp import web

from . import api, control, gateway, oauth, uploads
from .config import SimulatorConfig
from .exchange import BrokenOff, Exchange, Silence, to_response
from .incoming import Incoming
from .replies import Refused, Reply, refuse
from .wire import TakenOver

if TYPE_CHECKING:
    from aiohttp.web_protocol import RequestHandler

    from .world import World

logger: Final = logging.getLogger(__name__)

MAX_JSON: Final = 1024 * 1024
_READ_BUFFER: Final = 256 * 1024
_LONGEST_LINE: Final = 64 * 1024
_BACKLOG: Final = 1024
_LINGER_SECONDS: Final = 1.0


class Server:
    """Listens, reads calls, has them decided, and writes the answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.port = 0
        self.stopping = False
        self._http: _CountingServer | None = None
        self._listener: asyncio.Server | None = None
        self._busy: set[object] = set()
        self._deaf: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen; a port of 0 becomes a free one."""
        self._http = _CountingServer(self)
        await self.listen()
        host = f"[{self.world.config.host}]" if ":" in self.world.config.host else self.world.config.host
        self.world.base_url = f"http://{host}:{self.port}"
        logger.info("simulator.started", extra={"base_url": self.world.base_url})

    async def listen(self) -> None:
        """Accept connections; after `deafen` again on the same port."""
        assert self._http is not None  # noqa: S101 -- start() makes it  # nosec B101
        if self._listener is None:
            bound = _bound(self.world.config, self.port)
            self.port = bound.getsockname()[1]
            self._listener = await asyncio.get_running_loop().create_server(self._http, sock=bound, backlog=_BACKLOG)

    def deafen(self) -> None:
        """Stop listening: new connections are refused, open ones stay."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def refuse_for(self, seconds: float) -> None:
        """Stop listening for a while, and drop the connections nobody is using."""
        self.deafen()
        if self._http is not None:
            for connection in self._http.connections:
                if connection not in self._busy:
                    connection.force_close()
        if self._deaf is not None:
            self._deaf.cancel()
        self._deaf = asyncio.get_running_loop().create_task(self._listen_after(seconds))

    async def _listen_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.listen()

    async def stop(self) -> None:
        """Close every connection."""
        self.stopping = True
        self.deafen()
        if self._deaf is not None:
            self._deaf.cancel()
        if self._http is not None:
            await self._http.shutdown(timeout=0)
            self._http = None

    @property
    def open_connections(self) -> int:
        """How many connections are open right now."""
        return len(self._http.connections) if self._http else 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take one request from its head to its answer."""
        protocol = request.protocol
        self._busy.add(protocol)
        try:
            if request.raw_path.startswith(control.PREFIX):
                return to_response(await control.answer(self.world, self, request), self.world.clock.now())
            return await self._handle(self._exchange(request))
        finally:
            self._busy.discard(protocol)

    async def _handle(self, exchange: Exchange) -> web.StreamResponse:
        try:
            for strike in exchange.strikes:
                strike.prepare(exchange)
            for strike in exchange.strikes:
                await strike.arrive(exchange)
            await self._decide(exchange)
            return await _delivered(exchange)
        except TakenOver:
            exchange.record()
        except BrokenOff:
            exchange.call.complain(f"the client broke off after {exchange.received} bytes of body")
            exchange.reply = None
            exchange.record()
        return Silence()

    def _exchange(self, request: web.BaseRequest) -> Exchange:
        call = Incoming(method=request.method, raw_path=request.raw_path, headers=request.headers)
        call.understand()
        is_upload = call.meaning.resource == "uploads"
        exchange = Exchange(
            world=self.world,
            host=self,
            request=request,
            call=call,
            arrived_at=self.world.clock.now(),
            limit=self.world.config.max_upload_bytes if is_upload else MAX_JSON,
            connection=self._http.number_of(request.protocol) if self._http else 0,
        )
        exchange.strikes = self.world.faults.strike(exchange)
        return exchange

    async def _decide(self, exchange: Exchange) -> None:
        if exchange.call.meaning.resource == "uploads":
            await self._upload(exchange)
            return
        await exchange.read_body()
        if exchange.reply is None:
            exchange.reply = self._answer(exchange.call)

    def _answer(self, call: Incoming) -> Reply:
        if call.body.size > MAX_JSON:
            return api.refused(call, refuse(413, {"status": 413, "message": "Request Entity Too Large"}))
        match call.meaning.resource:
            case "downloads":
                return api.outside(self.world, call, uploads.download)
            case "oauth":
                return api.outside(self.world, call, oauth.answer)
        return api.finished(self.world, api.answer(self.world, call))

    async def _upload(self, exchange: Exchange) -> None:
        """Check the address by the head alone, then read the body, whatever the check said: nobody likes a reset."""
        world, call, image = self.world, exchange.call, None
        try:
            gateway.check_head(call)
            image = uploads.check_upload(world, call)
        except Refused as refusal:
            exchange.reply = exchange.reply or api.refused(call, refusal)
        if image is not None or "Expect" not in call.headers:
            await exchange.read_body()
        if image is not None and exchange.reply is None:
            exchange.reply = api.finished(world, uploads.complete_upload(world, call, image))


async def _delivered(exchange: Exchange) -> web.StreamResponse:
    reply = exchange.reply
    assert reply is not None  # noqa: S101 -- _decide leaves an answer  # nosec B101
    for strike in exchange.strikes:
        reply = exchange.reply = strike.transform(exchange, reply)
    exchange.record(answered=not any(strike.hides_the_answer for strike in exchange.strikes))
    for strike in exchange.strikes:
        await strike.settle(exchange)
    for strike in exchange.strikes:
        if await strike.action.deliver(exchange, reply):
            return Silence()
    return to_response(reply, exchange.world.clock.now())


class _CountingServer(web.Server):
    """aiohttp's low-level server, counting connections."""

    def __init__(self, server: Server) -> None:
        self._numbers: dict[object, int] = {}
        super().__init__(
            server.handle,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=3600.0,
            lingering_time=_LINGER_SECONDS,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            read_bufsize=_READ_BUFFER,
        )
        self._world = server.world

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        self._world.journal.connections += 1
        self._numbers[handler] = self._world.journal.connections
        super().connection_made(handler, transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        self._numbers.pop(handler, None)
        super().connection_lost(handler, exc)

    def number_of(self, handler: object) -> int:
        """Return which connection this is, counted from 1."""
        return self._numbers.get(handler, 0)


def _bound(config: SimulatorConfig, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if config.receive_buffer is not None:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, config.receive_buffer)
        bound.bind((config.host, port or config.port))
    except BaseException:
        with contextlib.suppress(OSError):
            bound.close()
        raise
    return bound
