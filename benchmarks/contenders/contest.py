"""What every contender does alike: it is told its task, is measured while it works, and says what it took."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import attrs

AUTHOR: Final = "urn:li:organization:5583111"
VERSION: Final = "202609"
COMMENTARY: Final = "Spring in the office (finally): new desks, new plants, same coffee."
TOKEN: Final = "AQ" + "Xk3mB9vQ7rT2wZ5nY8cL1pD6fH4jS0gK" * 10 + "abcdefghijklmnop"
"""As long as LinkedIn's tokens: 338 characters."""


@attrs.frozen(kw_only=True)
class Task:
    """What to do: publish `count` images, going through `files` again and again, each with a post of its own."""

    origin: str
    files: list[str]
    count: int
    workers: int = 16
    certificate: str | None = None
    uvloop: bool = False
    cores: list[int] = attrs.field(factory=list)
    extra: dict[str, Any] = attrs.field(factory=dict)
    """What only some contenders understand."""

    @property
    def paths(self):
        """The file of each image."""
        return islice(cycle(self.files), self.count)


def headers(method: str, *, json_body: bool = False) -> dict[str, str]:
    """Return the headers LinkedIn's documentation asks for."""
    result = {
        "Authorization": f"Bearer {TOKEN}",
        "LinkedIn-Version": VERSION,
        "X-Restli-Protocol-Version": "2.0.0",
        "X-RestLi-Method": method,
        "Accept": "application/json",
    }
    return result | {"Content-Type": "application/json"} if json_body else result


INITIALIZE: Final = {"initializeUploadRequest": {"owner": AUTHOR}}


def post_body(image: str) -> dict[str, Any]:
    """Return the body of a post that shows `image`."""
    return {
        "author": AUTHOR,
        "commentary": COMMENTARY,
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "content": {"media": {"id": image}},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }


def compete(work: Callable[[Task], Any]) -> None:
    """Do the task of the first argument with `work`; print what it took."""
    print(json.dumps(measured(work, Task(**json.loads(sys.argv[1])))))


def measured(work: Callable[[Task], Any], task: Task) -> dict[str, Any]:
    """Do a task with `work`, which returns how many posts it made, and return what it took.

    Garbage is collected before: of what the imports left, Python would make a full collection in the middle of the work, or
    not, as the number of objects happens to be.
    """
    if task.cores:
        os.sched_setaffinity(0, task.cores)
    gc.collect()
    forget_peak()
    start, cpu, wall = peak(), cpu_seconds(), time.perf_counter()
    posts = _run(work, task) if inspect.iscoroutinefunction(work) else work(task)
    took = {
        "wall": time.perf_counter() - wall,
        "cpu": cpu_seconds() - cpu,
        "start": start,
        "peak": peak(),
    }
    return took | (posts if isinstance(posts, dict) else {"posts": posts})


def _run(work: Callable[[Task], Any], task: Task) -> Any:
    if not task.uvloop:
        return asyncio.run(work(task))
    import uvloop

    return uvloop.run(work(task))


def cpu_seconds() -> float:
    """Return the processor time this process and its children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def forget_peak() -> None:
    """Let the peak begin anew from what this process holds now; where the system does not let us, imports count too."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_bytes(b"5")


def peak() -> int:
    """Return the most bytes of memory this process has held at once.

    Not `ru_maxrss`: what starts a process hands its own peak down to it, and the one that starts contenders is large.
    """
    return int(_PEAK.search(Path("/proc/self/status").read_bytes())[1]) * 1024


_PEAK: Final = re.compile(rb"^VmHWM:\s+(\d+) kB", re.MULTILINE)
