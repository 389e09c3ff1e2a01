"""What little text is made of: escaped text, mentions, hashtags."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, TypeAlias

import attrs

from ..errors import InvalidArgument
from ..model.urn import Urn, expect

RESERVED: Final = frozenset("|{}@[]()<>#\\*_~")
"""What must be escaped to be read as itself."""

_TO_ESCAPE: Final = re.compile(r"[|{}@\[\]()<>#\\*_~]")
_ESCAPED: Final = re.compile(r"\\([|{}@\[\]()<>#\\*_~])")
_MENTIONABLE: Final = re.compile(r"[A-Za-z0-9_-]+")


def escape(plain: str) -> str:
    """Return plain text as little text that reads the same. Escaping it again escapes the escapes."""
    return _TO_ESCAPE.sub(lambda reserved: f"\\{reserved[0]}", plain)  # a template takes three times as long


def unescape(wire: str) -> str:
    """Undo `escape`; a backslash before anything but a reserved character is just a backslash."""
    return _ESCAPED.sub(r"\1", wire)


def is_tag_character(character: str) -> bool:
    """Return whether a hashtag may hold this: letters with their marks, digits, ``_``."""
    return character == "_" or unicodedata.category(character)[0] in "LMN"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _named(_: object, __: object, name: str) -> None:
    if not _is_text(name) or not name.strip():
        raise InvalidArgument("a mention needs the name of whom it mentions", argument="name")


def _mentionable(urn: str) -> Urn:
    checked = expect(urn, "mention", ("person", "organization"))
    if not _MENTIONABLE.fullmatch(checked.id):
        raise InvalidArgument(f"mention {checked!s} must end in letters, digits, - and _", argument="mention")
    return checked


def _tagged(_: object, __: object, tag: str) -> None:
    if not _is_text(tag) or not tag or not all(map(is_tag_character, tag)):
        raise InvalidArgument(
            f"{tag!a} is not a hashtag", argument="tag", hint="letters, digits and _ only, without the leading '#'"
        )


@attrs.frozen
class Mention:
    """A link to a person or an organization; LinkedIn wants `name` as it stands there, an organization's in full."""

    name: str = attrs.field(validator=_named)
    urn: Urn = attrs.field(converter=_mentionable)

    @property
    def wire(self) -> str:
        """``@[Eddy](urn:li:person:1234)``."""
        return f"@[{escape(self.name)}]({self.urn})"

    @property
    def plain(self) -> str:
        """The name."""
        return self.name


@attrs.frozen
class Hashtag:
    """A link to a hashtag, named without its ``#``; sent as the template LinkedIn itself answers with."""

    tag: str = attrs.field(validator=_tagged)

    @property
    def wire(self) -> str:
        r"""``{hashtag|\#|python}``."""
        return rf"{{hashtag|\#|{escape(self.tag)}}}"

    @property
    def plain(self) -> str:
        """``#python``."""
        return f"#{self.tag}"


@attrs.frozen
class Verbatim:
    """Markup sent exactly as it stands: what this version does not know, and the way around its escaping.

    What `wire` holds is nobody's responsibility but yours: a bare reserved character in it cuts the text there.
    """

    wire: str
    plain: str = ""


Part: TypeAlias = str | Mention | Hashtag | Verbatim
