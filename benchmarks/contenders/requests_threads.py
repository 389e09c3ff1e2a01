"""requests in a pool of threads, a session for each thread."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import requests

from benchmarks.contenders.contest import INITIALIZE, TOKEN, Task, compete, headers, post_body

_AGAIN_AFTER = 0.25


def work(task: Task) -> int:
    """Publish every image with a post of its own."""
    own = threading.local()

    def publish(path: str) -> bool:
        if not hasattr(own, "session"):
            own.session = requests.Session()
            own.session.trust_env = False
            own.session.verify = task.certificate or True
        return _publish(own.session, task.origin, path)

    with ThreadPoolExecutor(task.workers) as pool:
        return sum(pool.map(publish, task.paths))


def _publish(session: requests.Session, origin: str, path: str) -> bool:
    url = f"{origin}/rest/images?action=initializeUpload"
    value = session.post(url, json=INITIALIZE, headers=headers("ACTION")).json()["value"]
    session.put(value["uploadUrl"], data=Path(path).read_bytes(), headers={"Authorization": f"Bearer {TOKEN}"})
    image = value["image"]
    url = f"{origin}/rest/images/{quote(image, safe='')}"
    while session.get(url, headers=headers("GET")).json()["status"] != "AVAILABLE":
        time.sleep(_AGAIN_AFTER)
    reply = session.post(f"{origin}/rest/posts", json=post_body(image), headers=headers("CREATE"))
    return reply.status_code == 201


if __name__ == "__main__":
    compete(work)
