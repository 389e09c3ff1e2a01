"""Upload the same content once per owner (``--reuse-images``): by digest, in the ledger, and once at a time."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
from weakref import WeakValueDictionary

import attrs

from ..errors import FileUnreadable, LinkedInMediaError
from ..model.image import UploadedImage
from ..model.job import ImageSource
from ..model.urn import Urn
from ..pipeline.stages import ImageWork, Stages
from ..reading import CHUNK
from ..regular_file import open_regular
from .image_progress import ImageProgress
from .ledger import Ledger


@attrs.define(eq=False)
class SharedImages:
    """Knows which image holds which content. Whoever comes first uploads; the others wait for it."""

    ledger: Ledger
    _locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = attrs.field(factory=WeakValueDictionary, init=False)

    async def to_available(self, stages: Stages, work: ImageWork, progress: ImageProgress) -> None:
        """Make sure that `progress` names an AVAILABLE image with the content of the file.

        Raises:
            LinkedInMediaError: As `Stages.to_available`.
        """
        size, sha256 = await asyncio.to_thread(_digest, work.source)
        key = (str(work.owner), sha256)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            known = await self.ledger.image_of(*key)
            if known is not None:
                uploaded = UploadedImage(image=Urn(known), size=size, sha256=sha256)
                progress.sent(uploaded)
                work = attrs.evolve(work, resume=uploaded)
            try:
                image = await stages.to_available(work)
            except LinkedInMediaError:
                if known is not None:
                    await self.ledger.forget_image(known)
                raise
            await self.ledger.remember_image(*key, str(image.id))


def _digest(image: ImageSource) -> tuple[int, str]:
    if not isinstance(image.source, str | os.PathLike):
        raise FileUnreadable(f"{image.name}: only files are shared")
    digest, size = hashlib.sha256(), 0
    fd, _ = open_regular(image.source, image.name)
    try:
        with io.FileIO(fd) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise FileUnreadable(f"{image.name}: {error.strerror or 'read error'}") from None
    return size, digest.hexdigest()
