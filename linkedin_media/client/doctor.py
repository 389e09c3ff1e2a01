"""The doctor: what would keep calls from working, found before LinkedIn says so. It changes nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from typing import Final

import attrs

from ..errors import InvalidArgument, SignInError
from ..model.check import Check, error, ok, warning
from ..model.secret import Secret
from ..model.token import Introspection, StoredToken
from ..options import DEFAULT_VERSION, Timeouts
from ..protocol import diagnosis
from .auth import ENVIRONMENT
from .oauth import SignIn, as_secret, oauth_origin
from .probes import Seen, Worth, ask_api, ask_sign_in
from .tokens import TokenStore, load_for, token_store

_DISTRIBUTION: Final = "linkedin-media"
_SIGN_IN: Final = f"linkedin-media auth login, or set {ENVIRONMENT}"


def _now() -> datetime:
    return datetime.now(UTC)


async def doctor(
    access_token: str | None = None,
    *,
    version: str | None = None,
    base_url: str | None = None,
    oauth_url: str | None = None,
    client_id: str | None = None,
    client_secret: str | Secret | None = None,
    store: TokenStore | None = None,
    timeouts: Timeouts | None = None,
    now: Callable[[], datetime] = _now,
) -> tuple[Check, ...]:
    """Look at everything a call depends on and return what was found; nothing is changed.

    Args:
        access_token: By default ``LINKEDIN_ACCESS_TOKEN``, else what sign-in stored.
        version: The ``LinkedIn-Version`` to judge; by default ``LINKEDIN_VERSION``, else this release's.
        base_url: By default ``LINKEDIN_BASE_URL``, else LinkedIn.
        oauth_url: See `SignIn`.
        client_id: With `client_secret`, LinkedIn is asked what the token is worth; by default ``LINKEDIN_CLIENT_ID``.
        client_secret: By default ``LINKEDIN_CLIENT_SECRET``.
        store: Where sign-in keeps its token, by default the system's keyring, else a file.
        timeouts: ``call`` bounds each of the two questions to LinkedIn.
        now: The clock, for tests.
    """
    patience = timeouts or Timeouts()
    held = await _held_token(access_token, store, oauth_url, base_url)
    seen = await ask_api(base_url, held.access, patience, now)
    worth = Worth()
    if held.access is not None:
        application = client_id or os.environ.get("LINKEDIN_CLIENT_ID") or held.client_id
        sign_in = _sign_in(application, client_secret, oauth_url, base_url, patience)
        worth = await _worth(sign_in, held.access)
    return (
        diagnosis.python(sys.version_info[:3]),
        _dependencies(),
        diagnosis.version(version or os.environ.get("LINKEDIN_VERSION") or DEFAULT_VERSION, now().date()),
        *seen.checks,
        *worth.checks,
        *_judged(held, seen, worth.introspection, now()),
    )


def _dependencies() -> Check:
    try:
        required = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return warning("dependencies", "linkedin-media runs from source, uninstalled", f"pip install {_DISTRIBUTION}")
    return diagnosis.dependencies(diagnosis.requirements(required), _installed)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@attrs.frozen(kw_only=True)
class _Held:
    """The token that calls would send and where it comes from, or why there is none."""

    place: str = ENVIRONMENT
    access: Secret | None = None
    stored: StoredToken | None = None
    problem: Check | None = None

    @property
    def client_id(self) -> str:
        return self.stored.client_id if self.stored else ""

    def refreshable(self, now: datetime) -> bool:
        return self.stored is not None and self.stored.can_refresh(now)


async def _held_token(
    access_token: str | None, store: TokenStore | None, oauth_url: str | None, base_url: str | None
) -> _Held:
    given = access_token or os.environ.get(ENVIRONMENT)
    if given:
        access = as_secret(given)
        broken = error("token", "it holds characters that no header can carry", f"set {ENVIRONMENT} once more")
        place = "the argument" if access_token else ENVIRONMENT
        return _Held(place=place, access=access, problem=None if access else broken)
    try:
        keeper: TokenStore = await asyncio.to_thread(token_store) if store is None else store
        token = await asyncio.to_thread(load_for, keeper, oauth_origin(oauth_url, base_url))
    except (InvalidArgument, SignInError) as refusal:
        return _Held(problem=error("token", refusal.message, refusal.hint))
    if token is None:
        return _Held(problem=error("token", "there is none", _SIGN_IN))
    return _Held(place=keeper.place, access=token.access, stored=token)


def _sign_in(
    client_id: str, client_secret: str | Secret | None, oauth_url: str | None, base_url: str | None, timeouts: Timeouts
) -> SignIn | Check | None:
    """Return whom to ask about the token, None where the application's credentials are not known."""
    if not client_id or not (client_secret or os.environ.get("LINKEDIN_CLIENT_SECRET")):
        return None
    try:
        return SignIn(client_id, client_secret, oauth_url=oauth_url, base_url=base_url, timeouts=timeouts)
    except InvalidArgument as problem:
        return warning("application", problem.message, problem.hint)


async def _worth(sign_in: SignIn | Check | None, access: Secret) -> Worth:
    match sign_in:
        case None:
            return Worth()
        case Check():
            return Worth(checks=(sign_in,))
        case _:
            async with sign_in:
                return await ask_sign_in(sign_in, access)


def _judged(held: _Held, seen: Seen, told: Introspection | None, now: datetime) -> tuple[Check, ...]:
    """Judge the token: alive at all, for how long, for what."""
    if held.problem is not None:
        return (held.problem,)
    dead = _cause_of_death(held, seen, told, now)
    if dead is not None:
        return (dead,)
    expires_at, scopes = _known(held, told)
    return (
        _life(held, seen, told),
        diagnosis.expiry(expires_at, now, refreshable=held.refreshable(now)),
        diagnosis.scopes(scopes),
    )


def _known(held: _Held, told: Introspection | None) -> tuple[datetime | None, frozenset[str]]:
    """Return when the token expires and what it may do: in LinkedIn's words, else as stored."""
    stored = (held.stored.expires_at, held.stored.scopes) if held.stored else (None, frozenset[str]())
    if told is None or not told.active:
        return stored
    return told.expires_at or stored[0], told.scopes or stored[1]


def _cause_of_death(held: _Held, seen: Seen, told: Introspection | None, now: datetime) -> Check | None:
    fix = "linkedin-media auth refresh" if held.refreshable(now) else _SIGN_IN
    if seen.refusal is not None:
        return error("token", f"LinkedIn refuses the one from {held.place}: {seen.refusal.message}", fix)
    if told is not None and not told.active and told.status:
        return error("token", f"LinkedIn says that the one from {held.place} is {told.status}", fix)
    return None


def _life(held: _Held, seen: Seen, told: Introspection | None) -> Check:
    member = f", of {held.stored.member}" if held.stored and held.stored.member else ""
    if told is not None and told.active:
        return ok("token", f"the one from {held.place} is alive{member}")
    if seen.alive is None:
        return warning("token", f"there is one in {held.place}; whether it is alive is not known", "see base-url above")
    foreign = "; it was made for another application" if told is not None else ""
    return ok("token", f"the one from {held.place} is alive{member}{foreign}")
