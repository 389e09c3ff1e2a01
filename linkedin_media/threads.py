"""Work that would keep the event loop from its own: it is done in a thread, where nothing of it is lost, or bit by bit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Final, TypeVar

T = TypeVar("T")
_BIT: Final = 100


def _nothing(_: object) -> None:
    """Discard nothing."""


async def in_thread(
    work: Callable[[], T], executor: Executor | None = None, discard: Callable[[T], object] = _nothing
) -> T:
    """Run `work` in a thread to its end; its result goes to `discard` where nobody waits for it any more."""
    running = asyncio.get_running_loop().run_in_executor(executor, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        running.add_done_callback(partial(_discarded, discard))
        raise


def _discarded(discard: Callable[[T], object], running: asyncio.Future[T]) -> None:
    with suppress(asyncio.CancelledError, Exception):
        discard(running.result())


async def take(items: Iterator[T], number: int) -> list[T]:
    """Take up to `number` items, each of which may take a while to make; others have their turn after every hundred."""
    taken: list[T] = []
    while len(taken) < number and (bit := list(islice(items, min(_BIT, number - len(taken))))):
        taken += bit
        await asyncio.sleep(0)
    return taken
