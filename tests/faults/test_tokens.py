"""Tokens: refreshed once or not at all, never in a loop, and never where anybody could read them."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.client.refresh import StoredTokenProvider
from linkedin_media.client.token_file import FileStore
from linkedin_media.errors import SignInError, TokenRefused
from linkedin_media.ingest.jobs import JobSpec
from linkedin_media.ingest.runner import Ingest
from linkedin_media.simulator import Answer, CommitThenDrop, EarlyAnswer, HalfBody, Latency, Throttle
from tests.client.member import MemoryStore, clock_of, signed_in
from tests.faults.ward import EAGER, HOPPER, MIB, Ward, picture, settled

INIT: Final = "images.initializeUpload"
OAUTH: Final = "oauth.accessToken"


async def _signed_in_client(ward: Ward, **options: Any) -> lm.LinkedInClient:
    """A client with a token that was signed in for and has expired at LinkedIn's since, unknown to its owner."""
    token = await signed_in(ward.simulator)
    secrets = [token.access, token.refresh]
    ward.secrets |= {secret.reveal() for secret in secrets if secret}
    store = MemoryStore(attrs.evolve(token, issued_at=token.issued_at - timedelta(hours=1)))
    ward.simulator.expire_token(token.access.reveal())
    provider = StoredTokenProvider(
        store=store,
        client_secret=ward.simulator.config.client_secret,
        base_url=ward.simulator.base_url,
        now=clock_of(ward.simulator),
    )
    return ward.client(provider, **options)


def refreshes(ward: Ward) -> int:
    return ward.count(OAUTH) - 1  # the first one signed in


async def test_T01_a_refresh_token_that_is_refused_is_sent_once_for_all_jobs(ward: Ward) -> None:
    client = await _signed_in_client(ward)
    ward.simulator.revoke_refresh_tokens()
    pipeline = ward.pipeline(client)

    outcomes = [outcome async for outcome in pipeline.publish_all([ward.job(text=f"{n}") for n in range(20)])]
    again = await ward.failure(client.images.initialize_upload(ward.owner))

    assert {type(outcome.error) for outcome in outcomes} == {TokenRefused}
    assert isinstance(again, SignInError)
    assert "sign in again" in again.hint
    assert refreshes(ward) == 1
    assert ward.posts == 0


async def test_T02_a_slow_refresh_survives_the_waiter_that_began_it(ward: Ward) -> None:
    client = await _signed_in_client(ward, concurrency=lm.Concurrency(initialize=100), timeouts=lm.Timeouts())
    ward.fault(Latency(seconds=0.5), OAUTH)

    tasks = [asyncio.create_task(client.images.initialize_upload(ward.owner)) for _ in range(100)]
    assert await settled(lambda: ward.count(INIT, status=401) == 100)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(results[0], asyncio.CancelledError)
    assert len({started.image for started in results[1:] if isinstance(started, lm.InitializedUpload)}) == 99
    assert refreshes(ward) == 1


async def test_T03_a_refusal_after_the_refresh_ends_the_call(ward: Ward) -> None:
    client = await _signed_in_client(ward)
    body = {"status": 401, "serviceErrorCode": 65602, "code": "EXPIRED_ACCESS_TOKEN", "message": "expired"}
    ward.fault(Answer(status=401, body=body), INIT)

    error = await ward.failure(client.images.initialize_upload(ward.owner))

    assert isinstance(error, lm.Unauthorized | SignInError)
    assert ward.inits <= 2
    assert refreshes(ward) == 1


async def test_T03_a_fixed_token_that_is_refused_is_sent_once(ward: Ward) -> None:
    ward.simulator.expire_token(ward.simulator.token)

    error = await ward.failure(ward.pipeline().publish(ward.job()))

    assert (type(error), error.service_error_code) == (lm.Unauthorized, 65602)
    assert ward.inits == 1


