"""The floor: libcurl's multi interface, nothing checked, one handle prepared for each call of each worker."""

from __future__ import annotations

import heapq
import io
import json
import time
from itertools import count
from typing import IO
from urllib.parse import quote

import pycurl

from benchmarks.contenders.contest import INITIALIZE, TOKEN, Task, compete, headers, post_body

_AGAIN_AFTER = 0.25


class Worker:
    """One image after the other; tells which handle to run next."""

    def __init__(self, task: Task) -> None:
        self.origin = task.origin
        self.buffer = io.BytesIO()
        self.image = ""
        self.file: IO[bytes] = io.BytesIO()
        self.initialize = self._handle(task, headers("ACTION", json_body=True))
        self.initialize.setopt(pycurl.URL, f"{task.origin}/rest/images?action=initializeUpload")
        self.initialize.setopt(pycurl.POSTFIELDS, json.dumps(INITIALIZE))
        self.put = self._handle(task, {"Authorization": f"Bearer {TOKEN}"})
        self.put.setopt(pycurl.UPLOAD, 1)
        self.put.setopt(pycurl.UPLOAD_BUFFERSIZE, 256 * 1024)
        self.get = self._handle(task, headers("GET"))
        self.post = self._handle(task, headers("CREATE", json_body=True))
        self.post.setopt(pycurl.URL, f"{task.origin}/rest/posts")

    def _handle(self, task: Task, lines: dict[str, str]) -> pycurl.Curl:
        handle = pycurl.Curl()
        handle.setopt(pycurl.HTTPHEADER, [*(f"{name}: {value}" for name, value in lines.items()), "Expect:"])
        handle.setopt(pycurl.WRITEFUNCTION, self.buffer.write)
        if task.certificate:
            handle.setopt(pycurl.CAINFO, task.certificate)
        handle.worker = self
        return handle

    def begin(self, path: str) -> pycurl.Curl:
        self.file = open(path, "rb")  # noqa: SIM115 -- closed when it is sent
        return self.initialize

    def after(self, handle: pycurl.Curl) -> tuple[pycurl.Curl | None, float]:
        """Return the handle to run after `handle`, and after how many seconds; None when the post is made."""
        reply = self.buffer.getvalue()
        self.buffer.seek(0)
        self.buffer.truncate()
        if handle is self.initialize:
            return self._uploading(json.loads(reply)["value"]), 0
        if handle is self.put:
            self.file.close()
            self.get.setopt(pycurl.URL, f"{self.origin}/rest/images/{quote(self.image, safe='')}")
            return self.get, 0
        if handle is self.get:
            if json.loads(reply)["status"] != "AVAILABLE":
                return self.get, _AGAIN_AFTER
            self.post.setopt(pycurl.POSTFIELDS, json.dumps(post_body(self.image)))
            return self.post, 0
        return None, 0

    def _uploading(self, value: dict[str, str]) -> pycurl.Curl:
        self.image = value["image"]
        self.put.setopt(pycurl.URL, value["uploadUrl"])
        self.put.setopt(pycurl.READDATA, self.file)
        self.put.setopt(pycurl.INFILESIZE_LARGE, self.file.seek(0, io.SEEK_END))
        self.file.seek(0)
        return self.put


def work(task: Task) -> int:
    """Publish every image with a post of its own."""
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, task.workers)
    paths, order, posts = task.paths, count(), 0
    later: list[tuple[float, int, pycurl.Curl]] = []
    running = 0
    for worker, path in zip([Worker(task) for _ in range(task.workers)], paths, strict=False):
        multi.add_handle(worker.begin(path))
        running += 1
    while running:
        while later and later[0][0] <= time.monotonic():
            multi.add_handle(heapq.heappop(later)[2])
        multi.perform()
        _, done, failed = multi.info_read()
        for handle in [*done, *(entry[0] for entry in failed)]:
            multi.remove_handle(handle)
            following, delay = handle.worker.after(handle)
            if following is None:
                posts += handle.getinfo(pycurl.RESPONSE_CODE) == 201
                path = next(paths, None)
                running -= path is None
                following = handle.worker.begin(path) if path else None
            if following and delay:
                heapq.heappush(later, (time.monotonic() + delay, next(order), following))
            elif following:
                multi.add_handle(following)
        if not done:
            multi.select(0.01 if later else 1.0)
    return posts


if __name__ == "__main__":
    compete(work)
