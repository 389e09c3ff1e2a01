"""Put an image's bytes to its upload URL, again where that is safe (linkedin-facts §2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ..errors import ApiError, ConnectionLost, LinkedInMediaError, UploadExpired
from ..model.image import InitializedUpload, UploadedImage
from ..protocol import replies
from ..protocol.wire import Repeat, Request, RestliMethod
from ..upload_body import UploadBody, unwatched
from .attempts import Attempts, without

if TYPE_CHECKING:
    from ..image_file import OpenImage
    from .session import LinkedInClient

EXPIRY_MARGIN: Final = 5.0
"""Seconds before its expiry that an upload URL is no longer begun with."""

_GONE: Final = (400, 404, 410)
"""Answers that may mean the URL is used up or unknown; LinkedIn documents none for images."""

_UPLOAD: Final = Request(restli_method=RestliMethod.ACTION, resource="upload", path="", http_method="PUT")


async def put_image(
    client: LinkedInClient,
    started: InitializedUpload,
    image: OpenImage,
    on_progress: Callable[[int], None] | None = None,
    *,
    digest: bool = True,
) -> UploadedImage:
    """Send every byte of `image`, and make sure that it is still the file that was validated.

    Without `digest`, none is taken.

    Raises:
        UploadExpired: The URL may no longer be used.
        FileChanged: The file changed; what was uploaded must not be used.
    """
    attempts = Attempts(client, Repeat.HARMLESS, "PUT upload", client.timeouts.upload or math.inf)
    expect_continue = False
    while True:
        try:
            body = UploadBody(image.chunks(digest=digest), image.facts.size, on_progress or unwatched, image.was_sent)
            await _attempt(client, started, body, attempts, expect_continue=expect_continue)
            break
        except LinkedInMediaError as error:
            await attempts.wait_or_raise(error)
            # Its verdict was lost with the connection: the next attempt asks for it before it sends the body.
            expect_continue = isinstance(error, ConnectionLost)

    if body.sent == body.size:
        image.was_sent()
    image.check_unchanged()
    return UploadedImage(image=started.image, size=image.facts.size, sha256=image.sha256 or "")


async def _attempt(
    client: LinkedInClient,
    started: InitializedUpload,
    body: UploadBody,
    attempts: Attempts,
    *,
    expect_continue: bool,
) -> None:
    await attempts.wait_for_slot()
    now = client.clock.now()
    if started.expired(now, margin=EXPIRY_MARGIN) and started.expired(client.server_time.at(now), margin=EXPIRY_MARGIN):
        raise UploadExpired(f"the upload URL for {started.image} has expired", hint="initialize the upload anew")
    token = attempts.token if client.upload_authorization else None
    timeout = None if math.isinf(attempts.deadline) else max(attempts.remaining(), 0.001)
    response = await client.transport.put(started, body, token, timeout=timeout, expect_continue=expect_continue)
    attempts.log(response)
    if not response.ok:
        error = replies.read_error(_UPLOAD, without(response, token), client.clock.now())
        raise _refusal(client, started, error)


def _refusal(client: LinkedInClient, started: InitializedUpload, error: ApiError) -> LinkedInMediaError:
    now = client.clock.now()
    latest = max(now, client.server_time.at(now))  # either may be wrong where a gateway is between
    if error.status in _GONE or (error.status == 403 and started.expired(latest)):
        return UploadExpired(f"LinkedIn refused the upload URL for {started.image}: {error.status} {error.message}")
    return error
