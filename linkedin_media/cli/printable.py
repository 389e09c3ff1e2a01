"""Text of others, made safe to print: a file's name or a server's words must not steer the terminal."""

from __future__ import annotations

import os


def printable(text: str) -> str:
    """Return `text` with everything that is no printable character escaped."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def file_name(path: str | os.PathLike[str]) -> str:
    """Return a path as reports name it: valid Unicode, whatever bytes the file system holds."""
    return os.fsdecode(path).encode("utf-8", "backslashreplace").decode()


def byte_count(size: int) -> str:
    """Return a number of bytes as people read it: ``312 kB``."""
    if size < 1000:
        return f"{size} B"
    if size < 999_500:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1e6:.1f} MB"
