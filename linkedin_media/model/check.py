"""What the doctor finds."""

from __future__ import annotations

from enum import StrEnum

import attrs


class CheckStatus(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    """It works, and will not always, or not for everything."""
    ERROR = "error"
    """Calls will fail."""


@attrs.frozen
class Check:
    """One finding: its subject, what was found, and what to do about it."""

    name: str
    status: CheckStatus
    message: str
    fix: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the finding as ``--json`` prints it."""
        return {"check": self.name, "status": self.status.value, "message": self.message, "fix": self.fix}


def ok(name: str, message: str, fix: str = "") -> Check:
    """Return a finding that is well."""
    return Check(name, CheckStatus.OK, message, fix)


def warning(name: str, message: str, fix: str) -> Check:
    """Return a finding to look at before long."""
    return Check(name, CheckStatus.WARNING, message, fix)


def error(name: str, message: str, fix: str) -> Check:
    """Return a finding that makes calls fail."""
    return Check(name, CheckStatus.ERROR, message, fix)
