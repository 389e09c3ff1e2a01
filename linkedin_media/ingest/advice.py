"""What a person can do about a job that did not end well."""

from __future__ import annotations

from typing import Final

from .jobs import Record
from .states import State

_FIXES: Final = {
    State.FAILED: "mend what is wrong, then run the ingest again with --retry-failed",
    State.UNKNOWN: "run `ingest reconcile`; or look at the author's posts, then `ingest resolve ID --posted URN`, or "
    "--resend if it is not there",
    State.PARKED: "run the ingest again later",
}


def fix_for(record: Record) -> str:
    """Return what to do about a job: what LinkedIn or the library advises, else what its state asks for."""
    if record.state is State.UNKNOWN:
        return _FIXES[State.UNKNOWN].replace("ID", record.spec.id)
    advice = (record.error or {}).get("hint", "")
    return advice or _FIXES.get(record.state, "run the ingest again: it goes on where it stopped")
