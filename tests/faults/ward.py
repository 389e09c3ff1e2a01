"""A client and the simulator it talks to, under observation: what each fault must leave behind, and must not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import attrs
import psutil

import linkedin_media as lm
from linkedin_media.client.attempts import Clock
from linkedin_media.errors import LinkedInMediaError
from linkedin_media.simulator import Action, Fault, SimulatorConfig, ThreadedSimulator
from tests.descriptors import open_descriptors
from tests.inspection.crafted import chunk, png
from tests.raw_server import everything_printed_about

MIB: Final = 1 << 20
IMAGES: Final = Path(__file__).resolve().parents[1] / "images"
HOPPER: Final = IMAGES / "Pillow--hopper.jpg"
QUICK: Final = lm.RetryPolicy(max_attempts=4, initial_delay=0.005, max_delay=0.02, deadline=5.0)
SHORT: Final = lm.Timeouts(connect=1.0, call=0.4, stall=0.4, answer=0.4)
EAGER: Final = lm.PollPolicy(
    first_after=0.0, interval=0.02, tick=0.0, max_interval=0.1, timeout=2.0, not_found_grace=0.3
)


def picture(size: int = 0, *, seed: int = 0) -> bytes:
    """A valid PNG of about `size` bytes, different for each seed."""
    return png(40, 30, before=chunk(b"teXt", seed.to_bytes(4, "big") + bytes(size)))


@attrs.define(eq=False, repr=False)
class Ward:
    """One simulator, the clients made for it, and every error they raised."""

    simulator: ThreadedSimulator
    clients: list[lm.LinkedInClient] = attrs.field(factory=list)
    errors: list[BaseException] = attrs.field(factory=list)
    secrets: set[str] = attrs.field(factory=set)

    def client(self, token: Any = None, **options: Any) -> lm.LinkedInClient:
        """Return a quick client on the simulator; it is closed at the end."""
        settings = {"retry": QUICK, "timeouts": SHORT, "base_url": self.simulator.base_url} | options
        client = lm.LinkedInClient(token or self.simulator.token, **settings)
        self.clients.append(client)
        return client

    def pipeline(self, client: lm.LinkedInClient | None = None, **options: Any) -> lm.Pipeline:
        return lm.Pipeline(client or self.client(), **{"poll": EAGER} | options)

    def fault(self, action: Action, on: str, **when: Any) -> None:
        self.simulator.faults.add(Fault(action=action, on=on, **when))

    def count(self, operation: str, **fields: Any) -> int:
        return self.simulator.journal.count(operation=operation, **fields)

    @property
    def inits(self) -> int:
        return self.count("images.initializeUpload")

    @property
    def puts(self) -> int:
        return self.count("uploads.put")

    @property
    def posts(self) -> int:
        """Posts that exist, whatever was answered."""
        return len(self.simulator.posts)

    @property
    def connections(self) -> int:
        """Connections to the simulator that this process still holds, as the client sees them."""
        port = self.simulator.world.base_url.rpartition(":")[2]
        held = psutil.Process().net_connections("tcp")
        return sum(1 for one in held if one.raddr and str(one.raddr.port) == port and one.status != "CLOSE")

    @property
    def owner(self) -> str:
        return self.simulator.organization

    def job(self, *images: Any, text: str = "Our new office", **options: Any) -> lm.Job:
        return lm.Job(author=self.owner, commentary=text, images=list(images or (HOPPER,)), **options)

    async def failure(self, work: Awaitable[Any]) -> Any:
        """Return the error of ours that `work` ends with."""
        try:
            await work
        except LinkedInMediaError as error:
            self.errors.append(error)
            return error
        raise AssertionError("nothing was raised")

    async def outcome(self, work: Awaitable[Any]) -> Any:
        """Return what `work` gives, or the error of ours that it ends with."""
        try:
            return await work
        except LinkedInMediaError as error:
            self.errors.append(error)
            return error

    def leaks(self, logged: str) -> list[str]:
        """Return where a token or the signature of an upload address was printed."""
        shown = {f"error {number}": everything_printed_about(error) for number, error in enumerate(self.errors)}
        shown["log"] = logged
        return [place for place, text in shown.items() for secret in self._all_secrets() if secret in text]

    def _all_secrets(self) -> set[str]:
        world = self.simulator.world
        signatures = {world.images.get(urn).signature for urn in self.simulator.images}
        return {self.simulator.token} | signatures | self.secrets

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()


@attrs.frozen
class Footprint:
    """What a process holds: descriptors and tasks."""

    descriptors: frozenset[tuple[int, str]]
    tasks: int

    @classmethod
    def now(cls) -> Footprint:
        return cls(open_descriptors(), len(asyncio.all_tasks()))


async def left_open(before: Footprint) -> list[str]:
    """Return what is held, and was not `before`."""

    def more() -> list[str]:
        now = Footprint.now()
        tasks = [f"{now.tasks} tasks, not {before.tasks}"] if now.tasks > before.tasks else []
        return [*tasks, *(f"{number} -> {place}" for number, place in now.descriptors - before.descriptors)]

    await settled(lambda: not more())
    return more()


async def settled(condition: Callable[[], bool], seconds: float = 3.0) -> bool:
    """Tell whether `condition` comes to hold."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.005)
    return True


@attrs.define
class Patience:
    """A clock for clients that does not wait: it notes the waits asked for, and time passes by them."""

    waits: list[float] = attrs.field(factory=list)
    fraction: Callable[[], float] = lambda: 0.5
    told: Callable[[float], object] = lambda seconds: None

    def given_to(self, client: lm.LinkedInClient) -> Patience:
        usual = Clock()
        client.clock = attrs.evolve(
            usual, monotonic=lambda: time.monotonic() + sum(self.waits), sleep=self._sleep, fraction=self.fraction
        )
        return self

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.told(seconds)
        await asyncio.sleep(0)


class Stopwatch:
    """Measures a block."""

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._began


def simulator_of(**settings: Any) -> ThreadedSimulator:
    return ThreadedSimulator(SimulatorConfig(**{"processing_seconds": 0.0} | settings))


def urns(images: Sequence[Any]) -> set[str]:
    return {str(image) for image in images}
