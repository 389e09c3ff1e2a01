"""A stored token as text: one JSON object, the same in the keyring and in the file."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from ..errors import InvalidArgument, SignInError
from ..model.secret import Secret
from ..model.token import StoredToken
from ..model.urn import optional_urn

FORMAT: Final = 1


def dump(token: StoredToken) -> str:
    """Write a token; whatever holds the text must be as safe as the token itself."""
    return json.dumps(
        {
            "format": FORMAT,
            "access_token": token.access.reveal(),
            "issued_at": token.issued_at.isoformat(),
            "expires_at": token.expires_at.isoformat(),
            "client_id": token.client_id,
            "issuer": token.issuer,
            "scopes": sorted(token.scopes),
            "member": token.member,
            "refresh_token": token.refresh and token.refresh.reveal(),
            "refresh_expires_at": token.refresh_expires_at and token.refresh_expires_at.isoformat(),
        },
        separators=(",", ":"),
    )


def load(text: str | None, where: str) -> StoredToken | None:
    """Read what `dump` wrote, None where nothing is stored; `where` names the place in the error.

    Raises:
        SignInError: It is not that; nothing of it is quoted.
    """
    if text is None:
        return None
    token = _token(text)
    del text  # a traceback that shows variables must show no token
    if token is None:
        raise SignInError(
            f"what is stored in {where} is no token of this release",
            hint="linkedin-media auth logout, then linkedin-media auth login",
        )
    return token


def _token(text: str) -> StoredToken | None:
    try:
        fields = json.loads(text)
        return _structured(fields) if isinstance(fields, dict) and fields.get("format") == FORMAT else None
    except (InvalidArgument, KeyError, TypeError, ValueError, RecursionError):
        return None


def _structured(fields: dict[str, Any]) -> StoredToken:
    refresh, refresh_expires_at = fields.get("refresh_token"), fields.get("refresh_expires_at")
    return StoredToken(
        access=Secret(fields["access_token"]),
        issued_at=_instant(fields["issued_at"]),
        expires_at=_instant(fields["expires_at"]),
        client_id=str(fields["client_id"]),
        issuer=str(fields["issuer"]),
        scopes=frozenset(str(scope) for scope in fields.get("scopes", ())),
        member=optional_urn(fields.get("member")),
        refresh=None if refresh is None else Secret(refresh),
        refresh_expires_at=None if refresh_expires_at is None else _instant(refresh_expires_at),
    )


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
