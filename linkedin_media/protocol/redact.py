"""Take secrets out of text that people will see."""

from __future__ import annotations

import re
from typing import Final

LONGEST_EXCERPT: Final = 512
_QUERY: Final = re.compile(r"(https?://[^\s?\"'<>\\]{1,2048})\?[^\s\"'<>\\]*", re.IGNORECASE)
_CREDENTIAL: Final = re.compile(
    r"(?i)\b(bearer\s+|code=|(?:access_token|refresh_token|client_secret|ut|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"
)


def redact(text: str, *secrets: str) -> str:
    """Return `text` without the query of any URL, anything that looks like a credential, and each of `secrets`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")

    return _CREDENTIAL.sub(r"\1…", _QUERY.sub(r"\1?…", text))


def excerpt(body: bytes) -> str:
    """Return the beginning of a reply, redacted and printable, at most 512 bytes of it."""
    text = body[: 2 * LONGEST_EXCERPT].decode("utf-8", "replace")
    printable = "".join(character if character.isprintable() else " " for character in redact(text))
    return printable.encode("utf-8", "replace")[:LONGEST_EXCERPT].decode("utf-8", "ignore")


def printable(text: str) -> str:
    """Return server text that can be printed anywhere: redacted, no control characters, no lone surrogates."""
    clean = redact(text.encode("utf-8", "replace").decode("utf-8"))
    return "".join(character if character.isprintable() or character == "\n" else " " for character in clean)
