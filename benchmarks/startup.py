"""How long it takes to start: the library, the command line, and what they are measured by."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from .arena.figures import Goal, Table
from .arena.processes import Settings, say

ROUNDS = 5
"""Starts of each command in one round."""


def answer(settings: Settings) -> Iterator[Table]:
    """Start each command again and again, in turn."""
    commands = _commands()
    for command in commands.values():
        _started(command)  # leaves every module compiled
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(settings.rounds * ROUNDS):
        if number % ROUNDS == 0:
            say(f"startup: round {number // ROUNDS + 1} of {settings.rounds}")
        for name, command in commands.items():
            taken[name].append(_started(command))
    walls = {name: median(wall for wall, _ in times) for name, times in taken.items()}
    cpus = {name: median(cpu for _, cpu in times) for name, times in taken.items()}
    base = "import aiohttp"
    yield Table(
        title="Start-up",
        columns=("what", "wall ms", "CPU ms", "CPU ÷ import aiohttp"),
        rows=[(name, walls[name] * 1000, cpus[name] * 1000, cpus[name] / cpus[base]) for name in commands],
        goals=[
            Goal("linkedin-media --help, s", walls["linkedin-media --help"], 0.25),
            Goal("CPU, linkedin-media --help ÷ import aiohttp", cpus["linkedin-media --help"] / cpus[base], 0.35),
        ]
        if "linkedin-media --help" in commands
        else [],
    )


def _commands() -> dict[str, list[str]]:
    python = sys.executable
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "import aiohttp": [python, "-c", "import aiohttp"],
        "import linkedin_media": [python, "-c", "import linkedin_media"],
        "from linkedin_media import LinkedInClient": [python, "-c", "from linkedin_media import LinkedInClient"],
    }
    script = shutil.which("linkedin-media", path=str(Path(python).parent))
    if script and _succeeds([script, "--help"]):
        commands["linkedin-media --help"] = [script, "--help"]
        commands["linkedin-media --version"] = [script, "--version"]
        commands["linkedin-media check --help"] = [script, "check", "--help"]
    return commands


def _succeeds(command: list[str]) -> bool:
    pid = _spawn(command)
    return os.waitstatus_to_exitcode(os.wait4(pid, 0)[1]) == 0


def _started(command: list[str]) -> tuple[float, float]:
    begun = time.perf_counter()
    _, _, usage = os.wait4(_spawn(command), 0)
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime


def _spawn(command: list[str]) -> int:
    nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    may_compile = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return os.posix_spawn(command[0], command, may_compile, file_actions=nowhere)
