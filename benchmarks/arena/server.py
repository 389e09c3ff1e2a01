"""A stand-in for LinkedIn that costs next to nothing: hand-written HTTP/1.1 over epoll, in a process of its own (Linux).

It answers the calls of the pipeline and nothing more, reads what clients send just far enough to answer, and drops upload
bodies without looking at them: over plain http they are not even copied out of the kernel. Answers are assembled from
bytes prepared beforehand. `python -m benchmarks capacity` shows what it can bear; every table shows how busy it was.

Counted: calls by kind, connections, bytes of bodies, and the time from an image being AVAILABLE to its post arriving.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import attrs

CALLS: Final = ("initialize", "put", "get", "batch_get", "post")
_READ: Final = 256 * 1024
_SCRATCH: Final = memoryview(bytearray(1 << 20))
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_EXPECT: Final = re.compile(rb"\r\nexpect: *100-continue", re.IGNORECASE)
_IMAGE: Final = re.compile(rb"image(?::|%3A|%3a)C4E10AQ(\d+)")
_UPLOAD: Final = re.compile(rb"/dms-uploads/C4E10AQ(\d+)/")

_HEADERS: Final = (
    b"Date: Sun, 22 Nov 2026 00:00:00 GMT\r\n"
    b"Content-Type: application/json\r\n"
    b"Cache-Control: no-cache, no-store\r\n"
    b"X-RestLi-Protocol-Version: 2.0.0\r\n"
    b"X-Li-Fabric: prod-lva1\r\n"
    b"X-Li-Pop: prod-lva1-x\r\n"
    b"X-LI-Proto: http/1.1\r\n"
    b"X-LI-UUID: AAYkbGJvb3RoZSBmYXN0IHN0YW5kLWlu\r\n"
)
_OK: Final = b"HTTP/1.1 200 OK\r\n" + _HEADERS + b"Content-Length: %d\r\n\r\n%b"
_UPLOADED: Final = b"HTTP/1.1 201 Created\r\n" + _HEADERS + b"ETag: 1\r\nContent-Length: 0\r\n\r\n"
_POSTED: Final = b"HTTP/1.1 201 Created\r\n" + _HEADERS + b"x-restli-id: urn:li:share:%d\r\nContent-Length: 0\r\n\r\n"
_REFUSED: Final = b"HTTP/1.1 %d Refused\r\n" + _HEADERS + b'Content-Length: 22\r\n\r\n{"message": "refused"}'
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_INITIALIZED: Final = (
    b'{"value":{"uploadUrlExpiresAt":4102444800000,"uploadUrl":"%b/dms-uploads/C4E10AQ%d/uploaded-image/0'
    b'?ca=vector_feedshare&cn=uploads&iri=B01&sync=0&v=beta&ut=2k8zTqUu6pXc01","image":"urn:li:image:C4E10AQ%d"}}'
)
_RECORD: Final = (
    b'{"owner":"urn:li:organization:5583111","id":"urn:li:image:C4E10AQ%d","status":"%b","downloadUrlExpiresAt":'
    b'4102444800000,"downloadUrl":"https://media.licdn.com/dms/image/C4E10AQ%d/image/0?e=4102444800&v=beta&t=Zx"}'
)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@attrs.define
class Tally:
    """What was counted since the last reset."""

    calls: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys((*CALLS, "refused"), 0))
    connections: int = 0
    body_bytes: int = 0
    waits: list[float] = attrs.field(factory=list)
    """Seconds from AVAILABLE to the arrival of the post, of each post."""
    cpu_before: float = attrs.field(factory=_cpu)

    def to_dict(self):
        return {**attrs.asdict(self), "cpu": _cpu() - self.cpu_before}


class Api:
    """The calls: from a request's head and body to the bytes of its answer."""

    def __init__(self, origin: bytes) -> None:
        self.origin = origin
        self.tally = Tally()
        self.available_at: list[float] = []
        self.processing = (0.0, 0.0)
        self.delay = 0.0
        """Seconds that an answer takes to leave, as if the server were far away."""
        self.late: deque[tuple[float, Connection, bytes]] = deque()
        """When an answer leaves, over which connection, and what it is."""
        self.random = random.Random(6)

    def answer(self, method: bytes, target: bytes, body: bytes, length: int) -> bytes:
        if target.startswith(b"/control/"):
            return self._control(target, body)
        self.tally.body_bytes += length
        if method == b"PUT":
            return self._uploaded(target)
        if method == b"POST":
            return self._initialized() if target.startswith(b"/rest/images?action=") else self._posted(body)
        if b"ids=" in target:
            return self._batch(target)
        return self._got(target)

    def _initialized(self) -> bytes:
        self.tally.calls["initialize"] += 1
        number = len(self.available_at)
        self.available_at.append(float("inf"))
        return _ok(_INITIALIZED % (self.origin, number, number))

    def _uploaded(self, target: bytes) -> bytes:
        found = _UPLOAD.match(target)
        if found is None:
            return self._refused(404)
        self.tally.calls["put"] += 1
        self.available_at[int(found[1])] = time.monotonic() + self.random.uniform(*self.processing)
        return _UPLOADED

    def _got(self, target: bytes) -> bytes:
        found = _IMAGE.search(target)
        if found is None:
            return self._refused(404)
        self.tally.calls["get"] += 1
        return _ok(self._record(int(found[1]), time.monotonic()))

    def _batch(self, target: bytes) -> bytes:
        self.tally.calls["batch_get"] += 1
        now = time.monotonic()
        numbers = [int(number) for number in _IMAGE.findall(target)]
        records = b",".join(b'"urn:li:image:C4E10AQ%d":%b' % (number, self._record(number, now)) for number in numbers)
        return _ok(b'{"results":{%b},"statuses":{},"errors":{}}' % records)

    def _record(self, number: int, now: float) -> bytes:
        at = self.available_at[number]
        status = b"AVAILABLE" if at <= now else b"WAITING_UPLOAD" if at == float("inf") else b"PROCESSING"
        return _RECORD % (number, status, number)

    def _posted(self, body: bytes) -> bytes:
        now = time.monotonic()
        images = [int(number) for number in _IMAGE.findall(body)]
        ready = max((self.available_at[number] for number in images), default=float("inf"))
        if ready > now:
            return self._refused(422)
        self.tally.calls["post"] += 1
        self.tally.waits.append(now - ready)
        return _POSTED % (7_000_000_000_000_000_000 + self.tally.calls["post"])

    def _refused(self, status: int) -> bytes:
        self.tally.calls["refused"] += 1
        return _REFUSED % status

    def _control(self, target: bytes, body: bytes) -> bytes:
        answer = json.dumps(self.tally.to_dict()).encode()
        if target == b"/control/reset":
            wanted = json.loads(body)
            self.processing, self.delay = tuple(wanted["processing"]), wanted["delay"]
            self.available_at.clear()
            self.tally = Tally()
        return _ok(answer)


