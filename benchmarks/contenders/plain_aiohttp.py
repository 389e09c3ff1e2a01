"""A plain aiohttp loop: the same four calls by workers, nothing validated, no models, no retries, no bounds.

Its body is the best there is: a file up to 1 MB is read in one thread hop and sent as bytes, a larger one in pieces of
256 KB that end with the last byte, so that the connection stays open.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from urllib.parse import quote

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from benchmarks.contenders.contest import INITIALIZE, TOKEN, Task, compete, headers, post_body

_WHOLE = 1 << 20
_PIECE = 256 * 1024
_AGAIN_AFTER = 0.25


class _Pieces(aiohttp.Payload):
    """A file in pieces, each read in a thread, with nothing to do after the last one."""

    def __init__(self, fd: int, size: int) -> None:
        super().__init__(fd, content_type="application/octet-stream")
        self._size = size

    async def write(self, writer: AbstractStreamWriter) -> None:
        loop = asyncio.get_running_loop()
        for offset in range(0, self._size, _PIECE):
            await writer.write(await loop.run_in_executor(None, os.pread, self._value, _PIECE, offset))

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        await self.write(writer)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError


async def work(task: Task) -> int:
    """Publish every image with a post of its own."""
    paths = task.paths
    connector = aiohttp.TCPConnector(limit=task.workers)
    timeout = aiohttp.ClientTimeout(total=300)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def worker() -> int:
            return sum([await _publish(session, task.origin, path) for path in paths])

        return sum(await asyncio.gather(*(worker() for _ in range(task.workers))))


async def _publish(session: aiohttp.ClientSession, origin: str, path: str) -> bool:
    url = f"{origin}/rest/images?action=initializeUpload"
    async with session.post(url, json=INITIALIZE, headers=headers("ACTION")) as reply:
        value = (await reply.json())["value"]
    await _put(session, value["uploadUrl"], path)
    image = value["image"]
    while True:
        async with session.get(f"{origin}/rest/images/{quote(image, safe='')}", headers=headers("GET")) as reply:
            if (await reply.json())["status"] == "AVAILABLE":
                break
        await asyncio.sleep(_AGAIN_AFTER)
    async with session.post(f"{origin}/rest/posts", json=post_body(image), headers=headers("CREATE")) as reply:
        await reply.read()
        return reply.status == 201


async def _put(session: aiohttp.ClientSession, url: str, path: str) -> None:
    size = os.stat(path).st_size
    if size <= _WHOLE:
        body = await asyncio.get_running_loop().run_in_executor(None, Path(path).read_bytes)
        await _send(session, url, body)
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        await _send(session, url, _Pieces(fd, size))
    finally:
        os.close(fd)


async def _send(session: aiohttp.ClientSession, url: str, body: bytes | aiohttp.Payload) -> None:
    async with session.put(url, data=body, headers={"Authorization": f"Bearer {TOKEN}"}) as reply:
        await reply.read()


if __name__ == "__main__":
    compete(work)
