"""The work of ``linkedin-media demo``: its jobs, run through the real pipeline against a stand-in in a thread."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs
import click

from ..client.session import LinkedInClient
from ..model.job import ImageSource, Job
from ..options import DEFAULT_VERSION
from ..pipeline.outcomes import Published
from ..pipeline.pipeline import Pipeline
from ..simulator import Fault, Latency, SimulatorConfig, ThreadedSimulator
from .board import PUBLISHING
from .demo_images import IMAGES, draw_all
from .demo_report import Finished, Report, closing, opening
from .display import screen_for
from .options import Output
from .screen import Lines, Screen
from .status import ALL_GOOD, SOME_FAILED
from .terminal import colours, is_terminal

PROCESSING: Final = (0.5, 1.6)
"""Seconds the stand-in takes to process an image: long enough to be seen."""

LATENCY: Final = 0.08
"""Seconds each call takes, as it would on a network."""


@attrs.frozen
class Plan:
    """One post of the demo: its text, and its images with what they show."""

    commentary: str
    images: Sequence[tuple[str, str]]

    def job(self, folder: Path, author: str) -> Job:
        sources = [ImageSource(folder / name, alt_text=alt_text, name=name) for name, alt_text in self.images]
        return Job(author=author, commentary=self.commentary, images=sources, id=self.images[0][0])


PLANS: Final = (
    Plan("Good morning (from the roof) #sunrise", [("sunrise.jpg", "The sun stands over three ranges of hills")]),
    Plan(
        "Up 42% [so far], and home before dark.",
        [("chart.png", "Eight bars, the last one by far the highest"), ("evening.jpg", "The hills at dusk")],
    ),
    Plan("Still loading_ the *next* thing", [("spinner.gif", "A blue arc turns on a grey circle")]),
    Plan("Far too large", [("poster.png", "A ring")]),
    Plan("Goes on and on", [("endless.gif", "It slowly gets brighter")]),
    Plan("Not what its name says", [("logo.jpg", "A blue spot")]),
)


async def run_demo(keep: Path | None, output: Output) -> int:
    """Draw the images, publish them, tell what came of it, and return the exit status."""
    began = time.monotonic()
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linkedin-media-")))
        simulator = stack.enter_context(ThreadedSimulator(SimulatorConfig(processing_seconds=PROCESSING)))
        simulator.faults.add(Fault(action=Latency(seconds=LATENCY)))
        told = not (output.as_json or output.quiet)
        _print(opening(simulator.base_url, len(PLANS), keep) if told else ())
        await asyncio.to_thread(_draw, folder)
        with _screen(output) as screen:
            finished = [one async for one in _published(folder, simulator, screen)]
        report = Report(finished, Counter(call.operation for call in simulator.journal), time.monotonic() - began)
        finished[:] = await _read_back(finished, simulator)
    if output.as_json:
        screen.result(report.to_row(), ())
    else:
        _print(closing(report, told=told))
    return SOME_FAILED if report.failures else ALL_GOOD


async def _published(folder: Path, simulator: ThreadedSimulator, screen: Screen) -> AsyncIterator[Finished]:
    jobs = [plan.job(folder, simulator.organization) for plan in PLANS]
    screen.board.expect((job.id, image.name) for job in jobs for image in job.images)
    async with _client(simulator) as client:
        async for outcome in Pipeline(client, observer=screen.observe).publish_all(jobs):
            finished = Finished(outcome)
            if screen.output.as_json:
                screen.result(finished.to_row(), ())
            yield finished


async def _read_back(finished: Sequence[Finished], simulator: ThreadedSimulator) -> list[Finished]:
    """Ask for each post, to show what became of its text; in the order of the plans."""
    order = [plan.images[0][0] for plan in PLANS]
    async with _client(simulator) as client:
        return [
            attrs.evolve(one, post=await client.posts.get(one.outcome.post.id))
            if isinstance(one.outcome, Published) and one.outcome.post.id
            else one
            for one in sorted(finished, key=lambda one: order.index(one.outcome.job.id))
        ]


def _client(simulator: ThreadedSimulator) -> LinkedInClient:
    return LinkedInClient(simulator.token, base_url=simulator.base_url, version=DEFAULT_VERSION)


def _draw(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draw_all(folder)


class _Told(Lines):
    """Progress is what this command is about, so it goes to stdout."""

    def tell(self, file: str, told: str) -> None:
        click.echo(f"  {file:12} {told}")


def _screen(output: Output) -> Screen:
    if output.as_json or output.quiet:
        return screen_for(output, stages=PUBLISHING, total=len(IMAGES))
    if not is_terminal(sys.stdout):
        return _Told(output)

    from .live import Live

    return Live(output, stages=PUBLISHING, total=len(IMAGES), keep=True, stream=sys.stdout)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line, color=colours(sys.stdout))
