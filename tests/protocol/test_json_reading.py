"""The accelerator and the standard library read the same bodies alike."""

from __future__ import annotations

import pytest

from linkedin_media.protocol import json_reading
from linkedin_media.protocol.json_reading import parse_json, read_json


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": [1, -2.5, true, null, "\xc3\xa9"]}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u00e9\\ud83d\\ude00"}',
        b'{"a": "\\ud800"}',
        b'{"a": NaN}',
        b"{",
        b"",
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": "é"}'.encode("utf-16"),
        b'{"a": "\xff"}',
        b"[" * 5000 + b"]" * 5000,
    ],
    ids=["plain", "twice", "escapes", "surrogate", "nan", "cut", "empty", "bom", "utf16", "latin1", "deep"],
)
def test_the_accelerator_reads_what_the_standard_library_reads(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("orjson")
    fast = read_json(body)
    monkeypatch.setattr(json_reading, "fast", None)

    assert read_json(body) == fast


@pytest.mark.parametrize("text", ['{"a":[1,"é\\u00e9",null]}', "[]", '{"a":"\\udc80"}', '{"a":1234567890123456789}'])
def test_texts_of_our_own_are_read_alike(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = parse_json(text)
    monkeypatch.setattr(json_reading, "fast", None)

    assert parse_json(text) == fast
    with pytest.raises(ValueError, match="line 1"):
        parse_json(text[:-1])
