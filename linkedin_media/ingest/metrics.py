"""Metrics of an ingest for Prometheus (the extra ``prometheus``): an observer of its events, and of its results.

.. code-block:: python

    metrics = Metrics()
    with metrics.served("127.0.0.1", 9100):
        async with Ingest(client, ledger="spring.ledger", observer=metrics.observe) as ingest:
            async for result in ingest.run():
                metrics.result(result)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ..errors import InvalidArgument, LinkedInMediaError
from ..pipeline.events import Event, Stage, StageFailed, StageFinished, StageStarted, UploadProgress
from .results import IngestResult
from .states import State

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_STATES: Final = (State.POSTED, State.AVAILABLE, State.FAILED, State.UNKNOWN, State.PARKED)


class Metrics:
    """Counts jobs, stages, failures and bytes.

    Args:
        registry: Where to register them; by default one of their own. Metrics of two ingests need two.
        clock: Seconds that never go back.

    Raises:
        InvalidArgument: prometheus-client is not installed.
    """

    def __init__(
        self, registry: CollectorRegistry | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        try:
            from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
        except ImportError:
            raise InvalidArgument(
                "metrics need prometheus-client", hint="pip install 'linkedin-media[prometheus]'"
            ) from None
        self.registry: Final = CollectorRegistry() if registry is None else registry
        self._clock = clock
        self._since: dict[tuple[str, str, Stage], float] = {}
        self._sent: dict[tuple[str, str], int] = {}
        prefix, here = "linkedin_media", self.registry
        self._jobs = Counter(f"{prefix}_jobs", "Jobs that ended, for now.", ["state"], registry=here)
        self._under_way = Gauge(f"{prefix}_stage_jobs", "What is at a stage right now.", ["stage"], registry=here)
        self._seconds = Histogram(
            f"{prefix}_stage_seconds", "How long a stage took.", ["stage"], buckets=_SECONDS, registry=here
        )
        self._failures = Counter(f"{prefix}_stage_failures", "Stages that failed.", ["stage", "code"], registry=here)
        self._bytes = Counter(f"{prefix}_uploaded_bytes", "Bytes of images given to the network.", registry=here)
        for state in _STATES:
            self._jobs.labels(state.value)
        for stage in Stage:
            self._under_way.labels(stage.value)

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[int]:
        """Serve the metrics at ``http://host:port/metrics`` while the block runs, and give it the port.

        Raises:
            InvalidArgument: One cannot listen there.
        """
        from prometheus_client import start_http_server

        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise InvalidArgument(
                f"metrics cannot be served at {host}:{port}: {error.strerror or error}", hint="choose another port"
            ) from None
        try:
            yield int(server.server_port)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def observe(self, event: Event) -> None:
        """Be the observer of an ingest or a pipeline."""
        match event:
            case StageStarted(stage=stage):
                self._since[event.job, event.file, stage] = self._clock()
                self._under_way.labels(stage.value).inc()
            case StageFinished(stage=stage):
                self._leave(event)
            case StageFailed(stage=stage, error=error):
                self._leave(event)
                code = error.error_code if isinstance(error, LinkedInMediaError) else type(error).__name__
                self._failures.labels(stage.value, code).inc()
            case UploadProgress(sent=sent):
                before = self._sent.get((event.job, event.file), 0)
                self._bytes.inc(sent - before if sent >= before else sent)
                self._sent[event.job, event.file] = sent

    def result(self, result: IngestResult) -> None:
        """Count a job that has ended for now."""
        self._jobs.labels(result.state.value).inc()

    def _leave(self, event: StageFinished | StageFailed) -> None:
        self._under_way.labels(event.stage.value).dec()
        since = self._since.pop((event.job, event.file, event.stage), None)
        if since is not None:
            self._seconds.labels(event.stage.value).observe(self._clock() - since)
        if event.stage is Stage.UPLOAD:
            self._sent.pop((event.job, event.file), None)
