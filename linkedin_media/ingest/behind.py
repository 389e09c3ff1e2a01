"""Saves that nobody waits for: written soon, once for each job, and heard of when they fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import attrs

from ..errors import LostLease
from .alarm import Alarm
from .jobs import Record

_log = logging.getLogger("linkedin_media.ingest")
_SOON = 0.5
"""Seconds; so much of the uploads' progress is lost in a crash at most."""


@attrs.define(eq=False)
class Behind:
    """Keeps the records to be saved soon. `save` submits one as it is then.

    One that another worker has taken over is left to what is waited for: the intent is fenced, and will be refused. Any
    other failure is that of the next write, whoever asks for it, since a ledger that cannot be written must stop the run.
    """

    save: Callable[[Record], asyncio.Future[None]]
    _older: dict[int, Record] = attrs.field(factory=dict, init=False)
    _newer: dict[int, Record] = attrs.field(factory=dict, init=False)
    """Those that came since the last look at them: most are overtaken before the next one."""
    _alarm: Alarm = attrs.field(init=False)
    _failure: BaseException | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._alarm = Alarm(self._ring)

    def add(self, record: Record) -> None:
        """Save a record soon.

        Raises:
            LedgerError: An earlier save failed.
        """
        self.raise_failure()
        if record.id not in self._newer and record.id not in self._older:
            self._newer[record.id] = record
            self._alarm.within(_SOON / 2, asyncio.get_running_loop())

    def overtake(self, record: Record) -> None:
        """Forget a record: it is saved now.

        Raises:
            LedgerError: An earlier save failed.
        """
        self._older.pop(record.id, None)
        self._newer.pop(record.id, None)
        self.raise_failure()

    def flush(self) -> None:
        """Submit everything now, before what is submitted next."""
        self._alarm.cancel()
        self._save_older()
        self._save_older()

    def raise_failure(self) -> None:
        """Tell of a save that failed, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _ring(self) -> None:
        self._save_older()
        if self._older:
            self._alarm.within(_SOON / 2, asyncio.get_running_loop())

    def _save_older(self) -> None:
        """Save those that were there when it was last done; the others are the older ones now."""
        records, self._older, self._newer = self._older, self._newer, {}
        for record in records.values():
            self.save(record).add_done_callback(self._hear)

    def _hear(self, saving: asyncio.Future[None]) -> None:
        error = None if saving.cancelled() else saving.exception()
        if isinstance(error, LostLease):
            _log.warning("lease.lost")
        elif error is not None:
            self._failure = error
