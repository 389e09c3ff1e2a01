"""The posts in doubt of a run: they wait until nobody can still be sending them, then are looked for together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import attrs

from ..errors import LostLease, RateLimited
from .jobs import Record
from .reconcile import Findings, look, unknown
from .worker import Worker

_log: Final = logging.getLogger("linkedin_media.ingest")
_LOOKS: Final = 5
_SOON: Final = 1.0


@attrs.define(eq=False)
class _Doubt:
    record: Record
    due: float
    looks: int = 0


@attrs.define(eq=False)
class Doubts:
    """Waits for, looks for and settles posts in doubt."""

    worker: Worker
    _waiting: list[_Doubt] = attrs.field(factory=list, init=False)

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def ids(self) -> set[int]:
        """The jobs that wait here."""
        return {doubt.record.id for doubt in self._waiting}

    @property
    def records(self) -> list[Record]:
        """The jobs that wait here."""
        return [doubt.record for doubt in self._waiting]

    def add(self, record: Record, *, seconds: float) -> None:
        """Look for a job's post in so many seconds."""
        self._waiting.append(_Doubt(record, asyncio.get_running_loop().time() + seconds))

    def next_due(self) -> float | None:
        """Return the moment (of the loop's clock) of the next look."""
        return min((doubt.due for doubt in self._waiting), default=None)

    async def settle_due(self) -> list[Record]:
        """Look for all that are due, an author at a time; return the jobs that were moved on.

        Those that were found are posted, those that cannot be told are unknown, and those proved absent are AVAILABLE again,
        to be sent once more. What nobody may look for today stays POSTING.

        Raises:
            LinkedInMediaError: Every look would fail the same way.
        """
        now = asyncio.get_running_loop().time()
        due = sorted((doubt for doubt in self._waiting if doubt.due <= now), key=lambda doubt: doubt.record.spec.author)
        moved: list[Record] = []
        for author, group in groupby(due, key=lambda doubt: doubt.record.spec.author):
            doubts = list(group)
            records = [doubt.record for doubt in doubts]
            try:
                findings = await look(self.worker.client, author, records, self.worker.options, self.worker.ledger)
            except RateLimited as error:
                moved += await self._leave(doubts, error)
            else:
                moved += await self._settle(doubts, findings)
        return moved

    async def _settle(self, doubts: Sequence[_Doubt], findings: Findings) -> list[Record]:
        moved = []
        for doubt in doubts:
            try:
                settled = await self._settle_one(doubt, findings)
            except LostLease:
                _log.warning("lease.lost", extra={"job": doubt.record.spec.id})
                self._drop(doubt)
                self.worker.ledger.let_go([doubt.record])
                continue
            if settled:
                self._drop(doubt)
                moved.append(doubt.record)

        return moved

    async def _leave(self, doubts: Sequence[_Doubt], error: RateLimited) -> list[Record]:
        """Leave posts in doubt for another day, as they are: the day's calls are used up, so that nobody can look."""
        left = []
        for doubt in doubts:
            self._drop(doubt)
            try:
                await self.worker.leave_in_doubt(doubt.record, error)
            except LostLease:
                self.worker.ledger.let_go([doubt.record])
            else:
                left.append(doubt.record)
        return left

    def _drop(self, doubt: _Doubt) -> None:
        if doubt in self._waiting:
            self._waiting.remove(doubt)

    async def _settle_one(self, doubt: _Doubt, findings: Findings) -> bool:
        record, post = doubt.record, findings.found.get(doubt.record.id)
        options = self.worker.options
        doubt.looks += 1
        if post is not None:
            await self.worker.posted(record, post)
        elif findings.complete and record.sendings < options.max_sendings:
            await self.worker.absent(record)
        elif findings.complete or findings.forbidden or doubt.looks >= _LOOKS or not options.wait:
            why = findings.why_not or f"it was sent {record.sendings} times and never appeared"
            await self.worker.give_up(record, unknown(record, why))
        else:
            doubt.due = asyncio.get_running_loop().time() + max(options.reconcile_after, _SOON)
            _log.warning("reconcile.inconclusive", extra={"job": record.spec.id, "why": findings.why_not})
            return False
        return True

    def abandon(self) -> list[Record]:
        """Stop waiting: the run ends. What is in doubt stays so in the ledger."""
        records, self._waiting = self.records, []
        return records
