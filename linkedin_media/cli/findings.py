"""The work of ``linkedin-media doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from ..client.doctor import doctor
from ..model.check import Check, CheckStatus
from .options import Connection, Output
from .printable import printable
from .screen import Screen
from .status import ALL_GOOD, SOME_FAILED

_COLOURS: Final = {CheckStatus.OK: "green", CheckStatus.WARNING: "yellow", CheckStatus.ERROR: "red"}
_WORD: Final = max(map(len, CheckStatus))
_NAME: Final = len("dependencies")


async def show_findings(connection: Connection, output: Output) -> int:
    """Tell of every finding; return 1 if there is an error."""
    checks = await doctor(base_url=connection.base_url, version=connection.version)
    with Screen(output) as screen:
        for check in checks:
            screen.result(check.to_dict(), _lines(check))
    return SOME_FAILED if any(check.status is CheckStatus.ERROR for check in checks) else ALL_GOOD


def _lines(check: Check) -> Iterator[str]:
    word = click.style(f"{check.status.value:{_WORD}}", fg=_COLOURS[check.status], bold=True)
    yield f"{word}  {check.name:{_NAME}}  {printable(check.message)}"
    if check.fix:
        yield f"{'':{_WORD + _NAME + 4}}{printable(check.fix)}"
