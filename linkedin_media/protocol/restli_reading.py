"""Read Rest.li 2.0.0 values: strict, in linear time, every mistake with its column.

.. code-block:: text

    value     = "List(" [value *("," value)] ")"  |  "(" [name ":" value *("," name ":" value)] ")"  |  primitive
    name      = primitive
    primitive = "''"  |  1*(any character but ( ) , : ')

Names and primitives are percent-encoded text and `''` is the empty string. The text may come from a server, so the
depth is bounded: nothing here recurses or loops further than the text deserves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NoReturn, TypeAlias

import attrs

from ..errors import RestliSyntaxError

MAX_DEPTH: Final = 100
"""How deep lists and records may nest; LinkedIn's own stay below 10."""

Decoded: TypeAlias = "str | list[Decoded] | dict[str, Decoded]"

_PRIMITIVE: Final = re.compile(r"[^(),:']*")
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+|%|[\ud800-\udfff]")
_REDUCED_ESCAPES: Final = re.compile(r"%(25|27|28|29|2C|3A)|[\ud800-\udfff]", re.IGNORECASE)
_ESCAPE_LENGTH: Final = len("%XX")


def decode(text: str) -> Decoded:
    """Read a value from a URL: ``decode("List(1,(a:b%3Ac))") == ["1", {"a": "b:c"}]``.

    Every primitive comes back as text, since the wire does not tell ``1`` from ``"1"``.

    Raises:
        RestliSyntaxError: The text is not one Rest.li value; `column` says where.
    """
    return _Reader(text, percent_decoded).whole()


def reduced_decode(text: str) -> Decoded:
    """Read a value from a header or a JSON key, where only ``% ' ( ) , :`` are encoded and any other ``%`` is literal.

    Raises:
        RestliSyntaxError: The text is not one Rest.li value; `column` says where.
    """
    return _Reader(text, _reduced_decoded).whole()


def decode_params(query: str) -> dict[str, Decoded]:
    """Read a query string (without its ``?``); `fields` stays text, for `decode_mask`.

    A parameter without a name is dropped; one without a value (``foo=``) is the empty string.

    Raises:
        RestliSyntaxError: A parameter is malformed or given twice; `column` counts in `query`.
    """
    params: dict[str, Decoded] = {}
    offset = 0
    for pair in query.split("&") if query else ():
        name, value = _parameter(pair, offset)
        if name in params:
            raise RestliSyntaxError(f"the parameter {name!r} is given twice", column=offset + 1)
        if name is not None:
            params[name] = value
        offset += len(pair) + 1

    return params


def _parameter(pair: str, offset: int) -> tuple[str | None, Decoded]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise RestliSyntaxError("expected '='", column=offset + len(pair) + 1)
    behind = offset + len(name) + 1
    if name == "fields":
        return name, percent_decoded(value, behind)
    decoded = _Reader(value, percent_decoded, behind).whole()
    return (_Reader(name, percent_decoded, offset).whole_name() if name else None), decoded


def percent_decoded(text: str, offset: int = 0) -> str:
    """Undo percent-encoding; `offset` is how many characters stand before `text`, for the column of an error.

    Raises:
        RestliSyntaxError: A ``%`` without two hexadecimal digits, or bytes that are not UTF-8.
    """
    with_colons = text.replace("%3A", ":")
    if "%" not in with_colons and with_colons.isascii():
        return with_colons  # an URN has nothing else

    def character(match: re.Match[str]) -> str:
        column = offset + match.start() + 1
        if match[0] == "%":
            raise RestliSyntaxError("'%' needs two hexadecimal digits", column=column)
        if match[0][0] != "%":
            raise RestliSyntaxError("a lone surrogate is not text", column=column)
        try:
            return bytes.fromhex(match[0].replace("%", "")).decode()
        except UnicodeDecodeError as error:
            column += error.start * _ESCAPE_LENGTH
            raise RestliSyntaxError("the escaped bytes are not UTF-8", column=column) from None

    return _ESCAPES.sub(character, text)


def _reduced_decoded(text: str, offset: int) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1] is None:
            raise RestliSyntaxError("a lone surrogate is not text", column=offset + match.start() + 1)
        return chr(int(match[1], 16))

    return _REDUCED_ESCAPES.sub(character, text)


@attrs.define
class _Reader:
    """A position in one text, and the steps of the grammar."""

    text: str
    unescape: Callable[[str, int], str]
    offset: int = 0
    at: int = 0

    def whole(self) -> Decoded:
        if not self.text:
            return ""
        value = self.value(depth=0)
        self.end()
        return value

    def whole_name(self) -> str:
        name = self.primitive("a name")
        self.end()
        return name

    def value(self, depth: int) -> Decoded:
        start = self.at
        if self.skip("List("):
            return self.items(self.deeper(depth, start))
        if self.skip("("):
            return self.record(self.deeper(depth, start))
        return self.primitive("a value")

    def items(self, depth: int) -> list[Decoded]:
        if self.skip(")"):
            return []
        items = [self.value(depth)]
        while self.skip(","):
            items.append(self.value(depth))
        self.expect(")")
        return items

    def record(self, depth: int) -> dict[str, Decoded]:
        record: dict[str, Decoded] = {}
        if self.skip(")"):
            return record
        self.pair(record, depth)
        while self.skip(","):
            self.pair(record, depth)
        self.expect(")")
        return record

    def pair(self, record: dict[str, Decoded], depth: int) -> None:
        start = self.at
        name = self.primitive("a name")
        if name in record:
            self.fail(f"{name!r} is given twice", start)
        self.expect(":")
        record[name] = self.value(depth)

    def primitive(self, what: str) -> str:
        if self.skip("''"):
            return ""
        start = self.at
        match = _PRIMITIVE.match(self.text, start)
        self.at = match.end() if match else start
        if self.at == start:
            self.fail(f"expected {what}, found {self.found()} (an empty string is written '')")
        return self.unescape(self.text[start : self.at], self.offset + start)

    def skip(self, token: str) -> bool:
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def expect(self, token: str) -> None:
        if not self.skip(token):
            self.fail(f"expected '{token}', found {self.found()}")

    def end(self) -> None:
        if self.at < len(self.text):
            self.fail(f"unexpected {self.found()} after the value")

    def deeper(self, depth: int, start: int) -> int:
        if depth >= MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}", start)
        return depth + 1

    def found(self) -> str:
        return ascii(self.text[self.at]) if self.at < len(self.text) else "the end"

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        raise RestliSyntaxError(problem, column=self.offset + (self.at if at is None else at) + 1)
