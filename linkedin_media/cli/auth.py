"""``linkedin-media auth``: sign in, look, refresh, sign out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from .options import PORT, Connection, Output, connection_options, output_options

DEFAULT_SCOPES: Final = ("openid", "w_member_social")


@click.group()
def auth() -> None:
    """Sign in to LinkedIn and out again.

    Needs an application in LinkedIn's Developer Portal, whose secret is read from LINKEDIN_CLIENT_SECRET or asked for; it
    is never an argument and never stored.
    """


@auth.command()
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=DEFAULT_SCOPES,
    show_default=True,
    metavar="SCOPE",
    help="What the token may do; repeat it for more.",
)
@click.option(
    "--port",
    type=PORT,
    default=8765,
    show_default=True,
    metavar="PORT",
    help="Where to listen for the redirect; 0 picks a free port.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address, to open it yourself.")
@click.option("--timeout", default=300.0, show_default=True, metavar="SECONDS", help="How long to wait for consent.")
@click.option(
    "--client-id",
    metavar="ID",
    envvar="LINKEDIN_CLIENT_ID",
    show_envvar=True,
    help="Of your application; else asked for.",
)
@connection_options
@output_options
def login(
    connection: Connection,
    output: Output,
    *,
    scopes: Sequence[str],
    port: int,
    no_browser: bool,
    timeout: float,
    client_id: str | None,
) -> int:
    """Sign in with a browser on this machine, and store the token.

    The redirect URL, http://localhost:PORT/callback, must stand in the Auth tab of your application. Asking for another
    set of scopes ends the tokens that LinkedIn gave you for this application before.
    """
    from .running import run_async
    from .signing_in import Browser, asked_credentials, sign_in

    browser = Browser(port=port, opens=not no_browser, timeout=timeout)
    return run_async(sign_in(asked_credentials(client_id), scopes, browser, connection, output))


@auth.command()
@connection_options
@output_options
def status(connection: Connection, output: Output) -> int:
    """Say who is signed in, for how long and for what; with LINKEDIN_CLIENT_SECRET set, LinkedIn is asked."""
    from .running import run_async
    from .signed_in import show_status

    return run_async(show_status(connection, output))


@auth.command()
@connection_options
@output_options
def refresh(connection: Connection, output: Output) -> int:
    """Exchange the stored token for a new one now. LinkedIn gives refresh tokens to some applications only."""
    from .running import run_async
    from .signing_in import asked_credentials, refresh_now, stored_token

    token = stored_token(connection)
    return run_async(refresh_now(token, asked_credentials(token.client_id), connection, output))


@auth.command()
@output_options
def logout(output: Output) -> int:
    """Forget the stored token."""
    from .signed_in import forget

    return forget(output)
