"""How an error reads: one line of what happened and one of what to do, or one object of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import attrs
import click

from ..errors import InvalidArgument, InvalidImage, LinkedInMediaError, PostOutcomeUnknown
from .printable import printable
from .status import SOME_FAILED, UNKNOWN, USAGE

_HINTS: Final = {
    "POLL_TIMEOUT": "raise --poll-timeout, or ask for its status later: the image is uploaded and keeps its URN",
    "VERSION_MISSING": "set LINKEDIN_VERSION or --version-header",
    "VERSION_SUNSET": "set LINKEDIN_VERSION or --version-header to a version of the last twelve months",
}
"""Where the library's hint speaks of its own arguments."""


def report(error: Exception, *, as_json: bool) -> int:
    """Say what ended the program, and return its exit status.

    Raises:
        Exception: `error` itself, where it is none of this package and not the disk's.
    """
    if isinstance(error, OSError) and not isinstance(error, LinkedInMediaError):
        error = of_the_system(error)
    if not isinstance(error, LinkedInMediaError):
        raise error

    if as_json:
        click.echo(json.dumps({"error": to_dict(error)}, ensure_ascii=False).encode())
    else:
        click.echo("\n".join(to_lines(error)), err=True)
    return status_of(error)


def status_of(error: Exception) -> int:
    """Return the exit status an error stands for."""
    match error:
        case PostOutcomeUnknown():
            return UNKNOWN
        case InvalidArgument():
            return USAGE
        case _:
            return SOME_FAILED


def to_dict(error: LinkedInMediaError) -> dict[str, Any]:
    """Return an error as ``--json`` shows it; a refused image lists the rules it breaks, as ``check`` does."""
    shown: dict[str, Any] = {**error.to_dict(), "hint": hint_of(error)}
    if isinstance(error, InvalidImage):
        shown["violations"] = [attrs.asdict(violation) for violation in error.violations]
    return shown


def to_lines(error: LinkedInMediaError) -> Iterator[str]:
    """Yield an error for people: ``error: …``, and ``hint: …`` where there is something to do."""
    yield click.style("error: ", fg="red", bold=True) + printable(message_of(error))
    if hint := hint_of(error):
        yield click.style("hint: ", bold=True) + printable(hint)


def message_of(error: LinkedInMediaError) -> str:
    """Return what happened, with the call and the request's id where there was one, without the hint."""
    if isinstance(error, InvalidImage):
        return "; ".join(violation.message for violation in error.violations)
    return str(error).replace(f" ({error.hint})", "", 1) if error.hint else str(error)


def hint_of(error: LinkedInMediaError) -> str:
    """Return what to do, in words of the command line."""
    return next((_HINTS[code] for code in (error.code, error.error_code) if code in _HINTS), error.hint)


def of_the_system(error: OSError) -> LinkedInMediaError:
    """Return an error of the operating system as one of ours."""
    named = f"{error.filename}: " if error.filename else ""
    return LinkedInMediaError(f"{named}{error.strerror or error}")
