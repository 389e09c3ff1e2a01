"""The work of ``linkedin-media publish``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import zip_longest

from ..errors import LinkedInMediaError
from ..model.job import ImageSource, Job
from ..model.post import Commentary
from ..pipeline.pipeline import Pipeline
from ..protocol.text import LittleText
from .board import PUBLISHING, Board
from .display import screen_for
from .failures import status_of
from .options import Connection, Output, Pace
from .results import PublishResult
from .screen import Screen
from .settings import make_client, make_poll_policy
from .status import ALL_GOOD


def job_of(
    files: Sequence[str], alt_texts: Sequence[str], *, author: str, text: str, markup: str | None, visibility: str
) -> Job:
    """Return the job that the arguments describe.

    Raises:
        InvalidArgument: More than twenty files.
    """
    images = [ImageSource(file, alt_text=alt_text) for file, alt_text in zip_longest(files, alt_texts)]
    return Job(author=author, commentary=_commentary(text, markup), images=images, visibility=visibility)


async def publish_job(job: Job, connection: Connection, pace: Pace, output: Output) -> int:
    """Publish, tell what came of it, and return the exit status."""
    poll = make_poll_policy(pace)
    async with make_client(connection, pace) as client:
        with screen_for(output, stages=PUBLISHING, total=len(job.images)) as screen:
            pipeline = Pipeline(client, poll=poll, observer=screen.observe)
            try:
                result = await _published(pipeline, job)
            except asyncio.CancelledError:
                _tell(_interrupted(job, screen.board), screen)
                raise

            _tell(result, screen)
    return ALL_GOOD if result.error is None else status_of(result.error)


def _tell(result: PublishResult, screen: Screen) -> None:
    screen.result(result.to_row(), result.to_lines())
    if not screen.output.as_json:
        for line in result.to_notes():
            screen.note(line)


async def _published(pipeline: Pipeline, job: Job) -> PublishResult:
    try:
        post = await pipeline.publish(job)
    except LinkedInMediaError as error:
        return PublishResult.failed(error)
    return PublishResult(post, post.images)


def _interrupted(job: Job, board: Board) -> PublishResult:
    gained = [urn for image in job.images if (urn := board.uploaded(image.name))]
    return PublishResult.interrupted(job.author, gained, posting=board.posting())


def _commentary(text: str, markup: str | None) -> str | Commentary:
    match markup:
        case "hashtags":
            return LittleText.parse_hashtags(text)
        case "little-text":
            return LittleText.from_wire(text)
        case _:
            return text
