"""Where an image's steps are written down before the next one begins."""

from __future__ import annotations

import time

import attrs

from ..model.image import InitializedUpload, UploadedImage
from ..pipeline.stages import Checkpoint
from .jobs import ImageProgress, Record
from .ledger import Ledger
from .states import State


def now_ms() -> int:
    """Return this machine's clock; for reports, never for decisions."""
    return time.time_ns() // 1_000_000


@attrs.frozen
class ImageCheckpoint(Checkpoint):
    """Writes one image's steps to the ledger."""

    ledger: Ledger
    record: Record
    position: int

    @property
    def image(self) -> ImageProgress:
        """How far the image is."""
        return self.record.images[self.position]

    async def initialized(self, started: InitializedUpload) -> None:
        """Write down where the bytes go."""
        if self.image.urn:
            self.record.orphans.append(self.image.urn)
        self.image.begin(started)
        self.record.enter(State.INITIALIZED)
        await self.ledger.save(self.record)

    async def uploaded(self, uploaded: UploadedImage) -> None:
        """Write down that they are there, and forget the URL."""
        self.image.sent(uploaded)
        if all(image.sha256 for image in self.record.images):
            self.record.enter(State.UPLOADED)
            self.record.uploaded_at = now_ms()
        await self.ledger.save(self.record)
