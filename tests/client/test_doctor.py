"""The doctor finds what would fail before it fails, over real sockets, and changes nothing."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from linkedin_media.client.doctor import doctor
from linkedin_media.errors import SignInError
from linkedin_media.model.check import Check, CheckStatus
from linkedin_media.options import Timeouts
from linkedin_media.simulator import Answer, Fault, Mutate, Simulator
from tests.client.member import MemoryStore, signed_in

if TYPE_CHECKING:
    from linkedin_media.model.token import StoredToken

OK, WARNING, ERROR = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.ERROR


@attrs.define
class Patient:
    """A simulator, the doctor's questions to it, and who is signed in."""

    simulator: Simulator
    store: MemoryStore = attrs.field(factory=MemoryStore)

    async def examined(self, *, known: bool = True, **changes: Any) -> dict[str, Check]:
        config = self.simulator.config
        known_as = {"client_id": config.client_id, "client_secret": config.client_secret} if known else {}
        options = {"base_url": self.simulator.base_url, "store": self.store} | known_as | changes
        checks = await doctor(**options)
        assert len({check.name for check in checks}) == len(checks)
        assert [check for check in checks if check.status is not OK and not check.fix] == []
        return {check.name: check for check in checks}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "OAUTH_URL", "BASE_URL", "VERSION"):
        monkeypatch.delenv(f"LINKEDIN_{name}", raising=False)
    return monkeypatch


@pytest.fixture
async def patient() -> AsyncIterator[Patient]:
    async with Simulator() as simulator:
        yield Patient(simulator)


@pytest.fixture
async def token(patient: Patient) -> StoredToken:
    """A token of somebody who has signed in."""
    patient.store.token = await signed_in(patient.simulator)
    return patient.store.token


def _statuses(checks: dict[str, Check]) -> dict[str, str]:
    return {name: check.status.value for name, check in checks.items()}


# --- all well -------------------------------------------------------------------------------------------------------


async def test_somebody_who_has_signed_in_is_well(patient: Patient, token: StoredToken) -> None:
    calls = len(patient.simulator.journal)

    checks = await patient.examined()

    assert _statuses(checks) == {
        "python": "ok",
        "dependencies": "ok",
        "version": "ok",
        "base-url": "warning",  # plain http
        "clock": "ok",
        "token": "ok",
        "expiry": "ok",
        "scopes": "ok",
    }
    assert f"memory is alive, of {patient.simulator.person}" in checks["token"].message
    assert "refreshed by itself" in checks["expiry"].message
    assert "aiohttp 3.14" in checks["dependencies"].message
    assert [call.operation for call in patient.simulator.journal[calls:]] == [
        "userinfo.get_all",
        "oauth.introspectToken",
    ]
    assert patient.store.saved == []


async def test_without_the_applications_secret_what_was_stored_is_believed(
    patient: Patient, token: StoredToken
) -> None:
    checks = await patient.examined(known=False)

    assert checks["token"].status is checks["expiry"].status is checks["scopes"].status is OK
    assert patient.simulator.journal.count(operation="oauth.introspectToken") == 0


