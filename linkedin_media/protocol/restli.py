"""Rest.li 2.0.0 values as text: paths, query strings, headers and batch keys.

.. code-block:: pycon

    >>> encode({"ids": [1, 2], "owner": "urn:li:person:a", "note": ""})
    "(ids:List(1,2),note:'',owner:urn%3Ali%3Aperson%3Aa)"
    >>> encode_params({"q": "author", "author": "urn:li:person:a", "count": 10, "start": None})
    'author=urn%3Ali%3Aperson%3Aa&count=10&q=author'

What the two official clients leave open or do differently is settled so: records and parameters are sorted, so that
equal values read equal; None is left out; the empty string is ``''``; everything outside RFC 3986's unreserved
characters is percent-encoded, in UTF-8 and upper case; a blank is ``%20``, never ``+``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Final, TypeAlias
from urllib.parse import quote

from ..errors import InvalidArgument, RestliSyntaxError
from .restli_mask import Mask, decode_mask, encode_mask
from .restli_reading import MAX_DEPTH, Decoded, decode, decode_params, percent_decoded, reduced_decode

__all__ = [
    "MAX_DEPTH",
    "Decoded",
    "Mask",
    "decode",
    "decode_created_id",
    "decode_mask",
    "decode_params",
    "encode",
    "encode_mask",
    "encode_params",
    "key_to_string",
    "reduced_decode",
    "reduced_encode",
]

_Escape: TypeAlias = Callable[[str], str]
_REDUCED: Final = re.compile(r"[%(),:']")


def encode(value: object) -> str:
    """Write a value for a URL: text, numbers, booleans, enums, lists and mappings of these.

    None is left out of lists and mappings. To put a whole key into a path, pass it as text: its structure is data
    there.

    Raises:
        InvalidArgument: Rest.li has no such value: None itself, NaN, an instant, bytes, a set, a lone surrogate, a
            mapping with two equal names, or more than `MAX_DEPTH` levels.
    """
    return _written(value, _quoted, depth=0)


def reduced_encode(value: object) -> str:
    """Write a value for a header or a JSON key: like `encode`, but only ``% ' ( ) , :`` are percent-encoded.

    The percent sign is among them, as in LinkedIn's own framework: ``%3A`` could not be told from ``:`` otherwise.

    Raises:
        InvalidArgument: As `encode`.
    """
    return _written(value, _reduced_escaped, depth=0)


def key_to_string(key: object) -> str:
    """Return the key under which LinkedIn answers for an entity: text as it is, a complex key reduced-encoded.

    A complex key with parameters carries them as ``$params``: ``key_to_string({**key, "$params": {…}})``.

    Raises:
        InvalidArgument: As `encode`.
    """
    return reduced_encode(key) if isinstance(key, Mapping) else _text(key)


def encode_params(params: Mapping[str, object] | None) -> str:
    """Write a query string, without its ``?``: sorted by name, None left out.

    `fields` is a mask (see `encode_mask`): it comes last and is not percent-encoded, as Rest.li wants it.

    Raises:
        InvalidArgument: Not a mapping, or a value `encode` or `encode_mask` refuses.
    """
    if params is None:
        return ""
    if not isinstance(params, Mapping):
        raise InvalidArgument(f"query parameters are a mapping, not a {type(params).__name__}", argument="params")
    named = _named(params)
    pairs = [f"{_escaped(name, _quoted)}={encode(value)}" for name, value in named if name != "fields"]
    pairs += [f"fields={_mask(value)}" for name, value in named if name == "fields"]
    return "&".join(pairs)


def decode_created_id(header: str) -> str:
    """Return the id LinkedIn put into ``x-restli-id``, which it sends raw or percent-encoded.

    A complex key, ``(a:1,b:2)``, and text that only looks encoded come back as they are: a created entity must not be
    lost over the spelling of its id.
    """
    if header.startswith("("):
        return header
    try:
        return percent_decoded(header)
    except RestliSyntaxError:
        return header


def _written(value: object, escape: _Escape, depth: int) -> str:
    if isinstance(value, str) or not isinstance(value, Mapping | list | tuple):
        return _escaped(_text(value), escape)
    if depth >= MAX_DEPTH:
        raise InvalidArgument(f"the value is nested deeper than {MAX_DEPTH}", hint="does it contain itself?")
    if isinstance(value, Mapping):
        pairs = (f"{_escaped(name, escape)}:{_written(item, escape, depth + 1)}" for name, item in _named(value))
        return f"({','.join(pairs)})"
    return f"List({','.join(_written(item, escape, depth + 1) for item in value if item is not None)})"


def _named(record: Mapping[object, object] | Mapping[str, object]) -> list[tuple[str, object]]:
    """Return what a record holds, sorted by name; None is nothing."""
    given = [(_text(name), item) for name, item in record.items() if item is not None]
    named = dict(given)
    if len(named) < len(given):
        raise InvalidArgument("two names of the mapping are written alike", hint="keep one of 1 and '1'")
    return sorted(named.items(), key=lambda pair: pair[0])


def _escaped(text: str, escape: _Escape) -> str:
    if not text:
        return "''"
    try:
        return escape(text)
    except UnicodeEncodeError:
        raise InvalidArgument(
            "a lone surrogate cannot be sent as UTF-8", hint="decode the text properly first"
        ) from None


def _quoted(text: str) -> str:
    """Percent-encode a text. Most are URNs, which take a third of the time piece by piece."""
    return "%3A".join([part if part.isalnum() and part.isascii() else quote(part, safe="") for part in text.split(":")])


def _reduced_escaped(text: str) -> str:
    text.encode()  # the one check `quote` makes and `sub` does not
    return _REDUCED.sub(lambda match: f"%{ord(match[0]):02X}", text)


def _text(value: object) -> str:
    """Return a primitive as plain text, before any escaping."""
    if isinstance(value, Enum):
        return _text(value.value)
    if isinstance(value, str):
        return str.__str__(value)  # a Urn is text; its own methods have no say here
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _decimal(value)
    raise _refused(value)


def _integer(value: int) -> str:
    try:
        return int.__repr__(value)
    except ValueError:  # Python writes no int of more than 4300 digits
        raise InvalidArgument("the number is too long", hint="LinkedIn's longs end at 9223372036854775807") from None


def _decimal(value: float) -> str:
    if not isfinite(value):
        raise InvalidArgument(f"{value} is not a number LinkedIn takes")
    text = float.__repr__(value)
    return format(Decimal(text), "f") if "e" in text else text


def _refused(value: object) -> InvalidArgument:
    return InvalidArgument(
        f"{type(value).__name__} is no Rest.li value",
        hint="use text, numbers, booleans, lists and mappings; an instant is an int of epoch milliseconds",
    )


def _mask(value: object) -> str:
    if not isinstance(value, str | Mapping | list | tuple):
        raise _refused(value)
    return encode_mask(value)
