"""One image's way from file to AVAILABLE: the stages in a straight line, each within the bound of what it uses up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from ..errors import NeverUploaded, UploadExpired
from ..files import inspect_file, opened, refuse
from ..image_file import OpenImage
from ..model.image import Image, InitializedUpload, MediaLibraryMetadata, UploadedImage
from ..model.job import AsyncReadable, ImageSource
from ..model.post import CreatedPost, PostDraft
from ..model.urn import Urn
from ..options import Concurrency, ImageRules
from ..places import Places
from ..protocol.posts import build_create
from ..protocol.wire import Request
from .events import Stage, Track
from .lead import Lead
from .poller import Poller

if TYPE_CHECKING:
    from ..client.session import LinkedInClient

_VALIDATE, _INITIALIZE, _UPLOAD, _POLL, _POST = Stage  # to ask for one takes longer than to call a function

_CROWD: Final = 100
"""AVAILABLE images, posts under way included, that end the uploads for a while: as many as one look finds at once. With fewer,
the places for posts would stand empty until the uploads, and LinkedIn's processing, had caught up.
"""

_CROWD_OF_READY: Final = 80
"""The same where intents are written. Where posts are so quick that the processor is what is short, `Lead` has 64 of them made
ready, and few more are worth their memory.
"""

MAX_UPLOADS: Final = 3
"""How often the bytes of one image are sent when LinkedIn acknowledges them and goes on waiting for them."""


Told = Callable[[Exception | None], None]
"""Called once an intent is written down, or with the error there was."""

Intend = Callable[[bytes, Told], float]
"""Has an intent written down, and returns until when (of the client's monotonic clock) its post may leave."""


class Checkpoint(Protocol):
    """Told each step of an image before the next one begins. It notes the step; nothing waits until it is written down."""

    def initialized(self, started: InitializedUpload) -> None:
        """An upload is registered; its bytes are sent next."""

    def uploaded(self, uploaded: UploadedImage) -> None:
        """Every byte is sent; its status is asked for next."""


@attrs.frozen
class NoCheckpoint(Checkpoint):
    """Write nothing down."""

    def initialized(self, started: InitializedUpload) -> None:
        """Do nothing."""

    def uploaded(self, uploaded: UploadedImage) -> None:
        """Do nothing."""


def ignore_sent() -> None:
    """Take no notice of an image that is sent."""


@attrs.define(eq=False, kw_only=True)
class ImageWork:
    """What is wished for one image, and how far it is: `resume` is what an earlier run had reached.

    `sent` is called when every byte has been taken, each time they are sent.
    """

    source: ImageSource
    owner: Urn
    track: Track
    media_library: MediaLibraryMetadata | None = None
    checkpoint: Checkpoint = NoCheckpoint()
    resume: InitializedUpload | UploadedImage | None = None
    sent: Callable[[], None] = ignore_sent


class Stages:
    """The stages, and the bounds they share."""

    def __init__(self, client: LinkedInClient, bounds: Concurrency, rules: ImageRules, poller: Poller) -> None:
        self._client = client
        self._rules = rules
        self._poller = poller
        self._sends_files = client.transport.sends_files
        self._inspecting = Places(bounds.inspect)
        self._initializing = Places(bounds.initialize)
        self._uploading = Places(bounds.upload)
        self._posting = Places(bounds.post, crowd=_CROWD)
        self._lead = Lead(bounds.post)
        # To be posted, or being posted; where intents are written, they wait here.
        self._ready = Places(bounds.post, crowd=_CROWD_OF_READY)

    async def to_available(self, work: ImageWork) -> Image:
        """Take one image from where it is to AVAILABLE.

        Raises:
            LinkedInMediaError: It could not be; ``stage`` says where, ``images`` holds its URN once it had one.
        """
        reached = work.resume
        for sending in range(1, MAX_UPLOADS + 1):
            if not isinstance(reached, UploadedImage):
                with self._poller:
                    async with self._uploading:
                        await self._posting.relieved()
                        await self._ready.relieved()
                        reached = await self._send(work, reached)
                work.sent()
            work.track.image = reached.image
            try:
                with work.track.at(_POLL):
                    return await self._poller.wait(reached.image)
            except NeverUploaded:
                if sending == MAX_UPLOADS or isinstance(work.source.source, AsyncReadable):
                    raise
            reached = None

        raise AssertionError("unreachable")

    async def validate(self, source: ImageSource, track: Track) -> None:
        """Judge a file without sending it; a stream is judged when it is read.

        Raises:
            InvalidImage: It breaks LinkedIn's rules.
        """
        if isinstance(source.source, AsyncReadable):
            return
        with track.at(_VALIDATE):
            async with self._inspecting:
                refuse(source.name, await inspect_file(source, self._rules, self._client.readers))

    async def post(self, draft: PostDraft, track: Track, *, intend: Intend | None = None) -> CreatedPost:
        """Create a post. `intend` is called when nothing but the sending is left.

        It is given the body that will be sent. So that writing it down keeps nobody from sending, some run ahead of their
        places: as many as will have one soon.

        Raises:
            PostOutcomeUnknown: It may exist.
        """
        with track.at(_POST):
            if intend is None:
                async with self._posting:
                    return await self._client.posts.create(draft)
            async with self._ready:
                request = build_create(draft)
                place = asyncio.get_running_loop().create_future()
                send_before = intend(request.body or b"", partial(self._intended, place))
                await self._posting.taken(place)
                try:
                    return await self._create(request, draft, send_before)
                finally:
                    self._posting.give()

    def _intended(self, place: asyncio.Future[None], error: Exception | None) -> None:
        """Have a post wait for its place, or for nothing any more; whoever sends it is woken once for both."""
        if error is None:
            self._posting.let_in(place)
        elif not place.done():
            place.set_exception(error)

    async def _create(self, request: Request, draft: PostDraft, send_before: float) -> CreatedPost:
        clock, failed = self._client.clock, True
        began = clock.monotonic()
        try:
            created = await self._client.posts.send(request, draft, send_before=send_before)
            failed = False
        finally:
            self._lead.learn(clock.monotonic() - began, failed=failed)
            self._ready.change(self._lead.number)
        return created

    async def _send(self, work: ImageWork, started: InitializedUpload | None) -> UploadedImage:
        """Validate, initialize and upload within one place: the URL expires, and the descriptor stays the same."""
        image = await self._open(work)
        try:
            started = started or await self._initialize(work)
            try:
                uploaded = await self._upload(work, started, image)
            except UploadExpired:
                uploaded = await self._upload(work, await self._initialize(work), image)
        finally:
            image.close()
        work.checkpoint.uploaded(uploaded)
        return uploaded

    async def _open(self, work: ImageWork) -> OpenImage:
        with work.track.at(_VALIDATE):
            async with self._inspecting:
                image = await opened(work.source, self._rules, self._client.readers, whole=not self._sends_files)
            work.track.facts = image.facts
        return image

    async def _initialize(self, work: ImageWork) -> InitializedUpload:
        with work.track.at(_INITIALIZE):
            async with self._initializing:
                started = await self._client.images.initialize_upload(work.owner, media_library=work.media_library)
            work.track.image = started.image
        work.checkpoint.initialized(started)
        return started

    async def _upload(self, work: ImageWork, started: InitializedUpload, image: OpenImage) -> UploadedImage:
        with work.track.at(_UPLOAD):
            return await self._client.images.upload_open(started, image, on_progress=work.track.progress, digest=False)
