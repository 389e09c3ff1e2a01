"""When to repeat a call, and after how long: arithmetic only (linkedin-facts §5.4; design, decision 12)."""

from __future__ import annotations

import attrs

from ..errors import (
    ApiError,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    LinkedInMediaError,
    NotFound,
    RateLimited,
    ServerError,
    UnexpectedReply,
    UploadIncomplete,
    UploadStalled,
)
from ..options import RetryPolicy
from ..protocol.wire import Repeat, RestliMethod


def backoff(attempt: int, policy: RetryPolicy, fraction: float) -> float:
    """Return the wait before the attempt after `attempt` (from 1): full jitter, `fraction` drawn from [0, 1)."""
    ceiling = min(policy.max_delay, policy.initial_delay * 2.0 ** min(attempt - 1, 60))
    return ceiling * fraction


def delay_before_retry(
    error: LinkedInMediaError, repeat: Repeat, attempt: int, policy: RetryPolicy, fraction: float
) -> float | None:
    """Return the seconds to wait before repeating a call that failed with `error`, or None where it must not be.

    Read it as the table of per-call policies: what never left or was refused for its rate may always be repeated; what
    may have been carried out only where that is harmless.
    """
    if attempt >= policy.max_attempts:
        return None
    if isinstance(error, RateLimited):
        return _after_rate_limit(error, attempt, policy, fraction)
    if repeat is Repeat.NEVER and not _refused(error, attempt):
        return None
    if isinstance(error, ServerError) and error.retry_after is not None:
        return _as_asked(error.retry_after, policy)
    return backoff(attempt, policy, fraction) if is_transient(error) else None


def _after_rate_limit(error: RateLimited, attempt: int, policy: RetryPolicy, fraction: float) -> float | None:
    if error.resets_at is not None:
        return None
    if error.retry_after is None:
        return max(policy.initial_delay, backoff(attempt, policy, fraction))
    return _as_asked(error.retry_after, policy)


def _as_asked(seconds: float, policy: RetryPolicy) -> float | None:
    return seconds if seconds <= policy.retry_after_cap else None


def _refused(error: LinkedInMediaError, attempt: int) -> bool:
    """Tell whether the deed was certainly not done; LinkedIn asks to retry a 409, which is believed once."""
    return isinstance(error, ConnectionFailed) or (isinstance(error, Conflict) and attempt == 1)


def is_transient(error: LinkedInMediaError) -> bool:
    """Tell whether the same call may succeed later; a 2xx that could not be read may be readable then."""
    if isinstance(error, ApiError):
        return isinstance(error, ServerError | Conflict) or error.status == 408 or error.status < 300
    return isinstance(error, ConnectionFailed | ConnectionLost | UploadStalled | UploadIncomplete | UnexpectedReply)


def is_ambiguous(error: LinkedInMediaError) -> bool:
    """Tell whether a call that failed with `error` may have been carried out all the same."""
    if isinstance(error, ApiError):
        return isinstance(error, ServerError) or error.status == 408
    return isinstance(error, ConnectionLost | UnexpectedReply)


def already_done(error: LinkedInMediaError, method: RestliMethod) -> bool:
    """Tell whether `error` says that an earlier attempt was carried out: there is nothing left to delete."""
    return method is RestliMethod.DELETE and isinstance(error, NotFound)


@attrs.define
class RetryQuota:
    """The retries all calls of a client share: each takes one, each success gives a tenth back."""

    limit: float
    left: float = attrs.field(default=attrs.Factory(lambda self: self.limit, takes_self=True))

    def take(self) -> bool:
        """Take one, if there is one."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def give_back(self) -> None:
        """Refill after a success."""
        self.left = min(self.limit, self.left + 0.1)
