"""The ledger's clock beside LinkedIn's: intents have the one, posts the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..protocol.codec import milliseconds

if TYPE_CHECKING:
    from ..client.session import LinkedInClient
    from .ledger import Ledger
    from .options import IngestOptions

_AHEAD: Final = "clock_ahead"
_LEAST: Final = 2000
"""Milliseconds below which two clocks agree: answers tell whole seconds, and take their time."""


async def clock_ahead(client: LinkedInClient, ledger: Ledger) -> int:
    """Return by how many milliseconds the ledger's clock is ahead of LinkedIn's, or ever was; 0 where it was not.

    Whoever looks for a post has to look that much further back than its intent says. It is kept in the ledger: the clock
    may have been set right since.
    """
    ahead = 0
    if client.server_time.ahead is not None:
        ahead = await ledger.now() - milliseconds(client.server_time.at(client.clock.now()))
    return await ledger.highest(_AHEAD, ahead if ahead >= _LEAST else None) or 0


async def skew_of(client: LinkedInClient, ledger: Ledger, options: IngestOptions) -> int:
    """Return by how many milliseconds an intent's time may be ahead of that of its post."""
    return int(options.clock_skew * 1000) + await clock_ahead(client, ledger)
