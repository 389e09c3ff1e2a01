"""Download an image from its signed URL, again where that is safe (images-api.txt, ``downloadUrl``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..destination import Destination
from ..errors import LinkedInMediaError, UnexpectedReply
from ..model.image import DownloadedImage, Image
from ..protocol import images as protocol
from ..protocol.wire import Repeat
from .retry import delay_before_retry

if TYPE_CHECKING:
    from ..download_body import Downloaded
    from .session import LinkedInClient


async def download_image(
    client: LinkedInClient, image: Image | str, destination: Destination, timeout: float | None
) -> DownloadedImage:
    """Stream the bytes of an image to `destination`.

    Raises:
        InvalidArgument: The image has no bytes yet, or the destination is none.
        UnexpectedReply: The server of the image refused.
    """
    current = image if isinstance(image, Image) and not _stale(client, image) else None
    if current is None:
        current = await client.images.get(image.id if isinstance(image, Image) else image)
    url = protocol.download_url(current)
    attempt = 0
    while True:
        attempt += 1
        try:
            downloaded = await _attempt(client, url, destination, timeout)
            return DownloadedImage(image=current.id, size=downloaded.size, content_type=downloaded.content_type)
        except LinkedInMediaError as error:
            await _wait_or_raise(client, error, destination, attempt)


async def _attempt(client: LinkedInClient, url: str, destination: Destination, timeout: float | None) -> Downloaded:
    async with destination.opened() as write:
        return await client.transport.download(url, write, timeout=timeout)


def _stale(client: LinkedInClient, image: Image) -> bool:
    expires = image.download_url_expires_at
    now = client.clock.now()
    return image.available and expires is not None and expires <= max(now, client.server_time.at(now))


async def _wait_or_raise(
    client: LinkedInClient, error: LinkedInMediaError, destination: Destination, attempt: int
) -> None:
    """Return when the download may be tried again; what has been written to a stream cannot be taken back."""
    delay = delay_before_retry(error, Repeat.HARMLESS, attempt, client.retry, client.clock.fraction())
    if delay is None or destination.begun or _refused(error) or not client.take_retry():
        raise error
    await client.clock.sleep(delay)


def _refused(error: LinkedInMediaError) -> bool:
    return isinstance(error, UnexpectedReply) and error.status is not None and error.status < 500
