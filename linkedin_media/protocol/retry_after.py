"""Read ``Retry-After`` and LinkedIn's daily limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_LONGEST: Final = timedelta(days=7).total_seconds()


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds to wait, or None where the header is missing or makes no sense.

    Takes whole seconds and HTTP dates; anything negative, not finite or beyond a week is no sense.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        seconds = float(text)
    else:
        seconds = _until(text, now)
    return seconds if 0 <= seconds <= _LONGEST else None


def _until(text: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return -1.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds()) if len(text) <= 64 else -1.0


def next_utc_midnight(now: datetime) -> datetime:
    """Return when LinkedIn's daily counters start anew."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
