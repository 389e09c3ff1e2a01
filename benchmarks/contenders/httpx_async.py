"""httpx, asynchronous: the same four calls by workers that share one client."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from urllib.parse import quote

import httpx

from benchmarks.contenders.contest import INITIALIZE, TOKEN, Task, compete, headers, post_body

_AGAIN_AFTER = 0.25


async def work(task: Task) -> int:
    """Publish every image with a post of its own."""
    paths = task.paths
    limits = httpx.Limits(max_connections=task.workers, max_keepalive_connections=task.workers)
    verify = ssl.create_default_context(cafile=task.certificate) if task.certificate else False
    async with httpx.AsyncClient(limits=limits, verify=verify, timeout=60, trust_env=False) as client:

        async def worker() -> int:
            return sum([await _publish(client, task.origin, path) for path in paths])

        return sum(await asyncio.gather(*(worker() for _ in range(task.workers))))


async def _publish(client: httpx.AsyncClient, origin: str, path: str) -> bool:
    url = f"{origin}/rest/images?action=initializeUpload"
    value = (await client.post(url, json=INITIALIZE, headers=headers("ACTION"))).json()["value"]
    body = await asyncio.get_running_loop().run_in_executor(None, Path(path).read_bytes)
    await client.put(value["uploadUrl"], content=body, headers={"Authorization": f"Bearer {TOKEN}"})
    image = value["image"]
    while True:
        reply = await client.get(f"{origin}/rest/images/{quote(image, safe='')}", headers=headers("GET"))
        if reply.json()["status"] == "AVAILABLE":
            break
        await asyncio.sleep(_AGAIN_AFTER)
    reply = await client.post(f"{origin}/rest/posts", json=post_body(image), headers=headers("CREATE"))
    return reply.status_code == 201


if __name__ == "__main__":
    compete(work)
