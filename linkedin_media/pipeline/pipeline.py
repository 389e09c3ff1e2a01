"""From files to posts: the stages composed, bounded and isolated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import InvalidArgument, InvalidImage, LinkedInMediaError, PostOutcomeUnknown, Violation
from ..model.image import Image, MediaLibraryMetadata
from ..model.job import ImageSource, Job, Readable
from ..model.post import Content, CreatedPost, ImageContent, MultiImageContent, PostDraft
from ..model.urn import Urn, owner_urn
from ..options import Concurrency, ImageRules, PollPolicy
from ..protocol import posts as posts_protocol
from .crowd import Crowd
from .events import Observer, Stage, Track, ignore
from .outcomes import Failed, Outcome, Published, Unknown, Uploaded
from .poller import shared_poller
from .stages import ImageWork, Stages, ignore_sent

if TYPE_CHECKING:
    from ..client.session import LinkedInClient


class Pipeline:
    """Takes images from file to AVAILABLE, and on to posts: validate, initialize, upload, poll, post.

    Every scarce thing has its own bound in `Concurrency`, whose docstring gives the memory formula. Waiting images cost a
    record each and share batch gets with everyone who uses the same client and policy.

    Args:
        client: Sends the calls; it stays yours to close.
        concurrency: By default the client's.
        poll: How to wait for images to become AVAILABLE.
        rules: What an image must be, by default LinkedIn's rules.
        observer: Told what happens, as it happens.
    """

    def __init__(
        self,
        client: LinkedInClient,
        *,
        concurrency: Concurrency | None = None,
        poll: PollPolicy | None = None,
        rules: ImageRules | None = None,
        observer: Observer = ignore,
    ) -> None:
        self._bounds = concurrency or client.concurrency
        self._observer = observer
        self._stages = Stages(client, self._bounds, rules or ImageRules(), shared_poller(client, poll or PollPolicy()))

    async def upload(
        self,
        source: ImageSource | Readable,
        *,
        owner: str,
        media_library: MediaLibraryMetadata | None = None,
    ) -> Image:
        """Validate and upload one image, and return it once it is AVAILABLE.

        Where the token may not read images, it is returned without a status after the policy's grace.

        Raises:
            InvalidImage: The file breaks LinkedIn's rules; nothing was sent.
            ProcessingFailed: LinkedIn could not process it.
            PollTimeout: It was not AVAILABLE in time; the error carries its URN.
            LinkedInMediaError: Anything else; ``stage`` says where, ``images`` what was gained.
        """
        image = ImageSource.of(source)
        track = Track("", image.name, self._observer)
        work = ImageWork(source=image, owner=owner_urn(owner), media_library=media_library, track=track)
        return await self._stages.to_available(work)

    async def publish(self, job: Job) -> CreatedPost:
        """Upload the images of `job`, several at once, and create its post.

        Raises:
            PostOutcomeUnknown: The post may exist: reconcile, never repeat.
            InvalidImage, InvalidArgument: Nothing was sent.
            LinkedInMediaError: Anything else; ``stage`` says where, ``images`` what was gained.
        """
        if job.commentary is None:
            raise InvalidArgument("this job has no commentary, so there is nothing to post", argument="commentary")
        tracks = tracks_of(job, self._observer)
        return await self._post(job, await self._upload_all(job, tracks), tracks)

    def publish_all(self, jobs: Iterable[Job] | AsyncIterable[Job]) -> AsyncIterator[Outcome]:
        """Publish many jobs and give their outcomes as they finish; one failure never stops another.

        `jobs` is read as places fall free, never ahead, so it may be endless. A job without a commentary ends as
        `Uploaded`. What `jobs` itself raises is raised once the jobs before it have ended. Leaving the loop early cancels
        what is under way.
        """
        return Crowd(jobs, self._outcome, self._bounds).outcomes()

    async def upload_all(self, job: Job) -> tuple[Urn, ...]:
        """Upload the images of `job` until they are AVAILABLE; their URNs in the job's order.

        Raises:
            LinkedInMediaError: The first image that failed; ``images`` holds the URNs of the others.
        """
        return await self._upload_all(job, tracks_of(job, self._observer))

    async def _upload_all(
        self, job: Job, tracks: Sequence[Track], sent: Callable[[], None] = ignore_sent
    ) -> tuple[Urn, ...]:
        check_job(job)
        works = [_work(job, source, track, sent) for source, track in zip(job.images, tracks, strict=True)]
        if len(works) == 1:
            return ((await self._stages.to_available(works[0])).id,)
        await self._validate_all(job, tracks)
        return await self._upload_together(works)

    async def _validate_all(self, job: Job, tracks: Sequence[Track]) -> None:
        """Find out about every image before the first is sent, and tell of all that are refused at once."""
        refused: list[InvalidImage] = []
        for source, track in zip(job.images, tracks, strict=True):
            try:
                await self._stages.validate(source, track)
            except InvalidImage as error:
                refused.append(error)
        if refused:
            raise refused[0] if len(refused) == 1 else together(refused)

    async def _outcome(self, job: Job, sent: Callable[[], None]) -> Outcome:
        tracks: list[Track] = []
        try:
            tracks += tracks_of(job, self._observer)
            images = await self._upload_all(job, tracks, sent)
            if job.commentary is None:
                return Uploaded(job, images)
            return Published(job, await self._post(job, images, tracks))
        except PostOutcomeUnknown as error:
            return Unknown(job, error, _urns(error))
        except LinkedInMediaError as error:
            return Failed(job, error.stage or Stage.VALIDATE, error, _urns(error))
        except Exception as error:  # noqa: BLE001 -- whatever a caller's token provider or file object raises is this job's
            return Failed(job, _failed_at(tracks), error, _gained(tracks))

    async def _upload_together(self, works: Sequence[ImageWork]) -> tuple[Urn, ...]:
        async def one(work: ImageWork) -> Image | Exception:
            try:
                return await self._stages.to_available(work)
            except Exception as error:  # noqa: BLE001 -- raised below, once the other images are through
                return error

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(work)) for work in works]
        results = [task.result() for task in tasks]
        gained = tuple(result.id for result in results if isinstance(result, Image))
        for result in results:
            if isinstance(result, LinkedInMediaError):
                result.images = (*gained, *(image for image in result.images if image not in gained))
            if isinstance(result, Exception):
                raise result

        return gained

    async def _post(self, job: Job, images: Sequence[Urn], tracks: Sequence[Track]) -> CreatedPost:
        try:
            return await self._stages.post(draft_of(job, images), tracks[0])
        except LinkedInMediaError as error:
            error.images = tuple(images)
            raise


def _work(job: Job, source: ImageSource, track: Track, sent: Callable[[], None]) -> ImageWork:
    return ImageWork(source=source, owner=job.owner, media_library=job.media_library, track=track, sent=sent)


def together(refused: Sequence[InvalidImage]) -> InvalidImage:
    """Make one error of several refused images; each violation names its file."""
    violations = [
        Violation(violation.code, f"{error.path}: {violation.message}")
        for error in refused
        for violation in error.violations
    ]
    error = InvalidImage(f"{len(refused)} images", violations)
    error.stage = Stage.VALIDATE.value
    return error


def tracks_of(job: Job, observer: Observer) -> list[Track]:
    """Return the ways of a job's images through the stages; its post goes on with the first."""
    return [Track(job.id, image.name, observer) for image in job.images]


def draft_of(job: Job, images: Sequence[Urn]) -> PostDraft:
    """Return the post that `job` wishes for, showing `images`."""
    contents = [ImageContent(urn, alt_text=source.alt_text) for urn, source in zip(images, job.images, strict=True)]
    content: Content = contents[0] if len(contents) == 1 else MultiImageContent(contents)
    return PostDraft(author=job.author, commentary=job.commentary or "", content=content, visibility=job.visibility)


def check_job(job: Job) -> None:
    """Refuse a post LinkedIn would refuse, before its images are uploaded.

    Raises:
        InvalidArgument: See `protocol.posts.build_create`.
    """
    if job.commentary is not None:
        posts_protocol.check_wish(job.author, job.commentary, job.visibility)
        for image in job.images:
            posts_protocol.check_alt_text(image.alt_text)


def _failed_at(tracks: Sequence[Track]) -> Stage:
    return next((track.failed for track in tracks if track.failed), Stage.VALIDATE)


def _gained(tracks: Sequence[Track]) -> tuple[Urn, ...]:
    return tuple(track.image for track in tracks if track.image is not None)


def _urns(error: LinkedInMediaError) -> tuple[Urn, ...]:
    return tuple(Urn(image) for image in error.images)
