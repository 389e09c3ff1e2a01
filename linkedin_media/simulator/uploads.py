"""Upload and download addresses: signed, expiring, outside Rest.li; and what becomes of the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import attrs

from ..inspection import BytesSource, inspect
from .image_store import AVAILABLE, StoredImage
from .incoming import Incoming
from .replies import Refused, Reply, bad_input, refuse

if TYPE_CHECKING:
    from .world import World

UPLOADS: Final = "dms-uploads"
DOWNLOADS: Final = "dms"
_FORMATS: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}


@attrs.frozen
class Verdict:
    """What processing will find: what the image is, or why it fails."""

    format: str | None
    width: int
    height: int
    failures: tuple[str, ...]


def upload_url(world: World, image: StoredImage) -> str:
    """Return where to PUT the bytes, in the form of images-api.txt."""
    identifier = image.id.rpartition(":")[2]
    query = f"ca=vector_ads&cn=uploads&sync=0&v=beta&ut={image.signature}"
    return f"{world.base_url}/{UPLOADS}/{identifier}/uploaded-image/0?{query}"


def download_url(world: World, image: StoredImage) -> tuple[str, int]:
    """Return where an available image can be fetched, and until when (epoch milliseconds)."""
    expires = int(world.clock.now() + world.config.download_url_seconds)
    identifier = image.id.rpartition(":")[2]
    path = f"{DOWNLOADS}/image/{identifier}/image-shrink_1280/0/{int(image.created_at * 1000)}/picture"
    return f"{world.base_url}/{path}?e={expires}&v=beta&t={world.sign(f'{identifier}:{expires}')}", expires * 1000


def check_upload(world: World, call: Incoming) -> StoredImage:
    """Return the image whose upload address this is, before its bytes are read.

    Raises:
        Refused: Wrong verb, signature or token, an expired address, or a body of unknown or excessive length.
    """
    path, _, query = call.target.partition("?")
    image = world.images.get(f"urn:li:image:{path.split('/')[2]}")
    call.image = image.id if image else None
    if call.method != "PUT":
        raise _plain(405, "the bytes are sent with PUT")
    if image is None or not path.endswith("/uploaded-image/0"):
        raise _plain(404, "no such upload address")
    if dict(parse_qsl(query)).get("ut") != image.signature:
        raise _plain(403, "the signature of the upload address does not match: send the address as it was given")
    if world.config.upload_requires_token:
        world.tokens.check(call.headers.get("Authorization"), world.clock.now())
    if world.clock.now() >= image.upload_expires_at:
        status = world.config.upload_expired_status
        raise bad_input("EXPIRED_UPLOAD_URL", "Image upload URL is expired", status=status)
    if int(call.headers.get("Content-Length", 0)) > world.config.max_upload_bytes:
        raise _plain(413, "the file is too large", code="REQUEST_ENTITY_TOO_LARGE")
    return image


def complete_upload(world: World, call: Incoming, image: StoredImage) -> Reply:
    """Take the bytes; a second upload replaces the first. From here the clock alone decides the status."""
    content, now = call.body.content, world.clock.now()
    verdict = world.verdict_on(content, call.body.sha256 or "", call.headers)
    image.uploads += 1
    image.size, image.sha256 = call.body.size, call.body.sha256
    image.content_type = call.headers.get("Content-Type")
    image.format, image.width, image.height = verdict.format, verdict.width, verdict.height
    image.failures = verdict.failures
    image.ready_at = now + world.processing_seconds(image.id, call.body.size)
    world.images.touch(image, now)
    world.images.keep(image.id, content)
    for failure in verdict.failures:
        call.complain(f"this upload will fail processing: {failure}")
    return Reply(201)


def examine(world: World, content: bytes, headers: Mapping[str, str]) -> Verdict:
    """Decide what LinkedIn's processing makes of these bytes."""
    kind = headers.get("Content-Type", "")
    if kind.lower().startswith("multipart/") or (content[:2] == b"--" and b"Content-Disposition" in content[:1000]):
        return Verdict(None, 0, 0, ("a multipart form was uploaded; the raw bytes of the file are wanted",))
    found = inspect(BytesSource(content), world.config.rules)
    problems = [*found.violations, *(found.warnings if world.config.fail_truncated else ())]
    failures = tuple(f"{problem.code}: {problem.message}" for problem in problems)
    return Verdict(found.format, found.width or 0, found.height or 0, failures)


def download(world: World, call: Incoming) -> Reply:
    """Serve an available image to whoever holds its signed address.

    Raises:
        Refused: Unknown, expired, wrongly signed, or no longer kept.
    """
    path, _, query = call.target.partition("?")
    segments = path.split("/")
    identifier = segments[3] if len(segments) > 3 else ""
    given = dict(parse_qsl(query))
    image = world.images.get(f"urn:li:image:{identifier}")
    call.image = image.id if image else None
    expires = given.get("e", "0")
    if image is None or image.status(world.clock.now()) != AVAILABLE:
        raise _plain(404, "no such picture")
    if given.get("t") != world.sign(f"{identifier}:{expires}") or world.clock.now() >= int(expires):
        raise _plain(403, "the address is expired or its signature does not match")
    content = world.images.content(image.id)
    if content is None:
        raise _plain(410, "the simulator no longer keeps these bytes: raise keep_bytes")
    return Reply(200, content, content_type=_FORMATS.get(image.format or "", "application/octet-stream"))


def _plain(status: int, message: str, *, code: str = "") -> Refused:
    return refuse(status, {"status": status, **({"code": code} if code else {}), "message": message})
