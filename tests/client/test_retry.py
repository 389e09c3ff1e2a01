"""When a call is repeated, and after how long: a table of cases (linkedin-facts §5.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given, strategies as st

from linkedin_media import errors
from linkedin_media.client.retry import (
    RetryQuota,
    already_done,
    backoff,
    delay_before_retry,
    is_ambiguous,
    is_transient,
)
from linkedin_media.errors import LinkedInMediaError
from linkedin_media.options import RetryPolicy
from linkedin_media.protocol.wire import Repeat, RestliMethod

POLICY: Final = RetryPolicy(max_attempts=4, initial_delay=1.0, max_delay=10.0, retry_after_cap=60.0)
MIDNIGHT: Final = datetime(2026, 9, 2, tzinfo=UTC)


def answered(cls: type[errors.ApiError], status: int, **details: Any) -> errors.ApiError:
    return cls("said no", status=status, **details)


def limited(**details: Any) -> errors.ApiError:
    return answered(errors.RateLimited, 429, **details)


def delay(error: LinkedInMediaError, repeat: Repeat, attempt: int = 1, fraction: float = 0.5) -> float | None:
    return delay_before_retry(error, repeat, attempt, POLICY, fraction)


HALF_A_SECOND: Final = 0.5  # half of the first ceiling

CASES: Final = {
    # error: (wait before repeating what is harmless, wait before repeating what must not be done twice)
    "nothing was sent": (errors.ConnectionFailed("x"), HALF_A_SECOND, HALF_A_SECOND),
    "it was too late to send": (errors.NotSentInTime("x"), None, None),
    "the connection broke": (errors.ConnectionLost("x"), HALF_A_SECOND, None),
    "no answer in time": (errors.DeadlineExceeded("x"), HALF_A_SECOND, None),
    "an answer nobody can read": (errors.UnexpectedReply("x"), HALF_A_SECOND, None),
    "a stalled upload": (errors.UploadStalled("x"), HALF_A_SECOND, None),
    "an early success": (errors.UploadIncomplete("x"), HALF_A_SECOND, None),
    "500": (answered(errors.ServerError, 500), HALF_A_SECOND, None),
    "502": (answered(errors.ServerError, 502), HALF_A_SECOND, None),
    "503": (answered(errors.ServerError, 503), HALF_A_SECOND, None),
    "504": (answered(errors.ServerError, 504), HALF_A_SECOND, None),
    "503 that says when": (answered(errors.ServerError, 503, retry_after=7.0), 7.0, None),
    "503 that says much later": (answered(errors.ServerError, 503, retry_after=61.0), None, None),
    "408": (answered(errors.ApiError, 408), HALF_A_SECOND, None),
    "409": (answered(errors.Conflict, 409), HALF_A_SECOND, HALF_A_SECOND),
    "409 of a duplicate": (answered(errors.DuplicatePost, 409), None, None),
    "429": (limited(), 1.0, 1.0),
    "429 that says when": (limited(retry_after=7.0), 7.0, 7.0),
    "429 that says now": (limited(retry_after=0.0), 0.0, 0.0),
    "429 at the cap": (limited(retry_after=60.0), 60.0, 60.0),
    "429 beyond the cap": (limited(retry_after=60.1), None, None),
    "429 for the day": (limited(resets_at=MIDNIGHT), None, None),
    "429 for the day that says when": (limited(resets_at=MIDNIGHT, retry_after=1.0), None, None),
    "400": (answered(errors.BadRequest, 400), None, None),
    "401": (answered(errors.Unauthorized, 401), None, None),
    "403": (answered(errors.Forbidden, 403), None, None),
    "404": (answered(errors.NotFound, 404), None, None),
    "422": (answered(errors.UnprocessableEntity, 422), None, None),
    "426": (answered(errors.VersionSunset, 426), None, None),
    "302": (answered(errors.ApiError, 302), None, None),
    "200 that cannot be read": (answered(errors.ApiError, 200), HALF_A_SECOND, None),
    "an untrusted host": (errors.UntrustedHost("x"), None, None),
    "a changed file": (errors.FileChanged("x"), None, None),
    "an unreadable file": (errors.FileUnreadable("x"), None, None),
    "an expired upload": (errors.UploadExpired("x"), None, None),
    "a wrong argument": (errors.InvalidArgument("x"), None, None),
}


@pytest.mark.parametrize(("error", "harmless", "never"), CASES.values(), ids=CASES)
def test_a_call_is_repeated_as_the_table_says(
    error: LinkedInMediaError, harmless: float | None, never: float | None
) -> None:
    assert delay(error, Repeat.HARMLESS) == harmless
    assert delay(error, Repeat.NEVER) == never


@pytest.mark.parametrize(("error", "harmless", "never"), CASES.values(), ids=CASES)
def test_the_last_attempt_is_the_last(error: LinkedInMediaError, harmless: float | None, never: float | None) -> None:
    assert delay(error, Repeat.HARMLESS, attempt=4) is None
    assert delay(error, Repeat.NEVER, attempt=4) is None


def test_a_conflict_of_what_must_not_be_done_twice_is_believed_once() -> None:
    conflict = answered(errors.Conflict, 409)

    assert delay(conflict, Repeat.NEVER, attempt=2) is None
    assert delay(conflict, Repeat.HARMLESS, attempt=2) is not None


@pytest.mark.parametrize(("error", "harmless", "never"), CASES.values(), ids=CASES)
def test_what_is_in_doubt_is_never_repeated_where_that_does_harm(
    error: LinkedInMediaError, harmless: float | None, never: float | None
) -> None:
    if is_ambiguous(error):
        assert never is None
        assert harmless is not None or isinstance(error, errors.ServerError)


def test_only_what_may_have_been_carried_out_is_in_doubt() -> None:
    doubtful = {name for name, (error, *_) in CASES.items() if is_ambiguous(error)}

    assert doubtful == {
        *("the connection broke", "no answer in time", "an answer nobody can read", "408", "500", "502", "503", "504"),
        *("503 that says when", "503 that says much later"),
    }


def test_what_may_go_better_later_is_transient() -> None:
    lasting = {name for name, (error, *_) in CASES.items() if not is_transient(error)}

    assert lasting >= {"400", "401", "403", "404", "409 of a duplicate", "422", "426", "302", "a changed file"}
    assert not lasting & {"500", "408", "409", "the connection broke", "an early success", "200 that cannot be read"}


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 10.0), (1000, 10.0)])
def test_the_ceiling_doubles_up_to_its_limit(attempt: int, ceiling: float) -> None:
    assert backoff(attempt, POLICY, 1.0) == ceiling
    assert backoff(attempt, POLICY, 0.0) == 0.0


@given(
    st.sampled_from([error for error, *_ in CASES.values()]),
    st.sampled_from(Repeat),
    st.integers(1, 10**9),
    st.floats(0, 1, exclude_max=True),
)
def test_no_wait_is_longer_than_the_policy_allows(
    error: LinkedInMediaError, repeat: Repeat, attempt: int, fraction: float
) -> None:
    wait = delay(error, repeat, attempt, fraction)

    assert wait is None or 0 <= wait <= max(POLICY.max_delay, POLICY.retry_after_cap)


def test_a_delete_that_finds_nothing_was_done_before() -> None:
    gone = answered(errors.NotFound, 404)

    assert already_done(gone, RestliMethod.DELETE)
    assert not already_done(gone, RestliMethod.GET)
    assert not already_done(answered(errors.Forbidden, 403), RestliMethod.DELETE)


def test_a_quota_is_used_up_and_refilled_by_successes() -> None:
    quota = RetryQuota(2)

    assert [quota.take() for _ in range(3)] == [True, True, False]
    for _ in range(9):
        quota.give_back()
    assert not quota.take()
    quota.give_back()
    quota.give_back()
    assert quota.take()


def test_a_quota_never_grows_beyond_its_limit() -> None:
    quota = RetryQuota(1)
    for _ in range(100):
        quota.give_back()

    assert [quota.take(), quota.take()] == [True, False]


def test_without_a_quota_nothing_is_repeated() -> None:
    assert not RetryQuota(0).take()
