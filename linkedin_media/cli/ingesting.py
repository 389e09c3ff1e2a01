"""The work of ``linkedin-media ingest`` and ``ingest reconcile``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ..client.session import LinkedInClient
from ..client.throttle import Throttle
from ..errors import InvalidManifest
from ..ingest.intake import ManifestIngest
from ..ingest.manifest import Manifest
from ..ingest.options import IngestOptions
from ..ingest.reconciling import Reconciliation
from ..ingest.states import State
from .ingest_ending import end, refuse_manifest
from .ingest_progress import Progress
from .ingest_run import Run, look
from .ingest_screen import IngestLines, IngestScreen
from .options import Connection, Output, Pace
from .running import run_async
from .settings import make_client, make_poll_policy
from .terminal import is_terminal

if TYPE_CHECKING:
    from ..ingest.metrics import Metrics


@attrs.frozen(kw_only=True)
class Plan:
    """What to ingest, and how."""

    manifest: Path
    ledger: str
    root: Path | None = None
    wait: bool = True
    retry_failed: bool = False
    reuse_images: bool = False
    max_calls_per_day: int | None = None
    rate: float | None = None
    reconcile_after: float = 60.0
    same_api: bool = False
    prometheus: tuple[str, int] | None = None

    @property
    def makes_a_ledger(self) -> bool:
        """Whether the ledger is a file that is not there yet."""
        return "://" not in self.ledger and not Path(self.ledger).exists()

    @property
    def options(self) -> IngestOptions:
        """The part that the library decides by."""
        return IngestOptions(
            wait=self.wait,
            reuse_images=self.reuse_images,
            max_calls_per_day=self.max_calls_per_day,
            reconcile_after=self.reconcile_after,
            same_api=self.same_api,
        )


def ingest_manifest(plan: Plan, connection: Connection, pace: Pace, output: Output) -> int:
    """Publish what a manifest lists, tell of each job as it ends, and return the exit status."""
    try:
        return run_async(_ingest(plan, connection, pace, output))
    except InvalidManifest as error:
        return refuse_manifest(error, output)


def reconcile_ledger(ledger: str, options: IngestOptions, connection: Connection, output: Output) -> int:
    """Look again for every post of unknown outcome, tell what came of it, and return the exit status."""
    return run_async(_reconcile(ledger, options, connection, output))


async def _ingest(plan: Plan, connection: Connection, pace: Pace, output: Output) -> int:
    poll, manifest = make_poll_policy(pace), Manifest(plan.manifest, plan.root)
    if plan.makes_a_ledger:
        await asyncio.to_thread(manifest.check)  # one that is wrong leaves no ledger behind
    async with _stage(connection, pace, output, plan.prometheus) as (client, screen):
        client.throttle = Throttle(plan.rate)
        async with ManifestIngest(
            client, ledger=plan.ledger, options=plan.options, poll=poll, observer=screen.observe
        ) as ingest:
            await ingest.take(manifest)
            if plan.retry_failed:
                await ingest.ledger.reopen([State.FAILED])
            before = await asyncio.to_thread(look, plan.ledger)
            screen.progress.total = lambda: before.left + ingest.new
            run = Run(ingest, screen, plan.ledger)
            await run.to_its_end()
    return end(run, output)


async def _reconcile(ledger: str, options: IngestOptions, connection: Connection, output: Output) -> int:
    before = await asyncio.to_thread(look, ledger)  # refuses one that is not there, which opening would make
    async with _stage(connection, Pace(), output) as (client, screen):
        screen.progress.total = lambda: before.states.get(State.UNKNOWN, 0) + before.states.get(State.POSTING, 0)
        async with Reconciliation(client, ledger=ledger, options=options, observer=screen.observe) as ingest:
            run = Run(ingest, screen, ledger)
            await run.to_its_end()
    return end(run, output)


@asynccontextmanager
async def _stage(
    connection: Connection, pace: Pace, output: Output, prometheus: tuple[str, int] | None = None
) -> AsyncIterator[tuple[LinkedInClient, IngestScreen]]:
    with _metrics(prometheus) as metrics:
        async with make_client(connection, pace) as client:
            with ingest_screen(output, Progress()) as screen:
                screen.watched_by(metrics)
                yield client, screen


def ingest_screen(output: Output, progress: Progress) -> IngestScreen:
    """Return the screen for stderr as it is: quiet, drawn on, or written to line by line."""
    if output.quiet:
        return IngestScreen(output, progress)
    if not is_terminal(sys.stderr):
        return IngestLines(output, progress)

    from .ingest_live import IngestLive

    return IngestLive(output, progress)


@contextmanager
def _metrics(address: tuple[str, int] | None) -> Iterator[Metrics | None]:
    if address is None:
        yield None
        return
    from ..ingest.metrics import Metrics

    metrics = Metrics()
    with metrics.served(*address):
        yield metrics
