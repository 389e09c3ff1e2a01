"""The simulator in a thread of its own, for synchronous tests and for tests whose own loop is busy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Self

from .config import SimulatorConfig
from .facade import SimulatorFacade
from .server import Server

_START_SECONDS = 10.0


class ThreadedSimulator(SimulatorFacade):
    """A LinkedIn stand-in that serves from its own thread while its ``with`` block runs.

    Reading `journal`, `images` and `posts` from other threads is safe; whatever changes the simulator is run in its
    thread, between two calls.
    """

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        super().__init__(config)
        self._server = Server(self.world)
        self._started = threading.Event()
        self._problem: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="linkedin-simulator", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(_START_SECONDS):
            raise TimeoutError("the simulator did not start")
        if self._problem is not None:
            raise self._problem
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def open_connections(self) -> int:
        """How many connections are open right now."""
        return self._server.open_connections

    def reset(self, config: SimulatorConfig | None = None) -> None:
        """Forget everything, between two calls."""
        self._in_thread(lambda: super(ThreadedSimulator, self).reset(config))

    def configure(self, **changes: Any) -> None:
        """Change the behaviour, between two calls."""
        self._in_thread(lambda: super(ThreadedSimulator, self).configure(**changes))

    def expire_uploads(self) -> None:
        """Let every upload address expire, between two calls."""
        self._in_thread(super().expire_uploads)

    def issue_token(self, *scopes: str, **options: Any) -> str:
        """Issue a token, between two calls."""
        issued: list[str] = []
        self._in_thread(lambda: issued.append(super(ThreadedSimulator, self).issue_token(*scopes, **options)))
        return issued[0]

    def deafen(self) -> None:
        """Stop listening: new connections are refused."""
        self._in_thread(self._server.deafen)

    def listen(self) -> None:
        """Accept connections again after `deafen`."""
        assert self._loop is not None, "not started"  # noqa: S101 -- a mistake of the test  # nosec B101
        asyncio.run_coroutine_threadsafe(self._server.listen(), self._loop).result(_START_SECONDS)

    def _in_thread(self, change: Callable[[], None]) -> None:
        loop = self._loop
        if loop is None or not loop.is_running() or threading.current_thread() is self._thread:
            change()
            return

        async def run() -> None:
            change()

        asyncio.run_coroutine_threadsafe(run(), loop).result(_START_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as problem:  # noqa: BLE001 -- handed to the thread that waits for the start
            self._problem = problem
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self._server.start()
            self._started.set()
            await self._stop.wait()
        finally:
            await self._server.stop()
