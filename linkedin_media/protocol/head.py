"""The head of a request as it goes over the wire (RFC 9112 §3, §5), and where it goes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from ..errors import InvalidArgument
from ..model.secret import Secret
from .redact import printable

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)


class HeaderFields(Mapping[str, str]):
    """Header fields that many requests have in common: looked at and written once."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(frozenset(self._fields.items()))

    @cached_property
    def lines(self) -> str:
        """The fields as they go over the wire.

        Raises:
            InvalidArgument: Something in them would end a line, or is not ASCII.
        """
        return "".join(f"{_name(name)}: {_value(name, value)}\r\n" for name, value in self._fields.items())


def request_head(
    method: str,
    host: str,
    target: str,
    headers: HeaderFields,
    *,
    token: Secret | None = None,
    length: int | None = None,
) -> bytes:
    """Return request line and header fields, and the empty line that ends them.

    `target` is percent-encoded already. The `token` is remembered nowhere.

    Raises:
        InvalidArgument: Something in it would end a line, or is not ASCII.
    """
    if not (target.startswith("/") and target.isascii() and target.isprintable() and " " not in target):
        raise InvalidArgument("the path of the request cannot be sent: it must be percent-encoded")  # it may be signed
    fields = headers.lines
    if token is not None:
        fields += f"Authorization: {bearer(token)}\r\n"
    if length is not None:
        fields += f"Content-Length: {length}\r\n"
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n".encode("ascii")


def bearer(token: Secret) -> str:
    """Return the header that carries a token, which holds nothing that no header may."""
    return f"Bearer {token.reveal()}"


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise _refused(name)
    return name


def _value(name: str, value: str) -> str:
    if not (value and value.isascii() and value.isprintable() and value == value.strip()):
        raise _refused(name)
    return value


def _refused(name: str) -> InvalidArgument:
    return InvalidArgument(f"header {printable(name)[:40]} cannot be sent: it holds what no header may")
