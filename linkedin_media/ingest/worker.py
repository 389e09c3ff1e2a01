"""One job, from where the ledger has it to its end; every step is written down before the next is taken."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING, Final

import attrs

from ..client.retry import is_transient
from ..errors import (
    ConnectionFailed,
    DuplicatePost,
    LedgerError,
    LinkedInMediaError,
    NeverUploaded,
    NotSentInTime,
    PollTimeout,
    PostOutcomeUnknown,
    ProcessingFailed,
    RateLimited,
    Unauthorized,
    VersionSunset,
)
from ..model.image import InitializedUpload, UploadedImage
from ..model.job import Job
from ..model.post import CreatedPost, PostDraft
from ..pipeline.events import Observer, Track
from ..pipeline.pipeline import check_job, draft_of
from ..pipeline.stages import Checkpoint, ImageWork, Stages
from ..protocol import posts as posts_protocol
from .jobs import ImageProgress, Record
from .ledger import Ledger
from .options import IngestOptions
from .sharing import SharedImages
from .states import State
from .witness import adopts

if TYPE_CHECKING:
    from ..client.session import LinkedInClient

FATAL: Final = (Unauthorized, VersionSunset)
"""Errors that every other job would meet too: the run ends, and no job is spoiled."""

_POLL_AGAIN: Final = 900.0


def now_ms() -> int:
    """Return this machine's clock; for reports, never for decisions."""
    return time.time_ns() // 1_000_000


@attrs.frozen
class ImageCheckpoint(Checkpoint):
    """Writes one image's steps to the ledger."""

    ledger: Ledger
    record: Record
    position: int

    @property
    def image(self) -> ImageProgress:
        """How far the image is."""
        return self.record.images[self.position]

    async def initialized(self, started: InitializedUpload) -> None:
        """Write down where the bytes go."""
        if self.image.urn:
            self.record.orphans.append(self.image.urn)
        self.image.begin(started)
        self.record.enter(State.INITIALIZED)
        await self.ledger.save(self.record)

    async def uploaded(self, uploaded: UploadedImage) -> None:
        """Write down that they are there, and forget the URL."""
        self.image.sent(uploaded)
        if all(image.sha256 for image in self.record.images):
            self.record.enter(State.UPLOADED)
            self.record.uploaded_at = now_ms()
        await self.ledger.save(self.record)


