"""The ``fields=`` parameter: which fields an answer shall hold, in the mask syntax of Rest.li 1.0.

Protocol 2.0.0 keeps that older syntax for this one parameter, unencoded: ``id,firstName``, ``-secret``,
``b:($*,-c)``, ``friends:($start:1,$count:2)``. A mask is a mapping from a field to 1 (wanted), 0 (unwanted) or the
mask of its sub-fields; ``$*`` is every field, and ``$start`` and ``$count`` take a slice of a list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

import attrs

from ..errors import InvalidArgument, RestliSyntaxError
from .restli_reading import MAX_DEPTH

Mask: TypeAlias = "Mapping[str, int | Mask]"
_Level: TypeAlias = "dict[str, int | Mask]"

_RANGES: Final = frozenset({"$start", "$count"})
_NAME: Final = re.compile(r"[A-Za-z0-9_.$*][A-Za-z0-9_.$*-]*")
_WORD: Final = re.compile(r"[^(),:\s]*")
_BLANKS: Final = re.compile(r"\s*")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def encode_mask(mask: Mask | Sequence[str] | str) -> str:
    """Write a mask: ``encode_mask({"a": 1, "b": {"$*": 1, "c": 0}}) == "a,b:($*,-c)"``; the order stays as given.

    A list of names wants just these; a mask that is text already is checked and stripped of blanks.

    Raises:
        InvalidArgument: A name or a value that no mask can hold.
    """
    if isinstance(mask, str):
        mask = decode_mask(mask)
    if isinstance(mask, Mapping):
        return _written(mask, depth=0)
    return ",".join(dict.fromkeys(_entry(name, 1, depth=0) for name in mask))


def decode_mask(text: str) -> dict[str, int | Mask]:
    """Read a mask; blanks between its tokens are allowed.

    Raises:
        RestliSyntaxError: The text is not a mask; `column` says where.
    """
    return _Reader(text).whole()


def _written(mask: Mask, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise InvalidArgument(f"the mask is nested deeper than {MAX_DEPTH}", argument="fields")
    return ",".join(_entry(name, value, depth) for name, value in mask.items())


def _entry(name: object, value: int | Mask, depth: int) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidArgument(f"{name!a} is not a field name", argument="fields")
    if name in _RANGES:
        return f"{name}:{_range(name, value)}"
    if isinstance(value, Mapping):
        return f"{name}:({_written(value, depth + 1)})"
    if value not in (0, 1):
        raise InvalidArgument(f"{name} must be 1 (wanted), 0 (unwanted) or a mask of its own", argument="fields")
    return name if value else f"-{name}"


def _range(name: str, value: int | Mask) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**18:
        raise InvalidArgument(f"{name} must be a number from 0", argument="fields")
    return value


@attrs.define
class _Reader:
    """A position in one mask, and the steps of its grammar."""

    text: str
    at: int = 0

    def whole(self) -> _Level:
        level = self.level(depth=0, closing="")
        if self.at < len(self.text):
            self.fail("expected ',' token", self.at)
        return level

    def level(self, depth: int, closing: str) -> _Level:
        level: _Level = {}
        if self.sees(closing):
            return level
        self.entry(level, depth)
        while self.skip(","):
            self.entry(level, depth)
        return level

    def entry(self, level: _Level, depth: int) -> None:
        word = self.word()
        start = self.at - len(word)
        name = word.removeprefix("-")
        if word in _RANGES:
            value: int | Mask = self.range()
        elif self.skip(":"):
            value = self.nested(depth)
        else:
            value = 1 if word == name else 0
        self.check(word, value, start)
        if name in level:
            self.fail(f"{name} is named twice", start)
        level[name] = value

    def range(self) -> int:
        value = self.word() if self.skip(":") else ""
        if not _NUMBER.fullmatch(value):
            self.fail("unexpected range value", self.at - len(value))
        return int(value)

    def nested(self, depth: int) -> _Level:
        if not self.skip("("):
            self.fail("expected '(' token", self.at)
        if depth >= MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}", self.at - 1)
        level = self.level(depth + 1, closing=")")
        if not self.skip(")"):
            self.fail("expected ')' token", self.at)
        return level

    def check(self, word: str, value: int | Mask, start: int) -> None:
        name = word.removeprefix("-")
        if not _NAME.fullmatch(name):
            self.fail(f"expected a field name, found {ascii(word) if word else 'none'}", start)
        if name != word and (name in _RANGES or isinstance(value, Mapping)):
            self.fail(f"{name} holds a value and cannot be unwanted", start)

    def word(self) -> str:
        self.blanks()
        start = self.at
        self.at = _matched(_WORD, self.text, start)
        return self.text[start : self.at]

    def skip(self, token: str) -> bool:
        found = self.sees(token)
        self.at += len(token) if found else 0
        return found

    def sees(self, token: str) -> bool:
        """True where `token` comes next, blanks aside; the empty token is the end of the text."""
        self.blanks()
        return self.text.startswith(token, self.at) if token else self.at == len(self.text)

    def blanks(self) -> None:
        self.at = _matched(_BLANKS, self.text, self.at)

    def fail(self, problem: str, at: int) -> NoReturn:
        raise RestliSyntaxError(problem, column=at + 1)


def _matched(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
