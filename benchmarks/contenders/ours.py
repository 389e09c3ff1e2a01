"""This library: `Pipeline.publish_all`, as its README shows it."""

from __future__ import annotations

import os

import linkedin_media as lm
from benchmarks.contenders import lag
from benchmarks.contenders.contest import AUTHOR, COMMENTARY, TOKEN, VERSION, Task, compete

CLIENT, PIPELINE = lm.LinkedInClient, lm.Pipeline  # names load when they are first used: that is start-up, not work


def jobs(task: Task):
    """Yield one job for each image."""
    for number, path in enumerate(task.paths):
        yield lm.Job(author=AUTHOR, commentary=f"{COMMENTARY} {number}", images=[lm.ImageSource(path)])


async def work(task: Task):
    """Publish every image with a post of its own."""
    published = 0
    poll = lm.PollPolicy(**task.extra.get("poll", {}))
    concurrency = lm.Concurrency(**task.extra.get("concurrency", {}))
    async with CLIENT(TOKEN, base_url=task.origin, version=VERSION, concurrency=concurrency) as client:
        pipeline = PIPELINE(client, poll=poll)
        async with lag.watched(task.extra.get("validate"), client.readers) as lags:
            async for outcome in pipeline.publish_all(jobs(task)):
                published += isinstance(outcome, lm.Published)
                if not isinstance(outcome, lm.Published) and os.environ.get("SHOW_FAILURES"):
                    print(outcome)
    return {"posts": published, **lags}


if __name__ == "__main__":
    compete(work)
