"""A configuration as JSON, for processes of their own and the control API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from ..errors import InvalidArgument
from ..options import ImageRules
from .config import SimulatorConfig

_SECRET: Final = frozenset({"clock"})
_NAMES: Final = frozenset(field.name for field in attrs.fields(SimulatorConfig)) - _SECRET


def changes_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON values as the arguments of `SimulatorConfig`.

    Raises:
        InvalidArgument: A name it does not have.
    """
    unknown = sorted(set(values) - _NAMES)
    if unknown:
        raise InvalidArgument(f"the simulator has no setting {unknown[0]!r}", argument=unknown[0])
    return {name: _read(name, value) for name, value in values.items()}


def _read(name: str, value: Any) -> Any:
    if name == "rules":
        return ImageRules(**value)
    return tuple(value) if isinstance(value, list) else value


def to_mapping(config: SimulatorConfig) -> dict[str, Any]:
    """Return what `changes_of` reads.

    Raises:
        InvalidArgument: `processing_seconds` is a function, which only Python can hold.
    """
    values = {name: getattr(config, name) for name in _NAMES}
    if callable(values["processing_seconds"]):
        raise InvalidArgument("processing_seconds is a function, which cannot leave this process")
    values["rules"] = attrs.asdict(config.rules)
    values["versions"] = sorted(config.versions)
    return dict(sorted(values.items()))
