"""A job's states, as data: what may follow what, and which of them are the end."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class JobState(StrEnum):
    """How far a job is. Each is written down before the step that follows it."""

    NEW = "new"
    INITIALIZED = "initialized"
    UPLOADED = "uploaded"
    AVAILABLE = "available"
    POSTING = "posting"
    """The intent to post is written; without an outcome it is in doubt."""
    POSTED = "posted"
    PARKED = "parked"
    """A daily limit is used up, or LinkedIn still processes: it goes on later, by itself or by another run."""
    UNKNOWN = "unknown"
    """The post may exist, and nobody could tell: a person decides, or `reconcile` does."""
    FAILED = "failed"


State = JobState  # as this package calls it

NEW, INITIALIZED, UPLOADED, AVAILABLE, POSTING, POSTED, PARKED, UNKNOWN, FAILED = State
"""Their names alone, for what is done with every job: to ask an enumeration for a member takes as long as a call."""

FINAL: Final = frozenset({State.POSTED, State.UNKNOWN, State.FAILED})

FOLLOWERS: Final[Mapping[State, frozenset[State]]] = {
    State.NEW: frozenset({State.INITIALIZED, State.UPLOADED, State.AVAILABLE, State.PARKED, State.FAILED}),
    State.INITIALIZED: frozenset(
        {State.NEW, State.INITIALIZED, State.UPLOADED, State.AVAILABLE, State.PARKED, State.FAILED}
    ),
    State.UPLOADED: frozenset(
        {State.NEW, State.INITIALIZED, State.UPLOADED, State.AVAILABLE, State.PARKED, State.FAILED}
    ),
    State.AVAILABLE: frozenset({State.AVAILABLE, State.POSTING, State.PARKED, State.FAILED, State.NEW}),
    State.POSTING: frozenset({State.POSTED, State.AVAILABLE, State.UNKNOWN}),
    State.PARKED: frozenset(
        {State.NEW, State.INITIALIZED, State.UPLOADED, State.AVAILABLE, State.FAILED, State.PARKED}
    ),
    State.UNKNOWN: frozenset({State.POSTING, State.POSTED, State.AVAILABLE}),
    State.FAILED: frozenset({State.NEW}),
    State.POSTED: frozenset(),
}
"""A post that exists is the end; a failed job begins anew only when asked to. What is in doubt never parks and never fails:
it goes on only once somebody has looked, or LinkedIn has refused it for certain."""
