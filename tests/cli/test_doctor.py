"""``linkedin-media doctor``: every finding on a line, and an exit status for scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from linkedin_media.simulator import ThreadedSimulator

ORDER: Final = ["python", "dependencies", "version", "base-url", "clock", "token", "expiry", "scopes"]


@pytest.fixture
def simulator(linkedin_simulator: ThreadedSimulator, monkeypatch: pytest.MonkeyPatch) -> ThreadedSimulator:
    """The simulator, and an environment that points to it."""
    monkeypatch.setenv("LINKEDIN_BASE_URL", linkedin_simulator.base_url)
    monkeypatch.setenv("LINKEDIN_CLIENT_ID", linkedin_simulator.config.client_id)
    monkeypatch.setenv("LINKEDIN_CLIENT_SECRET", linkedin_simulator.config.client_secret)
    return linkedin_simulator


def test_each_finding_is_a_line_for_people(cli: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", simulator.token)

    ran = cli("doctor")

    found = re.findall(r"^(ok|warning|error) +([\w-]+) +\S", ran.out, re.MULTILINE)
    assert ran.status == 0
    assert [name for _, name in found] == ORDER
    assert ("warning", "base-url") in found
    assert "for tests only" in ran.out
    assert simulator.token not in ran.out + ran.err


def test_each_finding_is_an_object_for_programs(cli: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", simulator.token)

    ran = cli("doctor", "--json")

    assert [row["check"] for row in ran.rows] == ORDER
    assert {tuple(row) for row in ran.rows} == {("check", "status", "message", "fix")}


def test_an_error_is_an_exit_status(cli: Any, simulator: Any) -> None:
    ran = cli("doctor", "--json")

    assert ran.status == 1
    assert ran.rows[-1]["check"] == "token"
    assert ran.rows[-1]["status"] == "error"
    assert "auth login" in ran.rows[-1]["fix"]


def test_what_commands_would_use_is_what_is_examined(cli: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", simulator.token)

    rows = {row["check"]: row for row in cli("doctor", "--json", "--version-header", "202507").rows}
    elsewhere = {row["check"]: row for row in cli("doctor", "--json", "--base-url", "http://192.0.2.1").rows}

    assert rows["version"]["status"] == "error"
    assert elsewhere["base-url"]["status"] == "error"
    assert "plain http" in elsewhere["base-url"]["message"]


def test_help_says_what_it_does(cli: Any) -> None:
    ran = cli("doctor", "--help")

    assert ran.status == 0
    assert "Changes nothing" in ran.out
