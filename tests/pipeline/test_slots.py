"""The slot of an upload: held from the file's opening to its last byte, so that no address waits until it expires."""

from __future__ import annotations

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.simulator import Latency
from tests.faults.ward import Ward, picture


@attrs.define
class Occupancy:
    """How many files are between the beginning of one stage and the end of another, at most."""

    since: lm.Stage
    until: lm.Stage
    now: int = 0
    peak: int = 0

    def __call__(self, event: lm.Event) -> None:
        if isinstance(event, lm.StageStarted) and event.stage is self.since:
            self.now += 1
            self.peak = max(self.peak, self.now)
        elif isinstance(event, lm.StageFinished) and event.stage is self.until:
            self.now -= 1


@pytest.mark.parametrize("slots", [1, 3])
async def test_no_more_files_are_open_than_there_are_slots_for_uploads(ward: Ward, slots: int) -> None:
    ward.fault(Latency(seconds=0.02), "uploads.put")
    seen = Occupancy(lm.Stage.VALIDATE, lm.Stage.UPLOAD)
    pipeline = ward.pipeline(concurrency=lm.Concurrency(upload=slots), observer=seen)

    outcomes = [outcome async for outcome in pipeline.publish_all(_jobs(ward, 12))]

    assert {type(outcome) for outcome in outcomes} == {lm.Published}
    assert (seen.peak, seen.now) == (slots, 0)


async def test_an_image_that_waits_for_linkedin_holds_no_slot(ward: Ward) -> None:
    ward.simulator.configure(processing_seconds=0.5)
    waiting = Occupancy(lm.Stage.POLL, lm.Stage.POLL)
    pipeline = ward.pipeline(concurrency=lm.Concurrency(upload=1, initialize=1, inspect=1), observer=waiting)

    outcomes = [outcome async for outcome in pipeline.publish_all(_jobs(ward, 12))]

    assert {type(outcome) for outcome in outcomes} == {lm.Published}
    assert waiting.peak > 1


def _jobs(ward: Ward, number: int) -> list[lm.Job]:
    return [ward.job(picture(seed=seed), text=f"{seed}") for seed in range(number)]
