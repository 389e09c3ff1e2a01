"""Faults as TOML or JSON, for ``simulate --faults FILE`` and the control API.

.. code-block:: toml

    [[fault]]
    on = "posts.create"
    nth = [1, 3]
    action = "commit_then_drop"
    how = "reset"
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from ..errors import InvalidArgument
from . import answer_toxics, toxics, wire_toxics
from .faults import Action, Fault

_ACTIONS: Final[tuple[type[Action], ...]] = (
    *(toxics.AdvanceClock, toxics.Answer, toxics.DailyLimit, toxics.ExpireUploads, toxics.InvalidateToken),
    *(toxics.Latency, toxics.Mutate, toxics.Throttle),
    *(answer_toxics.Bandwidth, answer_toxics.HalfBody, answer_toxics.HalfHead, answer_toxics.Informational),
    *(answer_toxics.Slice, answer_toxics.SlowClose),
    *(wire_toxics.BlackHole, wire_toxics.CommitThenDrop, wire_toxics.EarlyAnswer, wire_toxics.LimitData),
    *(wire_toxics.Refuse, wire_toxics.Reset),
)
_BASE64: Final = "body_base64"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


BY_NAME: Final[Mapping[str, type[Action]]] = {_snake(action.__name__): action for action in _ACTIONS}
_CHOICES: Final = frozenset(field.name for field in attrs.fields(Fault)) - {"action", "matching"}


def read_file(path: Path) -> list[Fault]:
    """Read the faults of a TOML or JSON file.

    Raises:
        InvalidArgument: Not such a file, or a fault in it that is none.
    """
    text = path.read_text(encoding="utf-8")
    try:
        content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise InvalidArgument(f"{path}: {error}", argument="faults") from error
    return faults_of(content)


def faults_of(content: Any) -> list[Fault]:
    """Return the faults of a list, of ``{"fault": [...]}``, or of a single mapping.

    Raises:
        InvalidArgument: A fault that is none.
    """
    match content:
        case {"fault": list(items)} | list(items):
            return [fault_of(item) for item in items]
    return [fault_of(content)]


def fault_of(item: Any) -> Fault:
    """Return the fault a mapping describes: the fields of `Fault`, and those of its action beside them.

    Raises:
        InvalidArgument: An unknown action, or values it does not take.
    """
    if not isinstance(item, dict) or item.get("action") not in BY_NAME:
        known = ", ".join(sorted(BY_NAME))
        raise InvalidArgument("a fault needs an action", argument="action", hint=f"one of {known}")
    choices = {name: value for name, value in item.items() if name in _CHOICES}
    details = {name: value for name, value in item.items() if name not in _CHOICES and name != "action"}
    if _BASE64 in details:
        details["body"] = base64.b64decode(details.pop(_BASE64))
    try:
        return Fault(action=BY_NAME[item["action"]](**details), **choices)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"{item['action']}: {error}", argument="action") from error


def to_mapping(fault: Fault) -> dict[str, Any]:
    """Return what `fault_of` reads.

    Raises:
        InvalidArgument: A fault with a function in it, which only Python can hold.
    """
    kind = _snake(type(fault.action).__name__)
    choices = {name: getattr(fault, name) for name in _CHOICES}
    details = {field.name: getattr(fault.action, field.name) for field in _fields(fault.action) if field.init}
    if fault.matching is not None or kind not in BY_NAME or any(callable(value) for value in details.values()):
        raise InvalidArgument(f"{fault.label} holds a function, which cannot leave this process", argument="action")
    if isinstance(details.get("body"), bytes):
        details[_BASE64] = base64.b64encode(details.pop("body")).decode()
    present = {name: value for name, value in {**choices, **details}.items() if value is not None}
    return {"action": kind, **present, **({"nth": sorted(fault.nth)} if fault.nth is not None else {})}


def _fields(action: Action) -> Iterable[attrs.Attribute[Any]]:
    kind: Any = type(action)
    return attrs.fields(kind) if attrs.has(kind) else ()
