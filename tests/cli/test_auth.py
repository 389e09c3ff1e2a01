"""``linkedin-media auth``: through LinkedIn's pages and back, with secrets that nobody else sees."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import click
import pytest

from linkedin_media.cli import signing_in
from linkedin_media.cli.callback import Callback
from linkedin_media.client.token_file import FileStore
from linkedin_media.errors import InvalidArgument, SignInError, TokenRefused
from linkedin_media.model.secret import Secret
from linkedin_media.model.token import StoredToken
from linkedin_media.simulator import SimulatorConfig, ThreadedSimulator
from tests.client.member import RecordingKeyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET: Final = "canary-client-secret"
ADDRESS: Final = re.compile(r"^http://127\.0\.0\.1:\d+/oauth/v2/authorization\?\S+$", re.MULTILINE)


@pytest.fixture
def linkedin_simulator_config() -> SimulatorConfig:
    return SimulatorConfig(processing_seconds=0.0, client_secret=SECRET)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    """Where a token is kept in an empty home."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return FileStore(tmp_path / "config" / "linkedin-media" / "token.json")


@pytest.fixture
def simulator(linkedin_simulator: ThreadedSimulator, monkeypatch: pytest.MonkeyPatch) -> ThreadedSimulator:
    """The simulator, and an environment that points to it."""
    monkeypatch.setenv("LINKEDIN_BASE_URL", linkedin_simulator.base_url)
    monkeypatch.setenv("LINKEDIN_CLIENT_ID", linkedin_simulator.config.client_id)
    monkeypatch.setenv("LINKEDIN_CLIENT_SECRET", SECRET)
    return linkedin_simulator


@attrs.define
class Member:
    """Opens what it is given in a thread, as a browser would, and follows the redirect."""

    change: Callable[[str], str] = lambda url: url
    opened: list[str] = attrs.field(factory=list)
    saw: list[tuple[int, str]] = attrs.field(factory=list)

    def open(self, url: str) -> bool:
        self.opened.append(url)
        request = urllib.request.Request(self.change(url))
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as page:
                self.saw.append((page.status, page.read().decode()))
        except urllib.error.HTTPError as error:
            self.saw.append((error.code, error.read().decode()))
        return True

    def page(self) -> tuple[int, str]:
        """The status and the page it was left with; the program may be faster than the browser."""
        for _ in range(500):
            if self.saw:
                return self.saw[0]
            time.sleep(0.01)
        raise AssertionError("the browser came to no page")


@pytest.fixture
def member(monkeypatch: pytest.MonkeyPatch) -> Member:
    member = Member()
    monkeypatch.setenv("BROWSER", "a browser")
    monkeypatch.setattr("webbrowser.open", member.open)
    return member


def _token(simulator: ThreadedSimulator, **changes: Any) -> StoredToken:
    now = datetime.now(UTC)
    token = StoredToken(
        access=Secret(simulator.issue_token("openid", "w_member_social")),
        issued_at=now,
        expires_at=now + timedelta(days=60),
        client_id=simulator.config.client_id,
        issuer=simulator.base_url,
        scopes=frozenset({"openid", "w_member_social"}),
        member=simulator.person,
    )
    return attrs.evolve(token, **changes)


# --- login ----------------------------------------------------------------------------------------------------------


def test_a_member_signs_in_with_a_browser(cli: Any, simulator: Any, member: Member, home: FileStore) -> None:
    ran = cli("auth", "login", "--port", 0)

    token = home.load()
    assert ran.status == 0, ran.err
    assert ran.out.startswith(
        f"signed in as {simulator.person} for 60 days, refreshed by itself: openid, w_member_social"
    )
    assert str(home.path) in ran.out
    assert token is not None
    assert token.member == simulator.person
    assert token.scopes == {"openid", "w_member_social"}
    status, page = member.page()
    assert status == 200
    assert "The terminal goes on from here" in page


def test_what_was_asked_for_is_what_is_given(cli: Any, simulator: Any, member: Member) -> None:
    ran = cli("auth", "login", "--port", 0, "--json", "--scope", "w_organization_social,openid", "--scope", "rw_ads")

    assert ran.status == 0, ran.err
    row = ran.row
    assert row["ok"] is True
    assert row["member"] == simulator.person
    assert row["scopes"] == ["openid", "rw_ads", "w_organization_social"]
    assert row["days_left"] == 60.0
    assert row["refreshable"] is True
    assert "scope=w_organization_social%20openid%20rw_ads" in member.opened[0]


