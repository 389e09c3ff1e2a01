"""The head of a plain answer: what is one, and what is left to a parser for every kind."""

from __future__ import annotations

import pytest

from linkedin_media.protocol.plain_answer import headers_in, plain_head


def answer(*lines: str, status: str = "200 OK", content: bytes = b"") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + content


def test_a_plain_head_says_where_its_content_is() -> None:
    data = answer("Content-Type: application/json", "Content-Length: 2", status="201 Created", content=b"{}")
    head = plain_head(data)

    assert head is not None
    assert head.status == 201
    assert data[head.start : head.end] == b"{}"
    assert headers_in(head.lines) == {"content-type": "application/json", "content-length": "2"}


@pytest.mark.parametrize("line", ["content-length:2", "CONTENT-LENGTH: 2", "Content-Length: 002"])
def test_the_length_is_found_however_it_is_written(line: str) -> None:
    head = plain_head(answer("A: b", line, "C: d", content=b"{}more"))

    assert head is not None
    assert head.end - head.start == 2


@pytest.mark.parametrize(
    "line", ["Connection: keep-alive", "connection:Keep-Alive", "Keep-Alive: timeout=5", "X-Trailer: x"]
)
def test_a_connection_that_stays_open_is_plain(line: str) -> None:
    assert plain_head(answer(line, "Content-Length: 2")) is not None
    assert plain_head(answer("Content-Length: 2", line)) is not None


@pytest.mark.parametrize(
    "line",
    [
        "Transfer-Encoding: chunked",
        "transfer-encoding: identity",
        "Content-Encoding: gzip",
        "Connection: close",
        "Connection: keep-alive, close",
        "CONNECTION: Upgrade",
        "Upgrade: h2c",
        "Trailer: X",
        "Content-Length: 2",
        "Content-Length: 3",
        "Content-Length:  3",
        "X: a\r\n b",
        "X: a\nB: c",
        "X: a\rb",
        "X: \x00",
        "X: \x7f",
        "X: é",
        "X\t: a",
        "X : a",
        ": a",
        "no colon",
        " X: a",
    ],
)
def test_what_may_mean_something_else_is_not_plain(line: str) -> None:
    assert plain_head(answer("Content-Length: 2", line, content=b"{}")) is None
    assert plain_head(answer(line, "Content-Length: 2", content=b"{}")) is None


@pytest.mark.parametrize(
    "line",
    [
        "Content-Length: -1",
        "Content-Length: +2",
        "Content-Length: 2,2",
        "Content-Length: 2 ",
        "Content-Length: ",
        "Content-Length: 0x2",
        "Content-Length: 12345678",
        "Content-Length : 2",
        "Content-Lengths: 2",
        "X-Content-Length: 2",
        "X: Content-Length: 2",
    ],
)
def test_a_length_in_doubt_is_not_plain(line: str) -> None:
    assert plain_head(answer(line, content=b"{}")) is None


@pytest.mark.parametrize(
    "status",
    ["100 Continue", "101 Switching Protocols", "204 No Content", "304 Not Modified", "600 X", "99 X", "2000 X", "200"],
)
def test_a_status_that_says_something_about_content_is_not_plain(status: str) -> None:
    assert plain_head(answer("Content-Length: 0", status=status)) is None


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/2.0", b"http/1.1", b"ICY", b" HTTP/1.1", b"\r\nHTTP/1.1"])
def test_another_version_is_not_plain(version: bytes) -> None:
    assert plain_head(answer("Content-Length: 0").replace(b"HTTP/1.1", version)) is None


def test_a_head_that_is_not_there_whole_is_not_plain() -> None:
    whole = answer("Content-Type: application/json", "Content-Length: 0")

    assert all(plain_head(whole[:length]) is None for length in range(len(whole)))
    assert plain_head(whole) is not None


def test_a_head_without_end_is_not_looked_at_for_long() -> None:
    assert plain_head(answer("Content-Length: 0", *["X: " + "y" * 100] * 1000)) is None


def test_a_header_that_came_twice_has_both_values() -> None:
    head = plain_head(answer("Set-Cookie: a=b", "Content-Length: 0", "set-cookie: c=d "))

    assert head is not None
    assert headers_in(head.lines)["set-cookie"] == "a=b, c=d"
