"""What an ingest gives out: one result a job, at the pace of whoever reads them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import attrs

from ..model.urn import Urn
from .jobs import Record
from .states import POSTING, UNKNOWN, State

_UNREAD: Final = 1000


@attrs.frozen
class IngestResult:
    """How one job ended, for now: `posted`, `failed`, `unknown`, `parked`, or `available` where no post was wished for."""

    id: str
    state: State
    post: Urn | None
    images: tuple[Urn, ...]
    error: dict[str, str] | None

    @classmethod
    def of(cls, record: Record) -> IngestResult:
        """Read a job of the ledger. One in doubt is unknown to whoever asks now, though a later run may find out."""
        post = Urn(record.post) if record.post else None
        state = UNKNOWN if record.state is POSTING else record.state
        return cls(record.spec.id, state, post, record.image_urns, record.error)


@attrs.define(eq=False)
class Results:
    """Results on their way to a reader; one that does not keep up slows the run down."""

    _waiting: deque[IngestResult] = attrs.field(factory=deque, init=False)
    _changed: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _read: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _ended: bool = attrs.field(default=False, init=False)

    async def room(self) -> None:
        """Wait until the reader has not much left to read: before that, nothing more is to be begun."""
        while len(self._waiting) >= _UNREAD and not self._ended:
            self._read.clear()
            await self._read.wait()

    def put(self, result: IngestResult) -> None:
        """Give a result out."""
        self._waiting.append(result)
        self._changed.set()

    async def get(self) -> IngestResult | None:
        """Return the next result, None after the last."""
        while not self._waiting:
            if self._ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        self._read.set()
        return self._waiting.popleft()

    def end(self) -> None:
        """Say that no more will come."""
        self._ended = True
        self._changed.set()
        self._read.set()
