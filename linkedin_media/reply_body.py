"""The whole answer to a call: decoded, and no longer than allowed."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from .errors import UnexpectedReply
from .exchange import Answer
from .protocol.redact import printable
from .protocol.wire import MAX_REPLY, Headers, Response


async def read_reply(answer: Answer, most: int = MAX_REPLY) -> Response:
    """Read an answer of at most so many bytes.

    Raises:
        UnexpectedReply: It is longer, or encoded in a way nobody asked for.
    """
    content, encoding = answer.content, answer.headers.get("Content-Encoding", "")
    if content.is_eof() and not encoding:  # it came whole, as most do
        body = content.read_nowait()
        _check_length(answer, len(body), most)
        return Response(status=answer.status, headers=Headers(answer.headers), body=body)
    decoder, decoded = _decoder(encoding), bytearray()
    while not content.at_eof():
        decoded += decoder(await content.readany(), most + 1 - len(decoded))
        _check_length(answer, len(decoded), most)

    return Response(status=answer.status, headers=Headers(answer.headers), body=bytes(decoded))


def _check_length(answer: Answer, length: int, most: int) -> None:
    if length > most:
        answer.close()
        raise UnexpectedReply(f"the answer is longer than {most:,} bytes", status=answer.status)


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
