"""The head of a plain answer (RFC 9112): one that says how long it is, comes as it is, and leaves the connection open.

Most are, and to read one takes a tenth of what a parser for every kind takes. What is not plain beyond any doubt is left
to that parser, whatever it makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_LONGEST: Final = 8 * 1024
"""Bytes of a head that is looked at."""

_HEAD: Final = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2}) [ -~]*+(\r\n(?:[0-9A-Za-z_-]++:[ -~]*+\r\n)++)\r\n")
_FRAMING: Final = re.compile(
    rb"\n(?=[ctu])(?:content-length: ?([0-9]{1,7})\r|connection: ?keep-alive\r|"
    rb"(content-length|transfer-encoding|content-encoding|connection|upgrade|trailer):)"
)
_WITHOUT_CONTENT: Final = (b"204", b"304")


class PlainHead(NamedTuple):
    """Status and header lines of a plain answer; its content goes from `start` to `end`, counted from the head's first byte."""

    status: int
    lines: bytes
    start: int
    end: int


def plain_head(data: bytes) -> PlainHead | None:
    """Return the head that `data` begins with, None if it is not there whole, or announces no plain answer."""
    found = _HEAD.match(data, 0, _LONGEST)
    if found is None:
        return None
    status, lines = found.groups()
    match _FRAMING.findall(lines.lower()):
        case [(length, b"")] | [(length, b""), (b"", b"")] | [(b"", b""), (length, b"")] if length:
            start = found.end()
            return None if status in _WITHOUT_CONTENT else PlainHead(int(status), lines, start, start + int(length))
        case _:
            return None


def headers_in(lines: bytes) -> dict[str, str]:
    """Return the header fields of a plain head, as `indexed` does."""
    fields = (line.partition(":") for line in lines.decode("ascii").split("\r\n")[1:-1])
    return indexed((name, value.strip(" ")) for name, _, value in fields)


def indexed(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return header fields by their names in lower case; of those that came twice both values, by a comma."""
    index: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        index[key] = f"{index[key]}, {value}" if key in index else value
    return index
