"""From options and environment to a client and a pipeline."""

from __future__ import annotations

import os

import attrs

from ..client.auth import ENVIRONMENT, TokenProvider
from ..client.oauth import oauth_origin
from ..client.refresh import StoredTokenProvider
from ..client.session import LinkedInClient
from ..client.tokens import load_for, token_store
from ..errors import InvalidArgument
from ..options import Concurrency, PollPolicy
from .options import Connection, Pace


def make_client(connection: Connection, pace: Pace | None = None) -> LinkedInClient:
    """Return a client with the token of the environment, else the one that was stored.

    Raises:
        InvalidArgument: There is no token, or a version or base URL that cannot be right.
        SignInError: There is one that must not be used.
    """
    token = os.environ.get(ENVIRONMENT) or _stored_token(connection)
    if not token:
        raise InvalidArgument(
            "no access token",
            argument="access_token",
            hint=f"linkedin-media auth login, or set {ENVIRONMENT}; to try without an account: linkedin-media demo",
        )
    return LinkedInClient(
        token, base_url=connection.base_url, version=connection.version, concurrency=make_concurrency(pace)
    )


def _stored_token(connection: Connection) -> TokenProvider | None:
    """Return the token that a sign-in has stored, which refreshes itself; None where nobody has signed in.

    Raises:
        SignInError: What is stored must not be used.
    """
    store = token_store()
    if load_for(store, oauth_origin(base_url=connection.base_url)) is None:
        return None
    return StoredTokenProvider(store=store, base_url=connection.base_url)


def make_concurrency(pace: Pace | None) -> Concurrency:
    """Return the bounds of `pace`: one number for everything that sends."""
    if pace is None or pace.concurrency is None:
        return Concurrency()
    return Concurrency(initialize=pace.concurrency, upload=pace.concurrency, post=min(pace.concurrency, 8))


def make_poll_policy(pace: Pace) -> PollPolicy:
    """Return how to wait for images.

    Raises:
        InvalidArgument: The time is negative or no number.
    """
    policy = PollPolicy(wait=pace.wait)
    return policy if pace.poll_timeout is None else attrs.evolve(policy, timeout=pace.poll_timeout)
