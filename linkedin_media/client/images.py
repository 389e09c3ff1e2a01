"""The Images API, one method per documented call (images-api.txt)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import attrs

from ..destination import Destination, Writable
from ..errors import Forbidden
from ..files import open_image
from ..image_file import OpenImage
from ..model.collection import BatchResult
from ..model.image import (
    DownloadedImage,
    Image,
    InitializedUpload,
    MediaLibraryMetadata,
    MediaLibraryStatus,
    UploadedImage,
)
from ..model.job import ImageSource, Readable
from ..model.urn import Urn, image_urn
from ..options import ImageRules
from ..protocol import images as protocol
from .batching import DEFAULT_BATCH, BatchGet
from .downloads import download_image
from .paging import Pages, Query
from .uploads import put_image

if TYPE_CHECKING:
    from .session import LinkedInClient


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
        self,
        started: InitializedUpload,
        image: OpenImage,
        *,
        on_progress: Callable[[int], None] | None = None,
        digest: bool = True,
    ) -> UploadedImage:
        """Stream an image that is open and validated already; see `upload`. Without `digest`, its ``sha256`` is empty."""
        return await put_image(self._client, started, image, on_progress, digest=digest)

    async def get(self, image: str) -> Image:
        """Return one image.

        Raises:
            NotFound: There is no such image.
            Forbidden: The token may not read images (w_member_social alone may only write).
        """
        return protocol.parse_get(await self._client.send(protocol.build_get(image)))

    async def batch_get(self, images: Iterable[str], *, batch_size: int = DEFAULT_BATCH) -> BatchResult[Urn, Image]:
        """Return many images, any number: asked for `batch_size` at a time, a few batches at once ("Batch get images").

        Everything asked for is in ``results`` or, with its own error, in ``errors``.

        Raises:
            Unauthorized, VersionSunset: What is wrong concerns every call.
        """
        return await self._batch().all([image_urn(image) for image in images], size=batch_size)

    async def get_chunk(self, images: Sequence[Urn]) -> BatchResult[Urn, Image]:
        """Return a few images with one call: a batch get, or a plain get where there is only one."""
        return await self._batch().chunk(images)

    def _batch(self) -> BatchGet[Urn, Image]:
        return BatchGet(
            client=self._client, get=self.get, build=protocol.build_batch_get, parse=protocol.parse_batch_get
        )

    async def partial_update(
        self,
        image: str,
        *,
        account: str,
        asset_name: str | None = None,
        status: MediaLibraryStatus | str | None = None,
        current: Image | None = None,
        check: Literal["auto", "never"] = "auto",
    ) -> None:
        """Rename, archive or restore an image in the media library of `account` ("Partial Update on an Image").

        A change of `status` is first checked against what LinkedIn allows: by `current`, or else by asking for the image.
        Where the token may not read images, LinkedIn alone decides; so it does with ``check="never"``, which saves a call.

        Raises:
            InvalidArgument: Nothing to change, or the image cannot be archived or restored now; nothing was changed.
            NotFound: There is no such image.
            Forbidden: The token lacks ``rw_ads``, or the member access to the account.
        """
        request = protocol.build_partial_update(image, account=account, asset_name=asset_name, status=status)
        if status is not None and check == "auto":
            with contextlib.suppress(Forbidden):
                protocol.check_transition(current or await self.get(image), status, account=account)
        await self._client.send(request)

    def find_by_associated_account(
        self, account: str, *, status: MediaLibraryStatus | str | None = None, start: int = 0, count: int = 100
    ) -> Pages[Image]:
        """List the media library of an ad account, last modified first, `count` (1 to 1000) a page.

        ("Find by associated account".) ``async for image in …`` gives images, ``.by_page()`` whole pages.

        Raises:
            InvalidArgument: `count` is not 1..1000, `start` is negative, or `account` is no ad account.
            Forbidden: When iterated: LinkedIn grants this finder per application.
        """
        build = partial(protocol.build_find_by_associated_account, account, status=status, count=count)
        query = Query(build=build, parse=lambda _, response, __: protocol.parse_page(response))
        return Pages(self._client, [query], start)

    async def download(
        self,
        image: Image | str,
        destination: str | os.PathLike[str] | Writable,
        *,
        timeout: float | None = None,
    ) -> DownloadedImage:
        """Stream an available image to a file, or to something with ``write()``; the token is not sent along.

        A file takes its name when all of it is there, in the place of one that had that name. Given a URN, or an image
        whose download URL has expired, the image is asked for first. `timeout` bounds each attempt; one that makes no
        progress ends after ``Timeouts.stall``.

        Raises:
            InvalidArgument: The image is not AVAILABLE or has no download URL, or the destination is none.
            UntrustedHost: Its URL is not LinkedIn's; nothing was sent to it.
            FileUnwritable: The operating system refused to write.
            UnexpectedReply: The server of the image refused.
        """
        return await download_image(self._client, image, Destination(destination, self._client.readers), timeout)
