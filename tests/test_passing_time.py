"""Time that passes while the machine sleeps, too."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Final

import pytest

from linkedin_media.passing_time import _clock as clock_of_this_system, passing_time

SLEPT: Final = 10_000
LOOK: Final = (
    "import time; from linkedin_media.passing_time import passing_time; print(passing_time() - time.monotonic())"
)


def test_it_goes_forward() -> None:
    before = passing_time()
    time.sleep(0.01)

    assert 0.01 <= passing_time() - before < 5


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
async def test_it_counts_what_the_machine_slept() -> None:
    """In a namespace whose clocks stand as they do after a sleep."""
    asleep = ("unshare", "--user", "--time", "--fork", f"--boottime={SLEPT}")
    looking = await _started(*asleep, sys.executable, "-c", LOOK)
    if looking is None:
        pytest.skip("no `unshare` here")
    printed, complaint = await looking.communicate()
    if looking.returncode and b"unshare" in complaint:
        pytest.skip("no namespaces here")

    assert float(printed) > SLEPT - 1


async def _started(*command: str) -> asyncio.subprocess.Process | None:
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    try:
        return await asyncio.create_subprocess_exec(*command, **pipes)
    except FileNotFoundError:
        return None


def test_where_a_system_has_no_such_clock_the_usual_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        monkeypatch.delattr(time, name, raising=False)

    assert clock_of_this_system() is time.monotonic


def test_where_a_sandbox_refuses_the_clocks_the_usual_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(number: int) -> float:
        raise OSError(22, f"clock {number}")

    monkeypatch.setattr(time, "clock_gettime", refuse, raising=False)

    assert clock_of_this_system() is time.monotonic
