"""URNs: LinkedIn's names for things, checked when made."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Self

from ..errors import InvalidArgument

_PLAIN: Final = re.compile(r"urn:li:[A-Za-z][A-Za-z0-9_]*:[!-'*-~]+", re.ASCII)
"""As most are: no parentheses to balance."""

_GRAMMAR: Final = re.compile(r"urn:li:([A-Za-z][A-Za-z0-9_]*):([!-~]+)", re.ASCII)
_LONGEST: Final = 1024


class Urn(str):
    """A LinkedIn URN such as ``urn:li:image:C4E10AQFoyyAjHPMQuQ``.

    It is a ``str``, so it compares, hashes and formats like one. The id must not be empty and takes printable ASCII
    only; parentheses must balance (``urn:li:comment:(urn:li:article:1,2)``).

    Raises:
        InvalidArgument: The text is not a URN.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        if type(value) is cls:
            return value
        problem = _problem(value)
        if problem:
            raise InvalidArgument(f"{_shown(value)} is not a LinkedIn URN: {problem}", argument="urn", hint=_HINT)
        return super().__new__(cls, value)

    @classmethod
    def of(cls, entity_type: str, id: str | int) -> Self:  # noqa: A002 -- LinkedIn's own word
        """Build a URN from its type and id: ``Urn.of("organization", 5583111)``."""
        return cls(f"urn:li:{entity_type}:{id}")

    @property
    def entity_type(self) -> str:
        """The third part: ``image``, ``person``, ``organization``, …"""
        return self[7 : self.index(":", 7)]

    @property
    def id(self) -> str:
        """Everything behind the type."""
        return self[self.index(":", 7) + 1 :]

    def __repr__(self) -> str:
        return f"Urn({str.__repr__(self)})"

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (str(self),)


_HINT: Final = "write it as urn:li:TYPE:ID, for example urn:li:organization:5583111"


def _problem(value: object) -> str | None:
    if not isinstance(value, str):
        return f"a {type(value).__name__}, not text"
    if len(value) > _LONGEST:
        return f"{len(value)} characters, more than {_LONGEST}"
    if _PLAIN.fullmatch(value):
        return None
    if not _GRAMMAR.fullmatch(value):
        empty = re.fullmatch(r"urn:li:[A-Za-z0-9_]+:", value)
        return "its id is empty" if empty else "it does not read urn:li:TYPE:ID in printable ASCII"
    return None if _balanced(value) else "its parentheses do not balance"


def _balanced(value: str) -> bool:
    depth = 0
    for character in value:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False

    return depth == 0


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def optional_urn(value: str | None) -> Urn | None:
    """Return `value` as a URN, or None."""
    return None if value is None else Urn(value)


def image_urn(value: str) -> Urn:
    """Return the URN of an image, or refuse another type.

    Raises:
        InvalidArgument: Not a URN, or not of type ``image``.
    """
    return expect(value, "image urn", ("image",))


def owner_urn(value: str) -> Urn:
    """Return the URN of an image owner: a person, an organization or a sponsored account.

    Raises:
        InvalidArgument: Not a URN, or one that cannot own an image (images-api.txt, ``owner``).
    """
    try:
        return _owner(value)
    except TypeError:  # what is no text may have no hash either
        return expect(value, "owner", _OWNERS)


def author_urn(value: str) -> Urn:
    """Return the URN of whoever can post: a person or an organization.

    Raises:
        InvalidArgument: Not a URN, or one that cannot.
    """
    try:
        return _author(value)
    except TypeError:
        return expect(value, "author", _AUTHORS)


_OWNERS: Final = ("person", "organization", "sponsoredAccount")
_AUTHORS: Final = ("person", "organization")


@lru_cache(maxsize=128)  # one owner has many images
def _owner(value: str) -> Urn:
    return expect(value, "owner", _OWNERS)


@lru_cache(maxsize=128)
def _author(value: str) -> Urn:
    return expect(value, "author", _AUTHORS)


def expect(value: str, argument: str, types: tuple[str, ...]) -> Urn:
    """Return `value` as a URN of one of `types`.

    Raises:
        InvalidArgument: Not a URN, or of another type; the message names `argument` and what is allowed.
    """
    urn = Urn(value)
    if urn.entity_type in types:
        return urn
    wanted = " or ".join(f"urn:li:{name}:…" for name in types)
    raise InvalidArgument(
        f"{argument} {_shown(str(urn))} must be {wanted}",
        argument=argument,
        hint="urn:li:company is the retired name of urn:li:organization" if urn.entity_type == "company" else "",
    )
