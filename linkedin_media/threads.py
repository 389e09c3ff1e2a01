"""Work that would keep the event loop from its own: it is done in a thread, and nothing of it is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T], executor: Executor | None, discard: Callable[[T], object]) -> T:
    """Run `work` in a thread; its result goes to `discard` where nobody waits for it any more."""
    running = asyncio.get_running_loop().run_in_executor(executor, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        running.add_done_callback(partial(_discarded, discard))
        raise


def _discarded(discard: Callable[[T], object], running: asyncio.Future[T]) -> None:
    with suppress(asyncio.CancelledError, Exception):
        discard(running.result())
