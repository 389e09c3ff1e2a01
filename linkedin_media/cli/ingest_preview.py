"""The work of ``linkedin-media ingest --dry-run``: everything is checked, nothing is sent, nothing is written down."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, Final

import attrs

from ..errors import FileUnreadable, InvalidManifest, LinkedInMediaError
from ..files import inspect_now, refuse
from ..ingest.jobs import JobSpec
from ..ingest.manifest import Manifest
from ..ingest.verdicts import describe
from ..inspection import Inspection
from ..options import ImageRules
from ..pipeline.pipeline import check_job
from .ingest_ending import refuse_manifest
from .options import Output
from .printable import byte_count, file_name, printable
from .results import bad, good
from .screen import Screen
from .status import ALL_GOOD, SOME_FAILED

_AT_ONCE: Final = 256
_READY: Final = "ready"
_FAILED: Final = "failed"
_SHOWN: Final = 60


@attrs.frozen
class Preview:
    """A job as it would be sent, or why it would fail."""

    spec: JobSpec
    files: tuple[tuple[str, Inspection, int], ...] = ()
    error: LinkedInMediaError | None = None

    @property
    def state(self) -> str:
        """Whether it would be sent."""
        return _READY if self.error is None else _FAILED

    @property
    def bytes(self) -> int:
        """How much would be uploaded."""
        return sum(size for _, _, size in self.files)

    def to_row(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        spec = self.spec
        return {
            "id": spec.id,
            "state": self.state,
            "post": None,
            "images": [],
            "error": None if self.error is None else describe(self.error),
            "author": spec.author,
            "owner": spec.owner,
            "commentary": spec.commentary,
            "visibility": spec.visibility,
            "files": [
                {"file": name, "format": facts.format, "width": facts.width, "height": facts.height, "bytes": size}
                for name, facts, size in self.files
            ],
        }

    def to_lines(self) -> Iterator[str]:
        """Yield it for people."""
        name = printable(self.spec.id)
        if self.error is not None:
            yield f"{bad('BAD  ')}  {name}  {printable(self.error.message)}"
            return
        yield f"{good('ready')}  {name}  {self._wish()}"
        for file, facts, size in self.files:
            yield f"       {printable(file)}  {facts.format} {facts.width}x{facts.height}, {byte_count(size)}"

    def _wish(self) -> str:
        text = self.spec.commentary
        if text is None:
            return f"upload for {self.spec.owner}, no post"
        short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        return f"post by {self.spec.author}: {printable(short)}"


def preview(path: Path, root: Path | None, output: Output) -> int:
    """Show what an ingest of this manifest would send, and return the exit status."""
    screen, began, counted = Screen(output), time.monotonic(), Counter[str]()
    manifest = Manifest(path, root)
    try:
        manifest.check()
        for job in _previews(manifest.jobs()):
            screen.result(job.to_row(), job.to_lines())
            counted.update({job.state: 1, "posts": int(not job.error and job.spec.commentary is not None)})
            counted.update({"images": len(job.files), "bytes": job.bytes})
    except InvalidManifest as error:
        return refuse_manifest(error, output)
    _summarize(screen, counted, time.monotonic() - began)
    return SOME_FAILED if counted[_FAILED] else ALL_GOOD


def _summarize(screen: Screen, counted: Counter[str], seconds: float) -> None:
    jobs = counted[_READY] + counted[_FAILED]
    row = {
        "jobs": jobs,
        **dict.fromkeys(("posted", "unknown", "parked"), 0),
        **{name: counted[name] for name in (_FAILED, _READY, "posts", "images", "bytes")},
        "seconds": round(seconds, 3),
    }
    would = (
        f"{counted['posts']:,} posts and {counted['images']:,} images ({byte_count(counted['bytes'])}) would be sent"
    )
    failed = f"; {counted[_FAILED]:,} would fail" if counted[_FAILED] else ""
    screen.result({"summary": row}, [f"{jobs:,} jobs: {would}{failed}. Nothing was sent."])


def _previews(specs: Iterator[JobSpec]) -> Iterator[Preview]:
    """Look into the files, many at a time, in the order of the manifest."""
    with ThreadPoolExecutor(4, "linkedin-media-preview") as pool:
        while some := list(islice(specs, _AT_ONCE)):
            yield from pool.map(_look, some)


def _look(spec: JobSpec) -> Preview:
    try:
        job = spec.job()
        check_job(job)
        files = []
        for source, file in zip(job.images, spec.files, strict=True):
            found = inspect_now(source, ImageRules())
            refuse(source.name, found)
            files.append((file_name(file), found, os.stat(file).st_size))  # noqa: PTH116 -- text in, number out
    except LinkedInMediaError as error:
        return Preview(spec, error=error)
    except OSError as error:
        return Preview(spec, error=FileUnreadable(f"{error.filename}: {error.strerror}"))
    return Preview(spec, tuple(files))
