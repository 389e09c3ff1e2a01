"""What an answer's ``Date`` tells of a clock (RFC 9110, 6.6.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

SKEW_WARNING: Final = 30.0
"""Seconds that a clock may be off before anybody is told."""

_ON_AVERAGE: Final = 0.5
"""Seconds that a server leaves out: it cuts its time to whole ones."""

_LONGEST: Final = 64


def ahead_of_server(told: str | None, now: datetime) -> float | None:
    """Return by how many seconds `now` is ahead of the moment that a ``Date`` tells, None where it tells none."""
    if not told or len(told) > _LONGEST:
        return None
    try:
        moment = parsedate_to_datetime(told).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (now - moment).total_seconds() - _ON_AVERAGE
