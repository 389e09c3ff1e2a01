"""Metrics for Prometheus."""

from __future__ import annotations

import socket
import sys
import urllib.request

import pytest
from prometheus_client import CollectorRegistry

from linkedin_media import (
    InvalidArgument,
    NotFound,
    Stage,
    StageFailed,
    StageFinished,
    StageStarted,
    UploadProgress,
    Urn,
)
from linkedin_media.ingest.metrics import Metrics
from linkedin_media.ingest.results import IngestResult
from linkedin_media.ingest.states import State

POST = Urn("urn:li:share:1")


@pytest.fixture
def moments():
    return iter(range(100))


@pytest.fixture
def metrics(moments):
    return Metrics(clock=lambda: next(moments))


def started(stage):
    return StageStarted(job="one", file="a.jpg", stage=stage)


def finished(stage):
    return StageFinished(job="one", file="a.jpg", stage=stage)


def failed(stage, error):
    return StageFailed(job="one", file="a.jpg", stage=stage, error=error)


def sent(number):
    return UploadProgress(job="one", file="a.jpg", sent=number, size=1000)


def value(metrics, name, **labels):
    return metrics.registry.get_sample_value(f"linkedin_media_{name}", labels)


def test_jobs_are_counted_by_how_they_ended(metrics):
    for state in (State.POSTED, State.POSTED, State.UNKNOWN):
        metrics.result(IngestResult("one", state, POST, (), None))

    assert value(metrics, "jobs_total", state="posted") == 2
    assert value(metrics, "jobs_total", state="unknown") == 1
    assert value(metrics, "jobs_total", state="failed") == 0


def test_a_stage_is_timed_and_counted_while_it_lasts(metrics):
    metrics.observe(started(Stage.UPLOAD))
    assert value(metrics, "stage_jobs", stage="upload") == 1

    metrics.observe(finished(Stage.UPLOAD))
    assert value(metrics, "stage_jobs", stage="upload") == 0
    assert value(metrics, "stage_seconds_count", stage="upload") == 1
    assert value(metrics, "stage_seconds_sum", stage="upload") == 1


def test_failures_are_counted_by_stage_and_code(metrics):
    for error in (NotFound("gone", status=404), OSError("disk")):
        metrics.observe(started(Stage.POST))
        metrics.observe(failed(Stage.POST, error))

    assert value(metrics, "stage_failures_total", stage="post", code="NOT_FOUND") == 1
    assert value(metrics, "stage_failures_total", stage="post", code="OSError") == 1
    assert value(metrics, "stage_jobs", stage="post") == 0


def test_bytes_are_counted_as_often_as_they_are_sent(metrics):
    metrics.observe(started(Stage.UPLOAD))
    for number in (400, 1000, 300, 1000):
        metrics.observe(sent(number))
    metrics.observe(finished(Stage.UPLOAD))
    metrics.observe(finished(Stage.UPLOAD))

    assert value(metrics, "uploaded_bytes_total") == 2000
    assert value(metrics, "stage_seconds_count", stage="upload") == 1


def test_they_are_served_while_the_block_runs(metrics):
    with (
        metrics.served("127.0.0.1", 0) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer,
    ):
        text = answer.read().decode()

    assert "linkedin_media_jobs_total" in text
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_port_that_is_taken_is_told(metrics):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(InvalidArgument, match=f"cannot be served at 127.0.0.1:{port}"),
            metrics.served("127.0.0.1", port),
        ):
            pass


def test_they_may_go_into_a_registry_of_yours():
    registry = CollectorRegistry()

    assert Metrics(registry).registry is registry


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with pytest.raises(InvalidArgument, match=r"linkedin-media\[prometheus\]"):
        Metrics()
