"""LinkedIn's check of a body against its schema: every violation at once, in the framework's own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names)


@attrs.frozen
class Text:
    """A string."""


@attrs.frozen
class Flag:
    """A boolean."""


@attrs.frozen
class Number:
    """A number."""


@attrs.frozen
class Anything:
    """A part of the body the simulator does not look into."""


@attrs.frozen
class Symbol:
    """One of an enum's symbols."""

    symbols: frozenset[str] = attrs.field(converter=_names)


@attrs.frozen
class Items:
    """An array."""

    of: Kind


@attrs.frozen
class Record:
    """A record; the names in `required` have no default."""

    fields: Mapping[str, Kind]
    required: frozenset[str] = attrs.field(default=frozenset(), converter=_names)


Kind = Text | Flag | Number | Anything | Symbol | Items | Record

TEXT: Final = Text()
FLAG: Final = Flag()
NUMBER: Final = Number()
ANYTHING: Final = Anything()


def violations(kind: Kind, value: Any, path: str = "") -> list[str]:
    """Return every violation: ``ERROR :: /author :: field is required but not found and has no default value``."""
    return [f"ERROR :: {where or '/'} :: {problem}" for where, problem in _problems(kind, value, path)]


def _problems(kind: Kind, value: Any, path: str) -> Iterator[tuple[str, str]]:
    match kind:
        case Record():
            yield from _record_problems(kind, value, path)
        case Items(of=inner):
            yield from _array_problems(inner, value, path)
        case Text() if not isinstance(value, str):
            yield path, f"{_shown(value)} cannot be coerced to String"
        case Flag() if not isinstance(value, bool):
            yield path, f"{_shown(value)} cannot be coerced to Boolean"
        case Number() if isinstance(value, bool) or not isinstance(value, int | float):
            yield path, f"{_shown(value)} cannot be coerced to Number"
        case Symbol(symbols=symbols) if value not in symbols:
            yield path, f'"{_shown(value)}" is not an enum symbol'


def _record_problems(record: Record, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield path, "record type is not backed by a DataMap"
        return
    for name in record.fields:
        if name in record.required and name not in value:
            yield f"{path}/{name}", "field is required but not found and has no default value"
    for name, inner in value.items():
        if name not in record.fields:
            yield f"{path}/{name}", "unrecognized field found but not allowed"
        else:
            yield from _problems(record.fields[name], inner, f"{path}/{name}")


def _array_problems(inner: Kind, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield path, "array type is not backed by a DataList"
        return
    for index, item in enumerate(value):
        yield from _problems(inner, item, f"{path}/{index}")


def _shown(value: Any) -> str:
    return str(value)[:80]
