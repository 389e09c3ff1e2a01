"""What LinkedIn may add to at any time: keys and enum values not known yet are kept, and written back."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import attrs

E = TypeVar("E", bound=StrEnum)


def unknown_fields() -> Any:
    """Return the attribute that holds a model's unknown keys, by LinkedIn's names."""
    return attrs.field(factory=dict, kw_only=True, repr=False, hash=False)


def known(enum: type[E], value: str) -> E | str:
    """Return the member of `enum` that `value` names, else `value` as it is."""
    return enum(value) if value in enum.__members__ else value
