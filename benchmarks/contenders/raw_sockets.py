"""No client at all: prepared bytes over raw sockets, to find what the server can bear."""

from __future__ import annotations

import re
import select
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.contenders.contest import Task, compete, headers, post_body

_PIPELINED = 16
_UPLOAD = re.compile(rb'"uploadUrl":"https?://[^/]+([^"]+)","image":"([^"]+)"')


def work(task: Task) -> int:
    """Send small calls, or whole jobs."""
    return _calls(task) if task.extra["mode"] == "calls" else _jobs(task)


def _calls(task: Task) -> int:
    """Register images, sixteen calls in one write, over eight connections."""
    request = _request("POST", "/rest/images?action=initializeUpload", headers("ACTION"), b"{}")
    sockets = [_connected(task) for _ in range(8)]
    sent = answered = 0
    while answered < task.count:
        waiting = []
        for sock in sockets:
            number = min(_PIPELINED, task.count - sent)
            if number:
                sock.sendall(request * number)
                waiting.append((sock, number))
                sent += number
        for sock, number in waiting:
            _answers(sock, number)
            answered += number
    return answered


def _jobs(task: Task) -> int:
    """Publish images by sixteen connections, each of which does one call after the other."""
    epoll, steps = select.epoll(), {}
    paths = iter([Path(path).read_bytes() for path in dict.fromkeys(task.files)] * (task.count // len(task.files) + 1))
    left, done = task.count, 0
    for _ in range(min(task.workers, left)):
        sock = _connected(task)
        steps[sock.fileno()] = (sock, _job(sock, next(paths)))
        next(steps[sock.fileno()][1])
        epoll.register(sock, select.EPOLLIN)
        left -= 1
    while done < task.count:
        for fd, _ in epoll.poll():
            sock, step = steps[fd]
            if next(step):
                continue
            done += 1
            if left:
                left -= 1
                steps[fd] = (sock, _job(sock, next(paths)))
                next(steps[fd][1])
    return done


def _job(sock: socket.socket, content: bytes):
    """Send one call whenever the last one is answered; yield False at the end."""
    sock.sendall(_request("POST", "/rest/images?action=initializeUpload", headers("ACTION"), b"{}"))
    yield True
    found = _UPLOAD.search(_answers(sock, 1))
    target, image = found[1].decode(), found[2].decode()
    head = _request("PUT", target, {"Authorization": headers("")["Authorization"]}, b"", len(content))
    sock.sendall(head)
    sock.sendall(content)
    yield True
    _answers(sock, 1)
    sock.sendall(_request("GET", f"/rest/images/{image.replace(':', '%3A')}", headers("GET"), b""))
    yield True
    _answers(sock, 1)
    sock.sendall(_request("POST", "/rest/posts", headers("CREATE"), str(post_body(image)).encode()))
    yield True
    _answers(sock, 1)
    yield False


def _request(method: str, target: str, lines: dict[str, str], body: bytes, length: int | None = None) -> bytes:
    named = {**lines, "Host": "127.0.0.1", "Content-Length": str(len(body) if length is None else length)}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


def _connected(task: Task) -> socket.socket:
    address = urlsplit(task.origin)
    sock = socket.create_connection((address.hostname, address.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if task.certificate:
        return ssl.create_default_context(cafile=task.certificate).wrap_socket(sock, server_hostname=address.hostname)
    return sock


def _answers(sock: socket.socket, number: int) -> bytes:
    """Read so many answers; each ends where its body, which has no `HTTP/1.1`, ends."""
    received = b""
    while received.count(b"HTTP/1.1 ") < number or not _whole(received):
        received += sock.recv(1 << 18)
    return received


def _whole(received: bytes) -> bool:
    last = received.rfind(b"HTTP/1.1 ")
    end = received.find(b"\r\n\r\n", last) + 4
    return end >= 4 and len(received) - end >= int(
        received[received.rfind(b"Content-Length: ", last, end) + 16 : end - 4]
    )


if __name__ == "__main__":
    compete(work)
