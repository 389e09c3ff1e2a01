"""A member who signs in to the simulator: consents in a browser, and keeps the token in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import attrs
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError
from yarl import URL

from linkedin_media.client.oauth import SignIn, new_state
from linkedin_media.errors import SignInError
from linkedin_media.protocol.oauth_replies import read_callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from linkedin_media.model.token import StoredToken
    from linkedin_media.simulator.facade import SimulatorFacade

CALLBACK: Final = "http://localhost:8765/callback"
SCOPES: Final = ("openid", "w_member_social", "w_organization_social", "r_organization_social")


@attrs.define
class MemoryStore:
    """A store that notes what is saved, and refuses on demand."""

    token: StoredToken | None = None
    saved: list[StoredToken] = attrs.field(factory=list)
    refuses: bool = False
    place: str = "memory"

    def load(self) -> StoredToken | None:
        return self.token

    def save(self, token: StoredToken) -> str:
        if self.refuses:
            raise SignInError("the disk is full")
        self.token = token
        self.saved.append(token)
        return self.place

    def delete(self) -> bool:
        had, self.token = self.token is not None, None
        return had


class RecordingKeyring(KeyringBackend):
    """A keyring in memory that notes what is asked of it, and fails on demand."""

    priority = 9  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.asked: list[str] = []
        self.fails = False

    def get_password(self, service: str, username: str) -> str | None:
        self._note("get")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._note("set", PasswordSetError)
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._note("delete", PasswordDeleteError)
        if (service, username) not in self.held:
            raise PasswordDeleteError
        del self.held[service, username]

    def _note(self, call: str, error: type[Exception] = KeyringLocked) -> None:
        self.asked.append(call)
        if self.fails:
            raise error("a password was canary-access")


def clock_of(simulator: SimulatorFacade) -> Callable[[], datetime]:
    """The simulated time, as the code under test reads the clock."""
    return lambda: datetime.fromtimestamp(simulator.clock.now(), UTC)


def application(simulator: SimulatorFacade, **changes: Any) -> dict[str, Any]:
    """What `SignIn` needs to know of the simulator."""
    return {
        "client_id": simulator.config.client_id,
        "client_secret": simulator.config.client_secret,
        "base_url": simulator.base_url,
        "now": clock_of(simulator),
    } | changes


async def consent(url: str) -> str:
    """Open the address as a browser does that consents at once; return where it is sent back to."""
    async with aiohttp.ClientSession() as browser, browser.get(URL(url, encoded=True), allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return answer.headers["Location"]


async def signed_in(simulator: SimulatorFacade, *scopes: str) -> StoredToken:
    """Sign in, all the way through the simulator's pages."""
    async with SignIn(**application(simulator)) as sign_in:
        state = new_state()
        back = await consent(sign_in.authorization_url(CALLBACK, scopes or SCOPES, state))
        return await sign_in.exchange(read_callback(back, state), CALLBACK)
