import re
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from linkedin_media.simulator import SimulatorConfig, control, fault_files

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/pages/simulator.md"


def open_page(simulator, **headers):
    request = urllib.request.Request(f"{simulator.base_url}/_simulator/", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return reply.headers, reply.read().decode()


def test_the_page_needs_nothing_from_elsewhere(linkedin_simulator):
    headers, page = open_page(linkedin_simulator)

    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert "innerHTML" not in page


def test_the_page_is_for_light_and_dark_for_wide_and_narrow(linkedin_simulator):
    _, page = open_page(linkedin_simulator)

    assert "color-scheme: light dark" in page
    assert 'name="viewport"' in page
    assert "@media (max-width" in page


def test_pages_of_other_sites_are_refused(linkedin_simulator):
    with pytest.raises(urllib.error.HTTPError, match="403"):
        open_page(linkedin_simulator, Origin="https://evil.example")
    assert open_page(linkedin_simulator, Origin=linkedin_simulator.base_url)


def test_the_faults_in_the_documentation_are_read():
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)

    assert [len(fault_files.faults_of(tomllib.loads(block))) for block in blocks] == [2]


def test_the_documentation_names_every_action_and_every_control_call():
    text = DOCUMENT.read_text(encoding="utf-8")

    assert [action.__name__ for action in fault_files.BY_NAME.values() if f"`{action.__name__}(" not in text] == []
    assert [
        f"{verb} {path}" for verb, path in control._HANDLERS if len(path) > 1 and f"{verb} {path}" not in text
    ] == []


def test_the_defaults_are_as_documented():
    config = SimulatorConfig()

    assert (config.upload_expired_status, config.upload_requires_token, config.post_id_headers) == (400, False, "both")
    assert (config.not_found_status, config.finder_lag_seconds, config.batch_max) == (404, 0, 100)
    assert (config.duplicate_seconds, config.fail_truncated) == (600, True)
