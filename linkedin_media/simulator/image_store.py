"""The images the simulator holds: what was registered, what was uploaded, and how far each is right now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from .clock import Clock

WAITING_UPLOAD = "WAITING_UPLOAD"
PROCESSING = "PROCESSING"
AVAILABLE = "AVAILABLE"
PROCESSING_FAILED = "PROCESSING_FAILED"


@attrs.frozen(kw_only=True)
class ImageState:
    """An image as tests see it: a snapshot, its status that of the moment it was taken."""

    id: str
    owner: str
    status: str
    account: str | None = None
    asset_name: str | None = None
    library_status: str | None = None
    uploads: int = 0
    size: int = 0
    sha256: str | None = None
    content_type: str | None = None
    format: str | None = None
    width: int = 0
    height: int = 0
    created_at: float = 0.0
    upload_expires_at: float = 0.0
    failures: tuple[str, ...] = attrs.field(default=(), converter=tuple)


@attrs.define(kw_only=True)
class StoredImage:
    """An image as the simulator keeps it. Nothing changes its status but the clock: `ready_at` says when it is decided."""

    id: str
    owner: str
    created_at: float
    modified_at: float
    upload_expires_at: float
    signature: str = attrs.field(repr=False)
    account: str | None = None
    asset_name: str | None = None
    library_status: str | None = None
    uploads: int = 0
    size: int = 0
    sha256: str | None = None
    content_type: str | None = None
    format: str | None = None
    width: int = 0
    height: int = 0
    ready_at: float | None = None
    failures: tuple[str, ...] = ()

    def status(self, now: float) -> str:
        """Return how far the image is."""
        if self.ready_at is None:
            return WAITING_UPLOAD
        if now < self.ready_at:
            return PROCESSING
        return PROCESSING_FAILED if self.failures else AVAILABLE

    def state(self, now: float) -> ImageState:
        """Return a snapshot for tests."""
        shared = {field.name for field in attrs.fields(ImageState)} - {"status"}
        return ImageState(status=self.status(now), **{name: getattr(self, name) for name in shared})


class ImageStore:
    """All images, and the uploaded bytes as far as `keep_bytes` allows: the oldest content goes first."""

    def __init__(self, keep_bytes: int) -> None:
        self._images: dict[str, StoredImage] = {}
        self._libraries: dict[str, dict[str, StoredImage]] = {}
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._keep_bytes = keep_bytes
        self._kept = 0

    def __iter__(self) -> Iterator[StoredImage]:
        return iter(list(self._images.values()))

    def add(self, image: StoredImage) -> None:
        """Remember a registered image."""
        self._images[image.id] = image
        if image.account:
            self._libraries.setdefault(image.account, {})[image.id] = image

    def get(self, urn: str) -> StoredImage | None:
        """Return an image, or None."""
        return self._images.get(urn)

    def touch(self, image: StoredImage, now: float) -> None:
        """Make this image the last modified one of its library."""
        image.modified_at = now
        if image.account:
            library = self._libraries[image.account]
            library[image.id] = library.pop(image.id)

    def library(self, account: str) -> Iterator[StoredImage]:
        """Return an account's images, the last modified first."""
        return reversed(self._libraries.get(account, {}).values())

    def keep(self, urn: str, content: bytes) -> None:
        """Keep an image's bytes, and let go of the oldest ones beyond the bound."""
        self._kept -= len(self._contents.pop(urn, b""))
        self._contents[urn] = content
        self._kept += len(content)
        while self._kept > self._keep_bytes and self._contents:
            self._kept -= len(self._contents.popitem(last=False)[1])

    def content(self, urn: str) -> bytes | None:
        """Return an image's bytes, if they are still kept."""
        return self._contents.get(urn)

    def count(self) -> int:
        """Return how many images were registered."""
        return len(self._images)


class Images(Mapping[str, ImageState]):
    """The images by URN, as snapshots: ``sim.images[urn].status``."""

    def __init__(self, store: ImageStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def __getitem__(self, urn: str) -> ImageState:
        image = self._store.get(urn)
        if image is None:
            raise KeyError(urn)
        return image.state(self._clock.now())

    def __iter__(self) -> Iterator[str]:
        return (image.id for image in self._store)

    def __len__(self) -> int:
        return self._store.count()

    def content(self, urn: str) -> bytes | None:
        """Return the bytes uploaded for an image, if they are still kept."""
        return self._store.content(urn)

    def to_json(self) -> list[dict[str, Any]]:
        """Return all snapshots as plain values."""
        return [attrs.asdict(state) for state in self.values()]
