"""Dates in the heads of answers, and what ``Date`` tells of a clock (RFC 9110, 5.6.7 and 6.6.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

SKEW_WARNING: Final = 30.0
"""Seconds that a clock may be off before anybody is told."""

_ON_AVERAGE: Final = 0.5
"""Seconds that a server leaves out: it cuts its time to whole ones."""

_LONGEST: Final = 64


def http_date(text: str) -> datetime | None:
    """Return the moment that a header tells, in UTC where it names no zone; None where it makes no sense."""
    if len(text) > _LONGEST:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def ahead_of_server(told: str | None, now: datetime) -> float | None:
    """Return by how many seconds `now` is ahead of the moment that a ``Date`` tells, None where it tells none."""
    moment = http_date(told or "")
    return None if moment is None else (now - moment).total_seconds() - _ON_AVERAGE
