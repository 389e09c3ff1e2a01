"""The simulator in a process of its own: where timing matters, and for tests in any language."""

from __future__ import annotations

import json
import subprocess  # nosec B404  # it starts our own module only
import sys
from typing import Any, Final, Self

from ..errors import LinkedInMediaError
from . import settings
from .config import SimulatorConfig
from .journal import Call, Journal
from .remote import Control, RemoteClock, RemoteFaults, RemoteImages, RemotePosts

_STOP_SECONDS: Final = 10.0


class SimulatorProcess:
    """A LinkedIn stand-in that serves from its own process while its ``with`` block runs.

    It has the names of `Simulator`; each look at `journal`, `images` and `posts` asks the process. It ends with this
    process, however that ends.
    """

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self._settings = settings.to_mapping(config or SimulatorConfig())
        self._process: subprocess.Popen[bytes] | None = None
        self._control = Control("")
        self._info: dict[str, Any] = {}
        self._journal = Journal()

    def __enter__(self) -> Self:
        command = [
            sys.executable,
            "-m",
            "linkedin_media.simulator",
            "--child",
            "--settings",
            json.dumps(self._settings),
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 -- our own interpreter, our own module  # nosec B603
        assert self._process.stdout is not None  # noqa: S101 -- a pipe was asked for  # nosec B101
        line = self._process.stdout.readline()
        if not line:
            self.__exit__()
            raise LinkedInMediaError("the simulator's process did not start", hint="its messages are on standard error")
        self._info = json.loads(line)
        self._control = Control(self._info["base_url"])
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate(timeout=_STOP_SECONDS)  # closing its standard input ends it
            self._process = None

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid if self._process else 0

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return str(self._info["base_url"])

    @property
    def token(self) -> str:
        """An access token with every scope, of `person`."""
        return str(self._info["token"])

    @property
    def person(self) -> str:
        """The member behind `token`."""
        return str(self._info["person"])

    @property
    def organization(self) -> str:
        """An organization `person` administers."""
        return str(self._info["organization"])

    @property
    def account(self) -> str:
        """An ad account `person` has access to."""
        return str(self._info["account"])

    @property
    def journal(self) -> Journal:
        """Every call received so far."""
        for line in self._control.get(f"/journal?since={len(self._journal)}").splitlines():
            self._journal.append(Call.from_json(line.decode()))
        self._journal.connections = self._control.json("/info")["connections"]
        return self._journal

    @property
    def images(self) -> RemoteImages:
        """Every image, by URN, as of now."""
        return RemoteImages(self._control)

    @property
    def posts(self) -> RemotePosts:
        """Every post, by URN, as of now."""
        return RemotePosts(self._control)

    @property
    def clock(self) -> RemoteClock:
        """The simulated time."""
        return RemoteClock(self._control)

    @property
    def faults(self) -> RemoteFaults:
        """What goes wrong."""
        return RemoteFaults(self._control)

    def configure(self, **changes: Any) -> None:
        """Change the behaviour from here on."""
        self._control.send("PATCH", "/config", changes)

    def issue_token(self, *scopes: str, **options: Any) -> str:
        """Issue another token; see `World.issue_token`."""
        order = {**options, **({"scopes": scopes} if scopes else {})}
        return str(json.loads(self._control.send("POST", "/tokens", order))["token"])

    def revoke_token(self, token: str) -> None:
        """Make calls with `token` answer 401, 65601."""
        self._control.send("POST", "/tokens/revoke", {"token": token})

    def expire_token(self, token: str) -> None:
        """Make calls with `token` answer 401, 65602."""
        self._control.send("POST", "/tokens/expire", {"token": token})

    def revoke_refresh_tokens(self) -> None:
        """Make every refresh token given out invalid."""
        self._control.send("DELETE", "/refresh-tokens")

    def expire_uploads(self) -> None:
        """Let every upload address given out so far expire now."""
        self._control.send("POST", "/uploads/expire")

    def refuse_for(self, seconds: float) -> None:
        """Refuse new connections, the control API's too, for a while."""
        self._control.send("POST", "/refuse", {"seconds": seconds})

    def reset(self, **changes: Any) -> None:
        """Forget images, posts, tokens, faults and journal, and change settings."""
        self._info = json.loads(self._control.send("POST", "/reset", changes))
        self._journal = Journal()
