"""One timer for many wishes: whoever needs something soon says how soon, and it is done once for all of them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import attrs


@attrs.define(eq=False)
class Alarm:
    """Calls `ring` once, at the earliest moment asked for since it last did, in the event loop of whoever asks.

    A loop that has ended takes its wishes with it: the next wish sets the alarm anew.
    """

    ring: Callable[[], None]
    _loop: asyncio.AbstractEventLoop | None = attrs.field(default=None, init=False)
    _handle: asyncio.Handle | None = attrs.field(default=None, init=False)
    _due: float = attrs.field(default=0.0, init=False)
    _wish: float = attrs.field(default=math.inf, init=False)
    """The seconds after which it is to ring, whenever that was asked for; infinite where nobody did."""

    def within(self, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        """Ring in `seconds` at the latest; `loop` is the one that runs."""
        if self._wish <= seconds and self._loop is loop:
            return
        due = loop.time() + seconds if seconds > 0 else 0.0
        if self._due <= due and self._handle is not None and self._loop is loop:
            return
        if self._handle is not None:
            self._handle.cancel()
        self._loop, self._due, self._wish = loop, due, seconds
        self._handle = loop.call_at(due, self._ring) if due else loop.call_soon(self._ring)

    def cancel(self) -> None:
        """Ring for none of the wishes so far."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self._wish = None, math.inf

    def _ring(self) -> None:
        self._handle, self._wish = None, math.inf
        self.ring()
