"""Look again for the posts that nobody could tell of: `ingest reconcile`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from .doubts import Doubts
from .jobs import Record
from .results import IngestResult
from .runner import Ingest
from .states import State

_AT_ONCE: Final = 100


class Reconciliation(Ingest):
    """An `Ingest` of the jobs in doubt, and of no others.

    A post that is found is written down. One that is proved absent is sent once more, as it would be in any run. Of what
    still cannot be told, the result is unknown again, with the reason.
    """

    _left: list[int]

    @property
    def doubts(self) -> Doubts:
        """The posts in doubt that this run waits for."""
        return self._doubts

    async def run(self) -> AsyncGenerator[IngestResult, None]:
        """Settle every job whose outcome is unknown, and give the results as they come.

        Raises:
            LinkedInMediaError: As `Ingest.run`.
        """
        self._left = await self._doubtful(State.UNKNOWN) + await self._doubtful(State.POSTING)
        await self.ledger.reopen([State.UNKNOWN])
        async with aclosing(super().run()) as results:
            async for result in results:
                yield result

    async def _doubtful(self, state: State) -> list[int]:
        found: list[int] = []
        while page := await self.ledger.page(state, after=found[-1] if found else 0):
            found += [record.id for record in page]
        return found

    async def _claim(self) -> int:
        ids, self._left = self._left[:_AT_ONCE], self._left[_AT_ONCE:]
        records: list[Record] = await self.ledger.claim(len(ids), ids=ids) if ids else []
        await self._flight.begin(*records)
        return len(ids)

    async def _finished(self) -> bool:
        return not len(self._doubts)

    async def _report_parked(self) -> None:
        """Leave the other jobs be."""
