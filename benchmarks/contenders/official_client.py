"""LinkedIn's own Python client in a pool of threads. It cannot upload, so its session (requests) sends the bytes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from linkedin_api.clients.restli.client import RestliClient
from linkedin_api.common import constants

from benchmarks.contenders.contest import INITIALIZE, TOKEN, VERSION, Task, compete, post_body

_AGAIN_AFTER = 0.25
_CALL = {"access_token": TOKEN, "version_string": VERSION}


def work(task: Task) -> int:
    """Publish every image with a post of its own."""
    own = threading.local()
    constants.VERSIONED_BASE_URL = f"{task.origin}/rest"

    def publish(path: str) -> bool:
        if not hasattr(own, "client"):
            own.client = RestliClient()
            own.client.session.trust_env = False
            own.client.session.verify = task.certificate or True
        return _publish(own.client, path)

    with ThreadPoolExecutor(task.workers) as pool:
        return sum(pool.map(publish, task.paths))


def _publish(client: RestliClient, path: str) -> bool:
    action = {"action_name": "initializeUpload", "action_params": INITIALIZE}
    value = client.action(resource_path="/images", **action, **_CALL).value
    body = Path(path).read_bytes()
    client.session.put(value["uploadUrl"], data=body, headers={"Authorization": f"Bearer {TOKEN}"})
    image = value["image"]
    while _status(client, image) != "AVAILABLE":
        time.sleep(_AGAIN_AFTER)
    return client.create(resource_path="/posts", entity=post_body(image), **_CALL).status_code == 201


def _status(client: RestliClient, image: str) -> str:
    return client.get(resource_path="/images/{id}", path_keys={"id": image}, **_CALL).entity["status"]


if __name__ == "__main__":
    compete(work)
