"""A simulator in another process, seen through its control API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from . import fault_files
from .faults import Fault
from .image_store import ImageState
from .post_store import PostState

_CALL_SECONDS: Final = 40.0


class Control:
    """The control API of one simulator; plain blocking calls, past every proxy."""

    def __init__(self, base_url: str) -> None:
        self._prefix = f"{base_url}/_simulator"
        self._opener = build_opener(ProxyHandler({}))

    def get(self, path: str) -> bytes:
        """Return what a GET answers."""
        return self.send("GET", path)

    def json(self, path: str) -> Any:
        """Return what a GET answers, read as JSON."""
        return json.loads(self.get(path))

    def send(self, method: str, path: str, body: Any = None) -> bytes:
        """Return what a call answers."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._prefix + path, data, method=method)  # noqa: S310 -- our own simulator
        with self._opener.open(request, timeout=_CALL_SECONDS) as reply:
            content: bytes = reply.read()
        return content


class RemoteClock:
    """The simulated time of another process."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def now(self) -> float:
        """Return the simulated time in seconds since the epoch."""
        return float(self._control.json("/clock")["now"])

    def advance(self, seconds: float) -> None:
        """Move the time on."""
        self._control.send("POST", "/clock", {"advance": seconds})

    def freeze(self) -> None:
        """Stop the time."""
        self._control.send("POST", "/clock", {"freeze": True})

    def thaw(self) -> None:
        """Let the time run again, and forget every shift."""
        self._control.send("POST", "/clock", {"thaw": True})


class RemoteFaults:
    """The faults of another process."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(self, *faults: Fault) -> None:
        """Put faults in force; none may hold a function."""
        self._control.send("POST", "/faults", [fault_files.to_mapping(fault) for fault in faults])

    def clear(self) -> None:
        """Take every fault out of force."""
        self._control.send("DELETE", "/faults")

    def to_json(self) -> Any:
        """Return the faults in force, and how often each has struck."""
        return self._control.json("/faults")

    def __len__(self) -> int:
        return len(self.to_json())


class RemoteImages(Mapping[str, ImageState]):
    """The images of another process, as of when this was asked for."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._states = {item["id"]: ImageState(**item) for item in control.json("/images")}

    def __getitem__(self, urn: str) -> ImageState:
        return self._states[urn]

    def __iter__(self) -> Iterator[str]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)

    def content(self, urn: str) -> bytes:
        """Return the bytes uploaded for an image."""
        return self._control.get(f"/images/{quote(urn, safe='')}/content")


class RemotePosts(Mapping[str, PostState]):
    """The posts of another process, as of when this was asked for."""

    def __init__(self, control: Control) -> None:
        self._states = {item["id"]: PostState(**item) for item in control.json("/posts")}

    def __getitem__(self, urn: str) -> PostState:
        return self._states[urn]

    def __iter__(self) -> Iterator[str]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)

    def live(self) -> list[PostState]:
        """Return the posts that are not deleted, the oldest first."""
        return [post for post in self.values() if not post.deleted]

    def with_image(self, image: str) -> list[PostState]:
        """Return the posts that show this image, deleted or not."""
        return [post for post in self.values() if image in post.images]
