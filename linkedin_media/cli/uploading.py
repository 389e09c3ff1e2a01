"""The work of ``linkedin-media upload``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import attrs

from ..errors import LinkedInMediaError
from ..pipeline.pipeline import Pipeline
from .display import screen_for
from .options import Connection, Output, Pace
from .printable import file_name
from .results import UploadResult
from .running import as_finished
from .screen import Screen
from .settings import make_client, make_poll_policy
from .status import ALL_GOOD, SOME_FAILED


async def upload_files(files: Sequence[str], owner: str, connection: Connection, pace: Pace, output: Output) -> int:
    """Upload every file, tell of each as it finishes, and return the exit status."""
    poll = make_poll_policy(pace)
    async with make_client(connection, pace) as client:
        with screen_for(output, total=len(files)) as screen:
            pipeline = Pipeline(client, poll=poll, observer=screen.observe)
            return await _Uploads(pipeline, owner, screen, at_once=client.concurrency.jobs).run(files)


@attrs.define
class _Uploads:
    """Many files, each on its own."""

    pipeline: Pipeline
    owner: str
    screen: Screen
    at_once: int = attrs.field(kw_only=True)

    async def run(self, files: Sequence[str]) -> int:
        left, status = [file_name(file) for file in files], ALL_GOOD
        try:
            async for result in as_finished((partial(self._one, file) for file in files), at_once=self.at_once):
                left.remove(result.file)
                self.screen.result(result.to_row(), result.to_lines())
                status = status if result.ok else SOME_FAILED
        except asyncio.CancelledError:
            for file in left:
                result = UploadResult.interrupted(file, self.screen.board.uploaded(file))
                self.screen.result(result.to_row(), result.to_lines())
            raise

        return status

    async def _one(self, file: str) -> UploadResult:
        try:
            return UploadResult(file_name(file), await self.pipeline.upload(file, owner=self.owner))
        except LinkedInMediaError as error:
            return UploadResult(file_name(file), error=error)
