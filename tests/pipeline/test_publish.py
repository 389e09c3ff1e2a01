"""One job, from its files to its post."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.simulator import Answer, Mutate
from tests.faults.ward import HOPPER, IMAGES, Ward, picture

REFUSED: Final = IMAGES / "Pillow--broken.png"
NO_IMAGE: Final = IMAGES / "Pillow--hopper.bmp"


async def test_an_image_is_uploaded_until_it_is_available(ward: Ward) -> None:
    image = await ward.pipeline().upload(HOPPER, owner=ward.owner)

    stored = ward.simulator.images[image.id]
    assert image.available
    assert (stored.owner, stored.size, stored.uploads) == (ward.owner, HOPPER.stat().st_size, 1)
    assert ward.simulator.images.content(image.id) == HOPPER.read_bytes()
    assert ward.posts == 0


async def test_a_job_becomes_one_post_of_its_author_with_its_image(ward: Ward) -> None:
    source = lm.ImageSource(HOPPER, alt_text="Grace Hopper")

    created = await ward.pipeline().publish(ward.job(source, text="Our (new) office"))

    (post,) = ward.simulator.posts.values()
    assert (post.id, post.author, post.images) == (created.id, ward.owner, tuple(ward.simulator.images))
    assert post.commentary == r"Our \(new\) office"
    assert post.content == {"media": {"id": post.images[0], "altText": "Grace Hopper"}}
    assert ward.simulator.journal.complaints() == []


async def test_several_refused_images_of_a_job_are_reported_together_and_nothing_is_sent(ward: Ward) -> None:
    error = await ward.failure(ward.pipeline().publish(ward.job(HOPPER, REFUSED, picture(), NO_IMAGE)))

    assert type(error) is lm.InvalidImage
    assert error.stage == "validate"
    assert len(error.violations) == 2
    assert [Path(violation.message.partition(": ")[0]).name for violation in error.violations] == [
        REFUSED.name,
        NO_IMAGE.name,
    ]
    assert len(ward.simulator.journal) == 0


async def test_the_one_refused_image_of_a_job_is_reported_as_it_is(ward: Ward) -> None:
    error = await ward.failure(ward.pipeline().publish(ward.job(HOPPER, NO_IMAGE)))

    assert (type(error), error.file, error.stage) == (lm.InvalidImage, str(NO_IMAGE), "validate")
    assert error.message.startswith(f"{NO_IMAGE}: ")
    assert len(ward.simulator.journal) == 0


@pytest.mark.parametrize("count", [2, 20])
async def test_several_images_become_one_post_in_the_order_of_the_job(ward: Ward, count: int) -> None:
    sources = [lm.ImageSource(picture(seed=seed), alt_text=f"Picture {seed}") for seed in range(count)]

    created = await ward.pipeline().publish(ward.job(*sources))

    (post,) = ward.simulator.posts.values()
    contents = [ward.simulator.images.content(image) for image in post.images]
    assert contents == [source.source for source in sources]
    assert [image["altText"] for image in post.content["multiImage"]["images"]] == [one.alt_text for one in sources]
    assert post.images == tuple(created.images)
    assert (ward.inits, ward.puts) == (count, count)


async def test_a_picture_that_appears_twice_in_a_job_is_uploaded_twice(ward: Ward) -> None:
    await ward.pipeline().publish(ward.job(HOPPER, HOPPER))

    (post,) = ward.simulator.posts.values()
    assert len(set(post.images)) == 2
    assert ward.puts == 2


async def test_an_image_of_a_job_that_fails_names_the_images_that_did_not(ward: Ward) -> None:
    failing = picture(100, seed=1)

    ward.fault(Answer(status=403, body={"status": 403, "message": "no"}), "uploads.put", matching=_sends(failing))

    error = await ward.failure(ward.pipeline().publish(ward.job(picture(), failing, HOPPER)))

    gained = [urn for urn, image in ward.simulator.images.items() if image.status == "AVAILABLE"]
    missing = [urn for urn, image in ward.simulator.images.items() if image.status != "AVAILABLE"]
    assert (type(error), error.stage, error.file) == (lm.Forbidden, "upload", "image")
    assert sorted(error.images) == sorted([*gained, *missing])
    assert (len(gained), list(error.images[-1:])) == (2, missing)
    assert ward.posts == 0


def _sends(content: bytes) -> Any:
    return lambda exchange: exchange.call.headers.get("Content-Length") == str(len(content))


async def test_what_no_post_can_say_is_refused_before_an_image_is_sent(ward: Ward) -> None:
    error = await ward.failure(ward.pipeline().publish(ward.job(HOPPER, text="x" * 100_000)))

    assert type(error) is lm.InvalidArgument
    assert len(ward.simulator.journal) == 0


async def test_a_job_without_a_commentary_cannot_be_published_but_uploaded(ward: Ward) -> None:
    job = attrs.evolve(ward.job(HOPPER, picture()), commentary=None)
    pipeline = ward.pipeline()

    error = await ward.failure(pipeline.publish(job))
    images = await pipeline.upload_all(job)

    assert (type(error), error.argument) == (lm.InvalidArgument, "commentary")
    assert [ward.simulator.images.content(image) for image in images] == [HOPPER.read_bytes(), picture()]
    assert {ward.simulator.images[image].status for image in images} == {"AVAILABLE"}
    assert ward.count("posts.create") == 0


async def test_a_post_that_is_refused_leaves_its_images_to_be_used_again(ward: Ward) -> None:
    ward.fault(Answer(status=422, body={"status": 422, "message": "no"}), "posts.create")

    error = await ward.failure(ward.pipeline().publish(ward.job(HOPPER, picture())))

    assert (type(error), error.stage, error.file) == (lm.UnprocessableEntity, "post", str(HOPPER))
    assert sorted(error.images) == sorted(ward.simulator.images)


async def test_a_post_without_an_answer_is_unknown_and_names_its_images(ward: Ward) -> None:
    ward.fault(Mutate(status=500), "posts.create")

    error = await ward.failure(ward.pipeline().publish(ward.job()))

    assert (type(error), error.stage) == (lm.PostOutcomeUnknown, "post")
    assert error.images == tuple(ward.simulator.images)
    assert (ward.posts, ward.count("posts.create")) == (1, 1)


class Stream:
    """What a web framework hands over: read once, a little at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)
        self.filename = "from a form.jpg"

    async def read(self, n: int = -1) -> bytes:
        return self._content.read(min(n, 1000))


