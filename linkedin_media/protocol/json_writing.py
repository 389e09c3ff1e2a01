"""JSON as we send it: compact, in UTF-8, and nothing that is none; with orjson where it is there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .json_reading import fast

_STRICT: Final = 0 if fast is None else fast.OPT_PASSTHROUGH_DATETIME | fast.OPT_PASSTHROUGH_DATACLASS
_NULL: Final = b"null"


def write_json(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return `value` as JSON, the same whether orjson is there or not.

    Raises:
        TypeError, ValueError, RecursionError: Something in it is no JSON, or text that is no Unicode.
    """
    if fast is not None:
        try:
            written: bytes = fast.dumps(value, option=_STRICT)
        except TypeError:  # what it refuses, the other may take: longer numbers, keys that are numbers
            written = _NULL
        if written.find(_NULL) < 0:  # which it makes of what is no number, too; `in` would look for a number first
            return written
    return _encoder.encode(value).encode()


_encoder: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
