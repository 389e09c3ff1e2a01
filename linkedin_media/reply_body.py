"""The whole answer to a call: decoded, and no longer than allowed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import aiohttp

from .errors import UnexpectedReply
from .plain_connection import PlainAnswer
from .protocol.redact import printable
from .protocol.wire import MAX_REPLY, Headers, Response


class Answer(Protocol):
    """The head of an answer; its content is still to be read."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> aiohttp.StreamReader: ...
    def close(self) -> None:
        """Close the connection: nobody will read the rest."""


def read_plain(answer: PlainAnswer, most: int = MAX_REPLY) -> Response:
    """Return an answer of at most so many bytes that is there already.

    Raises:
        UnexpectedReply: It is longer.
    """
    head, content = answer.head, answer.content
    if len(content) > most:
        raise _too_long(most, head.status)
    return Response(status=head.status, headers=Headers(head.lines), body=content)


async def read_reply(answer: Answer, most: int = MAX_REPLY) -> Response:
    """Read an answer of at most so many bytes.

    Raises:
        UnexpectedReply: It is longer, or encoded in a way nobody asked for.
    """
    content, encoding = answer.content, answer.headers.get("Content-Encoding", "")
    decoder, decoded = _decoder(encoding), bytearray()
    while not content.at_eof():
        decoded += decoder(await content.readany(), most + 1 - len(decoded))
        _check_length(answer, len(decoded), most)

    return Response(status=answer.status, headers=Headers(answer.headers), body=bytes(decoded))


def _check_length(answer: Answer, length: int, most: int) -> None:
    if length > most:
        answer.close()
        raise _too_long(most, answer.status)


def _too_long(most: int, status: int) -> UnexpectedReply:
    return UnexpectedReply(f"the answer is longer than {most:,} bytes", status=status)


def _decoder(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return what undoes a Content-Encoding, giving at most so many bytes."""
    match encoding.strip().lower():
        case "" | "identity":
            return lambda piece, _: piece
        case "gzip" | "x-gzip":
            inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS + 16)
            return lambda piece, limit: _inflated(inflate, piece, limit)
        case other:
            raise UnexpectedReply(f"the answer is encoded as {printable(other)[:20]}, which nobody asked for")


def _inflated(inflate: Any, piece: bytes, limit: int) -> bytes:
    try:
        result: bytes = inflate.decompress(piece, max(limit, 1))
    except zlib.error:
        raise UnexpectedReply("the answer's compression is broken") from None
    return result
