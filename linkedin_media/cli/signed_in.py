"""The work of ``linkedin-media auth status`` and ``logout``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from ..client.auth import ENVIRONMENT
from ..client.oauth import SignIn, as_secret, oauth_origin
from ..client.tokens import load_for, token_store
from ..errors import LinkedInMediaError, SignInError
from ..model.secret import Secret
from ..model.token import Introspection, StoredToken
from ..protocol.hosts import Origin
from .options import Connection, Output
from .printable import printable
from .results import bad, good
from .screen import Screen
from .status import ALL_GOOD, SOME_FAILED

REVOKE_AT: Final = "https://www.linkedin.com/psettings/permitted-services"


def row_of(token: StoredToken, place: str, now: datetime) -> dict[str, Any]:
    """Return what ``--json`` tells of a token."""
    return {
        "member": token.member,
        "client_id": token.client_id,
        "scopes": sorted(token.scopes),
        "expires_at": token.expires_at.isoformat(timespec="seconds"),
        "days_left": round(token.days_left(now), 1),
        "refreshable": token.can_refresh(now),
        "stored_in": place,
    }


def described(token: StoredToken, now: datetime) -> str:
    """Return a token in words, without the token."""
    renewal = ", refreshed by itself" if token.can_refresh(now) else ""
    return f"as {token.member or 'a member'} for {token.days_left(now):.0f} days{renewal}: {', '.join(sorted(token.scopes))}"


@attrs.frozen(kw_only=True)
class Status:
    """The token that commands would use, and what is known of it."""

    place: str
    access: Secret = attrs.field(repr=False)
    stored: StoredToken | None = None
    told: Introspection | None = None
    now: datetime

    @property
    def active(self) -> bool | None:
        """Whether it is alive, None where nobody knows."""
        if self.told is not None and (self.told.active or self.told.status):
            return self.told.active
        return None if self.stored is None else not self.stored.expired(self.now)

    @property
    def expires_at(self) -> datetime | None:
        """When it ends: in LinkedIn's words, else as stored."""
        told = self.told.expires_at if self.told else None
        return told or (self.stored.expires_at if self.stored else None)

    @property
    def scopes(self) -> list[str]:
        """What it may do: in LinkedIn's words, else as stored."""
        return sorted((self.told and self.told.scopes) or (self.stored.scopes if self.stored else ()))

    @property
    def days_left(self) -> float | None:
        """The days until it ends."""
        return None if self.expires_at is None else (self.expires_at - self.now).total_seconds() / 86_400

    def to_row(self) -> dict[str, Any]:
        stored, days = self.stored, self.days_left
        return {
            "signed_in": True,
            "active": self.active,
            "source": self.place,
            "member": stored.member if stored else None,
            "client_id": stored.client_id if stored else None,
            "scopes": self.scopes,
            "expires_at": self.expires_at.isoformat(timespec="seconds") if self.expires_at else None,
            "days_left": None if days is None else round(days, 1),
            "refreshable": stored is not None and stored.can_refresh(self.now),
            "introspected": self.told is not None,
        }

    def to_lines(self) -> Iterator[str]:
        word = {True: good("active"), False: bad(self._cause_of_death()), None: "unknown"}[self.active]
        yield f"token    {word}, from {self.place}"
        if self.stored is not None:
            yield f"member   {self.stored.member or 'not known: sign in with the scope openid'}"
        yield f"expires  {self._expiry()}"
        yield f"scopes   {printable(', '.join(self.scopes)) or 'not known'}"

    def _cause_of_death(self) -> str:
        return (printable(self.told.status) if self.told else "") or "expired"

    def _expiry(self) -> str:
        if self.expires_at is None or self.days_left is None:
            return "not known: set LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET to have LinkedIn asked"
        renewal = "; it is refreshed by itself" if self.stored and self.stored.can_refresh(self.now) else ""
        return f"{self.expires_at:%Y-%m-%d %H:%M} UTC, {self.days_left:.0f} days left{renewal}"


async def show_status(connection: Connection, output: Output) -> int:
    """Tell of the token that commands would use; return 1 where there is none that lives."""
    with Screen(output) as screen:
        held = await asyncio.to_thread(_held, oauth_origin(base_url=connection.base_url))
        if held is None:
            screen.result({"signed_in": False, "active": False}, ["nobody is signed in"])
            screen.note(f"linkedin-media auth login, or set {ENVIRONMENT}")
            return SOME_FAILED
        status = attrs.evolve(held, told=await _told(held, connection, screen))
        screen.result(status.to_row(), status.to_lines())
    return SOME_FAILED if status.active is False else ALL_GOOD


def _held(issuer: Origin) -> Status | None:
    now, given = datetime.now(UTC), os.environ.get(ENVIRONMENT)
    if given:
        access = as_secret(given)
        if access is None:
            raise SignInError(f"{ENVIRONMENT} holds characters no header can carry", hint="copy the token once more")
        return Status(place=ENVIRONMENT, access=access, now=now)
    store = token_store()
    token = load_for(store, issuer)
    return None if token is None else Status(place=store.place, access=token.access, stored=token, now=now)


async def _told(held: Status, connection: Connection, screen: Screen) -> Introspection | None:
    """Ask LinkedIn, where the application's credentials are known; a refusal is noted, and costs nothing."""
    client_id = os.environ.get("LINKEDIN_CLIENT_ID") or (held.stored.client_id if held.stored else "")
    if not client_id or not os.environ.get("LINKEDIN_CLIENT_SECRET"):
        return None
    try:
        async with SignIn(client_id, base_url=connection.base_url) as sign_in:
            return await sign_in.introspect(held.access)
    except LinkedInMediaError as error:
        screen.note(f"LinkedIn was asked in vain: {printable(str(error))}")
        return None


def forget(output: Output) -> int:
    """Remove the stored token."""
    store = token_store()
    with Screen(output) as screen:
        had = store.delete()
        screen.result(
            {"ok": True, "signed_in": False, "forgotten": had}, ["signed out" if had else "nobody was signed in"]
        )
        if had:
            screen.note(f"LinkedIn takes the token until it expires, unless the member ends it: {REVOKE_AT}")
        if os.environ.get(ENVIRONMENT):
            screen.note(f"{ENVIRONMENT} is set, and goes on being used")
    return ALL_GOOD
