"""Whatever a server or a caller writes: no byte to a stranger, no wait without end, no foreign character in a header."""

from __future__ import annotations

import asyncio
import math
import random
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from linkedin_media.client.retry import delay_before_retry
from linkedin_media.errors import InvalidArgument, RateLimited, UntrustedHost
from linkedin_media.inspection import BytesSource, inspect
from linkedin_media.inspection.stripping import stripped
from linkedin_media.model.image import InitializedUpload
from linkedin_media.model.secret import Secret
from linkedin_media.model.urn import Urn
from linkedin_media.options import ImageRules, RetryPolicy, Timeouts
from linkedin_media.protocol.hosts import UPLOAD_HOSTS, distrust, parse_base_url
from linkedin_media.protocol.retry_after import parse_retry_after
from linkedin_media.protocol.wire import Repeat, check_version
from linkedin_media.transport import Transport
from linkedin_media.upload_body import UploadBody
from tests.raw_server import CANARY, RawServer, always, pieces

IMAGES: Final = Path(__file__).resolve().parents[1] / "images"
NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINKEDIN: Final = parse_base_url("https://api.linkedin.com")
CI: Final = settings(max_examples=500, derandomize=True, deadline=None)


def crafted_urls(port: int) -> st.SearchStrategy[str]:
    """Addresses that lead, or might be thought to lead, to a listener on this machine."""
    here = st.sampled_from(
        ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001", "127.1", "0", "[::ffff:127.0.0.1]"]
    )
    known = st.sampled_from(["www.linkedin.com", "linkedin.com", "LINKEDIN.COM", "linkedin.com.", "evil-linkedin.com"])
    scheme = st.sampled_from(["https", "http", "HTTPS", "hTTp", "ftp", "ws", "", "https:https", "javascript"])
    glue = st.sampled_from(
        ["@", ":x@", "\\@", "#@", "?@", "/@", "%40", ".", "%2e", "\t", "\r\n", " ", "%00", ";@", "&@"]
    )
    slashes = st.sampled_from(["//", "/", "///", "\\\\", "", "/\\"])
    tail = st.sampled_from(["", "/", "/x?ut=s", "#x", "\\x", "/\r\nHost: www.linkedin.com"])
    host = st.one_of(
        st.builds(lambda a, g, b: f"{a}{g}{b}:{port}", known, glue, here),
        st.builds(lambda a, g, b: f"{b}:{port}{g}{a}", known, glue, here),
        st.builds(lambda a: f"{a}:{port}", here),
        st.builds(lambda a, junk: f"{a}{junk}:{port}", here, st.text(max_size=3)),
    )
    return st.builds(lambda s, d, h, t: f"{s}:{d}{h}{t}", scheme, slashes, host, tail)


async def _offered(examples: int) -> tuple[int, int]:
    """Offer so many crafted addresses to a transport; how many it refused, and what a stranger saw of it."""
    refused = 0
    async with RawServer(always(201)) as stranger:
        transport = Transport(LINKEDIN, Timeouts(connect=0.2), 4)

        @settings(max_examples=examples, derandomize=True, deadline=None, database=None)
        @given(crafted_urls(stranger.port))
        def collect(url: str) -> None:
            urls.append(url)

        urls: list[str] = []
        collect()
        for url in urls:
            if distrust(url, LINKEDIN, UPLOAD_HOSTS) is None:  # it is LinkedIn's indeed, which is not to be bothered
                assert urlsplit(url).hostname in {"linkedin.com", "www.linkedin.com"}
                continue
            body = UploadBody(pieces(b"x"), 1)
            started = InitializedUpload(image="urn:li:image:a", upload_url=url)
            with pytest.raises(UntrustedHost):
                await transport.put(started, body, Secret(CANARY), timeout=1.0)
            refused += 1
        await transport.aclose()
        await asyncio.sleep(0.05)
        return refused, stranger.connections


async def test_five_hundred_crafted_addresses_reach_nobody() -> None:
    refused, seen = await _offered(500)

    assert refused >= 400
    assert seen == 0


@pytest.mark.soak
async def test_ten_thousand_crafted_addresses_reach_nobody() -> None:
    refused, seen = await _offered(10_000)

    assert refused >= 8_000
    assert seen == 0


@CI
@given(st.text(max_size=60))
def test_an_address_is_trusted_only_on_linkedins_own_https(text: str) -> None:
    url = f"https://{text}"

    if distrust(url, LINKEDIN, UPLOAD_HOSTS) is None:
        host = text.partition("/")[0].partition("?")[0].removesuffix(":443").lower()
        assert host == "linkedin.com" or host.endswith(".linkedin.com")
        assert url.isascii()
        assert url.isprintable()


@CI
@given(
    st.one_of(
        st.text(max_size=70),
        st.integers().map(str),
        st.floats().map(str),
        st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9000, 1, 1)).map(format_datetime),  # noqa: DTZ001
        st.from_regex(r"\A[+-]?[0-9]{1,30}([.eE][0-9]{1,5})?\Z"),
    )
)
def test_a_retry_after_is_a_wait_of_at_most_a_week_or_nothing(value: str) -> None:
    seconds = parse_retry_after(value, NOW)

    assert seconds is None or (math.isfinite(seconds) and 0 <= seconds <= 7 * 86_400)
    error = RateLimited("no", status=429, retry_after=seconds)
    for fraction in (0.0, 0.999):
        wait = delay_before_retry(error, Repeat.HARMLESS, 1, RetryPolicy(), fraction)
        assert wait is None or 0 <= wait <= 60


@CI
@given(st.text(max_size=12), st.sampled_from("\r\n\0\x7f\x85 \t\u2028é\ud800\uff11"), st.text(max_size=12))
def test_a_value_bound_for_a_header_is_plain_ascii_or_refused(head: str, bad: str, tail: str) -> None:
    makers: dict[str, Any] = {"version": check_version, "token": lambda text: Secret(text).reveal(), "urn": Urn}
    for name, make in makers.items():
        with pytest.raises(InvalidArgument):
            make(head + bad + tail)
        plain = {"version": "202609", "token": head or "t", "urn": f"urn:li:person:{head}"}[name]
        try:
            made = str(make(plain))
        except InvalidArgument:
            continue
        assert made.isascii()
        assert made.isprintable()
        assert " " not in made


@pytest.mark.parametrize("path", sorted(IMAGES.iterdir()), ids=lambda path: path.name)
def test_no_mutation_of_a_file_makes_the_walk_or_the_strip_raise(path: Path) -> None:
    content, chance = path.read_bytes()[:100_000], random.Random(path.name)
    for _ in range(60):
        mutated = bytearray(content[: chance.randrange(1, len(content) + 1)] if chance.random() < 0.5 else content)
        for _ in range(chance.randrange(1, 20)):
            position = chance.randrange(min(len(mutated), 4000)) if mutated else 0
            mutated[position : position + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        found = inspect(BytesSource(bytes(mutated)), ImageRules())
        assert found.ok == (found.violations == ())
        for kind in ("JPEG", "PNG", "GIF"):
            bare = stripped(bytes(mutated), kind, b"")
            assert bare is None or len(bare) <= len(mutated)
