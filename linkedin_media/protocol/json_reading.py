"""JSON as servers send it: in whatever encoding, and nothing that could not be written again; with orjson where it is there."""

from __future__ import annotations

import json
from typing import Any, Final

fast: Any
try:
    import orjson as fast
except ImportError:
    fast = None

_OBJECT_OR_LIST: Final = (b"{", b"[")


def read_json(body: bytes) -> Any:
    """Return what is in a body, None where it is no JSON, too deep, or holds text that is not Unicode."""
    if fast is not None:
        try:
            return fast.loads(body)
        except ValueError:  # what it refuses, the other may take: other encodings than UTF-8
            pass
    try:
        value = _decoder.decode(_text_of(body))
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value


def parse_json(text: str) -> Any:
    """Return what is in a text that we wrote, or a database of ours.

    Raises:
        ValueError: It is no JSON.
    """
    if fast is not None:
        try:
            return fast.loads(text)
        except ValueError:
            pass
    return json.loads(text)


def _text_of(body: bytes) -> str:
    try:
        return body.decode() if body[:1] in _OBJECT_OR_LIST and body[1:2] != b"\0" else _decoded(body)
    except UnicodeDecodeError:
        return _decoded(body)


def _decoded(body: bytes) -> str:
    return body.decode(json.detect_encoding(body), "surrogatepass")


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


_decoder: Final = json.JSONDecoder(parse_constant=_refuse_constant)
