"""How an ingest stands, in words and drawn."""

from __future__ import annotations

import asyncio
import io
import os
import signal

import pytest
from rich.console import Console

from linkedin_media import Stage, StageFailed, StageFinished, StageStarted, UploadProgress, Urn
from linkedin_media.cli import ingest_screen
from linkedin_media.cli.draining import Draining
from linkedin_media.cli.ingest_live import IngestLive
from linkedin_media.cli.ingest_progress import Progress, duration
from linkedin_media.cli.ingest_screen import IngestLines, moment, to_lines
from linkedin_media.cli.options import Output
from linkedin_media.ingest.results import IngestResult
from linkedin_media.ingest.states import State


class Time:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
def progress(clock):
    return Progress(clock=clock, total=lambda: 100)


def started(stage, file="a.jpg"):
    return StageStarted(job="one", file=file, stage=stage)


def finished(stage, file="a.jpg"):
    return StageFinished(job="one", file=file, stage=stage)


def sent(number, file="a.jpg"):
    return UploadProgress(job="one", file=file, sent=number, size=9000)


def ended(state, post=None, images=(), error=None):
    return IngestResult("one", state, post, images, error)


def words(progress):
    return " · ".join(progress.words())


def test_at_first_nobody_can_tell_how_long_it_takes(progress):
    assert words(progress) == "0 of 100 jobs · 0.0/s"


def test_it_tells_what_is_at_which_stage(progress):
    for event in (started(Stage.UPLOAD), started(Stage.UPLOAD, "b.jpg"), sent(4000), sent(5000, "b.jpg"), sent(8000)):
        progress.observe(event)
    progress.observe(finished(Stage.UPLOAD))
    progress.observe(started(Stage.POLL))
    progress.observe(StageFailed(job="one", file="b.jpg", stage=Stage.UPLOAD, error=OSError()))

    assert words(progress) == "0 of 100 jobs · 0.0/s · processing 1 · 13 kB sent"


def test_the_rate_is_that_of_the_last_seconds(progress, clock):
    for _ in range(10):
        progress.result(ended(State.POSTED))
    clock.now += 5
    assert words(progress) == "10 of 100 jobs · 2.0/s · 45 s left"

    clock.now += 60
    assert (progress.rate, progress.seconds_left) == (0, None)


def test_the_rate_of_a_fast_run_is_taken_over_what_is_remembered(progress, clock):
    for _ in range(3000):
        clock.now += 0.001
        progress.result(ended(State.POSTED))

    assert progress.rate == pytest.approx(1000, rel=0.01)


def test_what_did_not_end_well_is_told(progress):
    for state in (State.FAILED, State.FAILED, State.UNKNOWN, State.PARKED):
        progress.result(ended(state))

    assert words(progress).endswith("2 failed · 1 unknown · 1 parked")


def test_posts_in_doubt_are_told_and_until_when_they_wait(progress):
    progress.doubts = lambda: (3, 42.0)
    assert words(progress).endswith("3 of unknown outcome: looking for them in 42 s")

    progress.doubts = lambda: (1, None)
    assert words(progress).endswith("1 of unknown outcome: looking for them now")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (59, "59 s"), (65, "1 min 05 s"), (3 * 3600 + 1200, "3 h 20 min"), (86400 * 3, "3 days")],
)
def test_a_duration_is_told_as_people_read_it(seconds, told):
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (ended(State.POSTED, Urn("urn:li:share:1")), "posted     one  urn:li:share:1"),
        (ended(State.POSTED), "posted     one  (LinkedIn did not tell its id)"),
        (ended(State.AVAILABLE, images=(Urn("urn:li:image:C1"),)), "available  one  urn:li:image:C1"),
        (ended(State.FAILED, error={"message": "a\x1b[2Jb"}), "failed     one  a\\x1b[2Jb"),
    ],
)
def test_a_result_is_a_line(result, line):
    import click

    assert [click.unstyle(text) for text in to_lines(result)] == [line]


def test_a_moment_nobody_knows_is_later():
    assert (moment(None), moment(0)) == ("later", "1970-01-01 00:00 UTC")


def test_the_drawing_shows_a_bar_and_the_words(progress):
    stream = io.StringIO()
    progress.result(ended(State.POSTED))
    progress.observe(started(Stage.POST))
    live = IngestLive(Output(), progress, stream)

    paper = io.StringIO()
    Console(file=paper, width=90).print(live.draw())
    live.note("a note")
    live.abandon()

    assert "1 of 100 jobs · 1%" in paper.getvalue()
    assert "posting 1" in paper.getvalue()
    assert stream.getvalue().startswith("a note\n")
    assert stream.getvalue().endswith("\x1b[?25h\n")


def test_results_are_written_above_the_drawing_or_to_where_stdout_goes(progress, monkeypatch, capsys):
    stream = io.StringIO()
    live = IngestLive(Output(), progress, stream)

    live.print("to a file")
    monkeypatch.setattr("linkedin_media.cli.ingest_live.is_terminal", lambda _: True)
    live.print("above")

    assert capsys.readouterr().out == "to a file\n"
    assert stream.getvalue() == "above\n"


async def test_elsewhere_a_line_is_written_every_few_seconds(progress, monkeypatch, capsys):
    monkeypatch.setattr(ingest_screen, "EVERY", 0.01)
    lines = IngestLines(Output(), progress)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lines.keep_telling(), 0.1)
    lines.abandon()

    assert "0 of 100 jobs · 0.0/s\n" in capsys.readouterr().err


async def test_the_first_signal_drains_and_the_second_exits(monkeypatch):
    happened: list[object] = []
    monkeypatch.setattr(os, "_exit", happened.append)
    draining = Draining(happened.append, lambda: happened.append("abandoned"))

    with draining.on_signals():
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.05)

    assert happened[:3] == [signal.SIGTERM, "abandoned", 130]
