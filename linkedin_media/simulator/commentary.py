"""What LinkedIn's servers make of a commentary in little text: kept, cut, shown.

Written apart from the client's escaping, which it is there to check (facts §4.3).
"""

from __future__ import annotations

import re
from typing import Final

import attrs

_ELEMENT: Final = re.compile(
    r"""
      \\(?P<escaped>[|{}@\[\]()<>\#\\*_~])
    | (?P<mention>@\[(?P<name>(?:\\.|[^\\\[\]])+)\]\(urn:li:(?:person|organization|member|company):[A-Za-z0-9_-]+\))
    | (?P<template>\{hashtag\|\\?\#\|(?P<tag>(?:\\.|[^\\{}|])+)\})
    | (?P<hashtag>\#\w+)
    | (?P<text>[^|{}@\[\]()<>\#\\*_~]+)
    """,
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


@attrs.frozen
class Reading:
    """A commentary as the servers read it.

    `kept` is the part that is stored, `shown` what GET returns for it (hashtags as templates), `plain` what people read;
    `cut_at` is where an unescaped reserved character ended it, or None.
    """

    kept: str
    shown: str
    plain: str
    cut_at: int | None


def read(wire: str) -> Reading:
    """Read a commentary up to the first reserved character that is neither escaped nor part of an element."""
    shown: list[str] = []
    plain: list[str] = []
    at = 0
    while at < len(wire):
        match = _ELEMENT.match(wire, at)
        if match is None:
            break
        shown.append(_shown(match))
        plain.append(_plain(match))
        at = match.end()
    return Reading(wire[:at], "".join(shown), "".join(plain), at if at < len(wire) else None)


def _shown(match: re.Match[str]) -> str:
    tag = match["hashtag"]
    return f"{{hashtag|\\#|{tag[1:]}}}" if tag else match[0]


def _plain(match: re.Match[str]) -> str:
    if match["escaped"]:
        return match["escaped"]
    if match["mention"]:
        return _ESCAPE.sub(r"\1", match["name"])
    if match["template"]:
        return "#" + _ESCAPE.sub(r"\1", match["tag"])
    return match[0]
