"""Find the markup in little text, and the hashtags in plain text; tolerant, and in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..errors import InvalidArgument
from ..model.urn import Urn
from .text_parts import Hashtag, Mention, Part, Verbatim, is_tag_character, unescape

_URL_OR_HASH: Final = re.compile(r"https?://\S+|#", re.IGNORECASE)
_MARKUP: Final = re.compile(
    r"""
      \\ (?P<escaped> [|{}@\[\]()<>\#\\*_~] )
    | @\[ (?P<name> (?: \\. | [^\\\[\]] )+ ) \] \( (?P<urn> urn:li:[^()\s]+ ) \)
    | \{ (?P<template> \w+ ) \| (?P<fields> (?: \\. | [^\\{}] )* ) \}
    | (?P<hash> \# )
    """,
    re.VERBOSE | re.DOTALL,
)


def split_hashtags(plain: str) -> Iterator[Part]:
    """Yield plain text as texts and hashtags."""
    at = 0
    for match in _URL_OR_HASH.finditer(plain):
        tag = _tag_at(plain, match.start())
        if tag:
            yield plain[at : match.start()]
            yield Hashtag(tag)
            at = match.end() + len(tag)
    yield plain[at:]


def split_markup(wire: str) -> Iterator[Part]:
    """Yield little text as its parts; what is no markup is text."""
    at = 0
    while match := _MARKUP.search(wire, at):
        yield wire[at : match.start()]
        part = _part(match)
        yield part
        at = match.end() + (len(part.tag) if match["hash"] and isinstance(part, Hashtag) else 0)
    yield wire[at:]


def _part(match: re.Match[str]) -> Part:
    if match["escaped"]:
        return match["escaped"]
    if match["hash"]:
        tag = _tag_at(match.string, match.start())
        return Hashtag(tag) if tag else "#"
    try:
        return _known(match)
    except InvalidArgument:
        shown = match["name"] or match["fields"].rpartition("|")[2]
        return Verbatim(match[0], unescape(shown))


def _known(match: re.Match[str]) -> Mention | Hashtag:
    if match["name"]:
        return Mention(unescape(match["name"]), Urn(unescape(match["urn"])))
    sign, _, tag = match["fields"].partition("|")
    if match["template"] != "hashtag" or unescape(sign) != "#":
        raise InvalidArgument("an unknown template")
    return Hashtag(unescape(tag))


def _tag_at(text: str, at: int) -> str:
    """Return the hashtag (without its ``#``) that begins at `at`, or nothing where there is none."""
    if text[at] != "#" or (at and (text[at - 1] in "#/&" or is_tag_character(text[at - 1]))):
        return ""
    end = at + 1
    while end < len(text) and is_tag_character(text[end]):
        end += 1
    tag = text[at + 1 : end]
    return tag if any(map(str.isalpha, tag)) else ""