def _ok(body: bytes) -> bytes:
    return _OK % (len(body), body)


class Connection:
    """One client's connection: what it has sent and was not answered yet."""

    def __init__(self, sock: socket.socket, api: Api, receive: Callable[[socket.socket, int], int]) -> None:
        self.sock = sock
        self.api = api
        self._receive = receive
        self._pending = b""
        self._dropping = 0
        self._upload: tuple[bytes, int] = (b"", 0)

    def readable(self) -> bool:
        """Read what is there, answer what is complete, and tell whether the connection lives on."""
        try:
            while self._drop() if self._dropping else self._read():
                pass
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        except OSError:
            return False
        return self.sock.fileno() >= 0

    def _drop(self) -> bool:
        """Drop a part of an upload's body; the answer follows the last one."""
        dropped = self._receive(self.sock, min(self._dropping, len(_SCRATCH)))
        if not dropped:
            return self._close()
        self._dropping -= dropped
        if not self._dropping:
            target, length = self._upload
            self._answer(self.api.answer(b"PUT", target, b"", length))
        return True

    def _read(self) -> bool:
        received = self.sock.recv(_READ)
        if not received:
            return self._close()
        self._pending += received
        while self._pending and not self._dropping and self._answer_next():
            pass
        return isinstance(self.sock, ssl.SSLSocket) or bool(self._dropping)

    def _answer_next(self) -> bool:
        """Answer the first request that is complete; an upload may be answered while its body is still to come."""
        end = self._pending.find(b"\r\n\r\n") + 4
        if end < 4:
            return False
        head = self._pending[:end]
        method, target, _ = head.split(b" ", 2)
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        if method == b"PUT":
            return self._begin_upload(head, target, end, length)
        if len(self._pending) < end + length:
            return False
        body = self._pending[end : end + length]
        self._pending = self._pending[end + length :]
        self._answer(self.api.answer(method, target, body, length))
        return True

    def _begin_upload(self, head: bytes, target: bytes, end: int, length: int) -> bool:
        here = min(len(self._pending) - end, length)
        if not here and _EXPECT.search(head):
            self._send(_CONTINUE)
        self._pending = self._pending[end + here :]
        self._upload, self._dropping = (target, length), length - here
        if not self._dropping:
            self._answer(self.api.answer(b"PUT", target, b"", length))
        return True

    def _answer(self, answer: bytes) -> None:
        if self.api.delay:
            self.api.late.append((time.monotonic() + self.api.delay, self, answer))
        else:
            self._send(answer)

    def send_late(self, answer: bytes) -> None:
        """Send an answer whose time has come, unless nobody waits for it any more."""
        if self.sock.fileno() >= 0:
            with suppress(OSError):
                self._send(answer)

    def _send(self, answer: bytes) -> None:
        sent = 0
        while sent < len(answer):
            try:
                sent += self.sock.send(answer[sent:])
            except (BlockingIOError, ssl.SSLWantWriteError):
                select.select([], [self.sock], [])

    def _close(self) -> bool:
        self.sock.close()
        return False


