"""The Images API as values: requests to build, replies to read (images-api.txt)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from ..errors import InvalidArgument, UnexpectedReply
from ..model.collection import BatchResult, Page
from ..model.image import Image, InitializedUpload, MediaLibraryMetadata, MediaLibraryStatus, MediaStatus
from ..model.urn import Urn, expect, image_urn, owner_urn
from . import codec, replies, restli
from .wire import MAX_PAGE, Request, Response, RestliMethod, collection, entity, json_body

RESOURCE: Final = "images"
MAX_COUNT: Final = 1000
_UNPROCESSED: Final = (MediaStatus.WAITING_UPLOAD, MediaStatus.PROCESSING)


def account_urn(value: str) -> Urn:
    """Return the URN of an ad account, or refuse another type."""
    return expect(value, "account", ("sponsoredAccount",))


def build_initialize_upload(owner: str, media_library: MediaLibraryMetadata | None = None) -> Request:
    """Register an upload ("Initialize Image Upload"). A repeated call leaves an unused image, which nobody sees.

    Raises:
        InvalidArgument: `owner` cannot own an image, or the account is no ad account.
    """
    if media_library is None:
        return _registration(owner_urn(owner))
    account_urn(media_library.associated_account)
    return _register({"owner": owner_urn(owner), "mediaLibraryMetadata": codec.dump(media_library)})


@lru_cache(maxsize=64)
def _registration(owner: Urn) -> Request:
    """Return what many calls in a row have in common."""
    return _register({"owner": owner})


def _register(upload: Mapping[str, Any]) -> Request:
    return Request(
        restli_method=RestliMethod.ACTION,
        resource=RESOURCE,
        path=collection(RESOURCE),
        query="action=initializeUpload",
        body=json_body({"initializeUploadRequest": upload}),
    )


def parse_initialize_upload(response: Response) -> InitializedUpload:
    """Read where to send the bytes."""
    value = replies.read_object(response).get("value")
    try:
        return _of_an_image(codec.load(value, InitializedUpload))
    except UnexpectedReply as error:
        raise replies.identified(error, response) from None


def _of_an_image(started: InitializedUpload) -> InitializedUpload:
    if started.image.entity_type == "image":
        return started
    raise UnexpectedReply(f"LinkedIn registered {started.image}, which is no image")


def build_get(image: str) -> Request:
    """Ask for one image ("GET a single image"), its key percent-encoded whole."""
    return Request(restli_method=RestliMethod.GET, resource=RESOURCE, path=entity(RESOURCE, image_urn(image)))


def parse_get(response: Response) -> Image:
    """Read one image."""
    return replies.read_entity(response, lambda value: codec.load(value, Image))


def build_batch_get(images: Sequence[str]) -> Request:
    """Ask for many images at once ("Batch get images")."""
    return Request(
        restli_method=RestliMethod.BATCH_GET,
        resource=RESOURCE,
        max_reply=MAX_PAGE,
        path=collection(RESOURCE),
        query=restli.encode_params({"ids": [image_urn(image) for image in images]}),
    )


def parse_batch_get(
    request: Request, response: Response, images: Sequence[Urn], now: datetime
) -> BatchResult[Urn, Image]:
    """Read many images; each one asked for is in the results or in the errors."""
    return replies.read_batch(request, response, images, lambda value: codec.load(value, Image), now)


def build_partial_update(
    image: str,
    *,
    account: str,
    asset_name: str | None = None,
    status: MediaLibraryStatus | str | None = None,
) -> Request:
    """Rename, archive or restore an image in the media library of `account` ("Partial Update on an Image").

    Raises:
        InvalidArgument: Nothing to change, an empty name, or an account that is no ad account.
    """
    changes = {"assetName": asset_name, "mediaLibraryStatus": None if status is None else str(status)}
    patch = {key: value for key, value in changes.items() if value is not None}
    if not patch:
        raise InvalidArgument("nothing to update", hint="give asset_name or status")
    if asset_name is not None and not asset_name.strip():
        raise InvalidArgument("asset_name must not be empty", argument="asset_name")
    return Request(
        restli_method=RestliMethod.PARTIAL_UPDATE,
        resource=RESOURCE,
        path=entity(RESOURCE, image_urn(image)),
        query=restli.encode_params({"associatedAccount": account_urn(account)}),
        body=json_body({"patch": {"mediaLibraryMetadata": {"$set": patch}}}),
    )


def check_transition(image: Image, status: MediaLibraryStatus | str, *, account: str = "") -> None:
    """Refuse a change of library status that LinkedIn would refuse ("Partial Update on an Image").

    Where the library of `account` has that status already, nothing changes; of an image whose own status is not known,
    LinkedIn is the judge.

    Raises:
        InvalidArgument: ACTIVE to ARCHIVED while processing, or ARCHIVED to ACTIVE without successful processing.
    """
    library = image.media_library_metadata
    if library is not None and (library.associated_account, library.media_library_status) == (account, status):
        return
    if status == MediaLibraryStatus.ARCHIVED and image.status in _UNPROCESSED:
        allowed = "it can be archived once processing is done or has failed"
    elif status == MediaLibraryStatus.ACTIVE and image.status in (*_UNPROCESSED, MediaStatus.PROCESSING_FAILED):
        allowed = "only an image that was processed successfully can be restored"
    else:
        return
    raise InvalidArgument(f"{image.id} is {image.status}: {allowed}", argument="status")


def build_find_by_associated_account(
    account: str,
    *,
    status: MediaLibraryStatus | str | None = None,
    start: int = 0,
    count: int = 100,
) -> Request:
    """Ask for one page of an account's media library, last modified first ("Find by associated account").

    Raises:
        InvalidArgument: `count` is not 1..1000, `start` is negative, or `account` is no ad account.
    """
    if not 1 <= count <= MAX_COUNT:
        raise InvalidArgument(f"count={count}: LinkedIn takes 1 to {MAX_COUNT}", argument="count")
    if start < 0:
        raise InvalidArgument(f"start={start}: must not be negative", argument="start")
    filter_by = None if status is None else {"value": str(status)}
    return Request(
        restli_method=RestliMethod.FINDER,
        resource=RESOURCE,
        max_reply=MAX_PAGE,
        path=collection(RESOURCE),
        query=restli.encode_params(
            {
                "q": "associatedAccount",
                "associatedAccount": account_urn(account),
                "mediaLibraryStatus": filter_by,
                "start": start,
                "count": count,
            }
        ),
    )


def download_url(image: Image) -> str:
    """Return where the bytes of an image are: its status decides whether there are any, not its having a URL.

    Raises:
        InvalidArgument: It is not AVAILABLE, or LinkedIn gave no URL.
    """
    if image.status in (None, MediaStatus.AVAILABLE) and image.download_url:
        return image.download_url
    state = f"is {image.status}" if image.status and not image.available else "has no download URL"
    raise InvalidArgument(
        f"{image.id} {state}", argument="image", hint="an image can be downloaded once it is AVAILABLE"
    )


def parse_page(response: Response) -> Page[Image]:
    """Read one page of images."""
    return replies.read_page(response, lambda value: codec.load(value, Image))
