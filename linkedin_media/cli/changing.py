"""Changing some things, one after the other: one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ..errors import LinkedInMediaError, Unauthorized, VersionSunset
from .failures import to_dict
from .printable import printable
from .results import bad_lines, good
from .screen import Screen
from .status import ALL_GOOD, SOME_FAILED


async def change_each(
    keys: Sequence[Any], change: Callable[[Any], Awaitable[dict[str, Any]]], screen: Screen, *, noun: str, done: str
) -> int:
    """Change each of `keys`, tell of each, and return the exit status. `change` returns what else to tell.

    Raises:
        Unauthorized, VersionSunset: What is wrong concerns every call.
    """
    status = ALL_GOOD
    for key in dict.fromkeys(keys):
        try:
            told = await change(key)
        except (Unauthorized, VersionSunset):
            raise
        except LinkedInMediaError as error:
            status = SOME_FAILED
            screen.result({noun: key, "ok": False, "error": to_dict(error)}, bad_lines(str(key), error))
        else:
            words = "  ".join(str(value) for value in told.values() if value)
            screen.result({noun: key, "ok": True, **told}, [f"{good(done)}  {key}  {printable(words)}".rstrip()])

    return status