@attrs.define(eq=False)
class Worker:
    """Carries jobs out. It knows the ledger, the client and the stages, and no engine."""

    client: LinkedInClient
    ledger: Ledger
    stages: Stages
    options: IngestOptions
    observer: Observer
    images: SharedImages | None = None

    async def carry_out(self, record: Record) -> None:
        """Take a job as far as it goes: to its end, to a later time, or into doubt (state `POSTING`).

        Raises:
            Unauthorized, VersionSunset: Every other job would fail the same way; this one is left as it was.
            LedgerError: The ledger refused; nothing more may be sent.
        """
        try:
            await self._advance(record)
        except FATAL:
            await self.ledger.save(record, release=True)
            raise
        except LedgerError:
            raise
        except LinkedInMediaError as error:
            await self._after(record, error)

    async def _advance(self, record: Record) -> None:
        job = record.spec.job()
        check_job(job)
        record.began_at = record.began_at or now_ms()
        if record.state is State.PARKED:
            record.state = State.NEW
        await self._upload_images(record, job)
        if job.commentary is None:
            record.enter(State.AVAILABLE)
            record.ended_at = now_ms()
            await self.ledger.save(record)
        else:
            await self.post(record, job)

    async def _upload_images(self, record: Record, job: Job) -> None:
        missing = [position for position, image in enumerate(record.images) if not image.available]
        tracks = {position: Track(job.id, job.images[position].name, self.observer) for position in missing}
        if len(record.images) > 1:
            for position in missing:
                await self.stages.validate(job.images[position], tracks[position])
        results = await asyncio.gather(
            *(self._upload_image(record, job, position, tracks[position]) for position in missing),
            return_exceptions=True,
        )
        for failure in results:
            if isinstance(failure, BaseException):
                raise failure
        record.available_at = record.available_at or now_ms()

    async def _upload_image(self, record: Record, job: Job, position: int, track: Track) -> None:
        work = ImageWork(
            source=job.images[position],
            owner=job.owner,
            track=track,
            media_library=job.media_library,
            checkpoint=ImageCheckpoint(self.ledger, record, position),
            resume=record.images[position].resume(),
        )
        if self.images is None:
            await self.stages.to_available(work)
        else:
            await self.images.to_available(self.stages, work, record.images[position])
        record.images[position].available = True

    async def post(self, record: Record, job: Job) -> None:
        """Write the intent down, then send the post: once, and to its end even if this task is cancelled."""
        sending = asyncio.ensure_future(self._post_once(record, job))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait([sending], timeout=self.options.grace)
            raise

    async def _post_once(self, record: Record, job: Job) -> None:
        draft = draft_of(job, record.image_urns)
        digest = hashlib.sha256(posts_protocol.build_create(draft).body or b"").hexdigest()
        if record.state is not State.POSTING:
            record.state = State.AVAILABLE

        async def intend() -> float:
            asked = self.client.clock.monotonic()
            await self.ledger.intend(record, digest)
            return asked + self.options.send_within

        track = Track(job.id, job.images[0].name, self.observer)
        try:
            post = await self.stages.post(draft, track, intend=intend)
        except PostOutcomeUnknown:
            await self.ledger.refresh(record)
        except DuplicatePost as error:
            await self._settle_duplicate(record, draft, error)
        except LedgerError:
            raise
        except LinkedInMediaError:
            record.state = State.AVAILABLE
            raise
        else:
            await self.posted(record, post)

    async def posted(self, record: Record, post: CreatedPost) -> None:
        """Write down that the post exists."""
        record.enter(State.POSTED)
        record.post, record.error, record.ended_at = (str(post.id) if post.id else None), None, now_ms()
        await self.ledger.save(record)

    async def _settle_duplicate(self, record: Record, draft: PostDraft, error: DuplicatePost) -> None:
        """Take LinkedIn's word that the post exists only after a sending in doubt, and only if its URN fits."""
        await self.ledger.refresh(record)
        if record.sendings <= 1:
            record.enter(State.AVAILABLE)
            raise error
        original = await adopts(self.client, self.ledger, record, error.original, self.options.clock_skew)
        if original is None:
            await self.give_up(record, error)
        else:
            await self.posted(record, CreatedPost(original, images=draft.image_ids))

    async def absent(self, record: Record) -> None:
        """Write down that a look proved the post absent; it is sent once more, with a new intent."""
        record.enter(State.AVAILABLE)
        await self.ledger.save(record)

    async def give_up(self, record: Record, error: LinkedInMediaError) -> None:
        """Leave the outcome to a person."""
        record.enter(State.UNKNOWN)
        record.error = {**error.to_dict(), "stage": "post", "file": record.spec.files[0]}
        record.ended_at = now_ms()
        await self.ledger.save(record)

    async def give_up_unwaited(self, record: Record) -> None:
        """Leave a post in doubt to a later run's `reconcile`."""
        why = "its outcome was not waited for"
        await self.give_up(record, PostOutcomeUnknown(record.spec.author, record.image_urns, reason=why))

    async def _after(self, record: Record, error: LinkedInMediaError) -> None:
        """Decide what an error means for the job: later, anew, or its end."""
        if isinstance(error, RateLimited) and error.resets_at is not None:
            await self._park(record, error, int(error.resets_at.timestamp() * 1000))
        elif isinstance(error, PollTimeout):
            await self._park(record, error, await self.ledger.now() + int(_POLL_AGAIN * 1000))
        elif self._worth_another_try(record, error):
            await self._later(record, error)
        else:
            record.forget_images(error.images if isinstance(error, ProcessingFailed | NeverUploaded) else ())
            record.fail(error, at=now_ms())
            await self.ledger.save(record)

    def _worth_another_try(self, record: Record, error: LinkedInMediaError) -> bool:
        passing = is_transient(error) or isinstance(error, RateLimited | ConnectionFailed | NotSentInTime)
        return passing and record.tries + 1 < self.options.tries

    async def _park(self, record: Record, error: LinkedInMediaError, until: int) -> None:
        record.enter(State.PARKED)
        record.error, record.not_before = {**error.to_dict(), "code": error.code}, until
        await self.ledger.save(record, release=True)

    async def _later(self, record: Record, error: LinkedInMediaError) -> None:
        record.tries += 1
        record.error = error.to_dict()
        delay = self.options.retry_delay * 2 ** (record.tries - 1)
        record.not_before = await self.ledger.now() + int(delay * 1000)
        await self.ledger.save(record, release=True)
