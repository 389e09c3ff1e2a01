"""Judge what the doctor measured: plain values in, findings out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Final

import attrs

from ..errors import InvalidArgument
from ..model.check import Check, error, ok, warning
from .hosts import Origin
from .server_date import SKEW_WARNING
from .versions import NEWEST, Support, age_of
from .wire import check_version

LOWEST_PYTHON: Final = (3, 11)
VERSION_WARNING_DAYS: Final = 60
TOKEN_WARNING_DAYS: Final = 7
SKEW_ERROR: Final = 300.0
_REQUIREMENT: Final = re.compile(r"(?P<name>[\w.-]+)\s*>=\s*(?P<lowest>[0-9.]+)\s*", re.ASCII)
_SIGN_IN: Final = "linkedin-media auth login"
_ASK_LINKEDIN: Final = "set LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET, so that LinkedIn can be asked"


@attrs.frozen
class Need:
    """What some commands need: one of these scopes."""

    what: str
    scopes: frozenset[str]


_WRITING: Final = Need(
    "upload, publish and ingest", frozenset({"w_member_social", "w_organization_social", "rw_ads", "w_power_creators"})
)
_WATCHING: Final = Need("images get", frozenset({"w_organization_social", "rw_ads", "w_power_creators"}))
NEEDS: Final = (
    _WRITING,
    _WATCHING,
    Need("images list, archive and rename", frozenset({"rw_ads"})),
    Need("posts get and list", frozenset({"r_organization_social", "r_member_social"})),
    Need("articles get and list", frozenset({"r_compliance"})),
    Need("articles delete", frozenset({"w_compliance"})),
)
"""The commands and the scopes they need (linkedin-facts §3.1, §4.6, §7.1)."""


def python(version: tuple[int, int, int]) -> Check:
    """Judge the interpreter."""
    text = ".".join(map(str, version))
    if version[:2] >= LOWEST_PYTHON:
        return ok("python", f"Python {text}")
    return error("python", f"Python {text} is too old", "install Python 3.11 or newer")


def requirements(listed: Iterable[str]) -> dict[str, str]:
    """Return the lowest version of each package that a distribution's metadata requires; extras do not count."""
    matches = (_REQUIREMENT.fullmatch(requirement) for requirement in listed)
    return {match["name"]: match["lowest"] for match in matches if match}


def dependencies(lowest: Mapping[str, str], installed: Callable[[str], str | None]) -> Check:
    """Judge the packages in use."""
    found = {name: installed(name) for name in lowest}
    wrong = [name for name, version in found.items() if version is None or _numbers(version) < _numbers(lowest[name])]
    if not wrong:
        return ok("dependencies", ", ".join(f"{name} {version}" for name, version in found.items()))
    told = ", ".join(f"{name} {found[name] or 'is missing'}" for name in wrong)
    wanted = " ".join(f"'{name}>={lowest[name]}'" for name in wrong)
    return error("dependencies", f"too old or missing: {told}", f"pip install {wanted}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[^0-9.]", version, maxsplit=1)[0]))


def version(value: str, today: date) -> Check:
    """Judge the ``LinkedIn-Version`` by the sunset table."""
    try:
        age = age_of(check_version(value), today)
    except InvalidArgument as problem:
        return error("version", problem.message, f"set LINKEDIN_VERSION={NEWEST}")
    fix = f"set LINKEDIN_VERSION={NEWEST}, or upgrade linkedin-media"
    if age.support is Support.NEWER:
        return ok("version", f"{value} is newer than this release knows; its end is not known here")
    if age.support is Support.NEVER_EXISTED:
        return error("version", f"{value} never existed", fix)
    if age.support is Support.SUNSET:
        return error(
            "version", f"{value} was sunset{f' on {age.sunset}' if age.sunset else ''}: LinkedIn answers 426", fix
        )
    if age.days_left is None:
        return ok("version", f"{value} is active; its end is not announced")
    if age.days_left < VERSION_WARNING_DAYS:
        return warning("version", f"{value} ends on {age.sunset}, in {age.days_left} days", fix)
    return ok("version", f"{value} is active until {age.sunset}")


def base_url(origin: Origin, status: int) -> Check:
    """Judge where calls go, once it has answered."""
    if status >= 500:
        return warning("base-url", f"{origin} answers {status}", "wait; LinkedIn has a problem")
    if origin.scheme == "http":
        return warning("base-url", f"{origin} answers over plain http", "for tests only: unset LINKEDIN_BASE_URL")
    if not origin.host.endswith(".linkedin.com"):
        return warning(
            "base-url", f"{origin} answers, and is not LinkedIn", "unless you mean it, unset LINKEDIN_BASE_URL"
        )
    return ok("base-url", f"{origin} answers")


def clock(skew: float | None) -> Check:
    """Judge by how many seconds this machine's clock is ahead of the server's."""
    if skew is None:
        return ok("clock", "the server does not tell its time")
    fix = "let the machine set its clock by NTP: timedatectl set-ntp true"
    where = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's"
    if abs(skew) > SKEW_ERROR:
        return error("clock", f"this machine's clock is {where}: expiry times mislead", fix)
    if abs(skew) > SKEW_WARNING:
        return warning("clock", f"this machine's clock is {where}", fix)
    return ok("clock", f"within {max(abs(skew), 1):.0f} s of the server's")


def expiry(expires_at: datetime | None, now: datetime, *, refreshable: bool) -> Check:
    """Judge how long the token will live."""
    fix = "linkedin-media auth refresh" if refreshable else _SIGN_IN
    if expires_at is None:
        return warning("expiry", "not known", _ASK_LINKEDIN)
    days_left = (expires_at - now).total_seconds() / 86_400
    if days_left <= 0:
        return error("expiry", "the token has expired", fix)
    if days_left < TOKEN_WARNING_DAYS:
        return warning("expiry", f"the token expires in {days_left:.1f} days", fix)
    renewal = "; it is refreshed by itself" if refreshable else "; sign in again before then"
    return ok("expiry", f"{days_left:.0f} days left{renewal}")


def scopes(given: frozenset[str]) -> Check:
    """Judge what the token may do by what the commands need."""
    if not given:
        return warning("scopes", "not known", _ASK_LINKEDIN)
    can = [need.what for need in NEEDS if need.scopes & given]
    cannot = [f"{need.what} ({' or '.join(sorted(need.scopes))})" for need in NEEDS if not need.scopes & given]
    listed = ", ".join(sorted(given))
    if not can:
        return error("scopes", f"{listed}: no command works", _SIGN_IN)
    if not _WRITING.scopes & given:
        return warning("scopes", f"{listed}: nothing can be uploaded", _SIGN_IN)
    if not _WATCHING.scopes & given:
        return warning(
            "scopes",
            f"{listed}: write-only, so the pipeline cannot watch an image and waits a little instead",
            f"fine for your own posts; for a page: {_SIGN_IN} --scope openid --scope w_organization_social",
        )
    missing = f"; not {'; not '.join(cannot)}" if cannot else ""
    return ok("scopes", f"{listed}: enough for {', '.join(can)}{missing}")
