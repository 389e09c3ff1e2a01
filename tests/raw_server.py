"""A server written by hand, for what no HTTP library would do: it follows a script and records what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest

from linkedin_media.options import Timeouts
from linkedin_media.protocol.hosts import parse_base_url
from linkedin_media.transport import Transport

CANARY = "CANARY-TOKEN"
SIGNATURE = "CANARY-SIGNATURE"
_CERTIFICATE = Path(__file__).parent / "samples" / "self_signed.pem"


class Peer:
    """One connection, seen from the server."""

    def __init__(self, server: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer

    async def head(self) -> bytes:
        """Read the head of a request, and record it; empty where the client has left."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as gone:
            return gone.partial
        self.server.heads.append(head)
        return head

    async def request(self) -> bytes:
        """Read a whole request, and record its head and body; empty where the client has left."""
        head = await self.head()
        if head:
            self.server.bodies.append(await self.reader.readexactly(content_length(head)))
        return head

    async def send(self, *lines: str, body: bytes = b"") -> None:
        """Send lines as the head of an answer, then a body, as they are."""
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()

    async def answer(self, status: int, body: bytes = b"", *headers: str) -> None:
        """Send a proper answer."""
        await self.send(f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, body=body)

    def finish(self) -> None:
        """Send nothing more (FIN)."""
        self.writer.write_eof()

    def reset(self) -> None:
        """Break the connection (RST)."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def left(self) -> bool:
        """Wait until the client has closed its side."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(1 << 16):
                pass
        return True


Script = Callable[[Peer], Awaitable[Any]]


class RawServer:
    """Runs `script` for every connection, on a free port of this machine, while its block runs."""

    def __init__(self, script: Script, *, receive_buffer: int | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._receive_buffer = receive_buffer
        self._tls = tls
        self._at_work: set[asyncio.Task[Any]] = set()
        self.connections = 0
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def upload_url(self) -> str:
        return f"{self.base_url}/dms-uploads/X/uploaded-image/0?ca=a%2Db&ut={SIGNATURE}"

    async def __aenter__(self) -> Self:
        listener = socket.socket()
        if self._receive_buffer is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        listener.bind(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=listener, ssl=self._tls, limit=1 << 16)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._at_work.add(task)
        try:
            await self._script(Peer(self, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._at_work.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def content_length(head: bytes) -> int:
    return int(header(head, "Content-Length") or 0)


def header(head: bytes, name: str) -> str | None:
    """One header of a recorded head, None where it is not there."""
    lines = head.decode("latin-1").split("\r\n")[1:]
    found = [line.partition(":")[2].strip() for line in lines if line.lower().startswith(name.lower() + ":")]
    assert len(found) < 2, f"{name} came {len(found)} times"
    return found[0] if found else None


def always(status: int, body: bytes = b"", *headers: str) -> Script:
    """Answer every request alike, and keep the connection."""

    async def script(peer: Peer) -> None:
        while await peer.request():
            await peer.answer(status, body, *headers)

    return script


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def everything_printed_about(error: BaseException) -> str:
    """What the most talkative crash reporter would write down: the whole chain, with every local of every frame."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(told.format()) + repr(error) + str(error)


def self_signed() -> ssl.SSLContext:
    """What a server needs for TLS; nobody trusts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_CERTIFICATE)
    return context


def trust_everybody(patch: pytest.MonkeyPatch) -> None:
    """Have transports trust any server."""

    def trusting(_: Transport) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=False))

    patch.setattr(Transport, "_new_session", trusting)


@contextlib.asynccontextmanager
async def transport_to(server: RawServer, **options: Any) -> AsyncIterator[Transport]:
    """A transport to a server, with the usual limits but for `options`."""
    settings: dict[str, Any] = {"timeouts": Timeouts(), "connections": 4, "borrowed": None} | options
    transport = Transport(parse_base_url(server.base_url), **settings)
    try:
        yield transport
    finally:
        await transport.aclose()
