"""Faults: which calls they strike, and when. What they do is in `toxics`, `wire_toxics` and `state_toxics`."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import attrs

from ..errors import InvalidArgument

if TYPE_CHECKING:
    from .exchange import Exchange
    from .replies import Reply


Moment = Literal["before", "after"]


class Action:
    """What a fault does. Every hook does nothing unless an action overrides it.

    `moments` are the values of ``Fault.when`` that make sense, the usual one first. `unanswered` is true for actions that,
    after the deed, keep the client from learning of it.
    """

    moments: ClassVar[tuple[Moment, ...]] = ("before", "after")
    unanswered: ClassVar[bool] = False

    def prepare(self, exchange: Exchange) -> None:
        """Act before anything is read; set ``exchange.reply`` to answer without committing."""

    async def arrive(self, exchange: Exchange) -> None:
        """Act before the body is read."""

    async def progress(self, exchange: Exchange) -> None:
        """Act after each piece of the body; ``exchange.received`` counts its bytes."""

    def transform(self, exchange: Exchange, reply: Reply) -> Reply:  # noqa: ARG002 -- for those that override it
        """Return the reply to send instead of the one decided."""
        return reply

    async def settle(self, exchange: Exchange) -> None:
        """Act after the call is decided and recorded, before the answer leaves."""

    async def deliver(self, exchange: Exchange, reply: Reply) -> bool:  # noqa: ARG002 -- for those that override it
        """Write the answer past aiohttp and return True, or return False to leave it be."""
        return False


def _numbers(value: int | Collection[int] | None) -> frozenset[int] | None:
    if value is None:
        return None
    return frozenset({value} if isinstance(value, int) else value)


@attrs.frozen(kw_only=True)
class Fault:
    """Something that goes wrong with some calls.

    `on` names the calls by operation, with wildcards: ``"posts.create"``, ``"images.*"``, ``"uploads.put"``. Of those,
    `nth` strikes the named ones (counted from 1, from when the fault is added), `every` each k-th, `probability` some,
    drawn from `seed`; with none of them all are struck. `times` ends the fault after so many strikes. `matching` is a
    further condition, in Python only.

    ``when="before"`` acts before the deed, and prevents it unless the call goes on to be answered normally;
    ``when="after"`` acts once the deed is done. Each action has a usual moment.
    """

    action: Action
    on: str = "*"
    when: Moment = attrs.field()
    nth: frozenset[int] | None = attrs.field(default=None, converter=_numbers)
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    times: int | None = None
    matching: Callable[[Any], bool] | None = attrs.field(default=None, repr=False)
    name: str = ""

    @when.default
    def _usual_moment(self) -> Moment:
        return self.action.moments[0]

    @when.validator
    def _sensible_moment(self, _: object, when: str) -> None:
        if when not in self.action.moments:
            sensible = " or ".join(self.action.moments)
            raise InvalidArgument(
                f"{type(self.action).__name__} acts {sensible} the deed, not {when!r}", argument="when"
            )

    def __attrs_post_init__(self) -> None:
        if sum(choice is not None for choice in (self.nth, self.every, self.probability)) > 1:
            raise InvalidArgument("a fault takes one of nth, every and probability", argument="nth")

    @property
    def label(self) -> str:
        """What the journal calls it."""
        return self.name or f"{type(self.action).__name__} {self.when}"


@attrs.frozen
class Strike:
    """One fault striking one call."""

    fault: Fault
    action: Action

    @property
    def before(self) -> bool:
        """True if the fault acts instead of the deed."""
        return self.fault.when == "before"

    @property
    def hides_the_answer(self) -> bool:
        """True if the deed is done and the client will not hear of it."""
        return self.action.unanswered

    def prepare(self, exchange: Exchange) -> None:
        """Run the action's hook if it acts before the deed."""
        if self.before:
            self.action.prepare(exchange)

    async def arrive(self, exchange: Exchange) -> None:
        """Run the action's hook if it acts before the deed."""
        if self.before:
            await self.action.arrive(exchange)

    def transform(self, exchange: Exchange, reply: Reply) -> Reply:
        """Run the action's hook if it acts after the deed."""
        return reply if self.before else self.action.transform(exchange, reply)

    async def settle(self, exchange: Exchange) -> None:
        """Run the action's hook if it acts after the deed."""
        if not self.before:
            await self.action.settle(exchange)


@attrs.define
class _Armed:
    """A fault and what it has seen and done so far."""

    fault: Fault
    chance: random.Random
    seen: int = 0
    struck: int = 0

    def strikes(self, exchange: Exchange) -> bool:
        fault = self.fault
        if not fnmatchcase(exchange.call.meaning.operation, fault.on):
            return False
        if fault.matching is not None and not fault.matching(exchange):
            return False
        self.seen += 1
        if (fault.times is not None and self.struck >= fault.times) or not self._chosen():
            return False
        self.struck += 1
        return True

    def _chosen(self) -> bool:
        fault = self.fault
        if fault.nth is not None:
            return self.seen in fault.nth
        if fault.every is not None:
            return self.seen % fault.every == 0
        return fault.probability is None or self.chance.random() < fault.probability


class FaultBook:
    """The faults in force, in the order they were added; several may strike one call."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def __iter__(self) -> Iterator[Fault]:
        return (armed.fault for armed in self._armed)

    def __len__(self) -> int:
        return len(self._armed)

    def add(self, *faults: Fault) -> None:
        """Put faults in force; each counts calls from now on."""
        chance = random.Random  # reproducible on purpose; nothing here protects anything
        self._armed = [*self._armed, *(_Armed(fault, chance(fault.seed)) for fault in faults)]

    def remove(self, fault: Fault) -> None:
        """Take a fault out of force."""
        self._armed = [armed for armed in self._armed if armed.fault is not fault]

    def clear(self) -> None:
        """Take every fault out of force."""
        self._armed = []

    def struck(self, fault: Fault) -> int:
        """Return how many calls a fault has struck."""
        return sum(armed.struck for armed in self._armed if armed.fault is fault)

    def to_json(self) -> list[dict[str, Any]]:
        """Return every fault with how often it had the chance and how often it struck."""
        return [
            {"name": armed.fault.label, "on": armed.fault.on, "seen": armed.seen, "struck": armed.struck}
            for armed in self._armed
        ]

    def strike(self, exchange: Exchange) -> list[Strike]:
        """Return the faults that strike this call, and note their names on it."""
        if not self._armed:
            return []
        faults = [armed.fault for armed in self._armed if armed.strikes(exchange)]
        if faults:
            exchange.call.fault = ", ".join(fault.label for fault in faults)
        return [Strike(fault, fault.action) for fault in faults]
