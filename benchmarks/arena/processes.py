"""Processes: the server on one core, one contender after the other on another, everything made for one run."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from . import certificate
from .figures import Run, Runs

ROOT: Final = Path(__file__).resolve().parents[2]
_TIMEOUT: Final = 1800


@attrs.frozen(kw_only=True)
class Settings:
    """How much to measure."""

    rounds: int = 5
    scale: float = 1.0
    """What the numbers of images are multiplied by."""
    haste: float = 1.0
    """What the seconds that images are processed for are multiplied by."""
    schemes: Sequence[str] = ("http", "https")
    only: Sequence[str] = ()
    """The contenders to run, all of them where there are none."""
    folder: Path
    """Where samples are made."""

    def seconds(self, low: float, high: float) -> tuple[float, float]:
        """Return for how long images are processed where `low` to `high` seconds is the full measure."""
        return low * self.haste, high * self.haste

    def images(self, number: int) -> int:
        """Return how many images to use where `number` is the full measure."""
        return max(round(number * self.scale), 10)


@attrs.frozen
class Contender:
    """Somebody who can publish images. `share` is the part of the images that a slow one gets."""

    name: str
    module: str
    needs: str = ""
    share: float = 1.0
    uvloop: bool = attrs.field(default=False, kw_only=True)
    extra: Mapping[str, Any] = attrs.field(factory=dict, kw_only=True, hash=False)

    @property
    def installed(self) -> bool:
        """Tell whether everything it needs is there."""
        wanted = [*self.needs.split(), *(["uvloop"] if self.uvloop else [])]
        return all(importlib.util.find_spec(name) is not None for name in wanted)


OURS: Final = Contender("ours", "ours")
OURS_UVLOOP: Final = Contender("ours, uvloop", "ours", uvloop=True)
INGEST: Final = Contender("ours, ingest with its ledger", "ingest", "linkedin_media.ingest")
PLAIN: Final = Contender("plain aiohttp loop", "plain_aiohttp")
PLAIN_UVLOOP: Final = Contender("plain aiohttp loop, uvloop", "plain_aiohttp", uvloop=True)
NAIVE: Final = Contender("gather, aiofiles 64 KB, own polling", "naive_recipe", share=0.5)
HTTPX: Final = Contender("httpx, async", "httpx_async", "httpx", 0.2)
REQUESTS: Final = Contender("requests in threads", "requests_threads", "requests", 0.25)
OFFICIAL: Final = Contender("LinkedIn's client in threads", "official_client", "linkedin_api", 0.25)
CURL: Final = Contender("pycurl multi", "pycurl_multi", "pycurl")
EVERYBODY: Final = (OURS, OURS_UVLOOP, INGEST, PLAIN, PLAIN_UVLOOP, NAIVE, HTTPX, REQUESTS, OFFICIAL, CURL)


def taking_part(contenders: Sequence[Contender], settings: Settings) -> list[Contender]:
    """Return those who are wanted and can run."""
    wanted = [
        one for one in contenders if not settings.only or one.module in settings.only or one.name in settings.only
    ]
    for one in wanted:
        if not one.installed:
            say(f"{one.name}: not installed, left out")
    return [one for one in wanted if one.installed]


def cores() -> tuple[list[int], list[int]]:
    """Return the cores of the contenders and those of the server: one each, none where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return ([], []) if len(usable) < 2 else ([usable[0]], [usable[1]])


def say(text: str) -> None:
    """Tell whoever waits; results alone go to the standard output."""
    print(text, file=sys.stderr, flush=True)


@attrs.define(eq=False)
class Server:
    """The server, running."""

    origin: str
    certificate: str | None
    _control: http.client.HTTPConnection

    def reset(self, processing: tuple[float, float], delay: float = 0.0) -> None:
        """Forget everything; from now on images are processed for so many seconds, and every call takes `delay` more."""
        self._ask("reset", json.dumps({"processing": processing, "delay": delay}).encode())

    def tally(self) -> dict[str, Any]:
        """Return what was counted since."""
        return self._ask("tally", b"")

    def _ask(self, what: str, body: bytes) -> dict[str, Any]:
        self._control.request("POST", f"/control/{what}", body)
        return json.loads(self._control.getresponse().read())


@contextmanager
def server(scheme: str) -> Iterator[Server]:
    """Run the server in a process of its own, on its own core."""
    with ExitStack() as stack:
        pem = None
        if scheme == "https":
            pem = str(certificate.make(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        command = [sys.executable, "-m", "benchmarks.arena.server", *(["--certificate", pem] if pem else [])]
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True))
        stack.callback(process.kill)
        if cores()[1]:
            os.sched_setaffinity(process.pid, cores()[1])
        origin = process.stdout.readline().strip()
        if pem:
            context = ssl.create_default_context(cafile=pem)
            control: http.client.HTTPConnection = http.client.HTTPSConnection(
                origin.removeprefix("https://"), context=context
            )
        else:
            control = http.client.HTTPConnection(origin.removeprefix("http://"))
        stack.callback(control.close)
        yield Server(origin, pem, control)


def race(
    contender: Contender,
    at: Server,
    files: Sequence[str],
    images: int,
    *,
    processing: tuple[float, float] = (0.0, 0.0),
    delay: float = 0.0,
    **extra: Any,
) -> Run:
    """Let a contender publish images, in a process of its own."""
    at.reset(processing, delay)
    count = max(round(images * contender.share), 5)
    task = {
        "origin": at.origin,
        "certificate": at.certificate,
        "files": list(files),
        "count": count,
        "uvloop": contender.uvloop,
        "cores": cores()[0],
        "extra": {**contender.extra, **extra},
    }
    measured = alone([f"benchmarks.contenders.{contender.module}", json.dumps(task)], certificate=at.certificate)
    tally = at.tally()
    known = {name: measured.pop(name) for name in ("wall", "cpu", "start", "peak", "posts")}
    if known["posts"] != count:
        raise RuntimeError(f"{contender.name}: {known['posts']} of {count} posts; the server says {tally['calls']}")
    return Run(images=count, tally=tally, details=measured, **known)


def alone(arguments: Sequence[str], *, certificate: str | None = None) -> dict[str, Any]:
    """Run a module in a process of its own and return the JSON of its last line."""
    trust = {} if certificate is None else {"SSL_CERT_FILE": certificate, "REQUESTS_CA_BUNDLE": certificate}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **trust, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed:\n{done.stderr[-4000:]}{done.stdout[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def interleaved(
    contenders: Sequence[Contender], rounds: int, run: Callable[[Contender], Run], about: str = ""
) -> dict[Contender, Runs]:
    """Let each contender run once a round, every round beginning with another one."""
    runs: dict[Contender, list[Run]] = {contender: [] for contender in contenders}
    for number in range(rounds):
        say(f"{about}: round {number + 1} of {rounds}")
        turn = number % len(contenders) if contenders else 0
        for contender in [*contenders[turn:], *contenders[:turn]]:
            runs[contender].append(run(contender))
    return dict(runs)
