"""An ingest in a process of its own that kills itself at a chosen point: before or after a ledger write, or a request.

Run as a program, it takes one JSON argument and prints a line for each result. The points are wrapped around the package
from the outside; the package knows nothing of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import linkedin_media as lm
from linkedin_media.client.images import Images
from linkedin_media.ingest import batch, claims, writer
from linkedin_media.ingest.jobs import JobSpec, Record
from linkedin_media.ingest.ledger import Ledger
from linkedin_media.ingest.options import IngestOptions
from linkedin_media.ingest.runner import Ingest
from linkedin_media.transport import Transport

POINTS = (
    *("before commit", "after commit", "before intent", "after intent", "before claim"),
    *("before call", "after call", "before post", "after post", "before upload", "after upload"),
)


class Saboteur:
    """Counts the times each point is passed, and kills the process at the chosen time of the chosen point."""

    def __init__(self, point: str, nth: int) -> None:
        self.point, self.left = point, nth

    def pass_by(self, point: str) -> None:
        """Die here, if this is the place."""
        if point == self.point:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: Any, name: str, kind: Callable[..., str]) -> None:
        """Put a point before and after every call of a coroutine method."""
        genuine = getattr(owner, name)

        async def wrapped(*arguments: Any, **options: Any) -> Any:
            what = kind(*arguments)
            self.pass_by(f"before {what}")
            result = await genuine(*arguments, **options)
            self.pass_by(f"after {what}")
            return result

        setattr(owner, name, wrapped)

    def wrap_intents(self) -> None:
        """Put a point before an intent is written, and one before its post is sent."""
        genuine = Ledger.intend

        def intend(ledger: Ledger, record: Record, digest: str, told: Callable[[Exception | None], None]) -> None:
            def hear(error: Exception | None) -> None:
                self.pass_by("after intent")
                told(error)

            self.pass_by("before intent")
            genuine(ledger, record, digest, hear)

        Ledger.intend = intend  # type: ignore[assignment,method-assign]

    def wrap_commits(self) -> None:
        """Put a point between the last write of a transaction and its commit, and one after the commit."""
        genuine_apply, genuine_end, genuine_claim = writer._apply, batch.Batch.end, claims.claim_jobs

        def apply(*arguments: Any) -> None:
            genuine_apply(*arguments)
            self.pass_by("before commit")

        def end(*arguments: Any) -> None:
            self.pass_by("after commit")
            genuine_end(*arguments)

        def claim(*arguments: Any, **options: Any) -> Any:
            self.pass_by("before claim")
            return genuine_claim(*arguments, **options)

        writer._apply = apply  # type: ignore[assignment]
        batch.Batch.end = end  # type: ignore[assignment,method-assign]
        claims.claim_jobs = claim


def call_kind(_transport: Any, request: Any, *_: Any) -> str:
    """Return what a call is to a saboteur."""
    return "post" if (request.resource, request.restli_method) == ("posts", "CREATE") else "call"


def sabotage(point: str, nth: int) -> None:
    """Wrap the package."""
    saboteur = Saboteur(point, nth)
    saboteur.wrap(Transport, "send", call_kind)
    saboteur.wrap(Images, "upload_open", lambda *_: "upload")
    saboteur.wrap_intents()
    saboteur.wrap_commits()


def specs(order: dict[str, Any]) -> list[JobSpec]:
    """Return the jobs of the run."""
    author = order["author"]
    return [
        JobSpec(id=f"job-{n}", files=[order["file"]], author=author, owner=author, commentary=f"text {n}")
        for n in range(order["jobs"])
    ]


async def run(order: dict[str, Any]) -> None:
    """Carry the jobs out."""
    options = IngestOptions(**order["options"])
    async with lm.LinkedInClient(
        order["token"], base_url=order["base_url"], timeouts=lm.Timeouts(call=order.get("call", 2.0))
    ) as client:
        ledger = await Ledger.open(order["ledger"])
        ledger.dead_after = order.get("dead_after", 30.0)
        try:
            async with Ingest(
                client,
                ledger=ledger,
                options=options,
                concurrency=lm.Concurrency(jobs=order.get("window", 24)),
                poll=lm.PollPolicy(first_after=0.02, interval=0.05, tick=0.01),
            ) as ingest:
                await ingest.add(specs(order))
                sys.stdout.write("added\n")
                sys.stdout.flush()
                async for result in ingest.run():
                    sys.stdout.write(json.dumps({"id": result.id, "state": result.state, "post": result.post}) + "\n")
                    sys.stdout.flush()
        finally:
            await ledger.aclose()


def main() -> None:
    """Do as the argument says."""
    order = json.loads(sys.argv[1])
    if order.get("point"):
        sabotage(order["point"], order["nth"])
    began = time.monotonic()
    asyncio.run(run(order))
    sys.stderr.write(f"done in {time.monotonic() - began:.1f} s\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
