"""The rules of the house, read from the source: floors, purity, no cycles, sizes."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = "linkedin_media"
ROOT: Final = Path(__file__).resolve().parents[1] / PACKAGE

# Imports go downstairs or stay on their floor. A room is the first name under the package.
FLOORS: Final = {
    **dict.fromkeys(("errors", "model", "options"), 0),  # words
    **dict.fromkeys(("inspection", "protocol"), 1),  # pure
    **dict.fromkeys(
        (
            "connections",
            "containment",
            "download_body",
            "exchange",
            "lookout",
            "passing_time",
            "places",
            "plain_connection",
            "reply_body",
            "transport",
            "upload_body",
        ),
        2,
    ),  # the edge to the network
    **dict.fromkeys(
        (
            "decoding",
            "destination",
            "files",
            "fitting",
            "reading",
            "image_file",
            "regular_file",
            "at_once",
            "spooling",
            "threads",
        ),
        2,
    ),  # and to the disk
    "client": 3,
    "pipeline": 4,
    **dict.fromkeys(("cluster", "ingest"), 5),  # durable work
    **dict.fromkeys(("__main__", "cli", "simulator", "testing"), 6),  # faces
}
ALLOWED_EXTRA: Final = {"simulator": {"errors", "model", "options", "inspection", "protocol", "simulator"}}
PURE: Final = {room for room, floor in FLOORS.items() if floor <= 1}

# What a module without socket, file, clock and chance has no use for.
IMPURE_MODULES: Final = frozenset(
    {
        *("aiofiles", "aiohttp", "http", "requests", "select", "selectors", "socket", "ssl", "urllib.request", "yarl"),
        *("fcntl", "glob", "io", "logging", "mmap", "os", "pathlib", "PIL", "shutil", "sqlite3", "sys", "tempfile"),
        *("asyncio", "concurrent", "multiprocessing", "signal", "subprocess", "threading", "time"),
        *("random", "secrets", "uuid"),
    }
)
PURE_NAMES: Final = frozenset({"os.PathLike", "os.fsdecode", "os.fsencode", "os.fspath"})  # types and text, no disk
IMPURE_CALLS: Final = frozenset(
    {
        *("date.today", "datetime.now", "datetime.today", "datetime.utcnow"),
        *("__import__", "breakpoint", "eval", "exec", "input", "open", "print"),
    }
)

NAMELESS: Final = frozenset({"base", "common", "helpers", "manager", "misc", "tools", "util", "utils"})
LONGEST_FILE: Final = 300
LONGEST_FUNCTION: Final = 40
LONG_FILES: Final = {
    "": "every public name twice, one a line",
    "errors": "the whole exception tree in one place, most of it docstrings",
}
LONG_FUNCTIONS: Final[dict[str, str]] = {}  # "module.function": why


@attrs.frozen
class Import:
    """One import: which module it loads, on which line, and whether it happens at run time."""

    target: str
    line: int
    at_run_time: bool


@attrs.frozen
class Module:
    """One source file under its name within the package: ``protocol.wire``, or `` `` for the package itself."""

    name: str
    path: Path

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _modules() -> dict[str, Module]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path)
    return found


MODULES: Final = _modules()


def _each(modules: list[Module]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("module", modules, ids=lambda module: module.name or PACKAGE)


each_module = _each([*MODULES.values()])
each_pure_module = _each([module for module in MODULES.values() if module.room in PURE])


def _imports(module: Module) -> Iterator[Import]:
    """Every import statement, inside functions too, with relative names made absolute."""
    types_only = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = _absolute(module, node)
            targets = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (Import(target, node.lineno, id(node) not in types_only) for target in targets)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    here = [PACKAGE, *filter(None, module.name.split("."))]
    package = here if module.path.stem == "__init__" else here[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])


def _own(target: str) -> str | None:
    """The module of the package that an import loads, None where it loads something else."""
    if target.partition(".")[0] != PACKAGE:
        return None
    name = target.partition(".")[2]
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


@each_module
def test_a_module_imports_its_own_floor_and_those_below(module: Module) -> None:
    if not module.name:
        return  # the package itself only names what it re-exports
    allowed = ALLOWED_EXTRA.get(module.room) or {room for room in FLOORS if FLOORS[room] <= FLOORS[module.room]}
    upstairs = [
        f"line {found.line}: {target}"
        for found in _imports(module)
        if (target := _own(found.target)) and target.partition(".")[0] not in allowed
    ]

    assert upstairs == []


def test_every_module_has_a_floor() -> None:
    rooms = {module.room for module in MODULES.values() if module.name}

    assert rooms - FLOORS.keys() == set()


@each_pure_module
def test_a_lower_floor_imports_no_socket_file_clock_or_chance(module: Module) -> None:
    impure = [
        f"line {found.line}: {name}"
        for found in _imports(module)
        if found.at_run_time and _prefixes(found.target) & IMPURE_MODULES
        for name in _names(module, found.target)
        if name not in PURE_NAMES
    ]

    assert impure == []


@each_pure_module
def test_a_lower_floor_asks_no_file_and_no_clock(module: Module) -> None:
    calls = [
        f"line {node.lineno}: {name}()"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and (name := ".".join(ast.unparse(node.func).split(".")[-2:])) in IMPURE_CALLS
    ]

    assert calls == []


@each_pure_module
def test_a_lower_floor_waits_for_nothing(module: Module) -> None:
    waits = [
        node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]

    assert waits == []


def _names(module: Module, target: str) -> set[str]:
    """What is used of an import: ``os.PathLike`` of ``import os``, and the import itself where nothing is."""
    used = {ast.unparse(node) for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    return {name for name in used if name.rpartition(".")[0] == target} or {target}


def _prefixes(target: str) -> set[str]:
    parts = target.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts) + 1)}


def test_no_module_imports_itself_through_others() -> None:
    graph = {
        name: {target for found in _imports(module) if found.at_run_time and (target := _own(found.target))}
        - {name, ""}
        for name, module in MODULES.items()
    }

    assert _a_cycle(graph) == []


def _a_cycle(graph: dict[str, set[str]]) -> list[str]:
    """The first cycle found, as the names along it; empty where there is none."""
    done: set[str] = set()

    def follow(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph[name]):
            if cycle := follow(target, [*trail, name]):
                return cycle
        done.add(name)
        return []

    return next(filter(None, (follow(name, []) for name in sorted(graph))), [])


def test_a_cycle_is_found() -> None:
    assert _a_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert _a_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@each_module
def test_a_module_is_named_for_its_subject(module: Module) -> None:
    assert NAMELESS.isdisjoint(module.name.strip("_").split("."))


@each_module
def test_a_file_has_a_subject_it_can_hold(module: Module) -> None:
    lines = len(module.path.read_text(encoding="utf-8").splitlines())

    if module.name in LONG_FILES:
        assert lines > LONGEST_FILE, "no longer long: take it off the list"
    else:
        assert lines <= LONGEST_FILE


@each_module
def test_a_function_fits_on_a_screen(module: Module) -> None:
    too_long = {name: lines for name, lines in _functions(module) if lines > LONGEST_FUNCTION}
    excused = {name for name in LONG_FUNCTIONS if MODULES.get(name.rpartition(".")[0]) == module}

    assert too_long.keys() - excused == set(), too_long
    assert excused - too_long.keys() == set(), "no longer long: take it off the list"


def _functions(module: Module) -> Iterator[tuple[str, int]]:
    """Every function with its lines from ``def`` to the last one, the docstring not counted."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{module.name}.{node.name}", _lines(node) - (_lines(node.body[0]) if ast.get_docstring(node) else 0)


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_the_lists_of_exceptions_name_what_exists() -> None:
    functions = {name for module in MODULES.values() for name, _ in _functions(module)}

    assert LONG_FILES.keys() - MODULES.keys() == set()
    assert LONG_FUNCTIONS.keys() - functions == set()
