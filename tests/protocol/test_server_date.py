"""What an answer's ``Date`` tells of a clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linkedin_media.protocol.server_date import ahead_of_server

NOON = datetime(2026, 9, 1, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "ahead"),
    [
        ("Tue, 01 Sep 2026 12:00:00 GMT", 0.0),  # it has cut half a second off, on average
        ("Tue, 01 Sep 2026 11:50:00 GMT", 600.0),
        ("Tue, 01 Sep 2026 13:00:00 GMT", -3600.0),
        ("Tue, 01 Sep 2026 14:00:00 +0200", 0.0),
        ("Tuesday, 01-Sep-26 12:00:00 GMT", 0.0),
        ("Tue, 01 Sep 2026 12:00:00 -0000", 0.0),  # no zone: UTC, wherever this machine is
    ],
)
def test_a_date_tells_how_far_a_clock_is_ahead(told: str, ahead: float) -> None:
    assert ahead_of_server(told, NOON) == pytest.approx(ahead)


@pytest.mark.parametrize(
    "told",
    [None, "", "soon", "Tue, 31 Feb 2026 12:00:00 GMT", "Tue, 01 Sep 99999 12:00:00 GMT", "1 " * 40, "\x00", "0"],
)
def test_what_is_no_date_tells_nothing(told: str | None) -> None:
    assert ahead_of_server(told, NOON) is None
