"""Projections and decorations of unversioned calls: ``(id,coverImage(croppedImage(original~:playableStreams)))``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from .replies import invalid_param

_TOKEN: Final = re.compile(r"(?P<name>\$?[\w.*-]+)(?P<decorations>(?:~(?::?\w+)?)*)|(?P<mark>[(),])")
_DEPTH: Final = 20

Decorate = Callable[[Any, str], "dict[str, Any] | None"]
"""Return what a URN stands for, or None if it cannot be told; the second argument is the recipe (``playableStreams``)."""


@attrs.define
class Field:
    """One field of a projection: what is kept below it, and what it is decorated with."""

    name: str
    inner: dict[str, Field] = attrs.field(factory=dict)
    recipe: str | None = None
    each: bool = False
    """Of a map such as ``results*(…)``: what is below describes its values."""


def parse(text: str) -> dict[str, Field]:
    """Read a projection.

    Raises:
        Refused: 400 for text that is none.
    """
    tokens = _tokens(text)
    fields = _group(tokens, 0)
    if tokens:
        raise invalid_param("projection")
    return fields


def _tokens(text: str) -> list[tuple[str, str | None]]:
    """Return names with their recipe and marks with None, last first."""
    found: list[tuple[str, str | None]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise invalid_param("projection")
        found.append((match["mark"], None) if match["mark"] else (match["name"], match["decorations"]))
        at = match.end()
    return found[::-1]


def _group(tokens: list[tuple[str, str | None]], depth: int) -> dict[str, Field]:
    _expect(tokens, "(")
    if depth > _DEPTH:
        raise invalid_param("projection")
    fields: dict[str, Field] = {}
    while True:
        field = _field(tokens, depth)
        fields[field.name] = field
        if not tokens or tokens[-1][0] != ",":
            break
        tokens.pop()
    _expect(tokens, ")")
    return fields


def _field(tokens: list[tuple[str, str | None]], depth: int) -> Field:
    if not tokens or tokens[-1][1] is None:
        raise invalid_param("projection")
    name, decorations = tokens.pop()
    field = Field(name if name == "*" else name.removesuffix("*"), each=name != "*" and name.endswith("*"))
    if decorations:
        field.recipe = decorations.rpartition("~")[2].lstrip(":")
    if tokens and tokens[-1][0] == "(":
        field.inner = _group(tokens, depth + 1)
    return field


def _expect(tokens: list[tuple[str, str | None]], mark: str) -> None:
    if not tokens or tokens.pop() != (mark, None):
        raise invalid_param("projection")


def apply(fields: Mapping[str, Field], value: Any, decorate: Decorate) -> Any:
    """Return the part of a value the projection names, with its decorations as ``field~`` or ``field!``."""
    if isinstance(value, list):
        return [apply(fields, item, decorate) for item in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = dict(value) if "*" in fields else {}
    for name, field in fields.items():
        if name in value:
            kept |= _kept(field, value[name], decorate)
    return kept


def _below(field: Field, value: Any, decorate: Decorate) -> Any:
    if not field.inner:
        return value
    if field.each and isinstance(value, dict):
        return {key: apply(field.inner, item, decorate) for key, item in value.items()}
    return apply(field.inner, value, decorate)


def _kept(field: Field, value: Any, decorate: Decorate) -> dict[str, Any]:
    if field.recipe is None:
        return {field.name: _below(field, value, decorate)}
    found = decorate(value, field.recipe)
    if found is None:
        problem = {"serviceErrorCode": 100, "message": f"Could not resolve {value}", "status": 404}
        return {field.name: value, f"{field.name}!": problem}
    return {field.name: value, f"{field.name}~": apply(field.inner, found, decorate) if field.inner else found}
