"""Time that passes while the machine sleeps, too: after an hour with its lid closed, a laptop's intents are an hour old.

Python's `time.monotonic` stands still meanwhile on Linux and macOS. Another worker may have taken a job over by then, and
have sent its post.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final

_CLOCKS: Final = ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC")  # Linux's; macOS's, which has not got the first


def _clock() -> Callable[[], float]:
    for name in _CLOCKS:
        number = getattr(time, name, None)
        if number is None:
            continue
        try:
            time.clock_gettime(number)
        except OSError:  # a sandbox may know fewer clocks than its system
            continue
        return partial(time.clock_gettime, number)
    return time.monotonic


passing_time: Final = _clock()
"""Return seconds that only go forward. Timers of an event loop do not go by it."""
