"""The options that commands share. Nothing here imports more than click: the rest is loaded when a command runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, Literal, TypeVar, cast

import attrs
import click

Command = TypeVar("Command", bound=Callable[..., Any])
FILES: Final[dict[str, Any]] = {"nargs": -1, "required": True, "type": click.Path(path_type=str), "metavar": "FILE..."}
"""Files as they were named: whether one is there and readable is a result, not a matter of usage."""

PORT: Final = click.IntRange(0, 65535)
"""Where to listen; 0 picks a free port."""


class UrnType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A URN of one of some types: ``UrnType("person", "organization")``."""

    name = "urn"

    def __init__(self, *types: str) -> None:
        self.types = types

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the URN, or refuse the usage."""
        from ..errors import InvalidArgument
        from ..model.urn import expect

        try:
            return expect(value, self.name, self.types)
        except InvalidArgument as error:
            self.fail(str(error), param, ctx)


@attrs.frozen(kw_only=True)
class Connection:
    """Which server to speak to, and in which version of its API; None is the environment's choice."""

    base_url: str | None = None
    version: str | None = None


@attrs.frozen(kw_only=True)
class Pace:
    """How to wait for images, and how much to do at once; None is the library's choice."""

    wait: Literal["auto", "poll", "grace", "none"] = "auto"
    poll_timeout: float | None = None
    concurrency: int | None = None


@attrs.frozen(kw_only=True)
class Output:
    """How to tell what happens."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False


def connection_options(command: Command) -> Command:
    """Give a command ``--base-url`` and ``--version-header``, which it receives as `connection`."""
    return _gathered(
        command,
        "connection",
        Connection,
        click.option("--base-url", metavar="URL", help="Another server than LinkedIn.  [env: LINKEDIN_BASE_URL]"),
        click.option(
            "--version-header", "version", metavar="YYYYMM", help="The API version to ask for.  [env: LINKEDIN_VERSION]"
        ),
    )


def pace_options(command: Command) -> Command:
    """Give a command ``--wait``, ``--poll-timeout`` and ``--concurrency``, which it receives as `pace`."""
    return _gathered(
        command,
        "pace",
        Pace,
        click.option(
            "--wait",
            type=click.Choice(["auto", "poll", "grace", "none"]),
            default="auto",
            show_default=True,
            help="Until an image is AVAILABLE: poll; or a grace delay of 5 s, for tokens that may not read images; or none. "
            "auto polls, and falls back to the delay.",
        ),
        click.option(
            "--poll-timeout", type=float, metavar="SECONDS", help="How long to poll for an image.  [default: 300]"
        ),
        click.option(
            "--concurrency", type=click.IntRange(min=1), metavar="N", help="How many uploads at once.  [default: 16]"
        ),
    )


def output_options(command: Command) -> Command:
    """Give a command ``--json``, ``--quiet`` and ``--verbose``, which it receives as `output`."""
    return _gathered(
        command,
        "output",
        Output,
        click.option("--json", "as_json", is_flag=True, callback=_remember, help="Print one JSON object a line."),
        click.option("-q", "--quiet", is_flag=True, help="Print results and errors only, no progress."),
        click.option("-v", "--verbose", is_flag=True, help="Log every call to stderr."),
    )


def _remember(ctx: click.Context, _: click.Parameter, as_json: bool) -> bool:  # noqa: FBT001 -- click's signature
    """Let the program know, which reports what a command raises."""
    ctx.meta["as_json"] = as_json
    return as_json


def _gathered(command: Command, name: str, value: type[Any], *options: Callable[[Any], Any]) -> Command:
    """Add `options` to `command`, which receives them together, as one `value` called `name`."""
    fields = [field.name for field in attrs.fields(value)]

    @wraps(command)
    def gathering(**given: Any) -> Any:
        return command(**{name: value(**{field: given.pop(field) for field in fields})}, **given)

    for option in reversed(options):
        option(gathering)
    return cast("Command", gathering)
