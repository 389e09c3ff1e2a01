"""The surroundings: environment, cookies, certificates, the stand-in itself, and what a header may carry."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil
import pytest
from hypothesis import given, settings as hypothesis_settings, strategies as st

import linkedin_media as lm
from linkedin_media.errors import ConnectionFailed, InvalidArgument
from linkedin_media.model.secret import Secret
from linkedin_media.model.urn import Urn
from linkedin_media.protocol.wire import check_path, check_version
from linkedin_media.simulator import Answer, SimulatorConfig
from tests.faults.ward import HOPPER, QUICK, SHORT, Ward
from tests.raw_server import CANARY, RawServer, always, everything_printed_about

SAMPLES: Final = Path(__file__).resolve().parents[1] / "samples"


async def test_S01_proxies_and_netrc_of_the_environment_see_nothing(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password wrong\ndefault login me password wrong\n")
    async with RawServer(always(502)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base_url)
            monkeypatch.setenv(name.lower(), proxy.base_url)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

        post = await ward.pipeline().publish(ward.job())

        assert (proxy.connections, proxy.heads) == (0, [])
    assert post.id in ward.simulator.posts
    kinds = {call.headers.get("Authorization", "").partition(" ")[0] for call in ward.simulator.journal}
    assert kinds == {"Bearer"}


async def test_S01_proxies_are_ignored_with_a_session_of_the_users_own_too(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with RawServer(always(502)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        async with aiohttp.ClientSession() as session:
            await ward.pipeline(ward.client(session=session)).publish(ward.job())

        assert proxy.connections == 0


async def test_S02_a_thousand_cookies_are_not_kept() -> None:
    setting = [f"Set-Cookie: c{number}=x; Path=/" for number in range(100)]
    answers = always(200, b'{"elements":[]}', *setting)
    async with RawServer(answers) as server, lm.LinkedInClient(CANARY, base_url=server.base_url) as client:
        for _ in range(10):
            assert [post async for post in client.posts.find_by_author("urn:li:organization:1")] == []
        sessions = [client.transport._session]

    assert len(server.heads) == 10
    assert [head for head in server.heads if b"\r\ncookie:" in head.lower()] == []
    assert [len(session.cookie_jar) for session in sessions if session] == [0]


def _serving(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SAMPLES / certificate)
    return context


def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=SAMPLES / "tls_authority.pem")


async def _call(server: RawServer, **options: Any) -> Any:
    """Make a call with a client that trusts the authority of the tests; the answer, or the error."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the server complains of the client's refusal
    connector = aiohttp.TCPConnector(ssl=_trusting())
    settings = {"base_url": server.base_url, "retry": QUICK, "timeouts": SHORT} | options
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        lm.LinkedInClient(CANARY, session=session, **settings) as client,
    ):
        try:
            return await client.images.batch_get(["urn:li:image:a"])
        except lm.LinkedInMediaError as error:
            assert CANARY not in everything_printed_about(error)
            return error


@pytest.mark.parametrize("certificate", ["tls_expired.pem", "tls_future.pem", "tls_other_host.pem", "self_signed.pem"])
async def test_S03_a_bad_certificate_ends_the_call_before_a_byte_is_sent(certificate: str) -> None:
    async with RawServer(always(200, b"{}"), tls=_serving(certificate)) as server:
        answer = await _call(server)

    (error,) = answer.errors.values()
    assert type(error) is ConnectionFailed
    assert "TLS with 127.0.0.1 failed" in error.message
    assert (server.heads, server.bodies) == ([], [])


async def test_S03_a_good_certificate_is_taken() -> None:
    async with RawServer(always(200, b'{"id":"urn:li:image:a"}'), tls=_serving("tls_good.pem")) as server:
        answer = await _call(server)

    assert list(answer.results) == ["urn:li:image:a"]


async def test_S03_an_authority_nobody_knows_is_not_taken() -> None:
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    async with RawServer(always(200), tls=_serving("tls_good.pem")) as server:
        client = lm.LinkedInClient(CANARY, base_url=server.base_url, retry=QUICK)
        with pytest.raises(ConnectionFailed, match="TLS"):
            await client.images.get("urn:li:image:a")
        await client.aclose()

    assert server.heads == []


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com"])
def test_S03_plain_http_is_for_this_machine_only(host: str) -> None:
    with pytest.raises(InvalidArgument, match="plain http"):
        lm.LinkedInClient(CANARY, base_url=f"http://{host}")


@pytest.mark.parametrize("command", [["linkedin_media.simulator"], ["linkedin_media", "simulate"]])
def test_S04_the_stand_in_listens_on_loopback_alone(command: list[str]) -> None:
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() != b""
        listening = [one.laddr.ip for one in psutil.Process(process.pid).net_connections() if one.status == "LISTEN"]
    finally:
        process.terminate()
        process.communicate(timeout=10)

    assert set(listening) <= {"127.0.0.1", "::1"}
    assert len(listening) >= 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", ""])
def test_S04_the_stand_in_refuses_to_be_reached_from_elsewhere_unasked(host: str) -> None:
    with pytest.raises(InvalidArgument, match="loopback only"):
        SimulatorConfig(host=host)

    assert SimulatorConfig(host=host, allow_remote=True).host == host


UNFIT: Final = st.text(min_size=1).filter(lambda text: not all("!" <= character <= "~" for character in text))


@hypothesis_settings(max_examples=200, derandomize=True)
@given(
    st.text(max_size=20),
    st.sampled_from(["\r", "\n", "\0", "é", "\u2028", "\x7f", "٣", "\ud800", " "]),
    st.text(max_size=5),
)
def test_S05_what_no_header_may_carry_is_refused_before_it_is_built(head: str, bad: str, tail: str) -> None:
    text = head + bad + tail
    for make in (
        lambda: check_version(text),
        lambda: check_version("202609" + bad),
        lambda: check_version(bad + "202609"),
        lambda: Secret(text),
        lambda: Urn("urn:li:person:" + text),
        lambda: Urn(f"urn:li:{text}:a"),
        lambda: check_path("/v2/" + text),
        lambda: lm.LinkedInClient(text, version="202609"),
        lambda: lm.LinkedInClient(CANARY, version="202609" + bad),
        lambda: lm.LinkedInClient(CANARY, base_url="https://api.linkedin.com/" + bad),
    ):
        with pytest.raises(InvalidArgument):
            make()


async def test_S05_a_provider_whose_token_no_header_can_carry_sends_nothing(ward: Ward) -> None:
    async def provider() -> str:
        return "token\r\nX-Evil: 1"

    error = await ward.failure(ward.client(provider).images.initialize_upload(ward.owner))

    assert type(error) is InvalidArgument
    assert ward.simulator.journal.connections == 0


async def test_S05_a_server_cannot_smuggle_a_header_through_an_upload_address(ward: Ward) -> None:
    body = {"value": {"image": "urn:li:image:a", "uploadUrl": f"{ward.simulator.base_url}/x\r\nX-Evil: 1"}}
    ward.fault(Answer(status=200, body=body), "images.initializeUpload")

    error = await ward.failure(ward.pipeline().upload(HOPPER, owner=ward.owner))

    assert type(error) is lm.UntrustedHost
    assert ward.puts == 0
