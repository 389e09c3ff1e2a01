"""Bytes that are sent again: to another address, or because LinkedIn lost them; and never more often than allowed."""

from __future__ import annotations

import io
from typing import Any, Final

import attrs

import linkedin_media as lm
from linkedin_media.simulator import Answer, ExpireUploads, Fault, Mutate
from tests.faults.ward import EAGER, HOPPER, Ward, picture

WAITING: Final = Mutate(replace={'"(AVAILABLE|PROCESSING)"': '"WAITING_UPLOAD"'})
IMPATIENT: Final = attrs.evolve(EAGER, not_found_grace=0.0)


class Stream:
    """Read once."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    async def read(self, n: int = -1) -> bytes:
        return self._content.read(n)


async def test_an_address_that_expired_is_asked_for_anew_exactly_once(ward: Ward) -> None:
    ward.fault(ExpireUploads(), "uploads.put", nth=1)

    created = await ward.pipeline().publish(ward.job())

    assert (ward.inits, ward.puts) == (2, 2)
    first, second = ward.simulator.images.values()
    assert (first.uploads, second.uploads, list(created.images)) == (0, 1, [second.id])


async def test_where_no_address_is_good_the_second_is_the_last(ward: Ward) -> None:
    ward.fault(Answer(status=410), "uploads.put")

    error = await ward.failure(ward.pipeline().publish(ward.job()))

    assert (type(error), error.stage, error.file) == (lm.UploadExpired, "upload", str(HOPPER))
    assert (ward.inits, ward.puts, ward.posts) == (2, 2, 0)
    assert list(error.images) == list(ward.simulator.images)[-1:]


async def test_a_stream_survives_an_address_that_expired(ward: Ward) -> None:
    content = picture(400_000)
    ward.fault(ExpireUploads(), "uploads.put", nth=1)

    image = await ward.pipeline().upload(lm.ImageSource(Stream(content), size=len(content)), owner=ward.owner)

    assert ward.simulator.images.content(image.id) == content


async def test_bytes_that_linkedin_goes_on_waiting_for_are_sent_at_most_twice_more(ward: Ward) -> None:
    ward.fault(WAITING, "images.*get")

    error = await ward.failure(ward.pipeline(poll=IMPATIENT).publish(ward.job()))

    assert (type(error), error.stage, error.file) == (lm.NeverUploaded, "poll", str(HOPPER))
    assert error.images == (error.image,)
    assert (ward.puts, ward.posts) == (3, 0)


async def test_bytes_that_were_lost_once_are_made_good_with_another_image(ward: Ward) -> None:
    def of_the_first(exchange: Any) -> bool:
        return exchange.call.raw_path.endswith(next(iter(ward.simulator.images)).rpartition(":")[2])

    ward.simulator.faults.add(Fault(action=WAITING, on="images.get", matching=of_the_first))

    created = await ward.pipeline(poll=IMPATIENT).publish(ward.job())

    assert ward.puts == 2
    assert list(created.images) == list(ward.simulator.images)[1:]
