"""One image's way from file to AVAILABLE, from wherever an earlier run had left it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.errors import NotSentInTime
from linkedin_media.image_file import OpenImage
from linkedin_media.pipeline.events import Track
from linkedin_media.pipeline.poller import Poller
from linkedin_media.pipeline.stages import MAX_UPLOADS, ImageWork, NoCheckpoint, Stages, Told
from linkedin_media.simulator import Answer, BlackHole
from tests.faults.ward import EAGER, HOPPER, Ward, picture
from tests.inspection.crafted import png
from tests.waiting import eventually

PATIENT: Final = lm.Timeouts(connect=5.0, call=5.0, stall=5.0, answer=5.0)


@attrs.define
class Noted:
    """A checkpoint that remembers what it was told."""

    told: list[Any] = attrs.field(factory=list)

    def initialized(self, started: lm.InitializedUpload) -> None:
        self.told.append(started)

    def uploaded(self, uploaded: lm.UploadedImage) -> None:
        self.told.append(uploaded)


def stages_of(client: lm.LinkedInClient, **policy: Any) -> Stages:
    return Stages(client, lm.Concurrency(), lm.ImageRules(), Poller(client, attrs.evolve(EAGER, **policy)))


def work_of(ward: Ward, source: Any = HOPPER, **more: Any) -> ImageWork:
    image = lm.ImageSource.of(source)
    return ImageWork(source=image, owner=lm.Urn(ward.owner), track=Track("job", image.name), **more)


async def test_each_step_is_noted_before_the_next_one_begins(ward: Ward) -> None:
    noted = Noted()

    image = await stages_of(ward.client(timeouts=PATIENT)).to_available(work_of(ward, checkpoint=noted))

    started, uploaded = noted.told
    assert isinstance(started, lm.InitializedUpload)
    assert isinstance(uploaded, lm.UploadedImage)
    assert started.image == uploaded.image == image.id
    assert uploaded.size == HOPPER.stat().st_size


async def test_an_upload_that_was_registered_before_is_used(ward: Ward) -> None:
    client = ward.client(timeouts=PATIENT)
    started = await client.images.initialize_upload(ward.owner)

    image = await stages_of(client).to_available(work_of(ward, resume=started))

    assert image.id == started.image
    assert (ward.inits, ward.puts) == (1, 1)


async def test_an_upload_that_was_registered_before_and_expired_is_registered_anew(ward: Ward) -> None:
    client, noted = ward.client(timeouts=PATIENT), Noted()
    started = await client.images.initialize_upload(ward.owner)
    ward.simulator.expire_uploads()

    image = await stages_of(client).to_available(work_of(ward, resume=started, checkpoint=noted))

    assert image.id != started.image
    assert [told.image for told in noted.told] == [image.id, image.id]
    assert ward.inits == 2


async def test_an_image_that_was_uploaded_before_is_only_waited_for(ward: Ward) -> None:
    client = ward.client(timeouts=PATIENT)
    started = await client.images.initialize_upload(ward.owner)
    uploaded = await client.images.upload(started, HOPPER)

    work = work_of(ward, "moved-away.jpg", resume=uploaded)
    image = await stages_of(client).to_available(work)

    assert image.id == uploaded.image
    assert work.track.image == uploaded.image
    assert ward.puts == 1


async def test_an_image_whose_bytes_were_lost_is_sent_anew_within_bounds(ward: Ward) -> None:
    ward.fault(Answer(status=201), "uploads.put")

    error = await ward.failure(
        stages_of(ward.client(timeouts=PATIENT), not_found_grace=0.05).to_available(work_of(ward))
    )

    assert type(error) is lm.NeverUploaded
    assert error.stage == "poll"
    assert ward.puts == MAX_UPLOADS


async def test_a_stream_whose_bytes_were_lost_cannot_be_sent_anew(ward: Ward) -> None:
    class Stream:
        left = picture()

        async def read(self, n: int = -1) -> bytes:
            piece, self.left = self.left, b""
            return piece

    ward.fault(Answer(status=201), "uploads.put")
    source = lm.ImageSource(Stream(), size=len(picture()))

    error = await ward.failure(
        stages_of(ward.client(timeouts=PATIENT), not_found_grace=0.05).to_available(work_of(ward, source))
    )

    assert type(error) is lm.NeverUploaded
    assert ward.puts == 1


async def test_what_was_gained_before_a_failure_is_on_the_error(ward: Ward) -> None:
    ward.fault(Answer(status=403), "uploads.put")

    error = await ward.failure(stages_of(ward.client(timeouts=PATIENT)).to_available(work_of(ward)))

    assert (type(error), error.stage, error.file) == (lm.Forbidden, "upload", str(HOPPER))
    assert error.images == tuple(ward.simulator.images)


async def test_a_file_that_breaks_a_rule_costs_no_call(ward: Ward, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(png(7000, 7000))

    error = await ward.failure(stages_of(ward.client(timeouts=PATIENT)).to_available(work_of(ward, large)))

    assert (type(error), error.stage, error.images) == (lm.InvalidImage, "validate", ())
    assert len(ward.simulator.journal) == 0


async def test_cancelling_an_upload_leaves_nothing_open(ward: Ward, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(picture(4_000_000))
    ward.fault(BlackHole(), "uploads.put")
    uploading = asyncio.create_task(stages_of(ward.client(timeouts=PATIENT)).to_available(work_of(ward, large)))
    await eventually(lambda: ward.inits == 1)
    await asyncio.sleep(0.05)

    uploading.cancel()
    await asyncio.wait([uploading])

    assert uploading.cancelled()  # that nothing is left open is what `ward` looks after


DRAFT: Final[dict[str, Any]] = {"commentary": "Hi"}


async def test_a_post_leaves_only_as_long_as_its_intent_allows(ward: Ward) -> None:
    client = ward.client(timeouts=PATIENT)
    stages, draft = stages_of(client), lm.PostDraft(author=ward.owner, **DRAFT)

    def until_before(_: bytes, told: Told) -> float:
        told(None)
        return client.clock.monotonic() - 1.0

    def until_later(_: bytes, told: Told) -> float:
        asyncio.get_running_loop().call_soon(told, None)
        return math.inf

    with pytest.raises(NotSentInTime) as caught:
        await stages.post(draft, Track("job", "office.png"), intend=until_before)
    assert (caught.value.stage, ward.posts) == ("post", 0)
    await stages.post(draft, Track("job", "office.png"), intend=until_later)
    assert ward.posts == 1


async def test_a_post_whose_intent_cannot_be_written_is_not_sent(ward: Ward) -> None:
    def full(_: bytes, told: Told) -> float:
        asyncio.get_running_loop().call_soon(told, OSError(28, "No space left on device"))
        return math.inf

    def closed(_: bytes, told: Told) -> float:
        raise OSError(9, "No space, nor a file")

    stages, draft = stages_of(ward.client(timeouts=PATIENT)), lm.PostDraft(author=ward.owner, **DRAFT)
    for refusing in (full, closed):
        with pytest.raises(OSError, match="No space"):
            await stages.post(draft, Track("job", "office.png"), intend=refusing)

    assert ward.posts == 0
    assert stages._posting._free == stages._ready._free == lm.Concurrency().post


async def test_who_leaves_while_an_intent_is_written_takes_no_place(ward: Ward) -> None:
    stages, draft = stages_of(ward.client(timeouts=PATIENT)), lm.PostDraft(author=ward.owner, **DRAFT)
    written: list[Told] = []

    def intend(_: bytes, told: Told) -> float:
        written.append(told)
        return math.inf

    for error in (None, OSError(28, "No space left on device")):
        leaving = asyncio.create_task(stages.post(draft, Track("job", "office.png"), intend=intend))
        await eventually(lambda: bool(written))
        leaving.cancel()
        await asyncio.wait([leaving])
        written.pop()(error)
        assert leaving.cancelled()

    assert ward.posts == 0
    assert stages._posting._free == stages._ready._free == lm.Concurrency().post


@pytest.mark.parametrize("checkpoint", [NoCheckpoint(), Noted()])
async def test_no_digest_is_taken_since_nobody_keeps_one(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, checkpoint: Any
) -> None:
    asked, chunks = [], OpenImage.chunks

    def noted(image: OpenImage, *, digest: bool) -> AsyncIterator[bytes | memoryview]:
        asked.append(digest)
        return chunks(image, digest=digest)

    monkeypatch.setattr(OpenImage, "chunks", noted)
    await stages_of(ward.client(timeouts=PATIENT)).to_available(work_of(ward, checkpoint=checkpoint))

    assert asked == [False]


def test_without_a_checkpoint_nothing_is_written_down() -> None:
    nothing = NoCheckpoint()

    nothing.initialized(lm.InitializedUpload(image="urn:li:image:a", upload_url="x"))
    nothing.uploaded(lm.UploadedImage(image=lm.Urn("urn:li:image:a"), size=1, sha256=""))
