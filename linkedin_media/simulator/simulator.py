"""The simulator in the running event loop."""

from __future__ import annotations

from typing import Self

from .config import SimulatorConfig
from .facade import SimulatorFacade
from .server import Server


class Simulator(SimulatorFacade):
    """A LinkedIn stand-in that serves while its ``async with`` block runs."""

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        super().__init__(config)
        self._server = Server(self.world)

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()

    @property
    def open_connections(self) -> int:
        """How many connections are open right now."""
        return self._server.open_connections

    async def listen(self) -> None:
        """Accept connections again after `deafen`."""
        await self._server.listen()

    def deafen(self) -> None:
        """Stop listening: new connections are refused."""
        self._server.deafen()
