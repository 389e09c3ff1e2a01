"""One run of an ingest from its first result to its last, stopped by a signal or not."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from signal import Signals
from typing import Final

import attrs

from ..errors import InvalidArgument, InvalidManifest, LedgerError, LinkedInMediaError
from ..ingest.database import open_for_reading
from ..ingest.intake import ManifestIngest
from ..ingest.jobs import Record
from ..ingest.reconciling import Reconciliation
from ..ingest.states import State
from ..ingest.survey import Survey, records, survey
from .draining import Draining
from .ingest_screen import IngestScreen

MOST_LISTED: Final = 20
"""Failures that are listed at the end; `ingest report` has all of them."""


@attrs.define(eq=False)
class Run:
    """Carries an ingest out, tells of it, and knows how it ended."""

    ingest: ManifestIngest | Reconciliation
    screen: IngestScreen
    location: str
    signal: Signals | None = attrs.field(default=None, init=False)
    failure: LinkedInMediaError | None = attrs.field(default=None, init=False)
    after: Survey | None = attrs.field(default=None, init=False)
    bad: list[Record] = attrs.field(factory=list, init=False)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.screen.progress.seconds

    @property
    def ledger_name(self) -> str:
        """What to call the ledger; a URL's password is not part of it."""
        return self.ingest.ledger.name

    async def to_its_end(self) -> None:
        """Run until nothing is left to do, a signal comes, or nothing can go on.

        Raises:
            InvalidArgument, InvalidManifest: The manifest cannot be taken in; nothing was sent.
        """
        draining = Draining(self._stop, self.screen.abandon)
        self.screen.progress.doubts = self._doubts
        telling = asyncio.create_task(self.screen.keep_telling())
        try:
            with draining.on_signals():
                await self._tell_results()
        except (InvalidArgument, InvalidManifest):
            raise
        except LinkedInMediaError as error:
            self.failure = error
        finally:
            telling.cancel()
            self.signal = draining.caught
        with suppress(LedgerError):  # where it could not be written, it may not be readable either
            await asyncio.to_thread(self._look_back)

    async def _tell_results(self) -> None:
        async with aclosing(self.ingest.run()) as results:
            async for result in results:
                self.screen.tell(result)

    def _stop(self, number: Signals) -> None:
        self.screen.note(
            f"{number.name}: posts under way are finished, nothing new is begun; once more to exit at once"
        )
        self.ingest.stop()

    def _doubts(self) -> tuple[int, float | None]:
        doubts = self.ingest.doubts
        due = doubts.next_due()
        return len(doubts), None if due is None else due - self._now()

    def _now(self) -> float:
        return self.screen.progress.clock()

    def _look_back(self) -> None:
        """Gather what the ending needs."""
        database = open_for_reading(self.location)
        try:
            self.after = survey(database)
            for record in records(database, (State.FAILED, State.UNKNOWN)):
                self.bad.append(record)
                if len(self.bad) > MOST_LISTED:
                    break
        finally:
            database.close()


def look(location: str) -> Survey:
    """Look at a ledger that is there.

    Raises:
        LedgerUnusable: It is not there, or cannot be read.
    """
    database = open_for_reading(location)
    try:
        return survey(database)
    finally:
        database.close()
