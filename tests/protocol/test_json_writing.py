"""The accelerator and the standard library write the same bodies alike, and refuse the same."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

from linkedin_media.model.urn import Urn
from linkedin_media.protocol import json_writing
from linkedin_media.protocol.json_writing import write_json


class Colour(StrEnum):
    RED = "red"


WRITTEN: list[Any] = [
    {"text": 'é\u2028\u0000\x1f\x7f\b\f\n\r\t"\\/ \U0001f600', "list": [1, -2, True, False, None, {}], "empty": []},
    {"urn": Urn("urn:li:image:A"), "enum": Colour.RED, "tuple": (1, 2)},
    {"large": 2**70, "float": 0.1, "nothing": None},
    {1: "a key that is a number"},
]
REFUSED: list[Any] = [
    {"a": float("nan")},
    {"a": float("inf")},
    {"a": "\ud800"},
    {"a": datetime.now(UTC)},
    {"a": {1, 2}},
    {"a": b"bytes"},
]


@pytest.mark.parametrize("value", WRITTEN)
def test_the_accelerator_writes_what_the_standard_library_writes(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("orjson")
    fast = write_json(value)
    monkeypatch.setattr(json_writing, "fast", None)

    assert write_json(value) == fast


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("value", REFUSED)
def test_what_is_no_json_is_refused(value: Any, is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not is_there:
        monkeypatch.setattr(json_writing, "fast", None)

    with pytest.raises((TypeError, ValueError)):
        write_json(value)
