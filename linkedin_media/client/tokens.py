"""Where sign-in keeps its token: the system's keyring where one answers, else a file only its owner can read."""

from __future__ import annotations

import logging
from typing import Protocol

import attrs

from ..errors import SignInError
from ..model.token import StoredToken
from ..protocol.hosts import Origin
from .token_file import FileStore
from .token_keyring import KeyringStore, find_keyring

_log = logging.getLogger("linkedin_media.client")


class TokenStore(Protocol):
    """What keeps one token. Its methods may block; they are called outside the event loop."""

    @property
    def place(self) -> str:
        """Where it keeps the token, in words."""
        ...

    def load(self) -> StoredToken | None:
        """Return the token, or None where there is none.

        Raises:
            SignInError: There is one that must not or cannot be used.
        """
        ...

    def save(self, token: StoredToken) -> str:
        """Keep the token in place of any other; return where it is kept.

        Raises:
            SignInError: It cannot be kept.
        """
        ...

    def delete(self) -> bool:
        """Forget the token; tell whether there was one."""
        ...


@attrs.frozen
class SystemStore:
    """The keyring first, the file where it does not serve; the token is in one of them only."""

    keyring: KeyringStore
    file: FileStore = attrs.field(factory=FileStore)

    @property
    def place(self) -> str:
        """Where the token is kept, in words."""
        return self.keyring.place

    def load(self) -> StoredToken | None:
        """Return the token from the keyring, else from the file."""
        try:
            token = self.keyring.load()
        except SignInError:
            token = self.file.load()
            if token is None:
                raise
            return token
        return token or self.file.load()

    def save(self, token: StoredToken) -> str:
        """Keep the token in the keyring, in the file where it refuses."""
        try:
            place = self.keyring.save(token)
        except SignInError as error:
            _log.warning("token.keyring_refused", extra={"error": error.message})
            place = self.file.save(token)
            self.keyring.delete()
        else:
            self.file.delete()
        return place

    def delete(self) -> bool:
        """Forget the token in both."""
        return any([self.keyring.delete(), self.file.delete()])


def load_for(store: TokenStore, issuer: Origin) -> StoredToken | None:
    """Return the stored token if `issuer` gave it, None where none is stored.

    Raises:
        SignInError: It came from elsewhere and must not be sent here; or it must not be used at all.
    """
    token = store.load()
    if token is None or token.issuer == str(issuer):
        return token
    raise SignInError(
        f"the stored token is from {token.issuer}, and calls go to {issuer}",
        hint="unset LINKEDIN_BASE_URL, or sign in there: linkedin-media auth login",
    )


def token_store() -> TokenStore:
    """Return where this system keeps the token."""
    keyring = find_keyring()
    return FileStore() if keyring is None else SystemStore(KeyringStore(keyring))
