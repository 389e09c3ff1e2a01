import aiohttp
import pytest
from aioresponses import CallbackResult


async def test_a_mocked_reply_has_the_status_headers_and_body_it_was_given(mocked_http):
    mocked_http.get("https://api.example/rest/images", status=429, payload={"code": "X"}, headers={"Retry-After": "3"})

    async with aiohttp.ClientSession() as session, session.get("https://api.example/rest/images") as reply:
        assert (reply.status, reply.headers["Retry-After"], await reply.json()) == (429, "3", {"code": "X"})


async def test_a_mocked_reply_may_come_from_a_callback(mocked_http):
    mocked_http.put("https://api.example/upload", callback=lambda url, **_: CallbackResult(status=201, body=url.path))

    async with aiohttp.ClientSession() as session, session.put("https://api.example/upload", data=b"bytes") as reply:
        assert (reply.status, await reply.read()) == (201, b"/upload")


async def test_an_address_nobody_registered_looks_like_a_dead_network(mocked_http):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get("https://api.example/elsewhere")
