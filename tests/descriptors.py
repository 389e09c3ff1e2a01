"""What this process holds open, by number and by what it leads to.

A count would do where nothing else happened meanwhile; but garbage of an earlier test may be collected at any moment.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def open_descriptors() -> frozenset[tuple[int, str]]:
    held: set[tuple[int, str]] = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the listing itself
            held.add((int(descriptor.name), str(descriptor.readlink())))
    return frozenset(held)