FAULTS: Final = {
    "echo": Answer(status=400, body=b"you sent: {headers}"),
    "503": Answer(status=503),
    "429": Throttle(day=True),
    "lost": CommitThenDrop(),
    "half": HalfBody(),
    "early": EarlyAnswer(status=413, after=0, then="reset"),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("on", [INIT, "uploads.put", "images.get", "posts.create"])
async def test_T04_no_fault_anywhere_makes_an_error_or_the_log_tell_a_secret(ward: Ward, name: str, on: str) -> None:
    ward.fault(FAULTS[name], on)

    error = await ward.failure(ward.pipeline(poll=attrs.evolve(EAGER, timeout=0.3)).publish(ward.job(picture(2 * MIB))))

    assert isinstance(error, lm.LinkedInMediaError)
    assert ward.leaks("") == []


async def test_T04_a_server_that_echoes_the_token_does_not_get_it_printed(ward: Ward) -> None:
    _echo(ward)

    error = await ward.failure(ward.client().images.initialize_upload(ward.owner))

    assert error.status == 400
    assert ward.leaks("") == []


def _echo(ward: Ward) -> None:
    body = {"status": 400, "message": f"Authorization: {ward.simulator.token} is no good"}
    ward.fault(Answer(status=400, body=body), INIT)


async def test_T04_the_ledger_holds_neither_the_token_nor_a_signature_that_was_used(ward: Ward, tmp_path: Path) -> None:
    client, path = ward.client(), tmp_path / "jobs.ledger"
    spec = JobSpec(id="a", files=[str(HOPPER)], author=ward.owner, owner=ward.owner, commentary="Hi")
    async with Ingest(client, ledger=path) as ingest:
        await ingest.add([spec])
        results = [result async for result in ingest.run()]

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert [str(result.state) for result in results] == ["posted"]
    assert b"job" in kept
    assert [secret for secret in ward._all_secrets() if secret.encode() in kept] == []


async def test_T04_a_process_shows_the_token_neither_in_its_arguments_nor_in_what_it_prints(ward: Ward) -> None:
    environment = {
        **os.environ,
        "LINKEDIN_ACCESS_TOKEN": ward.simulator.token,
        "LINKEDIN_BASE_URL": ward.simulator.base_url,
        "PYTHONASYNCIODEBUG": "1",
    }
    ward.fault(Latency(seconds=0.5), INIT)
    command = [sys.executable, "-m", "linkedin_media", "upload", str(HOPPER), "--owner", ward.owner]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: ASYNC220 -- so quick
    assert await settled(lambda: ward.simulator.journal.connections > 0, 20.0)
    arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    printed = (await asyncio.to_thread(process.communicate))[0]

    assert process.returncode == 0
    assert b"linkedin_media" in arguments
    assert [secret for secret in ward._all_secrets() if secret.encode() in arguments + printed] == []


@pytest.fixture
def open_umask() -> Any:
    before = os.umask(0)
    yield
    os.umask(before)


async def test_T05_the_token_file_is_its_owners_alone_whatever_the_umask(
    ward: Ward, tmp_path: Path, open_umask: None
) -> None:
    store = FileStore(tmp_path / "config" / "linkedin-media" / "token.json")
    token = await signed_in(ward.simulator)
    modes: list[int] = []
    usual = os.fsync

    def watched(descriptor: int) -> None:
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.iterdir())
        usual(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", watched)
        store.save(token)

    assert modes == [0o600]
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert store.load() == token
    assert [path.name for path in store.path.parent.iterdir()] == ["token.json"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o604, 0o666])
async def test_T05_a_token_file_others_could_read_or_write_is_refused(ward: Ward, tmp_path: Path, mode: int) -> None:
    store = FileStore(tmp_path / "token.json")
    store.save(await signed_in(ward.simulator))
    store.path.chmod(mode)

    with pytest.raises(SignInError, match=f"mode 0{mode:o}"):
        store.load()


async def test_T05_a_link_is_neither_read_nor_written_through(ward: Ward, tmp_path: Path) -> None:
    token, elsewhere = await signed_in(ward.simulator), FileStore(tmp_path / "elsewhere.json")
    elsewhere.save(token)
    store = FileStore(tmp_path / "token.json")
    store.path.symlink_to(elsewhere.path)
    before = elsewhere.path.read_bytes()

    with pytest.raises(SignInError, match="symbolic link"):
        store.load()
    store.save(attrs.evolve(token, issued_at=datetime(2026, 1, 1, tzinfo=UTC)))

    assert not store.path.is_symlink()
    assert elsewhere.path.read_bytes() == before


async def test_T05_a_token_file_of_somebody_else_is_refused(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path / "token.json")
    store.save(await signed_in(ward.simulator))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(SignInError, match="belongs to another user"):
        store.load()
