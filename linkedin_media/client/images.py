"""The Images API, one method per documented call (images-api.txt)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from ..errors import ApiError
from ..files import OpenImage, open_image
from ..model.collection import BatchResult
from ..model.image import Image, InitializedUpload, MediaLibraryMetadata, UploadedImage
from ..model.job import ImageSource, Readable
from ..model.urn import Urn, image_urn
from ..options import ImageRules
from ..protocol import images as protocol
from .uploads import put_image

if TYPE_CHECKING:
    from .session import LinkedInClient

DEFAULT_BATCH = 50


@attrs.frozen(eq=False)
class Images:
    """``client.images``."""

    _client: LinkedInClient = attrs.field(repr=False)

    async def initialize_upload(
        self, owner: str, *, media_library: MediaLibraryMetadata | None = None
    ) -> InitializedUpload:
        """Register an upload for `owner`, and with `media_library` in that account's library too.

        Raises:
            InvalidArgument: `owner` is no person, organization or sponsored account.
            Forbidden: The token may not upload for this owner.
        """
        response = await self._client.send(protocol.build_initialize_upload(owner, media_library))
        return protocol.parse_initialize_upload(response)

    async def upload(
        self,
        started: InitializedUpload,
        source: ImageSource | Readable,
        *,
        rules: ImageRules | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> UploadedImage:
        """Validate an image and stream it to its upload URL. `on_progress` is told the bytes sent; a retry starts at 0.

        Raises:
            InvalidImage: The file breaks LinkedIn's rules; nothing was sent.
            UploadExpired: The URL may no longer be used: initialize anew.
            UntrustedHost: The URL is not LinkedIn's.
            FileChanged: The file changed meanwhile; the uploaded image must not be used.
        """
        async with open_image(ImageSource.of(source), rules or ImageRules(), self._client.readers) as image:
            return await self.upload_open(started, image, on_progress=on_progress)

    async def upload_open(
        self, started: InitializedUpload, image: OpenImage, *, on_progress: Callable[[int], None] | None = None
    ) -> UploadedImage:
        """Stream an image that is open and validated already; see `upload`."""
        return await put_image(self._client, started, image, on_progress)

    async def get(self, image: str) -> Image:
        """Return one image.

        Raises:
            NotFound: There is no such image.
            Forbidden: The token may not read images (w_member_social alone may only write).
        """
        return protocol.parse_get(await self._client.send(protocol.build_get(image)))

    async def batch_get(self, images: Iterable[str], *, batch_size: int = DEFAULT_BATCH) -> BatchResult[Urn, Image]:
        """Return many images, any number: asked for `batch_size` at a time, a few batches at once.

        Everything asked for is in ``results`` or, with its own error, in ``errors``.
        """
        wanted = list(dict.fromkeys(image_urn(image) for image in images))
        chunks = [wanted[start : start + batch_size] for start in range(0, len(wanted), batch_size)]
        slots = asyncio.Semaphore(self._client.concurrency.poll)

        async def one(chunk: Sequence[Urn]) -> BatchResult[Urn, Image]:
            async with slots:
                return await self.get_chunk(chunk)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(chunk)) for chunk in chunks]
        parts = [task.result() for task in tasks]
        return BatchResult(
            results={urn: image for part in parts for urn, image in part.results.items()},
            errors={urn: error for part in parts for urn, error in part.errors.items()},
        )

    async def get_chunk(self, images: Sequence[Urn]) -> BatchResult[Urn, Image]:
        """Return a few images with one call: a batch get, or a plain get where there is only one."""
        if len(images) == 1:
            try:
                return BatchResult(results={images[0]: await self.get(images[0])}, errors={})
            except ApiError as error:
                return BatchResult(results={}, errors={images[0]: error})
        request = protocol.build_batch_get(images)
        response = await self._client.send(request)
        return protocol.parse_batch_get(request, response, images, self._client.clock.now())
