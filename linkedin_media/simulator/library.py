"""The media library of an ad account: rename, archive, restore, list (images-api.txt)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from . import paging
from .image_store import AVAILABLE, PROCESSING_FAILED, StoredImage
from .images import LIBRARY_STATUS, check_account, find, rendered
from .incoming import Incoming
from .replies import Refused, Reply, bad_input, invalid_param, json_reply, not_found, schema_violation
from .schema import TEXT, Record, violations

if TYPE_CHECKING:
    from .world import World

MAX_COUNT: Final = 1000
_CHANGES: Final = Record({"assetName": TEXT, "mediaLibraryStatus": LIBRARY_STATUS})


def partial_update(world: World, call: Incoming) -> Reply:
    """Change an image's entry in the library of the account named; any other patch data is silently ignored."""
    account = _account(call, "PARTIAL_UPDATE")
    body = call.json_object()
    image = find(world, call.key or "", call.caller)
    call.image = image.id
    if image.account != account:
        raise not_found(world.config.not_found_status)
    patch = body.get("patch")
    if not isinstance(patch, dict):
        raise schema_violation(["ERROR :: /patch :: field is required but not found and has no default value"])
    changes = _changes(call, patch)
    status, name = changes.get("mediaLibraryStatus"), changes.get("assetName")
    if status is not None:
        _check_transition(image, status, world.clock.now())
        image.library_status = status  # this alone leaves the time of last modification as it is
    if name is not None:
        image.asset_name = name
        world.images.touch(image, world.clock.now())
    return Reply(204)


def _account(call: Incoming, method: str) -> str:
    account = call.params.get("associatedAccount")
    if not isinstance(account, str) or not account:
        raise bad_input("MISSING_FIELD", "Parameter associatedAccount is required", "associatedAccount")
    check_account(account, call.caller, f"partnerApiImages.{method}.{call.version}")
    return account


def _changes(call: Incoming, patch: dict[str, Any]) -> dict[str, Any]:
    metadata = patch.get("mediaLibraryMetadata")
    changes = metadata.get("$set", {}) if isinstance(metadata, dict) else {}
    if not isinstance(changes, dict):
        raise schema_violation(["ERROR :: /patch/mediaLibraryMetadata/$set :: record type is not backed by a DataMap"])
    ignored = [name for name in patch if name != "mediaLibraryMetadata"]
    ignored += [f"mediaLibraryMetadata.$set.{name}" for name in changes if name not in _CHANGES.fields]
    if ignored:
        call.complain(f"silently ignored patch data: {', '.join(ignored)}")
    wanted = {name: value for name, value in changes.items() if name in _CHANGES.fields}
    found = violations(_CHANGES, wanted, "/patch/mediaLibraryMetadata/$set")
    if found:
        raise schema_violation(found)
    return wanted


def _check_transition(image: StoredImage, wanted: str, now: float) -> None:
    """Refuse what the page forbids: archiving while processing, restoring what was not processed successfully."""
    status = image.status(now)
    allowed = {"ARCHIVED": (AVAILABLE, PROCESSING_FAILED), "ACTIVE": (AVAILABLE,)}[wanted]
    if wanted != image.library_status and status not in allowed:
        raise _update_failed(image.id, f"{image.library_status} cannot become {wanted} while {status}")


def _update_failed(urn: str, why: str) -> Refused:
    message = f"Failed to update asset {urn} for the intended usecase. Please recreate the asset and try again."  # nosec B608  # words, not SQL
    return bad_input("UPDATING_ASSET_FAILED", why, "mediaLibraryStatus", message=message)


def find_by_account(world: World, call: Incoming) -> Reply:
    """List an account's images, the last modified first."""
    if call.params.get("q") != "associatedAccount":
        raise invalid_param("q")
    account = _account(call, "FINDER-associatedAccount")
    wanted = _wanted_status(call.params.get("mediaLibraryStatus"))
    window = paging.window_of(call.params, most=MAX_COUNT)
    listed = (image for image in world.images.library(account) if wanted in (None, image.library_status))
    found = list(islice(listed, window.start, window.start + window.count + 1))
    has_more = len(found) > window.count
    page = paging.paging(world, call, window, next_start=window.start + window.count if has_more else None)
    elements = [rendered(world, image, account) for image in found[: window.count]]
    return json_reply({"elements": elements, "paging": page})


def _wanted_status(value: object) -> str | None:
    """Read the filter, which is a record: ``(value:ACTIVE)``."""
    match value:
        case None:
            return None
        case {"value": str(status)} if status in LIBRARY_STATUS.symbols:
            return status
    raise invalid_param("mediaLibraryStatus")