async def test_bytes_and_streams_are_sent_as_they_are(ward: Ward) -> None:
    content = HOPPER.read_bytes()
    pipeline = ward.pipeline()

    from_bytes = await pipeline.upload(content, owner=ward.owner)
    from_stream = await pipeline.upload(lm.ImageSource(Stream(content), size=len(content)), owner=ward.owner)

    assert ward.simulator.images.content(from_bytes.id) == content
    assert ward.simulator.images.content(from_stream.id) == content


async def test_a_stream_among_several_images_is_judged_while_it_is_uploaded(ward: Ward) -> None:
    content = HOPPER.read_bytes()
    nonsense = lm.ImageSource(Stream(b"no image at all"), size=15)

    created = await ward.pipeline().publish(ward.job(lm.ImageSource(Stream(content), size=len(content)), picture()))
    error = await ward.failure(ward.pipeline().publish(ward.job(nonsense, picture(), text="Another")))

    assert ward.simulator.images.content(created.images[0]) == content
    assert (type(error), error.file, error.stage) == (lm.InvalidImage, "from a form.jpg", "validate")
    assert ward.posts == 1


async def test_the_library_of_an_account_is_told_of_the_images(ward: Ward) -> None:
    library = lm.MediaLibraryMetadata(associated_account=ward.simulator.account, asset_name="Spring")

    image = await ward.pipeline().upload(HOPPER, owner=ward.simulator.account, media_library=library)
    (other,) = await ward.pipeline().upload_all(
        attrs.evolve(ward.job(picture(), media_library=library), commentary=None, owner=ward.simulator.account)
    )

    assert [ward.simulator.images[urn].asset_name for urn in (image.id, other)] == ["Spring", "Spring"]


async def test_the_error_of_a_token_provider_reaches_the_caller_as_it_is(ward: Ward) -> None:
    async def token() -> str:
        raise LookupError("no token here")

    with pytest.raises(LookupError, match="no token here"):
        await ward.pipeline(ward.client(token)).publish(ward.job(HOPPER, picture()))
