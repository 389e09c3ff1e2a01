"""The token in a file of its own, which nobody else may read: made that way, and refused otherwise."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

import attrs
from platformdirs import user_config_path

from ..errors import CHECK_FOLDER, SignInError
from ..model.token import StoredToken
from ..protocol import token_text

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_LONGEST: Final = 64 * 1024
_SIGN_IN: Final = "linkedin-media auth login makes a new one"


def default_path() -> Path:
    """Return where the token lies: ``~/.config/linkedin-media/token.json`` on Linux."""
    return user_config_path("linkedin-media") / "token.json"


@attrs.frozen
class FileStore:
    """A token in a file with mode 0600; a file that is anything else is refused, not read."""

    path: Path = attrs.field(factory=default_path)

    @property
    def place(self) -> str:
        """Where the token is, in words."""
        return str(self.path)

    def load(self) -> StoredToken | None:
        """Return the token, or None where there is none.

        Raises:
            SignInError: Others could read or change the file, or it holds no token.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(error) from None
        try:
            self._check(os.fstat(descriptor))
            return token_text.load(os.read(descriptor, _LONGEST).decode("utf-8", "replace"), self.place)
        finally:
            os.close(descriptor)

    def _unreadable(self, error: OSError) -> SignInError:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            return SignInError(
                f"{self.path} is a symbolic link: whoever made it chooses the token", hint=f"remove it; {_SIGN_IN}"
            )
        return SignInError(f"{self.path} cannot be read: {error.strerror}", hint="make it yours and readable")

    def _check(self, facts: os.stat_result) -> None:
        if not stat.S_ISREG(facts.st_mode):
            raise SignInError(f"{self.path} is no regular file", hint=f"remove it; {_SIGN_IN}")
        if facts.st_uid != os.geteuid():
            raise SignInError(f"{self.path} belongs to another user", hint=f"remove it; {_SIGN_IN}")
        if facts.st_mode & _OTHERS:
            raise SignInError(
                f"{self.path} has mode {stat.S_IMODE(facts.st_mode):04o}: other users may have read the token",
                hint=f"chmod 600 {self.path}; if others use this machine, sign in again and revoke the old token",
            )

    def save(self, token: StoredToken) -> str:
        """Write the token, complete and for its owner alone from its first byte, whatever the umask; return where.

        Raises:
            SignInError: The disk refuses.
        """
        try:
            self._make_folder()
            self._replace(token)
        except OSError as error:
            problem = error.strerror
        else:
            return self.place
        raise SignInError(f"{self.path} cannot be written: {problem}", hint=CHECK_FOLDER)

    def _make_folder(self) -> None:
        """Make what is missing above the file, for its owner alone, whatever the umask leaves of a mode."""
        for folder in reversed([self.path.parent, *self.path.parent.parents]):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
                folder.chmod(0o700)

    def _replace(self, token: StoredToken) -> None:
        """Write beside the file and rename: a link at its place is replaced, never followed."""
        descriptor, name = tempfile.mkstemp(prefix=".token-", dir=self.path.parent)  # mode 0600, O_EXCL, O_NOFOLLOW
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o600)
                file.write(token_text.dump(token))
                file.flush()
                os.fsync(descriptor)
            Path(name).replace(self.path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise

    def delete(self) -> bool:
        """Remove the file; tell whether there was one.

        Raises:
            SignInError: The disk refuses.
        """
        try:
            self.path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise SignInError(f"{self.path} cannot be removed: {error.strerror}") from None
        return True
