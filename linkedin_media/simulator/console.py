"""Running a simulator until it is told to stop, with a line on standard error for every call."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from . import control
from .config import SimulatorConfig
from .faults import Fault
from .journal import Call
from .simulator import Simulator

_SECRETS: Final = re.compile(r"([?&](?:ut|t|code|client_secret)=)[^&]*")


def environment(simulator: Simulator) -> list[str]:
    """Return the lines that point a client at this simulator."""
    return [
        f"LINKEDIN_BASE_URL={simulator.base_url}",
        f"LINKEDIN_ACCESS_TOKEN={simulator.token}",
        f"LINKEDIN_PERSON={simulator.person}",
        f"LINKEDIN_ORGANIZATION={simulator.organization}",
        f"LINKEDIN_ACCOUNT={simulator.account}",
    ]


def line_of(call: Call) -> str:
    """Return a call as one line of a log, without signatures."""
    status = call.status if call.status is not None else "---"
    size = f" {call.bytes:,} B" if call.bytes else ""
    fault = f" [fault: {call.fault}]" if call.fault else ""
    notes = "".join(f"\n      {verdict}" for verdict in call.verdicts)
    path = _SECRETS.sub(r"\1[redacted]", call.raw_path)
    return f"{call.index:5} {status} {call.method} {path}{size}{fault}{notes}"


async def serve(
    config: SimulatorConfig,
    *,
    faults: Iterable[Fault] = (),
    started: Callable[[Simulator], None],
    log: Callable[[str], None] | None = None,
    until_stdin_closes: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM, or until standard input ends; `started` is called once it listens."""
    async with Simulator(config) as simulator:
        simulator.faults.add(*faults)
        if log is not None:
            simulator.on_call(lambda call: log(line_of(call)))
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        if until_stdin_closes:
            await loop.connect_read_pipe(lambda: _UntilEnd(stop), sys.stdin)
        started(simulator)
        await stop.wait()


class _UntilEnd(asyncio.Protocol):
    """Sets an event once a pipe has ended."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    def eof_received(self) -> None:
        self._stop.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio passes it
        self._stop.set()


def information_line(simulator: Simulator) -> str:
    """Return what a parent process needs to know, as one line of JSON."""
    info: dict[str, Any] = control.information(simulator.world)
    return json.dumps(info)
