r"""Little text: LinkedIn's format for commentary, in which people and hashtags are links.

.. code-block:: pycon

    >>> escape("50% (net) #1")
    '50% \\(net\\) \\#1'
    >>> text = LittleText("Thanks ", Mention("Eddy", "urn:li:person:1234"), "! ", Hashtag("python"))
    >>> text.plain
    'Thanks Eddy! #python'
    >>> text.wire
    'Thanks @[Eddy](urn:li:person:1234)! {hashtag|\\#|python}'

Fifteen characters are reserved. One of them, sent bare, makes LinkedIn answer 201 and silently drop the rest of the
text: so plain text is always escaped, URLs included, and markup is only what was asked for by a part of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Self

import attrs

from ..errors import InvalidArgument
from ..model.post import Commentary
from .text_parts import RESERVED, Hashtag, Mention, Part, Verbatim, escape, unescape
from .text_reading import split_hashtags, split_markup

__all__ = [
    "MAX_COMMENTARY",
    "RESERVED",
    "Hashtag",
    "LittleText",
    "Mention",
    "Part",
    "Verbatim",
    "check_commentary",
    "check_unicode",
    "escape",
    "unescape",
]

MAX_COMMENTARY: Final = 3000
"""The longest commentary, counted as people read it. LinkedIn does not say whether markup counts."""

_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def check_commentary(text: str | Commentary, *, limit: int = MAX_COMMENTARY) -> None:
    """Refuse a commentary LinkedIn would refuse, or cut.

    Raises:
        InvalidArgument: Not text, more than `limit` characters as people read it, or a lone surrogate.
    """
    if not isinstance(text, str | Commentary):
        raise InvalidArgument(f"commentary is text, not a {type(text).__name__}", argument="commentary")
    plain, wire = (text, text) if isinstance(text, str) else (text.plain, text.wire)
    if len(plain) > limit:
        raise InvalidArgument(
            f"commentary has {len(plain):,} characters; LinkedIn takes at most {limit:,}",
            argument="commentary",
            hint=f"shorten it by {len(plain) - limit:,}",
        )
    check_unicode(wire, "commentary")


def check_unicode(text: str, argument: str) -> None:
    """Refuse text that cannot be sent.

    Raises:
        InvalidArgument: It holds a lone surrogate.
    """
    lone = None if text.isascii() else _SURROGATE.search(text)
    if lone:
        raise InvalidArgument(
            f"{argument} cannot be sent as UTF-8: character {lone.start() + 1} is a lone surrogate",
            argument=argument,
            hint="decode the text properly first",
        )


@attrs.frozen(init=False, repr=False)
class LittleText:
    """A commentary with links in it; strings are plain text and get escaped. Its length is that of what people read.

    Raises:
        InvalidArgument: A part that is none.
    """

    parts: tuple[Part, ...]

    def __init__(self, *parts: Part) -> None:
        self.__attrs_init__(tuple(_merged(parts)))

    @classmethod
    def parse_hashtags(cls, plain: str) -> Self:
        """Make links of the hashtags in plain text. ``C#``, ``##x``, ``#1`` and the ``#`` in a URL are none."""
        return cls(*split_hashtags(plain))

    @classmethod
    def from_wire(cls, wire: str) -> Self:
        """Read little text as LinkedIn answers with it. Any text will do: what is no markup is text."""
        return cls(*split_markup(wire))

    @property
    def wire(self) -> str:
        """The text to send, with its markup and escapes."""
        return "".join(escape(part) if isinstance(part, str) else part.wire for part in self.parts)

    @property
    def plain(self) -> str:
        """The text as people read it."""
        return "".join(part if isinstance(part, str) else part.plain for part in self.parts)

    def __len__(self) -> int:
        return len(self.plain)

    def __str__(self) -> str:
        return self.plain

    def __repr__(self) -> str:
        return f"LittleText({', '.join(map(repr, self.parts))})"


def _merged(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the parts with neighbouring texts joined, so that texts that read alike are equal."""
    text: list[str] = []
    for part in parts:
        if isinstance(part, str):
            text.append(part)
            continue
        if not isinstance(part, Mention | Hashtag | Verbatim):
            raise InvalidArgument(
                f"{type(part).__name__} is no part of a text", argument="parts", hint="use str, Mention and Hashtag"
            )
        yield from _joined(text)
        yield part
        text.clear()
    yield from _joined(text)


def _joined(text: list[str]) -> Iterator[str]:
    joined = "".join(text)
    if joined:
        yield joined
