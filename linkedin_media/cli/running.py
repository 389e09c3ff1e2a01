"""Running a command's coroutine so that signals end it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Iterator
from importlib.util import find_spec
from typing import Any, Final, TypeVar

from .status import Interrupted

T = TypeVar("T")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def run_async(work: Coroutine[Any, Any, T], *, network: bool = True) -> T:
    """Run `work` in an event loop of its own; Ctrl-C or SIGTERM cancels it, a second one ends the process at once.

    Work without `network` gains nothing from a faster loop.

    Raises:
        Interrupted: A signal came, and the work has been cancelled and cleaned up.
    """
    with _settled(), asyncio.Runner(loop_factory=_fast_loop() if network else None) as runner:
        return runner.run(_until_signalled(work))


@contextlib.contextmanager
def _settled() -> Iterator[None]:
    """Keep the garbage collector from looking at what was loaded so far: each time would hold the event loop up for 25 ms."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def as_finished(works: Iterable[Callable[[], Awaitable[T]]], *, at_once: int) -> AsyncGenerator[T]:
    """Run many works, `at_once` of them at a time, and give what they return in the order they finish."""
    running: set[asyncio.Future[T]] = set()
    try:
        for work in works:
            running.add(asyncio.ensure_future(work()))
            while len(running) >= at_once:
                finished, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        for next_one in asyncio.as_completed(running):
            yield await next_one
    finally:
        for future in running:
            future.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where it is installed."""
    if find_spec("uvloop") is None:
        return None
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _until_signalled(work: Coroutine[Any, Any, T]) -> T:
    caught: list[signal.Signals] = []
    with _cancelling_on_signals(caught):
        try:
            return await work
        except asyncio.CancelledError:
            if caught:
                raise Interrupted(caught[0]) from None
            raise


@contextlib.contextmanager
def _cancelling_on_signals(caught: list[signal.Signals]) -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupt(number: signal.Signals) -> None:
        caught.append(number)
        loop.remove_signal_handler(number)  # the next one ends the process at once
        if task is not None:
            task.cancel()

    impossible = contextlib.suppress(NotImplementedError, RuntimeError, ValueError)  # not the main thread, or no POSIX
    for number in _SIGNALS:
        with impossible:
            loop.add_signal_handler(number, interrupt, number)
    try:
        yield
    finally:
        for number in _SIGNALS:
            with impossible:
                loop.remove_signal_handler(number)
