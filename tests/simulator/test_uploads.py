import asyncio
import hashlib

import aiohttp
import pytest

from linkedin_media.options import ImageRules
from tests.simulator.caller import png


@pytest.fixture
async def upload_url(linkedin):
    return (await linkedin.initialize()).json["value"]["uploadUrl"]


async def test_an_upload_is_201_without_a_body_and_the_journal_knows_its_bytes(sim, linkedin, upload_url):
    reply = await linkedin.put(upload_url)

    call = sim.journal[-1]
    assert (reply.status, reply.body) == (201, b"")
    assert (call.operation, call.resource, call.restli_method) == ("uploads.put", "uploads", "UPLOAD")
    assert (call.sha256, call.bytes) == (hashlib.sha256(png()).hexdigest(), len(png()))
    image = sim.images[call.image]
    assert (image.sha256, image.size, image.format, image.width, image.uploads) == (
        call.sha256,
        len(png()),
        "PNG",
        40,
        1,
    )


async def test_a_second_upload_replaces_the_first(sim, linkedin, upload_url):
    await linkedin.put(upload_url, b"not a picture")
    image = sim.journal[-1].image
    assert sim.images[image].status == "PROCESSING_FAILED"

    await linkedin.put(upload_url, png(8, 8))
    assert (sim.images[image].status, sim.images[image].uploads, sim.images[image].width) == ("AVAILABLE", 2, 8)


async def test_an_upload_of_unknown_length_is_411_and_takes_nothing(sim, linkedin, upload_url):
    async def chunks():
        yield png()

    assert (await linkedin.put(upload_url, chunks())).status == 411
    assert {image.uploads for image in sim.images.values()} == {0}


@pytest.mark.parametrize("status", [400, 403, 404, 410])
async def test_an_address_expires(sim, linkedin, upload_url, status):
    sim.configure(upload_expired_status=status)
    sim.clock.advance(3600)

    reply = await linkedin.put(upload_url)
    assert (reply.status, reply.code) == (status, "EXPIRED_UPLOAD_URL")


async def test_every_address_given_out_can_be_made_to_expire(sim, linkedin, upload_url):
    sim.expire_uploads()

    assert (await linkedin.put(upload_url)).status == 400
    assert await linkedin.upload()


async def test_the_signature_is_checked(linkedin, upload_url):
    assert (await linkedin.put(upload_url[:-1])).status == 403
    assert (await linkedin.put(upload_url.partition("?")[0])).status == 403
    assert (await linkedin.put(upload_url.replace("uploads/", "uploads/X"))).status == 404
    assert (await linkedin.call("POST", upload_url, data=png())).status == 405


async def test_a_token_is_needed_only_where_configured(sim, linkedin, upload_url):
    assert (await linkedin.put(upload_url, headers={"Authorization": ""})).status == 201
    sim.configure(upload_requires_token=True)
    assert (await linkedin.put(upload_url, headers={"Authorization": ""})).status == 401
    assert (await linkedin.put(upload_url)).status == 201


async def test_a_file_beyond_the_limit_is_413(sim, linkedin, upload_url):
    sim.configure(max_upload_bytes=100)

    assert (await linkedin.put(upload_url, b"x" * 101)).code == "REQUEST_ENTITY_TOO_LARGE"


async def test_a_multipart_form_is_taken_and_fails_processing(sim, linkedin, upload_url):
    form = aiohttp.FormData()
    form.add_field("file", png(), filename="a.png")
    body = form()
    async with linkedin.session.put(upload_url, data=body, headers={"Content-Length": str(body.size)}) as reply:
        assert reply.status == 201

    image = sim.images[sim.journal[-1].image]
    assert image.status == "PROCESSING_FAILED"
    assert "multipart" in image.failures[0]
    assert "will fail processing" in sim.journal[-1].verdicts[0]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "NOT_AN_IMAGE"),
        (b"GIF89a", "BROKEN_HEADER"),
        (b"BM" + b"\0" * 60, "UNSUPPORTED"),
        (png()[:-30], "TRUNCATED"),
    ],
)
async def test_what_linkedin_cannot_process_fails(sim, linkedin, content, code):
    image = sim.images[await linkedin.upload(data=content)]

    assert image.status == "PROCESSING_FAILED"
    assert code[:10] in image.failures[0] or code == "BROKEN_HEADER"


async def test_a_truncated_file_may_be_let_through(sim, linkedin):
    sim.configure(fail_truncated=False)

    assert sim.images[await linkedin.upload(data=png()[:-30])].status == "AVAILABLE"


async def test_images_are_held_to_the_rules_configured(sim, linkedin):
    sim.configure(rules=ImageRules(pixels_below=1200))
    image = sim.images[await linkedin.upload()]

    assert (image.status, image.failures[0][:15]) == ("PROCESSING_FAILED", "TOO_MANY_PIXELS")


async def test_a_client_that_goes_away_in_the_middle_leaves_the_image_waiting(sim, linkedin, upload_url):
    host, port = sim.base_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"PUT {upload_url.removeprefix(sim.base_url)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    writer.write(head.encode() + b"x" * 300)
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)

    call = sim.journal[-1]
    assert (call.operation, call.status, call.bytes) == ("uploads.put", None, 300)
    assert call.verdicts == ("the client broke off after 300 bytes of body",)
    assert sim.images[call.image].status == "WAITING_UPLOAD"


async def test_a_client_that_expects_100_is_told_to_continue_or_refused_without_its_body(sim, linkedin, upload_url):
    async with linkedin.session.put(upload_url, data=png(), expect100=True) as reply:
        assert reply.status == 201
    sim.expire_uploads()
    async with linkedin.session.put(upload_url, data=png(), expect100=True) as reply:
        assert reply.status == 400
    assert sim.journal[-1].bytes == 0
