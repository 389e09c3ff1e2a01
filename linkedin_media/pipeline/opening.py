"""Open files a little ahead of their uploads, several a thread hop: waking a thread costs more than opening a small file."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Final

from ..files import OpenImage, open_now
from ..model.job import ImageSource
from ..options import ImageRules

if TYPE_CHECKING:
    from ..client.session import LinkedInClient

AHEAD: Final = 8
"""Files that are open while they wait for an upload's place."""

_TOGETHER: Final = 4
"""Files opened in one hop, when more than half of those that are ahead are used up."""

_PATIENCE: Final = 0.005
"""Seconds after which a hop is too slow to be shared: from then on, files are opened side by side."""


class Opener:
    """Opens and judges files for all uploads of a pipeline, in at most `hops` threads at once."""

    def __init__(self, client: LinkedInClient, rules: ImageRules, hops: int) -> None:
        self._client = client
        self._rules = rules
        self._free_hops = hops
        self._together = _TOGETHER
        self._wanted: deque[tuple[ImageSource, asyncio.Future[OpenImage]]] = deque()
        self._ahead = 0

    async def open(self, source: ImageSource) -> OpenImage:
        """Open and judge a file; closing it is the caller's.

        Raises:
            InvalidImage, FileUnreadable: As `files.open_image`.
        """
        future: asyncio.Future[OpenImage] = asyncio.get_running_loop().create_future()
        self._wanted.append((source, future))
        self._hop()
        return await future

    def __enter__(self) -> None:
        """Wait for an upload's place, with a file that is open."""
        self._ahead += 1

    def __exit__(self, *_: object) -> None:
        self._ahead -= 1
        self._hop()

    def _hop(self) -> None:
        """Open files where enough are wanted, or where uploads would soon have to wait for them."""
        while self._wanted and self._free_hops:
            if self._ahead > AHEAD - self._together and len(self._wanted) < self._together:
                return
            wanted = [self._wanted.popleft() for _ in range(min(len(self._wanted), self._together))]
            wanted = [(source, future) for source, future in wanted if not future.done()]
            try:
                readers = self._client.readers
                work = partial(_open_some, [source for source, _ in wanted], self._rules, readers)
                hop = asyncio.get_running_loop().run_in_executor(readers, work)
            except Exception as error:  # noqa: BLE001 -- the client was closed: those who wait must hear of it
                for _, future in wanted:
                    future.set_exception(error)
                continue
            self._free_hops -= 1
            self._ahead += len(wanted)
            hop.add_done_callback(partial(self._landed, wanted))

    def _landed(
        self,
        wanted: Sequence[tuple[ImageSource, asyncio.Future[OpenImage]]],
        hop: asyncio.Future[list[OpenImage | Exception]],
    ) -> None:
        self._free_hops += 1
        self._ahead -= len(wanted)
        done = [] if hop.cancelled() else hop.result()
        self._together = _TOGETHER if len(done) == len(wanted) else 1
        for (_, future), opened in zip(wanted, done, strict=False):
            if future.done():
                if isinstance(opened, OpenImage):
                    opened.close()
            elif isinstance(opened, OpenImage):
                future.set_result(opened)
            else:
                future.set_exception(opened)
        left = wanted[len(done) :]
        if hop.cancelled():
            for _, future in left:
                future.cancel()
        else:
            self._wanted.extendleft(reversed(left))
        self._hop()


def _open_some(sources: Sequence[ImageSource], rules: ImageRules, readers: Executor) -> list[OpenImage | Exception]:
    """Open files one after the other until that has taken too long; the rest is left to others."""
    begun, results = time.monotonic(), list[OpenImage | Exception]()
    for source in sources:
        try:
            results.append(open_now(source, rules, readers))
        except Exception as error:  # noqa: BLE001 -- it belongs to whoever wanted this file
            results.append(error)
        if time.monotonic() - begun > _PATIENCE:
            break
    return results
