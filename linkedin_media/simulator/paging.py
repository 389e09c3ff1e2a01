"""Pages of collections: which stretch is asked for, and the links to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from .incoming import Incoming
from .replies import bad_input, invalid_param

if TYPE_CHECKING:
    from .world import World


@attrs.frozen
class Window:
    """The stretch of a collection a call asks for."""

    start: int
    count: int


def window_of(params: Mapping[str, Any], *, default: int = 10, most: int) -> Window:
    """Read ``start`` and ``count``.

    Raises:
        Refused: 400 for anything but whole numbers within bounds.
    """
    start, count = _number(params, "start", 0), _number(params, "count", default)
    if start < 0:
        raise invalid_param("start")
    if not 1 <= count <= most:
        raise bad_input("INVALID_VALUE_FOR_FIELD", f"count must be between 1 and {most}", "count")
    return Window(start, count)


def _number(params: Mapping[str, Any], name: str, default: int) -> int:
    value = params.get(name, str(default))
    if not isinstance(value, str) or not value.lstrip("-").isdecimal():
        raise invalid_param(name)
    return int(value)


def paging(
    world: World, call: Incoming, window: Window, *, next_start: int | None, total: int | None = None
) -> dict[str, Any]:
    """Return the ``paging`` of a page; there is a next link where `next_start` says so."""
    links = []
    if next_start is not None:
        links.append({"rel": "next", "type": "application/json", "href": _href(world, call, next_start, window.count)})
    page: dict[str, Any] = {"start": window.start, "count": window.count, "links": links}
    return page if total is None else {**page, "total": total}


def _href(world: World, call: Incoming, start: int, count: int) -> str:
    """Return the call's own address, moved on; its other parameters stay as they were encoded."""
    path, _, query = call.target.partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in ("start", "count")]
    target = f"{path}?{'&'.join([*kept, f'start={start}', f'count={count}'])}"
    return target if world.config.paging_links == "relative" else world.base_url + target
