"""The reference page shows every public name."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Final

import pytest

import linkedin_media as lm

PAGE: Final = (Path(__file__).resolve().parents[1] / "docs/pages/reference.md").read_text(encoding="utf-8")
BLOCK: Final = re.compile(r"^::: linkedin_media\.(?P<module>[\w.]+)\n    options: \{(?P<options>.*)\}$", re.MULTILINE)
SHOWN: Final = {found["module"]: re.search(r"members: \[([^]]*)\]", found["options"]) for found in BLOCK.finditer(PAGE)}


@pytest.mark.parametrize("name", lm.__all__)
def test_a_public_name_is_on_the_page(name: str) -> None:
    module = lm._HOMES[name]

    assert module in SHOWN, f"add ::: linkedin_media.{module}"
    members = SHOWN[module]
    assert members is None or name in members[1].split(", ")


@pytest.mark.parametrize("module", SHOWN)
def test_what_the_page_shows_exists(module: str) -> None:
    members = SHOWN[module]
    loaded = importlib.import_module(f"linkedin_media.{module}")

    assert [name for name in (members[1].split(", ") if members else ()) if not hasattr(loaded, name)] == []
