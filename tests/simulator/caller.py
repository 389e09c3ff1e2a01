"""A client as plain as can be: encoded addresses, real sockets, nothing of the package's own."""

import json as jsonlib
import struct
import zlib
from urllib.parse import quote

import aiohttp
from yarl import URL


def enc(value):
    return quote(value, safe="")


def png(width=40, height=30):
    """A PNG of one colour, valid to the last chunk."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x30\x90\xd0" * width) * height
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return jsonlib.loads(self.body)

    @property
    def code(self):
        """The code of the error, wherever its shape keeps it."""
        errors = self.json.get("errorDetails", {}).get("inputErrors", [])
        return errors[0]["code"] if errors else self.json.get("code")

    @property
    def id(self):
        return self.headers.get("x-restli-id") or self.headers.get("x-linkedin-id")


class Caller:
    def __init__(self, sim, session):
        self.sim, self.session = sim, session

    def headers(self, token=None):
        return {
            "Authorization": f"Bearer {token or self.sim.token}",
            "LinkedIn-Version": "202609",
            "X-Restli-Protocol-Version": "2.0.0",
        }

    async def call(self, method, target, *, token=None, headers=(), without=(), **body):
        """Send a call with the headers LinkedIn wants, less `without`, plus `headers`."""
        sent = {name: value for name, value in self.headers(token).items() if name not in without} | dict(headers)
        url = target if target.startswith("http") else self.sim.base_url + target
        async with self.session.request(
            method, URL(url, encoded=True), headers=sent, allow_redirects=False, **body
        ) as reply:
            return Answer(reply.status, reply.headers, await reply.read())

    async def get(self, target, **options):
        return await self.call("GET", target, **options)

    async def initialize(self, owner=None, *, metadata=None, token=None):
        request = {"owner": owner or self.sim.person} | ({"mediaLibraryMetadata": metadata} if metadata else {})
        return await self.call(
            "POST", "/rest/images?action=initializeUpload", json={"initializeUploadRequest": request}, token=token
        )

    async def put(self, url, data=None, **options):
        return await self.call("PUT", url, data=png() if data is None else data, without=_RESTLI, **options)

    async def upload(self, owner=None, data=None, **options):
        """Register and upload an image; return its URN."""
        value = (await self.initialize(owner, **options)).json["value"]
        assert (await self.put(value["uploadUrl"], data)).status == 201
        return value["image"]

    async def post(self, *images, token=None, **fields):
        """Create a post of any number of images; `fields` replace or, where None, remove what is sent."""
        return await self.call("POST", "/rest/posts", json=self.draft(*images, **fields), token=token)

    def draft(self, *images, **fields):
        content = {}
        if len(images) == 1:
            content = {"content": {"media": {"id": images[0], "altText": "a picture"}}}
        elif images:
            content = {"content": {"multiImage": {"images": [{"id": image} for image in images]}}}
        draft = {
            "author": self.sim.person,
            "commentary": "Hello",
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
            **content,
            **fields,
        }
        return {name: value for name, value in draft.items() if value is not None}


_RESTLI = ("LinkedIn-Version", "X-Restli-Protocol-Version")


def session():
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)
