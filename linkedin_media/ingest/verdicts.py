"""What an error proves: whether there can be a post, when there are calls again, which images are lost."""

from __future__ import annotations

from datetime import UTC, datetime

from ..client.retry import is_ambiguous
from ..errors import (
    ApiError,
    InvalidArgument,
    LinkedInMediaError,
    NeverUploaded,
    NotFound,
    ProcessingFailed,
    RateLimited,
    SignInError,
)
from ..pipeline.events import Stage
from ..protocol.retry_after import next_utc_midnight


def certainly_not_posted(error: LinkedInMediaError) -> bool:
    """Tell whether an error proves that there is no post. Of everything else, LinkedIn may have made one."""
    if isinstance(error, ApiError):
        return not is_ambiguous(error)
    return isinstance(error, SignInError | InvalidArgument) or getattr(error, "unsent", False)


def resets_at_ms(error: RateLimited) -> int:
    """Return when a daily limit ends, in epoch milliseconds: at 00:00 UTC, unless LinkedIn says otherwise."""
    resets_at = error.resets_at or next_utc_midnight(datetime.now(UTC))
    return int(resets_at.timestamp() * 1000)


def broken_images(error: LinkedInMediaError) -> tuple[str, ...]:
    """Return the images that are of no use to another try."""
    lost = isinstance(error, NotFound) and error.stage == Stage.POLL
    return error.images if lost or isinstance(error, ProcessingFailed | NeverUploaded) else ()


def describe(error: Exception) -> dict[str, str]:
    """Return an error as the ledger and the reports keep it."""
    if isinstance(error, LinkedInMediaError):
        return {**error.to_dict(), "stage": error.stage or "", "file": error.file or ""}
    return {"code": "ERROR", "message": f"{type(error).__name__}: {error}"[:500], "hint": ""}
