"""What the doctor measured is judged by LinkedIn's dates and rules, each finding with its fix."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from linkedin_media.model.check import Check, CheckStatus
from linkedin_media.options import DEFAULT_VERSION
from linkedin_media.protocol import diagnosis, versions
from linkedin_media.protocol.hosts import parse_base_url
from linkedin_media.protocol.versions import Support, age_of

OK, WARNING, ERROR = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.ERROR
NOW: Final = datetime(2026, 10, 1, 12, tzinfo=UTC)


def _fixed(check: Check) -> bool:
    """Whether a finding that is not well says what to do."""
    return check.status is OK or bool(check.fix)


# --- versions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "today", "support"),
    [
        ("202508", date(2026, 8, 16), Support.ACTIVE),
        ("202508", date(2026, 8, 17), Support.SUNSET),
        ("202601", date(2027, 1, 14), Support.ACTIVE),
        ("202601.02", date(2027, 1, 15), Support.SUNSET),
        ("202608", date(2030, 1, 1), Support.ACTIVE),
        ("202512", date(2026, 1, 1), Support.NEVER_EXISTED),
        ("202507", date(2025, 8, 1), Support.SUNSET),
        ("202610", date(2026, 11, 1), Support.NEWER),
        ("209912", date(2026, 11, 1), Support.NEWER),
    ],
)
def test_a_version_lives_until_its_sunset(version: str, today: date, support: Support) -> None:
    assert age_of(version, today).support is support


def test_the_table_is_in_order_and_knows_the_default() -> None:
    dated = [sunset for _, sunset in sorted(versions.SUNSETS.items()) if sunset]

    assert dated == sorted(dated)
    assert DEFAULT_VERSION in versions.SUNSETS


@pytest.mark.parametrize(
    ("version", "today", "status", "words"),
    [
        ("202609", date(2026, 10, 1), OK, "active until 2027-09-15"),
        ("202609", date(2027, 7, 17), OK, "active"),
        ("202609", date(2027, 7, 18), WARNING, "in 59 days"),
        ("202609", date(2027, 9, 15), ERROR, "sunset on 2027-09-15"),
        ("202501", date(2026, 10, 1), ERROR, "was sunset: LinkedIn answers 426"),
        ("202608", date(2026, 10, 1), OK, "not announced"),
        ("202512", date(2026, 10, 1), ERROR, "never existed"),
        ("202701", date(2027, 2, 1), OK, "newer than this release knows"),
        ("2026", date(2026, 10, 1), ERROR, "YYYYMM"),
        ("202613", date(2026, 10, 1), ERROR, "YYYYMM"),
        ("2026-09\r\n", date(2026, 10, 1), ERROR, "YYYYMM"),
    ],
)
def test_a_version_is_judged_by_its_age(version: str, today: date, status: CheckStatus, words: str) -> None:
    check = diagnosis.version(version, today)

    assert (check.name, check.status) == ("version", status)
    assert words in check.message
    assert _fixed(check)


# --- the installation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "status"), [((3, 10, 9), ERROR), ((3, 11, 0), OK), ((3, 14, 1), OK)])
def test_an_old_python_is_an_error(version: tuple[int, int, int], status: CheckStatus) -> None:
    assert diagnosis.python(version).status is status


def test_only_what_is_always_required_counts() -> None:
    listed = ["aiohttp>=3.14.4", "attrs >= 25.1", "keyring>=25; extra == 'keyring'", "odd @ https://example.com"]

    assert diagnosis.requirements(listed) == {"aiohttp": "3.14.4", "attrs": "25.1"}


@pytest.mark.parametrize(
    ("installed", "status"),
    [
        ("3.14.4", OK),
        ("3.14.10", OK),
        ("4", OK),
        ("3.15.0a1", OK),
        ("3.14.4.post1", OK),
        ("3.14.3", ERROR),
        ("3.9", ERROR),
        (None, ERROR),
    ],
)
def test_a_package_that_is_too_old_is_an_error(installed: str | None, status: CheckStatus) -> None:
    check = diagnosis.dependencies({"aiohttp": "3.14.4"}, lambda _: installed)

    assert check.status is status
    assert status is OK or check.fix == "pip install 'aiohttp>=3.14.4'"


# --- the server -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "status", "expected"),
    [
        ("https://api.linkedin.com", 401, OK),
        ("https://api.linkedin.com", 503, WARNING),
        ("https://api.linkedin.example", 200, WARNING),
        ("http://127.0.0.1:8080", 200, WARNING),
    ],
)
def test_a_server_is_judged_by_its_name_and_its_answer(url: str, status: int, expected: CheckStatus) -> None:
    check = diagnosis.base_url(parse_base_url(url), status)

    assert check.status is expected
    assert _fixed(check)


@pytest.mark.parametrize(
    ("skew", "status", "words"),
    [
        (None, OK, "does not tell"),
        (0.2, OK, "within 1 s"),
        (-29, OK, "within 29 s"),
        (31, WARNING, "31 s ahead of"),
        (-301, ERROR, "301 s behind"),
    ],
)
def test_a_clock_is_judged_by_the_servers(skew: float | None, status: CheckStatus, words: str) -> None:
    check = diagnosis.clock(skew)

    assert check.status is status
    assert words in check.message
    assert _fixed(check)


# --- the token ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "refreshable", "status", "fix"),
    [
        (60, False, OK, ""),
        (60, True, OK, ""),
        (6.9, False, WARNING, "auth login"),
        (6.9, True, WARNING, "auth refresh"),
        (0, True, ERROR, "auth refresh"),
        (-3, False, ERROR, "auth login"),
    ],
)
def test_a_token_is_judged_by_the_days_it_has_left(
    days: float, refreshable: bool, status: CheckStatus, fix: str
) -> None:
    check = diagnosis.expiry(NOW + timedelta(days=days), NOW, refreshable=refreshable)

    assert check.status is status
    assert fix in check.fix


def test_what_is_not_known_of_a_token_can_be_found_out() -> None:
    for check in (diagnosis.expiry(None, NOW, refreshable=False), diagnosis.scopes(frozenset())):
        assert check.status is WARNING
        assert "LINKEDIN_CLIENT_SECRET" in check.fix


@pytest.mark.parametrize(
    ("scopes", "status", "words"),
    [
        ("w_organization_social r_organization_social", OK, "enough for upload, publish and ingest, images get, posts"),
        ("rw_ads", OK, "images list, archive and rename"),
        ("w_organization_social", OK, "not posts get and list (r_member_social or r_organization_social)"),
        ("w_member_social openid", WARNING, "write-only"),
        ("r_compliance", WARNING, "nothing can be uploaded"),
        ("openid profile", ERROR, "no command works"),
    ],
)
def test_scopes_are_judged_by_what_the_commands_need(scopes: str, status: CheckStatus, words: str) -> None:
    check = diagnosis.scopes(frozenset(scopes.split()))

    assert check.status is status
    assert words in check.message
    assert _fixed(check)


def test_a_finding_prints_as_json() -> None:
    assert diagnosis.python((3, 14, 0)).to_dict() == {
        "check": "python",
        "status": "ok",
        "message": "Python 3.14.0",
        "fix": "",
    }
