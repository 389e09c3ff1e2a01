"""What signing in gives: a token with its lifetimes and scopes, and what LinkedIn says of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs

from .secret import Secret
from .urn import Urn

LINKEDIN: Final = "https://www.linkedin.com"
"""Where LinkedIn gives tokens."""

_REFRESH_AHEAD: Final = timedelta(days=1)
_SHARE_AHEAD: Final = 0.1
_DAY: Final = timedelta(days=1)


@attrs.frozen(kw_only=True)
class ClientCredentials:
    """Who asks: an application of LinkedIn's Developer Portal. They travel in the body of a request, never in a URL."""

    client_id: str
    client_secret: Secret = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class StoredToken:
    """A token as sign-in stores it: `access` and `refresh` are shown nowhere, read only by their ``reveal()``.

    `issuer` is where it came from: it must be sent nowhere else.
    """

    access: Secret = attrs.field(repr=False)
    issued_at: datetime
    expires_at: datetime
    client_id: str
    issuer: str = LINKEDIN
    scopes: frozenset[str] = frozenset()
    member: Urn | None = None
    refresh: Secret | None = attrs.field(default=None, repr=False)
    refresh_expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Tell whether LinkedIn refuses the access token by now."""
        return now >= self.expires_at

    def days_left(self, now: datetime) -> float:
        """Return the days until the access token expires, negative once it has."""
        return (self.expires_at - now) / _DAY

    def can_refresh(self, now: datetime) -> bool:
        """Tell whether there is a refresh token that lives."""
        return self.refresh is not None and (self.refresh_expires_at is None or now < self.refresh_expires_at)

    def renewed_by(self, answer: StoredToken) -> StoredToken:
        """Return what to store after a refresh: whatever came back, and of this token what did not."""
        refreshed = answer if answer.refresh else self
        return attrs.evolve(
            answer,
            issuer=self.issuer,
            scopes=answer.scopes or self.scopes,
            member=answer.member or self.member,
            refresh=refreshed.refresh,
            refresh_expires_at=refreshed.refresh_expires_at,
        )

    def refresh_due(self, now: datetime) -> bool:
        """Tell whether to refresh ahead: in the last day of its life (the last tenth, if that is shorter).

        Not where the refresh token dies no later: LinkedIn gives no access token that outlives it.
        """
        ahead = min(_REFRESH_AHEAD, (self.expires_at - self.issued_at) * _SHARE_AHEAD)
        if not self.can_refresh(now) or now < self.expires_at - ahead:
            return False
        return self.refresh_expires_at is None or self.refresh_expires_at > self.expires_at + ahead


@attrs.frozen(kw_only=True)
class Introspection:
    """What LinkedIn says of a token to the application it was made for; of any other token only ``active=False``."""

    active: bool
    status: str = ""
    """``active``, ``expired`` or ``revoked``."""
    scopes: frozenset[str] = frozenset()
    client_id: str = ""
    authorized_at: datetime | None = None
    expires_at: datetime | None = None
