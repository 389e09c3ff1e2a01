"""Access tokens: who they speak for, what they may do, and how LinkedIn refuses the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import attrs

from .replies import Refused, unauthorized

ALL_SCOPES: Final = frozenset(
    {
        *("openid", "profile", "email"),
        *("w_member_social", "r_member_social", "w_organization_social", "r_organization_social"),
        *("rw_ads", "r_ads", "r_compliance", "w_compliance"),
    }
)
"""The scopes of the first token; ``w_power_creators`` is the only one it lacks."""


@attrs.define(kw_only=True)
class Token:
    """An access token. A development-tier token may not use BATCH_GET (facts §3.1)."""

    value: str = attrs.field(repr=False)
    member: str
    scopes: frozenset[str]
    organizations: frozenset[str]
    accounts: frozenset[str]
    expires_at: float
    created_at: float = 0.0
    tier: Literal["standard", "development"] = "standard"
    revoked: bool = False
    client_id: str = ""

    def any_of(self, scopes: Iterable[str]) -> bool:
        """True if the token carries at least one of `scopes`."""
        return not self.scopes.isdisjoint(scopes)


class TokenBook:
    """All tokens the simulator has issued."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def add(self, token: Token) -> None:
        """Remember a token."""
        self._tokens[token.value] = token

    def get(self, value: str) -> Token | None:
        """Return the token with this value, alive or not."""
        return self._tokens.get(value)

    def revoke(self, value: str) -> None:
        """Make calls with this token answer 65601."""
        self._tokens[value].revoked = True

    def expire(self, value: str, now: float) -> None:
        """Make calls with this token answer 65602."""
        self._tokens[value].expires_at = now

    def of(self, member: str, client_id: str) -> list[Token]:
        """Return a member's tokens for one application."""
        return [token for token in self._tokens.values() if (token.member, token.client_id) == (member, client_id)]

    def check(self, authorization: str | None, now: float) -> Token:
        """Return the token an ``Authorization`` header carries.

        Raises:
            Refused: 401, as LinkedIn words it.
        """
        scheme, _, value = (authorization or "").partition(" ")
        if not authorization or (scheme.lower() == "bearer" and not value.strip()):
            raise unauthorized(65604, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token")
        token = self._tokens.get(value.strip()) if scheme.lower() == "bearer" else None
        problem = _problem(token, now)
        if problem:
            raise problem
        assert token is not None  # noqa: S101 -- _problem refuses None  # nosec B101
        return token


def _problem(token: Token | None, now: float) -> Refused | None:
    if token is None:
        return unauthorized(65600, "INVALID_ACCESS_TOKEN", "Invalid access token")
    if token.revoked:
        message = "The token used in the request has been revoked by the user"
        return unauthorized(65601, "REVOKED_ACCESS_TOKEN", message)
    if now >= token.expires_at:
        return unauthorized(65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
    return None
