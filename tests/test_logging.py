"""What is logged is what the documents say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = (ROOT / "docs/pages/logging.md").read_text(encoding="utf-8")
ROW: Final = re.compile(
    r"^\| `(?P<logger>[\w.]+)` \| `(?P<event>[\w.]+)` \| (?P<level>\w+) \| (?P<fields>[^|]*) \|", re.MULTILINE
)
LEVELS: Final = {"exception": "error", "log": "warning"}  # and at a lower level, should it come again


@attrs.frozen(order=True)
class Event:
    """One event as it is logged: by which logger, at which level, with which fields."""

    logger: str
    name: str
    level: str
    fields: frozenset[str]


def _logged() -> Iterator[Event]:
    for path in sorted((ROOT / "linkedin_media").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        loggers = [
            node.args[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and ast.unparse(node.func) == "logging.getLogger"
            and isinstance(node.args[0], ast.Constant)
        ]
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("_log."):
                level = ast.unparse(call.func).removeprefix("_log.")
                if level != "isEnabledFor":
                    [logger] = loggers
                    yield Event(
                        str(logger),
                        ast.literal_eval(call.args[level == "log"]),
                        LEVELS.get(level, level),
                        _fields(call, tree),
                    )


def _fields(call: ast.Call, tree: ast.Module) -> frozenset[str]:
    for keyword in call.keywords:
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
            return frozenset(_keys(keyword.value, tree))
    return frozenset()


def _keys(fields: ast.Dict, tree: ast.Module) -> Iterator[str]:
    for key, value in zip(fields.keys, fields.values, strict=True):
        if key is not None:
            yield ast.literal_eval(key)
            continue
        for other in ast.walk(tree):  # `**details`
            if isinstance(other, ast.Assign) and ast.unparse(other.targets[0]) == ast.unparse(value):
                assert isinstance(other.value, ast.Dict)
                yield from _keys(other.value, tree)


def test_the_page_lists_every_event_as_it_is_logged() -> None:
    logged: dict[tuple[str, str, str], frozenset[str]] = {}
    for event in _logged():
        key = event.logger, event.name, event.level
        logged[key] = logged.get(key, frozenset()) | event.fields
    listed = {
        (row["logger"], row["event"], row["level"]): frozenset(re.findall(r"`(\w+)`", row["fields"]))
        for row in ROW.finditer(PAGE)
    }

    assert len(logged) > 10
    assert listed == logged
