"""The token in the system's keyring, where the extra ``keyring`` is installed and a keyring answers."""

from __future__ import annotations

import contextlib
from importlib import import_module
from typing import Any, Final

import attrs

from ..errors import SignInError
from ..model.token import StoredToken
from ..protocol import token_text

SERVICE: Final = "linkedin-media"
ACCOUNT: Final = "token"
_SAFE_PRIORITY: Final = 1
"""What the keyring project recommends: backends below keep passwords in the clear, or nowhere."""


def find_keyring() -> Any:
    """Return the system's keyring, or None where there is none that keeps a secret."""
    try:
        backend = import_module("keyring").get_keyring()
        return backend if backend.priority >= _SAFE_PRIORITY else None
    except Exception:  # noqa: BLE001 -- not installed, or a backend that fails in a way of its own
        return None


@attrs.frozen
class KeyringStore:
    """A token in a keyring."""

    _backend: Any = attrs.field(repr=False)

    @property
    def place(self) -> str:
        """Where the token is, in words."""
        return "the system keyring"

    def load(self) -> StoredToken | None:
        """Return the token, or None where there is none.

        Raises:
            SignInError: The keyring refuses, or holds no token.
        """
        return token_text.load(self._text(), self.place)

    def _text(self) -> str | None:
        try:
            text: str | None = self._backend.get_password(SERVICE, ACCOUNT)
        except Exception as error:  # noqa: BLE001 -- locked, dismissed, gone: backends raise errors of their own
            problem = type(error).__name__
        else:
            return text
        raise SignInError(f"the system keyring did not answer ({problem})", hint="unlock it")

    def save(self, token: StoredToken) -> str:
        """Store the token; return where.

        Raises:
            SignInError: The keyring refuses.
        """
        try:
            self._backend.set_password(SERVICE, ACCOUNT, token_text.dump(token))
        except Exception as error:  # noqa: BLE001 -- some keyrings hold no text as long as a token
            problem = type(error).__name__
        else:
            return self.place
        raise SignInError(f"the system keyring did not take the token ({problem})", hint="unlock it")

    def delete(self) -> bool:
        """Remove the token; tell whether there was one."""
        with contextlib.suppress(Exception):
            self._backend.delete_password(SERVICE, ACCOUNT)
            return True
        return False
