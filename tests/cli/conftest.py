"""The program run within the test, and run as users run it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from PIL import Image

from linkedin_media import PollPolicy
from linkedin_media.cli import settings
from linkedin_media.cli.program import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from linkedin_media.simulator import ThreadedSimulator


@attrs.frozen
class Ran:
    """What one run of the program came to."""

    status: int | None
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        (row,) = self.rows
        return row


class Terminal:
    """A terminal of 100x40 to write to: pass `end` to a process, then read what it `wrote`."""

    def __init__(self) -> None:
        self.controller, self.end = pty.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self._written = bytearray()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # how Linux says that nobody writes any more
            while chunk := os.read(self.controller, 65536):
                self._written.extend(chunk)

    def wrote(self) -> str:
        """Return everything, once the process has ended."""
        os.close(self.end)
        self._reader.join()
        os.close(self.controller)
        return self._written.decode()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of the machine's own environment reaches the program, nor who has signed in on it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr("linkedin_media.client.tokens.find_keyring", lambda: None)
    for name in os.environ:
        if name.startswith("LINKEDIN_") or name in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}:
            monkeypatch.delenv(name)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the program in this process."""

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Ran(status, written.out, written.err)

    return call


@pytest.fixture
def account(linkedin_simulator: ThreadedSimulator) -> Mapping[str, str]:
    """The environment of somebody with an account at the simulator."""
    return {
        "LINKEDIN_ACCESS_TOKEN": linkedin_simulator.token,
        "LINKEDIN_BASE_URL": linkedin_simulator.base_url,
        "LINKEDIN_OWNER": linkedin_simulator.organization,
    }


@pytest.fixture
def signed_in(account: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Be that somebody in this process, and wait for nothing."""
    monkeypatch.setattr(settings, "PollPolicy", partial(PollPolicy, first_after=0.0, interval=0.02, tick=0.0))
    for name, value in account.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the program as a process of its own, in `tmp_path`."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", "linkedin_media", *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | dict(env or {}),
            **pipes | options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A JPEG that LinkedIn takes."""
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (64, 48), (10, 102, 194)).save(path)
    return path


@pytest.fixture
def poster(tmp_path: Path) -> Path:
    """A PNG with too many pixels."""
    path = tmp_path / "poster.png"
    Image.new("1", (6100, 6000)).save(path)
    return path