def _drop_plain(sock: socket.socket, most: int) -> int:
    return sock.recv_into(_SCRATCH, most, socket.MSG_TRUNC)  # of TCP, the kernel drops it without copying


def _drop_tls(sock: socket.socket, most: int) -> int:
    return sock.recv_into(_SCRATCH, most)


class Server:
    """The event loop: accepts, reads, drops."""

    def __init__(self, host: str, context: ssl.SSLContext | None) -> None:
        self.listener = socket.create_server((host, 0), backlog=1024)
        self.listener.setblocking(False)
        self.context = context
        self.origin = f"{'https' if context else 'http'}://{host}:{self.listener.getsockname()[1]}"
        self.api = Api(self.origin.encode())
        self.connections: dict[int, Connection] = {}
        self.epoll = select.epoll()

    def serve(self) -> None:
        """Serve until the process is ended."""
        listener = self.listener.fileno()
        self.epoll.register(listener, select.EPOLLIN)
        while True:
            for fd, _ in self.epoll.poll(self._until_next()):
                if fd == listener:
                    self._accept()
                elif not self.connections[fd].readable():
                    self._forget(fd)

    def _until_next(self) -> float | None:
        """Send the answers whose time has come, and return the seconds until the next one's."""
        late = self.api.late
        while late:
            due, connection, answer = late[0]
            left = due - time.monotonic()
            if left > 0:
                return left
            late.popleft()
            connection.send_late(answer)
        return None

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except BlockingIOError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context is not None:
                sock = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            self.api.tally.connections += 1
            self.connections[sock.fileno()] = Connection(sock, self.api, _drop_tls if self.context else _drop_plain)
            self.epoll.register(sock.fileno(), select.EPOLLIN)

    def _forget(self, fd: int) -> None:
        connection = self.connections.pop(fd)
        if connection.sock.fileno() >= 0:
            self.epoll.unregister(fd)
            connection.sock.close()


def main() -> None:
    """Serve, and tell where on the first line of the output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate", help="PEM file of a certificate and its key: serve https")
    options = parser.parse_args()
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
    server = Server("127.0.0.1", context)
    print(server.origin, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
