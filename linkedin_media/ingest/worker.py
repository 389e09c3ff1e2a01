"""One job, from where the ledger has it to its end; every step is written down before the next is taken."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs

from ..client.retry import is_transient
from ..errors import (
    DuplicatePost,
    LedgerError,
    LinkedInMediaError,
    NotSentInTime,
    PollTimeout,
    PostOutcomeUnknown,
    RateLimited,
    UploadExpired,
)
from ..model.image import InitializedUpload, UploadedImage
from ..model.job import Job
from ..model.post import CreatedPost, PostDraft
from ..pipeline.events import Observer, Track
from ..pipeline.pipeline import check_job, draft_of, tracks_of
from ..pipeline.stages import ImageWork, Stages, Told, ignore_sent
from ..protocol.hosts import UPLOAD_HOSTS, distrust
from .checkpoint import ImageCheckpoint, now_ms
from .clocks import skew_of
from .image_progress import ImageProgress
from .jobs import Record
from .ledger import Ledger
from .options import IngestOptions
from .reconcile import FATAL
from .sharing import SharedImages
from .states import AVAILABLE, NEW, PARKED, POSTING, UNKNOWN
from .verdicts import broken_images, certainly_not_posted, describe, resets_at_ms
from .witness import adopts

if TYPE_CHECKING:
    from ..client.session import LinkedInClient

_POLL_AGAIN: Final = 900.0
_PATIENCE: Final = 60.0
"""Seconds of nothing but 429s after which they are taken for a daily limit, whether LinkedIn says so or not."""


@attrs.define(eq=False)
class Worker:
    """Carries jobs out. It knows the ledger, the client and the stages, and no engine."""

    client: LinkedInClient
    ledger: Ledger
    stages: Stages
    options: IngestOptions
    observer: Observer
    images: SharedImages | None = None
    sending: set[int] = attrs.field(factory=set, init=False)
    """The jobs whose post is being sent."""
    hold_until: float = attrs.field(default=0.0, init=False)
    """Begin nothing new before this moment of the client's monotonic clock."""
    limited_since: float | None = attrs.field(default=None, init=False)
    limited_until: int | None = attrs.field(default=None, init=False)
    """A daily limit is used up until this moment (epoch milliseconds)."""

    async def carry_out(self, record: Record, sent: Callable[[], None] = ignore_sent) -> bool:
        """Take a job as far as it goes: to its end, to a later time, or into doubt (state `POSTING`).

        True where it is posted, which is still to be written down (`Ledger.save_posted`): that needs nothing of what the
        work has, and many wait for it at once. `sent` is called for each image whose bytes have been taken.

        Raises:
            Unauthorized, SignInError, VersionSunset: Every other job would fail the same way; this one is left as it was.
            LedgerError: The ledger refused; nothing more may be sent.
        """
        try:
            job = self._begin(record)
            tracks = tracks_of(job, self.observer)
            if len(tracks) > 1:
                await self._upload_together(record, job, tracks, sent)
            elif not record.images[0].available:
                await self._to_available(record, job, 0, tracks[0], sent)
                record.images[0].available = True
            record.available_at = record.available_at or now_ms()
            if job.commentary is not None:
                return await self._post(record, job, tracks[0])
            record.enter(AVAILABLE)
            record.ended_at = now_ms()
            await self.ledger.save(record)
        except FATAL:
            await self.ledger.save(record, release=True)
            raise
        except LedgerError:
            raise
        except LinkedInMediaError as error:
            await self._after(record, error)
        finally:
            self.sending.discard(record.id)
        return False

    @staticmethod
    def _begin(record: Record) -> Job:
        job = record.spec.job()
        check_job(job)
        record.began_at = record.began_at or now_ms()
        if record.state is PARKED:
            record.enter(NEW)
        return job

    async def _upload_together(
        self, record: Record, job: Job, tracks: Sequence[Track], sent: Callable[[], None]
    ) -> None:
        """Validate several images, then upload them at once. Each goes as far as it can; the gravest error is raised."""
        missing = [position for position, image in enumerate(record.images) if not image.available]
        for position in missing:
            await self.stages.validate(job.images[position], tracks[position])

        async def upload(position: int) -> None:
            await self._to_available(record, job, position, tracks[position], sent)
            record.images[position].available = True  # now: the job may be stopped before the others are

        results = await asyncio.gather(*map(upload, missing), return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        grave = (*FATAL, LedgerError)
        for failure in sorted(
            failures, key=lambda one: not isinstance(one, grave) and isinstance(one, LinkedInMediaError)
        ):
            raise failure

    def _to_available(
        self, record: Record, job: Job, position: int, track: Track, sent: Callable[[], None]
    ) -> Coroutine[Any, Any, object]:
        progress = record.images[position]
        work = ImageWork(
            source=job.images[position],
            owner=job.owner,
            track=track,
            media_library=job.media_library,
            checkpoint=ImageCheckpoint(self.ledger, record, progress),
            resume=self._reached(progress),
            sent=sent,
        )
        if self.images is None:
            return self.stages.to_available(work)
        return self.images.to_available(self.stages, work, progress)

    def _reached(self, progress: ImageProgress) -> InitializedUpload | UploadedImage | None:
        """Return what an image goes on from. An upload that was begun at another base URL has to begin anew at this one."""
        reached, base = progress.resume(), self.client.transport.base
        if not isinstance(reached, InitializedUpload):
            return reached
        return None if distrust(reached.upload_url, base, () if base.loopback else UPLOAD_HOSTS) else reached

    async def _post(self, record: Record, job: Job, track: Track) -> bool:
        """Write the intent down, then send the post, once; tell whether that it exists is still to be written down.

        While its number is in `sending`, it is not to be cancelled.
        """
        draft = draft_of(job, record.image_urns)
        record.enter(AVAILABLE)

        try:
            post = await self.stages.post(draft, track, intend=partial(self._intend, record))
        except DuplicatePost as error:
            await self._settle_duplicate(record, draft, error)
        except LedgerError:
            raise
        except LinkedInMediaError as error:
            if certainly_not_posted(error):
                record.refused()
                raise
            await self.ledger.refresh(record)  # it stays POSTING: in doubt
        else:
            self.limited_since = None
            record.posted(post.id, at=now_ms())
            return True
        return False

    def _intend(self, record: Record, body: bytes, told: Told) -> float:
        self.sending.add(record.id)
        asked = self.client.clock.monotonic()  # before the intent: a slow commit must not make time for a late sending
        self.ledger.intend(record, hashlib.sha256(body).hexdigest(), told)
        return asked + self.options.send_within

    async def posted(self, record: Record, post: CreatedPost) -> None:
        """Write down that the post exists."""
        record.posted(post.id, at=now_ms())
        await self.ledger.save(record)

    async def _settle_duplicate(self, record: Record, draft: PostDraft, error: DuplicatePost) -> None:
        """Take LinkedIn's word that the post exists only after a sending in doubt, and only if its URN fits."""
        await self.ledger.refresh(record)
        if record.sendings <= 1:
            record.refused()
            raise error
        try:
            skew = await skew_of(self.client, self.ledger, self.options)
            original = await adopts(self.client, self.ledger, record, error.original, skew)
        except LinkedInMediaError as obstacle:
            if isinstance(obstacle, (*FATAL, LedgerError)) or is_transient(obstacle):
                raise
            original = None
        if original is None:
            await self.give_up(record, error)
        else:
            await self.posted(record, CreatedPost(original, images=draft.image_ids))

    async def absent(self, record: Record) -> None:
        """Write down that a look proved the post absent; it is sent once more, with a new intent."""
        record.enter(AVAILABLE)
        await self.ledger.save(record)

    async def give_up(self, record: Record, error: LinkedInMediaError) -> None:
        """Leave the outcome to a person."""
        record.enter(UNKNOWN)
        record.error = {**describe(error), "stage": "post", "file": record.spec.files[0]}
        record.ended_at = now_ms()
        await self.ledger.save(record)

    async def give_up_unwaited(self, record: Record) -> None:
        """Leave a post in doubt to a later run's `reconcile`."""
        why = "its outcome was not waited for"
        await self.give_up(record, PostOutcomeUnknown(record.spec.author, record.image_urns, reason=why))

    async def leave_in_doubt(self, record: Record, error: RateLimited) -> None:
        """Hand back a post in doubt that nobody may look for before the limits begin anew."""
        record.error = describe(error)
        record.not_before = resets_at_ms(error)
        self.limited_until = max(self.limited_until or 0, record.not_before)
        await self.ledger.save(record, release=True)

    async def _after(self, record: Record, error: LinkedInMediaError) -> None:
        """Decide what an error means for the job: later, anew, or its end."""
        if record.state is POSTING:
            await self.ledger.save(record)  # whatever it was, the post is in doubt
        elif isinstance(error, RateLimited):
            await self._slow_down(record, error)
        elif isinstance(error, PollTimeout):
            await self._park(record, error, await self.ledger.now() + int(_POLL_AGAIN * 1000))
        elif self._worth_another_try(record, error):
            record.tries += 1
            await self._later(record, error, self.options.retry_delay * 2 ** (record.tries - 1))
        else:
            record.forget_images(broken_images(error))
            record.fail(error, at=now_ms())
            await self.ledger.save(record)

    def _worth_another_try(self, record: Record, error: LinkedInMediaError) -> bool:
        passing = is_transient(error) or isinstance(error, NotSentInTime | UploadExpired)
        return passing and record.tries + 1 < self.options.tries

    async def _slow_down(self, record: Record, error: RateLimited) -> None:
        """Put the job off, which is not its fault. Refusals that go on without one success mean that the day is used up."""
        now = self.client.clock.monotonic()
        self.limited_since = self.limited_since or now
        if error.resets_at is None and now - self.limited_since < _PATIENCE:
            delay = max(error.retry_after or 0.0, self.options.retry_delay)
            self.hold_until = max(self.hold_until, now + delay)
            await self._later(record, error, delay)
        else:
            until = resets_at_ms(error)
            self.limited_until = max(self.limited_until or 0, until)
            await self._park(record, error, until)

    async def _park(self, record: Record, error: LinkedInMediaError, until: int) -> None:
        record.enter(PARKED)
        record.error, record.not_before = describe(error), until
        await self.ledger.save(record, release=True)

    async def _later(self, record: Record, error: LinkedInMediaError, delay: float) -> None:
        record.error = describe(error)
        record.not_before = await self.ledger.now() + int(delay * 1000)
        await self.ledger.save(record, release=True)
