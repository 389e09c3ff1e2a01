"""How a job ended."""

from __future__ import annotations

import attrs

from ..errors import PostOutcomeUnknown
from ..model.job import Job
from ..model.post import CreatedPost
from ..model.urn import Urn


@attrs.frozen
class Published:
    """The post exists."""

    job: Job
    post: CreatedPost


@attrs.frozen
class Uploaded:
    """The job had no commentary: its images are AVAILABLE, in the job's order."""

    job: Job
    images: tuple[Urn, ...]


@attrs.frozen
class Failed:
    """The job ended at `stage` with `error`; `images` are the URNs it gained before, which can still be used."""

    job: Job
    stage: str
    error: Exception
    images: tuple[Urn, ...] = ()


@attrs.frozen
class Unknown:
    """The post may exist: reconcile, never repeat."""

    job: Job
    error: PostOutcomeUnknown
    images: tuple[Urn, ...] = ()


Outcome = Published | Uploaded | Failed | Unknown