def test_the_address_is_always_printed_and_can_be_opened_by_hand(program: Any, simulator: Any, home: FileStore) -> None:
    login = program("auth", "login", "--port", 0, "--no-browser", "--timeout", 20)
    heard = [login.stderr.readline().decode() for _ in range(2)]
    by_hand = Member()
    by_hand.open(heard[1].strip())
    out, err = login.communicate(timeout=20)

    assert heard[0].startswith("Open this address to sign in")
    assert ADDRESS.fullmatch(heard[1].strip())
    assert login.returncode == 0, err
    assert out.startswith(b"signed in as")
    assert home.load() is not None


def test_without_a_display_no_browser_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)

    monkeypatch.setattr(sys, "platform", "linux")
    assert not signing_in._has_display()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert signing_in._has_display()


def test_a_keyring_keeps_the_token_where_there_is_one(
    cli: Any, simulator: Any, member: Member, home: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = RecordingKeyring()
    monkeypatch.setattr("linkedin_media.client.tokens.find_keyring", lambda: keyring)

    login, status, logout = cli("auth", "login", "--port", 0), cli("auth", "status"), cli("auth", "logout")

    assert login.out.rstrip().endswith("in the system keyring")
    assert status.out.startswith("token    active, from the system keyring")
    assert (logout.out, keyring.held) == ("signed out\n", {})
    assert keyring.asked == ["set", "get", "delete"]
    assert not home.path.exists()


def test_a_redirect_with_another_state_is_refused(cli: Any, simulator: Any, member: Member, home: FileStore) -> None:
    member.change = lambda url: re.sub(r"state=[^&]+", "state=forged", url)

    ran = cli("auth", "login", "--port", 0)

    assert ran.status == 1
    assert "another state" in ran.err
    assert member.page()[0] == 400
    assert home.load() is None
    assert simulator.journal.count(operation="oauth.accessToken") == 0


def test_a_member_who_declines_is_not_signed_in(cli: Any, simulator: Any, member: Member, home: FileStore) -> None:
    simulator.configure(oauth_decision="deny")

    ran = cli("auth", "login", "--port", 0, "--json")

    assert ran.status == 1
    assert ran.row["error"]["code"] == "TOKEN_REFUSED"
    assert "declined" in ran.row["error"]["hint"]
    assert home.load() is None


def test_a_member_who_never_comes_back_is_not_waited_for(cli: Any, simulator: Any, home: FileStore) -> None:
    ran = cli("auth", "login", "--port", 0, "--no-browser", "--timeout", 0.1)

    assert ran.status == 1
    assert "nobody came back from LinkedIn within 0.1 s" in ran.err


def test_a_wrong_secret_is_told_without_showing_it(
    cli: Any, simulator: Any, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKEDIN_CLIENT_SECRET", "canary-wrong")

    ran = cli("auth", "login", "--port", 0, "--verbose")

    assert ran.status == 1
    assert "LINKEDIN_CLIENT_SECRET" in ran.err
    assert "canary" not in ran.out + ran.err


def test_a_port_in_use_is_named(cli: Any, simulator: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = cli("auth", "login", "--port", taken.getsockname()[1], "--no-browser")

    assert ran.status == 2
    assert "cannot be listened on" in ran.err
    assert "--port" in ran.err


@pytest.mark.parametrize("command", [("auth", "login"), ("simulate",)])
@pytest.mark.parametrize("port", [-1, 65536])
def test_a_number_that_is_no_port_is_a_matter_of_usage(cli: Any, command: tuple[str, ...], port: int) -> None:
    ran = cli(*command, f"--port={port}")

    assert ran.status == 2
    assert f"{port} is not in the range 0<=x<=65535" in ran.err


def test_a_token_in_the_environment_goes_first_and_is_said_to(
    cli: Any, simulator: Any, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", "another")

    ran = cli("auth", "login", "--port", 0)

    assert "LINKEDIN_ACCESS_TOKEN is set, and goes before what is stored" in ran.err


def test_a_bad_scope_is_refused_before_anybody_is_bothered(cli: Any, simulator: Any, member: Member) -> None:
    ran = cli("auth", "login", "--port", 0, "--scope", "ünicode")

    assert ran.status == 2
    assert member.opened == []


# --- the application's credentials ----------------------------------------------------------------------------------


class _Stdin:
    def __init__(self, line: str = "", *, terminal: bool = False) -> None:
        self.line, self.terminal = line, terminal

    def isatty(self) -> bool:
        return self.terminal

    def readline(self) -> str:
        return self.line


def test_the_secret_may_come_down_a_pipe(
    cli: Any, simulator: Any, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINKEDIN_CLIENT_SECRET")
    monkeypatch.setattr(sys, "stdin", _Stdin(f"{SECRET}\n"))

    ran = cli("auth", "login", "--port", 0)

    assert ran.status == 0, ran.err


def test_on_a_terminal_it_is_asked_for_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def prompt(text: str, *, hide_input: bool = False, err: bool = False) -> str:
        assert err
        asked.append((text, hide_input))
        return "app" if "id" in text else SECRET

    monkeypatch.setattr(sys, "stdin", _Stdin(terminal=True))
    monkeypatch.setattr(click, "prompt", prompt)

    credentials = signing_in.asked_credentials(None)

    assert (credentials.client_id, credentials.client_secret) == ("app", Secret(SECRET))
    assert [hidden for _, hidden in asked] == [False, True]


@pytest.mark.parametrize(("client_id", "missing"), [(None, "no client id"), ("app", "no client secret")])
def test_what_is_missing_and_cannot_be_asked_for_is_named(
    client_id: str | None, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin())

    with pytest.raises(InvalidArgument, match=missing):
        signing_in.asked_credentials(client_id)


@pytest.mark.parametrize("command", ["login", "status", "refresh", "logout"])
def test_no_command_takes_a_secret_as_argument(cli: Any, command: str) -> None:
    helped = cli("auth", command, "--help")

    assert helped.status == 0
    assert not re.search(r"--\S*(secret|token)", helped.out)


# --- status ---------------------------------------------------------------------------------------------------------


def test_nobody_is_signed_in_at_first(cli: Any, simulator: Any) -> None:
    people, program = cli("auth", "status"), cli("auth", "status", "--json")

    assert (people.status, people.out) == (1, "nobody is signed in\n")
    assert "auth login" in people.err
    assert program.row == {"signed_in": False, "active": False}


def test_status_says_who_for_how_long_and_for_what(cli: Any, simulator: Any, home: FileStore) -> None:
    home.save(_token(simulator))

    people, program = cli("auth", "status"), cli("auth", "status", "--json")

    assert people.status == 0
    assert people.out.splitlines()[:2] == [f"token    active, from {home.path}", f"member   {simulator.person}"]
    assert "60 days left" in people.out
    assert "openid, w_member_social" in people.out
    assert program.row["active"] is True
    assert program.row["introspected"] is True
    assert program.row["days_left"] == 60.0
    assert program.row["member"] == simulator.person


def test_without_the_secret_status_tells_what_is_stored(
    cli: Any, simulator: Any, home: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINKEDIN_CLIENT_SECRET")
    home.save(_token(simulator, member=None, refresh=Secret("r")))

    ran = cli("auth", "status", "--json")

    assert ran.row["introspected"] is False
    assert (ran.status, ran.row["active"], ran.row["refreshable"]) == (0, True, True)
    assert "sign in with the scope openid" in cli("auth", "status").out
    assert "refreshed by itself" in cli("auth", "status").out


def test_a_revoked_token_is_called_so(cli: Any, simulator: Any, home: FileStore) -> None:
    token = _token(simulator)
    home.save(token)
    simulator.revoke_token(token.access.reveal())

    ran = cli("auth", "status")

    assert ran.status == 1
    assert ran.out.startswith("token    revoked")


def test_an_expired_token_is_called_so_without_asking(
    cli: Any, simulator: Any, home: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINKEDIN_CLIENT_SECRET")
    home.save(_token(simulator, expires_at=datetime.now(UTC) - timedelta(days=1)))

    ran = cli("auth", "status")

    assert ran.status == 1
    assert ran.out.startswith("token    expired")


def test_a_token_of_the_environment_is_introspected(cli: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", simulator.token)

    ran = cli("auth", "status", "--json")

    assert (ran.row["source"], ran.row["active"]) == ("LINKEDIN_ACCESS_TOKEN", True)
    assert "w_member_social" in ran.row["scopes"]


def test_of_a_token_that_nobody_knows_nothing_is_claimed(
    cli: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINKEDIN_CLIENT_SECRET")
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", "another")

    people, program = cli("auth", "status"), cli("auth", "status", "--json")

    assert people.status == 0
    assert people.out.startswith("token    unknown, from LINKEDIN_ACCESS_TOKEN")
    assert program.row["active"] is None
    assert program.row["expires_at"] is None


def test_status_goes_on_when_linkedin_cannot_be_asked(
    cli: Any, simulator: Any, home: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKEDIN_CLIENT_SECRET", "canary-wrong")
    home.save(_token(simulator))

    ran = cli("auth", "status")

    assert ran.status == 0
    assert "asked in vain" in ran.err
    assert ran.out.startswith("token    active")


def test_a_token_no_header_carries_is_refused(cli: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", "canary token")

    ran = cli("auth", "status")

    assert ran.status == 1
    assert "copy the token once more" in ran.err
    assert "canary" not in ran.err


@pytest.mark.parametrize(
    "command", [("auth", "status"), ("auth", "refresh"), ("upload", "x.png", "--owner", "urn:li:person:a")]
)
def test_a_token_file_that_others_can_read_is_refused(
    cli: Any, simulator: Any, home: FileStore, command: tuple[str, ...]
) -> None:
    home.save(_token(simulator))
    home.path.chmod(0o644)

    ran = cli(*command)

    assert ran.status == 1
    assert f"chmod 600 {home.path}" in ran.err


# --- refresh and logout ---------------------------------------------------------------------------------------------


def test_a_token_is_refreshed_on_demand(cli: Any, simulator: Any, member: Member, home: FileStore) -> None:
    cli("auth", "login", "--port", 0)
    before = home.load()

    ran = cli("auth", "refresh")

    after = home.load()
    assert ran.status == 0, ran.err
    assert ran.out.startswith(f"refreshed as {simulator.person} for 60 days")
    assert before is not None
    assert after is not None
    assert after.access != before.access
    assert after.refresh == before.refresh


def test_a_refresh_that_linkedin_refuses_asks_for_a_new_sign_in(
    cli: Any, simulator: Any, member: Member, home: FileStore
) -> None:
    cli("auth", "login", "--port", 0)
    simulator.revoke_refresh_tokens()

    ran = cli("auth", "refresh")

    assert ran.status == 1
    assert "sign in again" in ran.err


@pytest.mark.parametrize("stored", [False, True])
def test_a_refresh_needs_a_refresh_token(cli: Any, simulator: Any, home: FileStore, stored: bool) -> None:
    if stored:
        home.save(_token(simulator))

    ran = cli("auth", "refresh")

    assert ran.status == 1
    assert ("there is no refresh token" if stored else "nobody has signed in") in ran.err


def test_a_member_signs_out(cli: Any, simulator: Any, home: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    home.save(_token(simulator))

    first = cli("auth", "logout")
    monkeypatch.setenv("LINKEDIN_ACCESS_TOKEN", "another")
    second, third = cli("auth", "logout"), cli("auth", "logout", "--json")

    assert (first.status, first.out) == (0, "signed out\n")
    assert "permitted-services" in first.err
    assert second.out == "nobody was signed in\n"
    assert "goes on being used" in second.err
    assert third.row == {"ok": True, "signed_in": False, "forgotten": False}
    assert not home.path.exists()


# --- what commands send ---------------------------------------------------------------------------------------------


def test_commands_use_the_stored_token(cli: Any, simulator: Any, home: FileStore, photo: Path) -> None:
    home.save(_token(simulator, access=Secret(simulator.token)))

    ran = cli("upload", photo, "--owner", simulator.organization, "--json")

    assert ran.status == 0, ran.err
    assert ran.row["status"] == "AVAILABLE"


def test_a_stored_token_that_has_expired_is_refreshed_by_the_command(
    cli: Any, simulator: Any, member: Member, home: FileStore, photo: Path
) -> None:
    cli("auth", "login", "--port", 0, "--scope", "w_organization_social")
    token = home.load()
    assert token is not None
    home.save(attrs.evolve(token, expires_at=datetime.now(UTC)))

    ran = cli("upload", photo, "--owner", simulator.organization, "--json")

    assert ran.status == 0, ran.err
    renewed = home.load()
    assert renewed is not None
    assert renewed.access != token.access


@pytest.mark.parametrize(
    "command", [("auth", "status"), ("auth", "refresh"), ("upload", "x.png", "--owner", "urn:li:person:a")]
)
def test_a_token_is_sent_only_to_where_it_came_from(
    cli: Any, simulator: Any, home: FileStore, command: tuple[str, ...]
) -> None:
    home.save(_token(simulator, issuer="https://www.linkedin.com", refresh=Secret("r")))

    ran = cli(*command)

    assert ran.status == 1
    assert "the stored token is from https://www.linkedin.com" in ran.err
    assert len(simulator.journal) == 0


# --- the loopback server --------------------------------------------------------------------------------------------


async def _get(url: str) -> int:
    member = Member()
    await asyncio.to_thread(member.open, url)
    return member.saw[0][0]


async def test_the_callback_takes_one_answer_at_one_address_on_loopback() -> None:
    async with Callback(0, "s") as callback:
        root = f"http://127.0.0.1:{callback.port}"
        listening = subprocess.run(["cat", "/proc/net/tcp"], capture_output=True, text=True, check=True).stdout
        statuses = [
            await _get(root + path)
            for path in ("/", "/favicon.ico", "/callback?state=s&code=one", "/callback?state=s&code=two")
        ]

        assert await callback.code(1) == Secret("one")

    assert statuses == [404, 404, 200, 410]
    assert f"0100007F:{callback.port:04X}" in listening
    assert f"00000000:{callback.port:04X}" not in listening
    assert callback.redirect_uri == f"http://localhost:{callback.port}/callback"


async def test_a_refusal_nobody_waits_for_is_no_noise() -> None:
    async with Callback(0, "s") as callback:
        assert await _get(f"http://127.0.0.1:{callback.port}/callback?state=s&error=user_cancelled_login") == 400

    async with Callback(0, "s") as callback:
        assert await _get(f"http://127.0.0.1:{callback.port}/callback?state=s&error=user_cancelled_login") == 400
        with pytest.raises(TokenRefused):
            await callback.code(1)


@pytest.mark.skipif(not socket.has_ipv6, reason="there is one loopback address only")
async def test_a_stranger_on_the_other_loopback_address_is_not_sent_the_code() -> None:
    async with Callback(0, "s") as free:
        port = free.port
    with socket.socket(socket.AF_INET6) as stranger:
        try:
            stranger.bind(("::1", port))
        except OSError:
            pytest.skip("there is no ::1")
        stranger.listen()
        with pytest.raises(InvalidArgument, match="cannot be listened on: Address already in use"):
            async with Callback(port, "s"):
                pass


async def test_no_ipv6_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkedin_media.cli.callback._ADDRESSES", ("127.0.0.1", "192.0.2.1"))

    async with Callback(0, "s") as callback:
        assert await _get(f"http://127.0.0.1:{callback.port}/callback?state=s&code=one") == 200


async def test_a_code_that_never_comes_is_a_sign_in_error() -> None:
    async with Callback(0, "s") as callback:
        with pytest.raises(SignInError, match="nobody came back"):
            await callback.code(0.01)


# --- secrets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def watched(program: Any) -> Iterator[tuple[Any, list[str]]]:
    """Start processes, and note what everybody can read of their arguments and those of their children."""
    lines: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    lines.append(path.read_text(errors="replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield program, lines
    over.set()
    watcher.join()


def test_no_secret_is_printed_logged_or_seen_in_a_list_of_processes(
    watched: tuple[Any, list[str]], simulator: Any, home: FileStore, tmp_path: Path
) -> None:
    program, arguments = watched
    page = tmp_path / "page"
    browser = (
        f"{sys.executable} -c 'import sys,time; open(sys.argv[2],\"w\").write(sys.argv[1]); time.sleep(.2)' %s {page}"
    )
    written = b""
    login = program("auth", "login", "--port", 0, "--verbose", "--timeout", 30, env={"BROWSER": browser + " &"})
    opened = _appears(page)
    Member().open(opened)
    written += b"".join(login.communicate(timeout=30))
    token = home.load()
    assert token is not None
    assert token.refresh is not None
    for command in ("status", "refresh", "logout"):
        ran = program("auth", command, "--verbose", "--json")
        written += b"".join(ran.communicate(timeout=30))
        assert ran.returncode == 0, written

    seen = "\0".join(arguments)
    assert "authorization" in seen  # the watcher did see what it was to see
    for secret in (SECRET, token.access.reveal(), token.refresh.reveal()):
        assert secret.encode() not in written
        assert secret not in seen
    assert os.environ["LINKEDIN_CLIENT_SECRET"] == SECRET


def _appears(path: Path) -> str:
    for _ in range(500):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(path)
