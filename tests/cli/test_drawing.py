"""What is drawn while the work goes on, and what is logged."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
from rich.console import Console

from linkedin_media import Stage, StageFailed, StageFinished, StageStarted, UploadProgress, Urn, ValidatedImage
from linkedin_media.cli.board import PUBLISHING, UPLOADING, Board, facts_of, tell
from linkedin_media.cli.display import screen_for
from linkedin_media.cli.live import Live
from linkedin_media.cli.options import Output
from linkedin_media.cli.printable import byte_count, printable
from linkedin_media.cli.screen import Lines, Screen

FACTS = ValidatedImage(name="a.gif", size=312_400, format="GIF", width=64, height=48, frames=24)
IMAGE = Urn("urn:li:image:C4E10AQFoyyAjHPMQuQ")


def started(stage, file="a.gif"):
    return StageStarted(job="", file=file, stage=stage)


def finished(stage, file="a.gif", **known):
    return StageFinished(job="", file=file, stage=stage, **known)


def failed(stage, error, file="a.gif"):
    return StageFailed(job="", file=file, stage=stage, error=error)


UP_TO_UPLOAD = [
    started(Stage.VALIDATE),
    finished(Stage.VALIDATE, facts=FACTS),
    started(Stage.INITIALIZE),
    finished(Stage.INITIALIZE, image=IMAGE),
    started(Stage.UPLOAD),
    UploadProgress(job="", file="a.gif", sent=156_200, size=312_400),
]
UP_TO_POLL = [*UP_TO_UPLOAD, finished(Stage.UPLOAD, image=IMAGE), started(Stage.POLL)]


def drawn(events, *, width=100, height=24, stages=UPLOADING, keep=False, total=0, encoding="utf-8"):
    """The picture after these events, as text."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    live = Live(Output(), stages=stages, total=total, keep=keep, stream=stream)
    live._console.size = (width, height)
    for event in events:
        live.observe(event)
    paper = io.StringIO()
    Console(file=paper, width=width, height=height).print(live.draw())
    return paper.getvalue()


def test_a_file_under_way_shows_its_stages_and_its_bytes():
    picture = drawn(UP_TO_UPLOAD, total=3)

    assert "validate  initialize  upload  poll" in picture
    assert picture.count("✓") == 2
    assert "━━━━━━────── of 312 kB" in picture
    assert "0 of 3" in picture


def test_a_file_that_is_done_leaves_the_table_and_counts():
    picture = drawn([*UP_TO_POLL, finished(Stage.POLL, image=IMAGE)])

    assert "a.gif" not in picture
    assert "1 of 1" in picture


def test_a_file_that_failed_counts_as_such():
    picture = drawn([started(Stage.VALIDATE), failed(Stage.VALIDATE, OSError())])

    assert "0 of 1  1 failed" in picture


def test_the_table_to_keep_shows_what_became_of_each_file():
    other = [started(Stage.VALIDATE, "b.png"), failed(Stage.VALIDATE, OSError(), "b.png")]
    done = [*UP_TO_POLL, finished(Stage.POLL), started(Stage.POST), finished(Stage.POST)]

    picture = drawn([*done, *other], stages=PUBLISHING, keep=True)

    assert "GIF 64x48, 24 frames, 312 kB" in picture
    assert "✗" in picture
    assert "OSError" in picture


def test_more_files_than_the_terminal_has_lines_are_counted():
    picture = drawn([started(Stage.VALIDATE, f"{number}.png") for number in range(30)], height=10)

    assert "and 24 more" in picture
    assert len(picture.splitlines()) <= 10


def test_a_narrow_terminal_shortens_names_but_not_stages():
    picture = drawn([started(Stage.VALIDATE, "a" * 90 + ".jpg")], width=60)

    assert "validate  initialize  upload  poll" in picture
    assert max(map(len, picture.splitlines())) <= 60


def test_a_terminal_that_knows_ascii_only_gets_ascii_only():
    assert drawn(UP_TO_POLL, encoding="ascii").isascii()


def test_what_is_repeated_is_drawn_as_under_way_again():
    board = Board()
    for event in [*UP_TO_UPLOAD, failed(Stage.UPLOAD, OSError()), started(Stage.INITIALIZE)]:
        board.observe(event)

    (row,) = board.rows.values()
    assert (row.running, row.error, row.stage) == (True, None, Stage.INITIALIZE)


def test_only_what_is_wholly_sent_counts_as_uploaded():
    board = Board()
    seen = []
    for event in [*UP_TO_UPLOAD, finished(Stage.UPLOAD, image=IMAGE)]:
        board.observe(event)
        seen.append(board.uploaded("a.gif"))

    assert seen == [*[None] * len(UP_TO_UPLOAD), IMAGE]
    assert board.uploaded("b.gif") is None
    assert board.bytes_sent == 156_200


def test_a_validation_that_tells_nothing_new_is_not_told():
    board = Board()

    assert tell(finished(Stage.VALIDATE), board.row(finished(Stage.VALIDATE)), 0.0) is None
    assert facts_of(FACTS) == "GIF 64x48, 24 frames, 312 kB"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"), (999_500, "1.0 MB")]
)
def test_bytes_read_as_people_count(size, text):
    assert byte_count(size) == text


def test_what_cannot_be_printed_is_escaped():
    assert printable("a\x1b\u202eb") == "a\\x1b\\u202eb"


@pytest.mark.parametrize(
    ("output", "shown"),
    [(Output(), ["warning"]), (Output(verbose=True), ["debug", "warning"]), (Output(quiet=True), [])],
)
def test_the_log_is_on_stderr_as_far_as_it_is_wanted(output, shown, capsys):
    log = logging.getLogger("linkedin_media.client")

    with Lines(output):
        log.debug("call.answered", extra={"status": 200, "request_id": None})
        log.warning("call.retry", extra={"attempt": 2})
    log.error("after the end")

    written = capsys.readouterr()
    assert written.out == ""
    assert [line.partition(":")[0] for line in written.err.splitlines() if "after" not in line] == shown
    if shown:
        assert "warning: call.retry attempt=2" in written.err


@pytest.mark.parametrize(
    ("output", "terminal", "kind"),
    [(Output(quiet=True), True, Screen), (Output(), False, Lines), (Output(), True, Live)],
)
def test_progress_is_drawn_on_terminals_only(output, terminal, kind, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)

    assert type(screen_for(output)) is kind


def test_a_drawing_on_stderr_leaves_stdout_to_the_results(program, photo, account, terminal):
    process = program("upload", photo, "--json", "--verbose", env=account, stderr=terminal.end)
    out, _ = process.communicate(timeout=20)
    drawing = terminal.wrote()

    assert json.loads(out)["ok"] is True
    assert "\x1b[" in drawing
    assert "debug: call.answered" in drawing


def test_results_appear_above_a_drawing_on_the_same_terminal(program, photo, account, terminal):
    process = program("upload", photo, env=account, stdout=terminal.end, stderr=terminal.end)
    process.wait(timeout=20)
    seen = terminal.wrote()

    assert "AVAILABLE" in seen
    assert "1 of 1" in seen
