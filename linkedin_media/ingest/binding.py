"""Which API a ledger's posts go to: a post in doubt at one is not to be looked for, and sent again, at another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import LedgerUnusable
from .states import State

if TYPE_CHECKING:
    from ..protocol.hosts import Origin
    from .ledger import Ledger

_API: Final = "api"
_HERE: Final = "this machine"  # a stand-in, whose port is another each time


async def bind(ledger: Ledger, base: Origin, *, same_api: bool) -> None:
    """Keep to which API the jobs of a ledger go, once they are under way; with `same_api`, from now on to `base`.

    Raises:
        LedgerUnusable: They went to another one.
    """
    here = _HERE if base.loopback else str(base)
    bound = await ledger.note(_API)
    if bound == here:
        return
    if bound is not None and not same_api and await _is_under_way(ledger):
        raise LedgerUnusable(
            f"the posts of {ledger.name} went to {bound}, but calls now go to {here}",
            hint="check LINKEDIN_BASE_URL, or use a new ledger; if it is the same API by another way, say --same-api",
        )
    await ledger.note(_API, here)


async def _is_under_way(ledger: Ledger) -> bool:
    counts = await ledger.counts()
    return any(number for state, number in counts.items() if state is not State.NEW)
