"""Signals during an ingest: the first lets it finish the posts under way, the second ends the process at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Draining:
    """Calls `stop` at the first signal, and `abandon` before it ends the process at the second."""

    def __init__(self, stop: Callable[[signal.Signals], None], abandon: Callable[[], None]) -> None:
        self.caught: signal.Signals | None = None
        self._stop = stop
        self._abandon = abandon

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Handle them while the block runs; after it, the next one ends the process."""
        loop = asyncio.get_running_loop()
        impossible = contextlib.suppress(NotImplementedError, RuntimeError, ValueError)  # not the main thread
        for number in SIGNALS:
            with impossible:
                loop.add_signal_handler(number, self._handle, number)
        try:
            yield
        finally:
            for number in SIGNALS:
                with impossible:
                    loop.remove_signal_handler(number)

    def _handle(self, number: signal.Signals) -> None:
        if self.caught is not None:
            with contextlib.suppress(OSError, ValueError):
                self._abandon()
            os._exit(128 + number)  # the ledger is whole at any moment
        self.caught = number
        self._stop(number)
