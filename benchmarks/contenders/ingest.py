"""This library with its ledger: `Ingest` over an SQLite file, each intent durable before its post is sent."""

from __future__ import annotations

import tempfile
from pathlib import Path

import linkedin_media as lm
from benchmarks.contenders.contest import AUTHOR, COMMENTARY, TOKEN, VERSION, Task, compete
from linkedin_media.ingest.jobs import JobSpec
from linkedin_media.ingest.runner import Ingest
from linkedin_media.ingest.states import State

CLIENT = lm.LinkedInClient  # names load when they are first used: that is start-up, not work


def _specs(task: Task):
    for number, path in enumerate(task.paths):
        yield JobSpec(id=str(number), files=(path,), author=AUTHOR, owner=AUTHOR, commentary=f"{COMMENTARY} {number}")


async def work(task: Task) -> int:
    """Publish every image with a post of its own."""
    posted = 0
    with tempfile.TemporaryDirectory() as folder:
        async with (
            CLIENT(TOKEN, base_url=task.origin, version=VERSION) as client,
            Ingest(client, ledger=Path(folder) / "bench.ledger") as ingest,
        ):
            await ingest.add(_specs(task))
            async for result in ingest.run():
                posted += result.state is State.POSTED
    return posted


if __name__ == "__main__":
    compete(work)
