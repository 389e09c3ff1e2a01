"""What LinkedIn may add to at any time: keys and enum values not known yet are kept, and written back."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeVar

import attrs

E = TypeVar("E", bound=StrEnum)
DERIVED: Final = "derived"
"""The mark of such attributes, for those who read and write JSON."""


def unknown_fields() -> Any:
    """Return the attribute that holds a model's unknown keys, by LinkedIn's names."""
    return attrs.field(factory=dict, kw_only=True, repr=False, hash=False)


def derived() -> Any:
    """Return an attribute that is made of the others: neither read from JSON nor written to it nor compared."""
    return attrs.field(factory=dict, kw_only=True, repr=False, eq=False, metadata={DERIVED: True})


def known(enum: type[E], value: str) -> E | str:
    """Return the member of `enum` that `value` names, else `value` as it is."""
    if isinstance(value, enum):
        return value
    members: dict[str, E] = _members_of(enum)
    return members.get(value, value)


@cache
def _members_of(enum: type[E]) -> dict[str, E]:
    return dict(enum.__members__)
