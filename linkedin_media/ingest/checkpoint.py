"""Where an image's steps are written down.

They are not waited for, and those of one job that follow each other closely are written once. All that a crash can lose by
it is an upload: the image stays unused and the bytes are sent once more, as after a crash just before a commit. What must
never be forgotten, that a post is about to be sent, is an intent, which is durable before anything leaves.
"""

from __future__ import annotations

import time

import attrs

from ..model.image import InitializedUpload, UploadedImage
from ..pipeline.stages import Checkpoint
from .image_progress import ImageProgress
from .jobs import Record
from .ledger import Ledger
from .states import INITIALIZED, UPLOADED


def now_ms() -> int:
    """Return this machine's clock; for reports, never for decisions."""
    return time.time_ns() // 1_000_000


@attrs.define(eq=False)
class ImageCheckpoint(Checkpoint):
    """Notes one image's steps in the ledger."""

    ledger: Ledger
    record: Record
    image: ImageProgress

    def initialized(self, started: InitializedUpload) -> None:
        """Note where the bytes go."""
        image = self.image
        if image.urn:
            self.record.orphans.append(image.urn)
        image.begin(started)
        self.record.enter(INITIALIZED)
        self.ledger.save_soon(self.record)

    def uploaded(self, uploaded: UploadedImage) -> None:
        """Note that they are there, and forget the URL."""
        self.image.sent(uploaded)
        if not self.record.unsent:
            self.record.enter(UPLOADED)
            self.record.uploaded_at = now_ms()
        self.ledger.save_soon(self.record)
