"""What observers of a pipeline see, and that they cannot break the work."""

from __future__ import annotations

import logging
from typing import Any, Final

import pytest

import linkedin_media as lm
from linkedin_media.pipeline.events import Track, ignore
from linkedin_media.simulator import Answer
from tests.faults.ward import Ward, picture

STEPS: Final = ["validate", "initialize", "upload", "poll", "post"]
IMAGE: Final = lm.Urn("urn:li:image:a")
PATIENT: Final = lm.Timeouts(connect=5.0, call=5.0, stall=5.0, answer=5.0)


def shown(events: list[lm.Event]) -> list[str]:
    """Events in short; progress is left out."""
    kinds = {lm.StageStarted: "+", lm.StageFinished: "-", lm.StageFailed: "!"}
    return [f"{kinds[type(event)]}{event.stage}" for event in events if not isinstance(event, lm.UploadProgress)]


async def test_an_observer_sees_each_stage_begin_and_end_in_order(ward: Ward) -> None:
    events: list[lm.Event] = []
    job = ward.job(lm.ImageSource(picture(600_000), name="office.png"))

    await ward.pipeline(ward.client(timeouts=PATIENT), observer=events.append).publish(
        lm.Job(**{**_fields(job), "id": "job-1"})
    )

    assert shown(events) == [f"{sign}{step}" for step in STEPS for sign in "+-"]
    assert {(event.job, event.file) for event in events} == {("job-1", "office.png")}


def _fields(job: lm.Job) -> dict[str, Any]:
    return {"author": job.author, "commentary": job.commentary, "images": job.images}


async def test_an_observer_learns_the_facts_the_urn_and_the_progress(ward: Ward) -> None:
    events: list[lm.Event] = []

    image = await ward.pipeline(ward.client(timeouts=PATIENT), observer=events.append).upload(
        picture(600_000), owner=ward.owner
    )

    ended = {event.stage: event for event in events if isinstance(event, lm.StageFinished)}
    facts = ended[lm.Stage.VALIDATE].facts
    assert facts is not None
    assert (facts.format, facts.width, facts.height) == ("PNG", 40, 30)
    assert [ended[lm.Stage(step)].image for step in STEPS[:4]] == [None, image.id, image.id, image.id]
    progress = [(event.sent, event.size) for event in events if isinstance(event, lm.UploadProgress)]
    assert progress == [(sent, facts.size) for sent in (262_144, 524_288, facts.size)]


async def test_an_observer_sees_where_a_job_failed(ward: Ward) -> None:
    events: list[lm.Event] = []
    ward.fault(Answer(status=403), "posts.create")

    error = await ward.failure(ward.pipeline(ward.client(timeouts=PATIENT), observer=events.append).publish(ward.job()))

    assert shown(events)[-2:] == ["+post", "!post"]
    failed = events[-1]
    assert isinstance(failed, lm.StageFailed)
    assert failed.error is error


async def test_an_upload_that_expired_is_seen_to_begin_anew(ward: Ward) -> None:
    events: list[lm.Event] = []
    ward.fault(Answer(status=410), "uploads.put", nth=1)

    await ward.pipeline(ward.client(timeouts=PATIENT), observer=events.append).upload(picture(), owner=ward.owner)

    assert shown(events) == [
        *("+validate", "-validate", "+initialize", "-initialize", "+upload", "!upload"),
        *("+initialize", "-initialize", "+upload", "-upload", "+poll", "-poll"),
    ]
    assert ward.inits == 2


async def test_an_observer_that_raises_is_logged_and_breaks_nothing(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    def observe(event: lm.Event) -> None:
        raise RuntimeError("observer down")

    created = await ward.pipeline(ward.client(timeouts=PATIENT), observer=observe).publish(ward.job())

    assert created.id is not None
    noted = [record for record in caplog.records if record.message == "observer.failed"]
    assert {record.levelno for record in noted} == {logging.ERROR}


def test_an_error_is_named_after_the_innermost_stage_it_came_through() -> None:
    track = Track("job-1", "office.png")
    error = lm.ConnectionLost("broke")
    track.image = IMAGE

    for stage in (lm.Stage.UPLOAD, lm.Stage.POST):
        with pytest.raises(lm.ConnectionLost), track.at(stage):
            raise error

    assert (error.stage, error.file, error.images) == ("upload", "office.png", (IMAGE,))
    assert track.failed is lm.Stage.POST


def test_an_error_of_somebody_else_is_left_as_it_is() -> None:
    track = Track("job-1", "office.png")
    error = RuntimeError("vault sealed")

    with pytest.raises(RuntimeError), track.at(lm.Stage.INITIALIZE):
        raise error

    assert vars(error) == {}
    assert track.failed is lm.Stage.INITIALIZE


def test_progress_before_the_facts_are_known_is_its_own_size() -> None:
    events: list[lm.Event] = []

    Track("", "office.png", events.append).progress(5)

    assert events == [lm.UploadProgress(job="", file="office.png", sent=5, size=5)]


def test_by_default_nobody_looks() -> None:
    assert ignore(lm.StageStarted(job="", file="", stage=lm.Stage.POST)) is None  # type: ignore[func-returns-value]
