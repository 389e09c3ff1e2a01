"""The work of ``linkedin-media auth login`` and ``refresh``."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import webbrowser
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import attrs
import click

from ..client.auth import ENVIRONMENT
from ..client.oauth import SignIn, credentials_of, new_state, oauth_origin
from ..client.tokens import load_for, token_store
from ..errors import SignInError
from ..model.token import ClientCredentials, StoredToken
from .callback import Callback
from .options import Connection, Output
from .results import good
from .screen import Screen
from .signed_in import described, row_of
from .status import ALL_GOOD

SECRET: Final = "LINKEDIN_CLIENT_SECRET"  # noqa: S105 -- its name, not the secret


@attrs.frozen(kw_only=True)
class Browser:
    """How to reach the member: which port the redirect comes to, whether to open a browser, how long to wait."""

    port: int
    opens: bool
    timeout: float

    def show(self, url: str, screen: Screen) -> None:
        """Bring the address before the member's eyes; it is always printed, since nobody can tell what a browser does."""
        opening = self.opens and _has_display()
        screen.note(
            f"{'If no browser opens, open this address' if opening else 'Open this address'} to sign in:\n{url}"
        )
        if opening:
            # A thread nobody waits for: some browsers return only when they are closed.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True, name="browser").start()


def _has_display() -> bool:
    """Whether a browser would have a window; one that takes the terminal over does not help."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def asked_credentials(client_id: str | None) -> ClientCredentials:
    """Return the application's credentials: from the environment, else asked for, the secret unseen.

    Without a terminal the secret is read from a line of stdin.

    Raises:
        InvalidArgument: One is missing or cannot be right.
    """
    terminal = sys.stdin.isatty()
    if not client_id and terminal:
        client_id = click.prompt("Client id of your application", err=True)
    credentials_of(client_id, "unchecked")  # refuse the id before the secret is asked for
    secret = os.environ.get(SECRET)
    if not secret and terminal:
        secret = click.prompt("Client secret (not shown)", hide_input=True, err=True)
    return credentials_of(client_id, secret or sys.stdin.readline().strip())


async def sign_in(
    credentials: ClientCredentials, scopes: Sequence[str], browser: Browser, connection: Connection, output: Output
) -> int:
    """Take the member through LinkedIn's pages and store the token; return the exit status."""
    wanted, state = [scope for given in scopes for scope in given.replace(",", " ").split()], new_state()
    with Screen(output) as screen:
        async with (
            SignIn(credentials.client_id, credentials.client_secret, base_url=connection.base_url) as asking,
            Callback(browser.port, state) as callback,
        ):
            browser.show(asking.authorization_url(callback.redirect_uri, wanted, state), screen)
            code = await callback.code(browser.timeout)
            token = await asking.exchange(code, callback.redirect_uri)
        await _keep(token, "signed in", screen)
    return ALL_GOOD


def stored_token(connection: Connection) -> StoredToken:
    """Return the token there is, if it came from where `connection` leads.

    Raises:
        SignInError: There is none, or none that may be used.
    """
    token = load_for(token_store(), oauth_origin(base_url=connection.base_url))
    if token is None:
        raise SignInError("nobody has signed in here", hint="linkedin-media auth login")
    return token


async def refresh_now(
    token: StoredToken, credentials: ClientCredentials, connection: Connection, output: Output
) -> int:
    """Exchange the stored token for a new one; return the exit status."""
    with Screen(output) as screen:
        async with SignIn(credentials.client_id, credentials.client_secret, base_url=connection.base_url) as asking:
            renewed = await asking.refresh(token)
        await _keep(renewed, "refreshed", screen)
    return ALL_GOOD


async def _keep(token: StoredToken, what: str, screen: Screen) -> None:
    place = await asyncio.to_thread(lambda: token_store().save(token))
    now = datetime.now(UTC)
    screen.result({"ok": True, **row_of(token, place, now)}, [f"{good(what)} {described(token, now)}, in {place}"])
    if os.environ.get(ENVIRONMENT):
        screen.note(f"{ENVIRONMENT} is set, and goes before what is stored: unset it")
