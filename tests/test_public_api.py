"""What `import linkedin_media as lm` offers: sorted, complete, lazy, documented."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import linkedin_media as lm
from linkedin_media import errors, options

INIT = Path(lm.__file__)
HEAVY = ("aiofiles", "aiohttp", "cattrs", "click", "PIL", "rich", "sqlalchemy")

each_name = pytest.mark.parametrize("name", lm.__all__)
each_error = pytest.mark.parametrize(
    "error", [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
)


def test_all_is_sorted_and_names_nothing_twice() -> None:
    assert lm.__all__ == sorted(set(lm.__all__))


def test_type_checkers_see_every_name_where_it_is_loaded_from() -> None:
    assert _imported_for_type_checkers() == lm._HOMES


def _imported_for_type_checkers() -> dict[str, str]:
    """Each name and its module, from the imports under ``if TYPE_CHECKING:``."""
    tree = ast.parse(INIT.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


@each_name
def test_every_name_resolves_where_it_is_defined(name: str) -> None:
    value = getattr(lm, name)

    assert not inspect.isclass(value) or value.__name__ == name
    assert name in dir(lm)


@each_name
def test_every_name_is_documented(name: str) -> None:
    value = getattr(lm, name)
    if not inspect.isclass(value) and not inspect.isroutine(value):
        return  # a constant or an alias: the text below it in its module

    assert (inspect.getdoc(value) or "").strip()
    assert [member for member in _public_members(value) if not (inspect.getdoc(member) or "").strip()] == []


def _public_members(owner: object) -> list[object]:
    """Methods and properties that the package itself defines on a class."""
    return [
        member
        for name, member in (vars(owner).items() if inspect.isclass(owner) else ())
        if not name.startswith("_")
        and (inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod))
    ]


def test_every_error_and_option_is_public() -> None:
    here = {
        name
        for module in (errors, options)
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }

    assert here - set(lm.__all__) == set()


@each_error
def test_every_error_is_drawn_in_the_tree_of_its_module(error: type[Exception]) -> None:
    assert error.__name__ in (errors.__doc__ or "")


def test_a_name_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = lm.Nonsense  # type: ignore[attr-defined]


def test_public_classes_pickle_by_the_name_of_their_module() -> None:
    assert pickle.loads(pickle.dumps(lm.Urn)) is lm.Urn


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert lm.__version__ == importlib.metadata.version("linkedin-media")


def test_a_checkout_that_nobody_installed_has_a_version_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", not_found)

    assert lm._installed_version() == "0+source"


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert _loaded_by("import linkedin_media as lm; lm.__version__; dir(lm)").isdisjoint(HEAVY)


def test_naming_an_error_loads_no_network() -> None:
    assert _loaded_by("import linkedin_media as lm; lm.NotFound; lm.Urn; lm.Timeouts").isdisjoint(
        {"aiohttp", "asyncio", "PIL"}
    )


def test_a_star_import_gives_every_name() -> None:
    namespace: dict[str, object] = {}
    exec("from linkedin_media import *", namespace)

    assert set(lm.__all__) <= namespace.keys()


def _loaded_by(statements: str) -> set[str]:
    """The top-level modules a fresh interpreter holds after `statements`."""
    program = f"{statements}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    return set(ran.stdout.split())
