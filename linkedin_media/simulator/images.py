"""The Images API: register, read one, read many (images-api.txt)."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from ..errors import InvalidArgument
from ..model.urn import Urn
from . import uploads
from .image_store import AVAILABLE, StoredImage
from .incoming import Incoming
from .replies import (
    Refused,
    Reply,
    access_denied,
    bad_input,
    forbidden_image,
    invalid_param,
    json_reply,
    not_found,
    refuse,
    schema_violation,
)
from .schema import TEXT, Record, Symbol, violations
from .tokens import Token

if TYPE_CHECKING:
    from .world import World

WRITERS: Final = ("rw_ads", "w_member_social", "w_organization_social", "w_power_creators")
READERS: Final = ("rw_ads", "w_organization_social", "w_power_creators")
LIBRARY_STATUS: Final = Symbol({"ACTIVE", "ARCHIVED"})
_EMPTY_ID: Final = re.compile(r"urn:li:\w+:", re.ASCII)
_METADATA: Final = Record(
    {"associatedAccount": TEXT, "assetName": TEXT, "mediaLibraryStatus": LIBRARY_STATUS},
    {"associatedAccount", "assetName"},
)
_INITIALIZE: Final = Record(
    {"initializeUploadRequest": Record({"owner": TEXT, "mediaLibraryMetadata": _METADATA}, {"owner"})},
    {"initializeUploadRequest"},
)


def initialize_upload(world: World, call: Incoming) -> Reply:
    """Register an image and say where to send its bytes."""
    what = f"partnerApiImages.ACTION-initializeUpload.{call.version}"
    if not call.caller.any_of(WRITERS):
        raise access_denied(what)
    body = call.json_object()
    found = violations(_INITIALIZE, body)
    if found:
        raise schema_violation(found)
    request = body["initializeUploadRequest"]
    owner = check_owner(request["owner"], call.caller)
    metadata = request.get("mediaLibraryMetadata")
    if metadata is not None:
        check_account(metadata["associatedAccount"], call.caller, what)
    image = register(world, owner, metadata or {})
    call.image = image.id
    return json_reply(
        {
            "value": {
                "uploadUrlExpiresAt": int(image.upload_expires_at * 1000),
                "uploadUrl": uploads.upload_url(world, image),
                "image": image.id,
            }
        }
    )


def register(world: World, owner: str, metadata: dict[str, Any]) -> StoredImage:
    """Create an image that waits for its upload."""
    now = world.clock.now()
    image = StoredImage(
        id=f"urn:li:image:{world.ids.image()}",
        owner=owner,
        created_at=now,
        modified_at=now,
        upload_expires_at=now + world.config.upload_url_seconds,
        signature=world.ids.text(24),
        account=metadata.get("associatedAccount"),
        asset_name=metadata.get("assetName"),
        library_status=metadata.get("mediaLibraryStatus", "ACTIVE") if metadata else None,
    )
    world.images.add(image)
    return image


def get(world: World, call: Incoming) -> Reply:
    """Answer for one image."""
    check_reader(world, call, "GET")
    image = find(world, call.key or "", call.caller)
    call.image = image.id
    return json_reply(rendered(world, image, call.params.get("associatedAccount")))


def batch_get(world: World, call: Incoming) -> Reply:
    """Answer for many images; each id has its own status."""
    check_reader(world, call, "BATCH_GET")
    ids = read_ids(world, call)
    results: dict[str, Any] = {}
    statuses: dict[str, int] = {}
    errors: dict[str, Any] = {}
    for urn in ids:
        try:
            results[urn] = rendered(world, find(world, urn, call.caller), call.params.get("associatedAccount"))
            statuses[urn] = 200
        except Refused as refusal:
            statuses[urn], errors[urn] = refusal.reply.status, refusal.body
    return json_reply({"results": results, "statuses": statuses, "errors": errors})


def read_ids(world: World, call: Incoming) -> list[str]:
    """Return the ids of a batch call.

    Raises:
        Refused: No list, an empty one, or more than `batch_max`; 403 for an application of the development tier.
    """
    if call.caller.tier == "development":
        raise access_denied(f"partnerApi{call.meaning.resource.capitalize()}.BATCH_GET.{call.version}")
    ids = call.params.get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(item, str) for item in ids):
        raise invalid_param("ids")
    if len(ids) > world.config.batch_max:
        message = f"Batch size {len(ids)} exceeds the maximum of {world.config.batch_max}"
        raise refuse(400, {"status": 400, "code": "ILLEGAL_ARGUMENT", "message": message})
    return ids


def rendered(world: World, image: StoredImage, account: str | None = None) -> dict[str, Any]:
    """Return an image as LinkedIn answers for it."""
    status = image.status(world.clock.now())
    fields: dict[str, Any] = {"owner": image.owner, "id": image.id, "status": status}
    if status == AVAILABLE:
        fields["downloadUrl"], fields["downloadUrlExpiresAt"] = uploads.download_url(world, image)
        divisor = math.gcd(image.width, image.height) or 1
        fields["aspectRatioWidth"] = image.width / divisor
        fields["aspectRatioHeight"] = image.height / divisor
    if image.account and account in (None, image.account):
        fields["mediaLibraryMetadata"] = {
            "associatedAccount": image.account,
            "mediaLibraryStatus": image.library_status,
            "assetName": image.asset_name,
        }
    return fields


def find(world: World, urn: str, caller: Token) -> StoredImage:
    """Return an image the caller may see.

    Raises:
        Refused: No image URN, an unknown image, or somebody else's.
    """
    read_urn(urn, "id", ("image",))
    image = world.images.get(urn)
    if image is None:
        raise not_found(world.config.not_found_status)
    if not may_use(caller, image.owner):
        raise forbidden_image()
    return image


def may_use(caller: Token, owner: str) -> bool:
    """Tell whether the caller may read and write for this owner (images-api.txt, "Permissions")."""
    if owner.startswith("urn:li:sponsoredAccount:"):
        return True
    return owner == caller.member or owner in caller.organizations


def check_owner(owner: str, caller: Token) -> str:
    """Return the owner if the caller may register images for it.

    Raises:
        Refused: 403 with an empty message for a URN without an id (measured), 400 for no or the wrong kind of URN, 403 for
            somebody else.
    """
    if _EMPTY_ID.fullmatch(owner):
        raise refuse(
            403,
            {"message": "", "status": 403},
            verdict=f"the owner {owner} has no id",
            headers={"X-LinkedIn-Error-Response": "true"},
        )
    read_urn(owner, "owner", ("person", "organization", "sponsoredAccount"))
    if not may_use(caller, owner):
        raise forbidden_image()
    return owner


def check_account(account: str, caller: Token, what: str) -> None:
    """Refuse an ad account the caller has no access to.

    Raises:
        Refused: No account URN; 403 without ``rw_ads`` or access to the account.
    """
    read_urn(account, "associatedAccount", ("sponsoredAccount",))
    if "rw_ads" not in caller.scopes or account not in caller.accounts:
        raise access_denied(what)


def check_reader(world: World, call: Incoming, method: str) -> None:
    """Refuse tokens that may not read images, above all those with only ``w_member_social``.

    Raises:
        Refused: 403.
    """
    if call.caller.any_of(READERS):
        return
    if world.config.read_refusal == "documented":
        raise forbidden_image()
    raise access_denied(f"partnerApiAssets.{method}.{call.version}")


def read_urn(value: str, field: str, types: tuple[str, ...]) -> Urn:
    """Return a URN of one of the types.

    Raises:
        Refused: 400 ``INVALID_URN_ID`` or ``INVALID_URN_TYPE`` (images-api.txt, "Error Messages").
    """
    try:
        urn = Urn(value)
    except InvalidArgument:
        raise bad_input("INVALID_URN_ID", "This Urn ID is invalid", field, value=value) from None
    if urn.entity_type not in types:
        message = f"{field} value {value} must be a {' or '.join(types)} URN"
        raise bad_input("INVALID_URN_TYPE", message, field, value=value)
    return urn
