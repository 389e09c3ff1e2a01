"""LinkedIn's API versions and when each ends (linkedin-facts §3.2): no header tells, LinkedIn only mails and lists it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import attrs

SUNSETS: Final[Mapping[str, date | None]] = MappingProxyType(
    {
        "202508": date(2026, 8, 17),
        "202509": date(2026, 9, 15),
        "202510": date(2026, 10, 15),
        "202511": date(2026, 11, 16),
        "202601": date(2027, 1, 15),
        "202602": date(2027, 2, 15),
        "202603": date(2027, 3, 16),
        "202604": date(2027, 4, 15),
        "202605": date(2027, 5, 15),
        "202606": date(2027, 6, 15),
        "202607": date(2027, 7, 15),
        "202608": None,
        "202609": date(2027, 9, 15),
    }
)
"""Each version and the first day it is gone, None where LinkedIn has not said. There never was a 202512."""

OLDEST: Final = min(SUNSETS)
NEWEST: Final = max(SUNSETS)


class Support(StrEnum):
    """What is known of a version."""

    ACTIVE = "active"
    SUNSET = "sunset"
    NEVER_EXISTED = "never existed"
    NEWER = "newer than this release"


@attrs.frozen
class VersionAge:
    """A version's support on a day, and its end where it is known."""

    support: Support
    sunset: date | None = None
    days_left: int | None = None


def age_of(version: str, today: date) -> VersionAge:
    """Return how old a version (``YYYYMM`` or ``YYYYMM.RR``) is on the day `today`."""
    month = version.partition(".")[0]
    if month > NEWEST:
        return VersionAge(Support.NEWER)
    if month < OLDEST:
        return VersionAge(Support.SUNSET)
    if month not in SUNSETS:
        return VersionAge(Support.NEVER_EXISTED)
    sunset = SUNSETS[month]
    if sunset is None:
        return VersionAge(Support.ACTIVE)
    days = (sunset - today).days
    return VersionAge(Support.ACTIVE if days > 0 else Support.SUNSET, sunset, days)
