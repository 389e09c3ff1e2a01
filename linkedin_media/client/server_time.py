"""LinkedIn's time, as its answers tell it: this machine's clock may be wrong, and LinkedIn judges by its own."""

from __future__ import annotations

import logging
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from ..protocol.server_date import SKEW_WARNING, ahead_of_server

if TYPE_CHECKING:
    from ..protocol.wire import Response

_log = logging.getLogger("linkedin_media.client")
_OFTEN: Final = 60.0
"""Seconds after which an answer is listened to again."""

_ABSURD: Final = 100 * 365 * 86_400.0
"""Seconds that no clock is off: whoever tells so tells no time."""


@attrs.define(eq=False)
class ServerTime:
    """By how much this machine's clock is ahead of LinkedIn's."""

    ahead: float | None = attrs.field(default=None, init=False)
    """Seconds, negative where it is behind; None until an answer has told."""
    due: float = attrs.field(default=-math.inf, init=False)
    """The moment of the client's monotonic clock from which on an answer is to be heard."""
    _is_warned: bool = attrs.field(default=False, init=False)

    def listen(self) -> None:
        """Hear the next answer: this machine's clock may have been set since the last one that was heard."""
        self.due = -math.inf

    def hear(self, response: Response, now: datetime, monotonic: float) -> None:
        """Take note of what an answer tells, which has come `now`."""
        ahead = ahead_of_server(response.headers.get("Date"), now)
        self.due = monotonic + _OFTEN
        if ahead is None or abs(ahead) > _ABSURD:
            return
        self.ahead = ahead
        if abs(ahead) > SKEW_WARNING and not self._is_warned:
            self._is_warned = True
            _log.warning("clock.skew", extra={"seconds_ahead": round(ahead, 1)})

    def at(self, now: datetime) -> datetime:
        """Return LinkedIn's time when this machine's clock shows `now`, which is taken for it until an answer has told."""
        return now - timedelta(seconds=self.ahead or 0.0)
