"""Read ``Retry-After`` and LinkedIn's daily limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from .server_date import http_date

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
    moment = http_date(text)
    return -1.0 if moment is None else max(0.0, (moment - now).total_seconds())


def next_utc_midnight(now: datetime) -> datetime:
    """Return when LinkedIn's daily counters start anew."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
