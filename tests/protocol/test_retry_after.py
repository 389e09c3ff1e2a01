"""Retry-After, and the end of a daily limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from linkedin_media.protocol.retry_after import next_utc_midnight, parse_retry_after

NOW = datetime(2026, 9, 1, 12, 0, 0, tzinfo=UTC)
WEEK = 7 * 86_400


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        (str(WEEK), float(WEEK)),
        ("Tue, 01 Sep 2026 12:00:30 GMT", 30.0),
        ("Tue, 01 Sep 2026 11:00:00 GMT", 0.0),
        ("Tue, 01 Sep 2026 14:00:10 +0200", 10.0),
        ("Tue, 01 Sep 2026 12:00:05 -0000", 5.0),
    ],
)
def test_seconds_and_dates_are_understood(value: str, seconds: float) -> None:
    assert parse_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "  ", "inf", "-5", "1e400", "nan", "1.5", "2, 2", "soon", "\ud800", "\uff12"),
        *(str(WEEK + 1), str(10**12), "9" * 5000),
        *("Tue, 01 Sep 2027 12:00:00 GMT", "Tue, 99 Sep 2026 12:00:00 GMT", "Mon, 01 Jan 99999 00:00:00 GMT"),
        "Tue, 01 Sep 2026 12:00:30 GMT" + " " * 5000 + "x",
    ],
)
def test_what_makes_no_sense_is_no_answer(value: str | None) -> None:
    assert parse_retry_after(value, NOW) is None


@given(
    st.text(max_size=80) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d [+-]?\w{1,6}")
)
def test_any_header_gives_seconds_within_a_week_or_nothing(value: str) -> None:
    seconds = parse_retry_after(value, NOW)

    assert seconds is None or 0 <= seconds <= WEEK


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        (NOW, datetime(2026, 9, 2, tzinfo=UTC)),
        (datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 2, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2026, 9, 1, 20, tzinfo=timezone(timedelta(hours=-7))), datetime(2026, 9, 3, tzinfo=UTC)),
    ],
)
def test_a_daily_limit_ends_at_midnight_utc(now: datetime, midnight: datetime) -> None:
    assert next_utc_midnight(now) == midnight
