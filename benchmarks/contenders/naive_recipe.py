"""The recipe people write: gather everything, stream with aiofiles in 64 KB chunks, poll each image on its own."""

from __future__ import annotations

import asyncio
import os
from urllib.parse import quote

import aiofiles
import aiohttp

from benchmarks.contenders.contest import INITIALIZE, TOKEN, Task, compete, headers, post_body


async def _chunks(path: str):
    async with aiofiles.open(path, "rb") as file:
        while chunk := await file.read(64 * 1024):
            yield chunk


async def work(task: Task) -> int:
    """Publish every image with a post of its own."""
    slots = asyncio.Semaphore(task.workers)
    async with aiohttp.ClientSession() as session:
        jobs = [_publish(session, slots, task.origin, path) for path in task.paths]
        return sum(await asyncio.gather(*jobs))


async def _publish(session: aiohttp.ClientSession, slots: asyncio.Semaphore, origin: str, path: str) -> bool:
    async with slots:
        url = f"{origin}/rest/images?action=initializeUpload"
        async with session.post(url, json=INITIALIZE, headers=headers("ACTION")) as reply:
            value = (await reply.json())["value"]
        sizes = {"Content-Length": str(os.path.getsize(path)), "Authorization": f"Bearer {TOKEN}"}
        async with session.put(value["uploadUrl"], data=_chunks(path), headers=sizes) as reply:
            reply.raise_for_status()
    image = value["image"]
    while True:
        async with session.get(f"{origin}/rest/images/{quote(image, safe='')}", headers=headers("GET")) as reply:
            if (await reply.json())["status"] == "AVAILABLE":
                break
        await asyncio.sleep(0.5)
    async with session.post(f"{origin}/rest/posts", json=post_body(image), headers=headers("CREATE")) as reply:
        return reply.status == 201


if __name__ == "__main__":
    compete(work)