async def test_a_token_of_the_environment_goes_first(
    patient: Patient, token: StoredToken, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LINKEDIN_ACCESS_TOKEN", patient.simulator.issue_token("w_member_social"))

    known, unknown = await patient.examined(), await patient.examined(known=False)

    assert "from LINKEDIN_ACCESS_TOKEN is alive" in known["token"].message
    assert (known["expiry"].status, known["scopes"].status) == (OK, WARNING)
    assert "write-only" in known["scopes"].message
    assert (unknown["expiry"].status, unknown["scopes"].status) == (WARNING, WARNING)
    assert unknown["token"].status is OK  # a 403 for want of `openid` is an answer to a living token


async def test_another_applications_token_may_be_alive_all_the_same(patient: Patient) -> None:
    given = patient.simulator.issue_token("openid", client_id="another")

    checks = await patient.examined(access_token=given)

    assert checks["token"].status is OK
    assert "another application" in checks["token"].message


# --- the token ------------------------------------------------------------------------------------------------------


async def test_nobody_is_signed_in(patient: Patient) -> None:
    checks = await patient.examined()

    assert (checks["token"].status, checks["token"].message) == (ERROR, "there is none")
    assert "auth login" in checks["token"].fix
    assert checks.keys() & {"expiry", "scopes"} == set()


async def test_a_token_that_must_not_be_used_is_an_error(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise SignInError("mode 0644", hint="chmod 600")

    monkeypatch.setattr(MemoryStore, "load", lambda _: refuse())

    checks = await patient.examined()

    assert (checks["token"].status, checks["token"].fix) == (ERROR, "chmod 600")


@pytest.mark.parametrize("known", [True, False], ids=["introspected", "probed"])
async def test_a_dead_token_is_an_error(patient: Patient, token: StoredToken, known: bool) -> None:
    patient.simulator.revoke_token(token.access.reveal())

    checks = await patient.examined(known=known)

    assert checks["token"].status is ERROR
    assert "revoked" in checks["token"].message
    assert "auth refresh" in checks["token"].fix


async def test_a_token_that_only_the_sign_in_calls_dead_is_an_error(patient: Patient, token: StoredToken) -> None:
    patient.simulator.revoke_token(token.access.reveal())
    patient.simulator.faults.add(Fault(action=Answer(status=503), on="userinfo.*"))

    checks = await patient.examined()

    assert "is revoked" in checks["token"].message


async def test_a_token_about_to_expire_is_a_warning(patient: Patient) -> None:
    checks = await patient.examined(access_token=patient.simulator.issue_token("rw_ads", expires_in=6 * 86_400))

    assert checks["expiry"].status is WARNING
    assert "6.0 days" in checks["expiry"].message


async def test_a_token_no_header_carries_is_an_error(patient: Patient) -> None:
    checks = await patient.examined(access_token="canary token")

    assert checks["token"].status is ERROR
    assert "canary" not in str(checks)


async def test_wrong_credentials_are_a_warning_and_no_more(patient: Patient, token: StoredToken) -> None:
    checks = await patient.examined(client_secret="canary-wrong")

    assert checks["application"].status is WARNING
    assert "LINKEDIN_CLIENT_SECRET" in checks["application"].fix
    assert checks["token"].status is OK
    assert "canary" not in str(checks)


async def test_a_sign_in_that_cannot_be_is_a_warning(patient: Patient) -> None:
    checks = await patient.examined(access_token=patient.simulator.token, oauth_url="http://sso.example")

    assert checks["application"].status is WARNING
    assert "plain http" in checks["application"].message


async def test_a_token_from_elsewhere_is_an_error_and_sent_nowhere(patient: Patient, token: StoredToken) -> None:
    patient.store.token = attrs.evolve(token, issuer="https://www.linkedin.com")
    calls = len(patient.simulator.journal)

    checks = await patient.examined()

    assert checks["token"].status is ERROR
    assert "is from https://www.linkedin.com" in checks["token"].message
    assert [call.headers.get("Authorization") for call in patient.simulator.journal[calls:]] == [None]


# --- the server and the clock ---------------------------------------------------------------------------------------


async def test_a_server_that_is_not_there_is_an_error(patient: Patient, token: StoredToken) -> None:
    patient.simulator.deafen()

    checks = await patient.examined(timeouts=Timeouts(connect=1, call=1))

    assert checks["base-url"].status is ERROR
    assert "could not connect" in checks["base-url"].message
    assert "clock" not in checks
    assert checks["token"].status is WARNING
    assert checks["expiry"].status is OK  # as stored


async def test_a_base_url_that_cannot_be_is_an_error(patient: Patient, token: StoredToken) -> None:
    checks = await patient.examined(base_url="http://api.linkedin.example")

    assert checks["base-url"].status is ERROR
    assert "plain http" in checks["base-url"].message


@pytest.mark.parametrize(("minutes", "status"), [(2, WARNING), (-2, WARNING), (10, ERROR)])
async def test_a_clock_that_is_wrong_is_found(patient: Patient, minutes: int, status: CheckStatus) -> None:
    checks = await patient.examined(now=lambda: datetime.now(UTC) + timedelta(minutes=minutes))

    assert checks["clock"].status is status


@pytest.mark.parametrize("told", ["", "yesterday", "Mon, 99 Foo 2026 00:00:00 GMT"])
async def test_a_server_without_a_clock_is_no_problem(patient: Patient, told: str) -> None:
    patient.simulator.faults.add(Fault(action=Mutate(headers={"Date": told}), on="userinfo.*", when="after"))

    assert (await patient.examined())["clock"].message == "the server does not tell its time"


# --- the installation -----------------------------------------------------------------------------------------------


async def test_a_version_that_ends_is_found(patient: Patient, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LINKEDIN_VERSION", "202507")

    assert (await patient.examined())["version"].status is ERROR
    assert (await patient.examined(version="202609", now=lambda: datetime(2026, 10, 1, tzinfo=UTC)))[
        "version"
    ].status is OK


async def test_a_package_that_is_missing_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def missing(name: str) -> str:
        if name == "cattrs":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", missing)

    checks = await patient.examined()

    assert checks["dependencies"].status is ERROR
    assert "cattrs is missing" in checks["dependencies"].message
    assert "aiohttp" not in checks["dependencies"].message


async def test_a_checkout_that_nobody_installed_is_a_warning(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    def uninstalled(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", uninstalled)

    assert (await patient.examined())["dependencies"].status is WARNING


# --- secrets --------------------------------------------------------------------------------------------------------


async def test_no_secret_is_told_or_logged(
    patient: Patient, token: StoredToken, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        told = str(await patient.examined()) + str(await patient.examined(client_secret="canary-wrong"))

    told += "".join(str(vars(record)) for record in caplog.records)
    for secret in (token.access.reveal(), token.refresh.reveal(), patient.simulator.config.client_secret, "canary"):
        assert secret not in told
