"""Where the files of a manifest are, and that none of them lies outside the root, whatever links say."""

from __future__ import annotations

import os
import stat
from typing import Final

from .manifest_lines import is_unicode

_MOST_REMEMBERED: Final = 4096


class OutOfReach(Exception):
    """A file that cannot be sent: not there, no regular file, or outside the root. The message says which."""


class Root:
    """Finds the files that a manifest names. Relative names start at the manifest's folder; all must be within the root.

    Folders are resolved first, and remembered; a link is followed only to see where it leads.
    """

    def __init__(self, folder: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> None:
        self.folder: Final = os.path.realpath(folder)
        self.path: Final = os.path.realpath(folder if root is None else root)
        self._inside: Final = self.path.rstrip("/") + "/"
        self._resolved: dict[str, str] = {}

    def locate(self, name: str) -> str:
        """Return the absolute path of a file, free of links.

        Raises:
            OutOfReach: It cannot be sent; nothing of it was opened.
        """
        if not name.isascii() and not is_unicode(name):
            raise OutOfReach("its name is not Unicode: rename it")
        path = name if name.startswith("/") else f"{self.folder}/{name}"
        parent, _, last = path.rpartition("/")
        try:
            real = f"{self._resolved.get(parent) or self._resolve(parent)}/{last}"
            mode = os.lstat(real).st_mode
            if stat.S_ISREG(mode):
                return real
            if stat.S_ISLNK(mode):
                real = self._confined(os.path.realpath(real, strict=True))
                mode = os.lstat(real).st_mode
        except OSError as error:
            raise OutOfReach(_said(error)) from None
        except ValueError:
            raise OutOfReach("its name holds a NUL") from None
        if not stat.S_ISREG(mode):
            raise OutOfReach(f"this is {_kind(mode)}, not a file")
        return real

    def _resolve(self, folder: str) -> str:
        """Return where a folder really is, if that is inside the root."""
        real = self._confined(os.path.realpath(folder or "/", strict=True)).rstrip("/")
        if len(self._resolved) >= _MOST_REMEMBERED:
            self._resolved.clear()
        self._resolved[folder] = real
        return real

    def _confined(self, real: str) -> str:
        if real != self.path and not real.startswith(self._inside):
            raise OutOfReach("it is outside of the root: move it there, or name another --root")
        return real


def _said(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case NotADirectoryError():
            return "a part of its path is no folder"
        case _:
            return f"it cannot be reached: {error.strerror}"


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    return next((words for test, words in kinds if test(mode)), "a device")
