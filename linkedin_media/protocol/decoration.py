"""Decorated answers: beside a field, ``field~`` holds what its URN resolved to, or ``field!`` why it could not.

Both come in an answer that is still 200, so an error here fails nothing: it is reported beside the entity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ..errors import ApiError, Forbidden, NotFound, UnexpectedReply
from ..model.decoration import Decoration, PlayableStream
from . import codec, replies
from .wire import Request, Response

_RESOLVED: Final = "~"
_FAILED: Final = "!"


def read_decorations(value: object) -> dict[str, Decoration]:
    """Return what an entity's fields resolved to, by the path of each field: ``coverImage.croppedImage.original``."""
    return {
        path.removesuffix(_RESOLVED): Decoration(fields=found, streams=_streams(found))
        for path, found in _marked(value, _RESOLVED)
        if isinstance(found, Mapping)
    }


def read_decoration_errors(request: Request, response: Response, value: object, now: datetime) -> dict[str, ApiError]:
    """Return why other fields did not resolve, each as the error that a call would have been."""
    return {
        path.removesuffix(_FAILED): _error(request, response, path.removesuffix(_FAILED), found, now)
        for path, found in _marked(value, _FAILED)
    }


def _marked(value: object, mark: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """Find the keys that end with `mark`, at any depth; arrays count from 0."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        here = f"{path}.{key}" if path else str(key)
        if here.endswith(mark):
            yield here, inner
        yield from _marked(inner, mark, here)


def _streams(found: Mapping[str, Any]) -> tuple[PlayableStream, ...]:
    """Read a decoration as playable streams; what is none of those is still whole in its fields."""
    elements = found.get("elements")
    if not isinstance(elements, list):
        return ()
    try:
        return tuple(codec.load(element, PlayableStream) for element in elements)
    except UnexpectedReply:
        return ()


def _error(request: Request, response: Response, field: str, found: object, now: datetime) -> ApiError:
    error = replies.inner_error(request, response, found, now)
    if isinstance(error, Forbidden | NotFound):
        error.hint = f"LinkedIn did not resolve {field}; the URN in it is as good as before"
    return error
