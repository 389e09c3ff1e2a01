"""An ingest of a manifest: all of it is checked first, then its jobs enter the ledger while the first are under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from itertools import islice
from typing import Final

from .doubts import Doubts
from .jobs import JobSpec
from .manifest import Manifest
from .results import IngestResult
from .runner import Ingest

_AT_FIRST: Final = 500
_AT_A_TIME: Final = 1000
_NAME: Final = 48  # the name of a note has room for 64 characters
_INTAKE: Final = "intake"  # the manifest whose jobs alone are in the ledger


class ManifestIngest(Ingest):
    """An `Ingest` that takes its jobs from a manifest: `take` it, then `run`.

    A manifest that the ledger has taken in whole, and that did not change since, is not read again: to resume a finished
    one takes no longer than to compute its digest.
    """

    coming = 0
    """Jobs of the manifest that the ledger may not have yet."""
    new = 0
    """Jobs of the manifest that the ledger did not have before this run, as far as that is known."""
    _manifest: Manifest
    _name: str
    _intake: asyncio.Task[int] | None = None

    @property
    def doubts(self) -> Doubts:
        """The posts in doubt that this run waits for."""
        return self._doubts

    async def take(self, manifest: Manifest) -> None:
        """Check a manifest, unless the ledger has all of it. Its jobs are added by `run`.

        Raises:
            InvalidManifest: It has errors; every one of them is listed, and nothing was sent.
        """
        self._manifest = manifest
        self._name = (await asyncio.to_thread(manifest.fingerprint))[:_NAME]
        if await self.ledger.note(f"manifest:{self._name}") is None:
            self.coming = await asyncio.to_thread(manifest.check)

    async def run(self) -> AsyncGenerator[IngestResult, None]:
        """Carry out every job of the manifest and of the ledger, and give the results as they come.

        Raises:
            InvalidArgument: A known job wishes for something else now; nothing was sent.
            LinkedInMediaError: As `Ingest.run`.
        """
        if self.coming:
            await self._take_in()
        try:
            async with aclosing(super().run()) as results:
                async for result in results:
                    yield result
        finally:
            await self._leave_intake()

    async def _take_in(self) -> None:
        """Add the jobs. A ledger without those of others can refuse none: the first are sent while the rest is added."""
        jobs, known = self._manifest.jobs(), sum((await self.ledger.counts()).values())
        alone = not known or await self.ledger.note(_INTAKE) == self._name
        await self.ledger.note(_INTAKE, self._name if alone else "several")
        if not alone:
            self.new = await self._add_all(jobs)
            return
        self.new = self.coming - known
        await self.add(await _next(jobs, _AT_FIRST))
        self._intake = asyncio.create_task(self._add_all(jobs))
        self._intake.add_done_callback(self._taken_in)

    async def _add_all(self, jobs: Iterator[JobSpec]) -> int:
        """Add the jobs that are left; return how many of them are new."""
        new = 0
        while some := await _next(jobs, _AT_A_TIME):
            new += (await self.add(some)).new
        await self.ledger.note(f"manifest:{self._name}", str(self.coming))
        self.coming = 0
        return new

    def _taken_in(self, intake: asyncio.Task[int]) -> None:
        error = None if intake.cancelled() else intake.exception()
        if error is not None:
            self._failure = self._failure or error
            self.stop()

    async def _finished(self) -> bool:
        if self._intake is not None and not self._intake.done():
            return False
        return await super()._finished()

    async def _leave_intake(self) -> None:
        if self._intake is not None and not self._intake.done():
            self._intake.cancel()
            await asyncio.wait([self._intake])


async def _next(jobs: Iterator[JobSpec], number: int) -> list[JobSpec]:
    """Read some jobs in a thread: to look at a manifest's files may take long."""
    return await asyncio.to_thread(lambda: list(islice(jobs, number)))
