"""Opening a ledger: what is refused is left as it was, and what is kept is kept from others."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from linkedin_media.errors import InvalidArgument, LedgerBusy, LedgerError, LedgerUnusable
from linkedin_media.ingest import database as databases, ledger_place
from linkedin_media.ingest.database import explain, open_database, open_for_reading
from linkedin_media.ingest.ledger import Ledger
from linkedin_media.ingest.states import State
from linkedin_media.ingest.survey import records

SIGNED = "https://www.linkedin.com/dms-uploads/SECRET-SIGNATURE"


async def _made(path, specs=()):
    ledger = await Ledger.open(path)
    await ledger.add(specs)
    await ledger.aclose()
    return path


async def test_two_indexes_are_of_some_jobs_alone(location):
    """Those left to do, and those that have a post; else finding what is next would take longer with each job done."""
    await _made(location)

    with closing(open_for_reading(location)) as database, database.engine.connect() as connection:
        indexes = {index["name"]: index["dialect_options"] for index in inspect(connection).get_indexes("job")}

    rows = {name: str(options.get(f"{database.engine.dialect.name}_where")) for name, options in indexes.items()}
    assert "done = 0" in rows["job_unfinished"]
    assert "post IS NOT NULL" in rows["job_by_post"]


def test_an_ingest_over_sqlite_loads_nothing_of_postgresql():
    program = (
        "import sys, linkedin_media as lm; lm.Ingest\n"
        "print(*[name for name in sys.modules if 'postgres' in name or 'psycopg' in name])"
    )

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert loaded.stdout.split() == []


async def test_a_new_ledger_is_its_owners_alone(tmp_path):
    path = await _made(tmp_path / "a.ledger")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_ledger_that_others_may_read_is_closed_to_them(tmp_path, caplog):
    path = await _made(tmp_path / "a.ledger")
    path.chmod(0o644)

    await _made(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [record.message for record in caplog.records] == ["ledger.closed_to_others"]


async def test_a_ledger_that_others_may_read_and_that_is_not_mine_is_refused(tmp_path, monkeypatch):
    path = await _made(tmp_path / "a.ledger")
    path.chmod(0o640)

    def not_mine(self, mode):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", not_mine)
    with pytest.raises(LedgerUnusable, match="another user's, and open to others"):
        open_database(path)
    monkeypatch.undo()
    await _made(path)


def _foreign(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
        connection.commit()


def _newer(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE linkedin_media_ledger (name, value)")
        connection.execute("INSERT INTO linkedin_media_ledger VALUES ('version', '99')")
        connection.commit()


def _corrupt(path):
    _newer(path)
    content = bytearray(path.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("id,file\n"), "is no ledger"),
        (_foreign, "is a database, but no ledger"),
        (_newer, "is a ledger of version 99; this release reads up to 1"),
        (_corrupt, "is corrupt"),
    ],
)
def test_what_is_no_ledger_of_ours_is_refused_and_left_as_it_was(tmp_path, make, words):
    path = tmp_path / "a.ledger"
    make(path)
    before = path.read_bytes()

    with pytest.raises(LedgerUnusable, match=words):
        open_database(path)

    assert path.read_bytes() == before
    with pytest.raises(LedgerUnusable):
        open_database(path)  # the lock was given up


def test_a_folder_that_is_not_there_a_folder_itself_and_a_dangling_link_are_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    for path, words in (
        (tmp_path / "no" / "a.ledger", "there is no folder"),
        (tmp_path, "cannot be written"),
        (tmp_path / "link", "cannot be made"),
    ):
        with pytest.raises(LedgerUnusable, match=words):
            open_database(path)


async def test_a_read_only_ledger_is_refused(tmp_path, monkeypatch):
    path = await _made(tmp_path / "a.ledger")
    monkeypatch.setattr("os.access", lambda *_: False)

    with pytest.raises(LedgerUnusable, match="cannot be written"):
        open_database(path)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "ceph", "fuse.s3fs", "fuse.davfs"])
def test_a_network_file_system_is_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(ledger_place, "_file_system", lambda folder: kind)

    with pytest.raises(LedgerUnusable, match=rf"network file system \({kind}\)"):
        open_database(tmp_path / "a.ledger")


def test_the_innermost_mount_names_the_file_system(monkeypatch):
    mounts = "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:5 / /mnt/my\\040share rw - nfs4 host:/ rw\n"
    monkeypatch.setattr(Path, "read_text", lambda self, encoding: mounts)

    assert ledger_place._file_system(Path("/mnt/my share")) == "nfs4"
    assert ledger_place._file_system(Path("/mnt")) == "ext4"


def test_a_system_without_a_list_of_mounts_says_nothing(monkeypatch):
    def refuse(self, encoding):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert ledger_place._file_system(Path("/")) == ""


async def test_one_owner_at_a_time_named_by_its_process_id(tmp_path):
    ledger = await Ledger.open(tmp_path / "a.ledger")
    try:
        with pytest.raises(LedgerBusy) as caught:
            open_database(tmp_path / "a.ledger")
        assert caught.value.pid == os.getpid()
    finally:
        await ledger.aclose()
    await _made(tmp_path / "a.ledger")


async def test_a_ledger_has_one_owner_by_whatever_name_it_is_opened(tmp_path):
    real, link = tmp_path / "spring.ledger", tmp_path / "links" / "current.ledger"
    link.parent.mkdir()
    link.symlink_to(real)
    await _made(real)
    ledger = await Ledger.open(link)
    try:
        for name in (real, link):
            with pytest.raises(LedgerBusy, match="spring"):
                open_database(name)
    finally:
        await ledger.aclose()

    await _made(link)
    assert sorted(path.name for path in link.parent.iterdir()) == ["current.ledger"]
    assert link.is_symlink()


async def test_a_link_that_leads_in_a_circle_is_no_ledger(tmp_path):
    (tmp_path / "a.ledger").symlink_to(tmp_path / "b.ledger")
    (tmp_path / "b.ledger").symlink_to(tmp_path / "a.ledger")

    with pytest.raises(LedgerUnusable):
        open_database(tmp_path / "a.ledger")


async def test_an_upload_url_leaves_the_files_once_it_is_used(tmp_path, make_specs):
    path = tmp_path / "a.ledger"
    ledger = await Ledger.open(path)
    await ledger.add(make_specs(50))
    claimed = await ledger.claim(50)
    for record in claimed:
        record.images[0].urn, record.images[0].url = "urn:li:image:A", SIGNED * 8
        record.enter(State.INITIALIZED)
        await ledger.save(record)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        reader.execute("SELECT 1 FROM job").fetchone()
        for record in claimed:
            record.images[0].url = None
            await ledger.save(record)
        await ledger.aclose()

        assert not any(b"SECRET-SIGNATURE" in file.read_bytes() for file in tmp_path.iterdir())


async def test_a_closed_ledger_is_read(tmp_path, make_specs):
    path = await _made(tmp_path / "a.ledger", make_specs(2))

    with closing(open_for_reading(path)) as database:
        assert len(list(records(database))) == 2
        with pytest.raises(DBAPIError, match="readonly"), database.engine.begin() as connection:
            connection.execute(text("DELETE FROM job"))
    assert {file.name for file in tmp_path.iterdir()} == {"a.ledger", "a.ledger.lock"}


async def test_a_ledger_whose_owner_was_killed_is_read_and_goes_on(tmp_path, make_specs):
    path = tmp_path / "a.ledger"
    program = (
        "import asyncio, os, signal\n"
        "from linkedin_media.ingest.ledger import Ledger\n"
        "async def main():\n"
        f"    ledger = await Ledger.open({str(path)!r})\n"
        "    await ledger.note('a', 'b')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())"
    )
    subprocess.run([sys.executable, "-c", program], check=False)

    with closing(open_for_reading(path)) as database:
        assert list(records(database)) == []
    assert {file.name for file in tmp_path.iterdir()} == {"a.ledger", "a.ledger.lock"}
    ledger = await Ledger.open(path)
    assert await ledger.note("a") == "b"
    await ledger.aclose()


def test_no_look_at_a_ledger_at_work_takes_its_log_away(tmp_path):
    """Not even one from the same process, whose locks on the file end with the first descriptor of it that is closed."""
    path = tmp_path / "a.ledger"
    program = (
        "import asyncio, os, signal\n"
        "from contextlib import closing, suppress\n"
        "from linkedin_media.errors import LedgerBusy\n"
        "from linkedin_media.ingest.database import open_for_reading\n"
        "from linkedin_media.ingest.ledger import Ledger\n"
        "async def main():\n"
        f"    ledger = await Ledger.open({str(path)!r})\n"
        "    with closing(open_for_reading(ledger.name)), suppress(LedgerBusy):\n"
        "        await Ledger.open(ledger.name)\n"
        "    print('open', flush=True)\n"
        "    input()\n"
        "    await ledger.note('a', 'b')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "open\n"
        with closing(open_for_reading(path)) as database:
            assert list(records(database)) == []
        with closing(sqlite3.connect(path)) as stranger:
            stranger.execute("SELECT 1 FROM job").fetchone()
        assert Path(f"{path}-wal").exists()
        owner.communicate("\n", timeout=30)

    with closing(open_for_reading(path)) as database, database.engine.connect() as connection:
        notes = connection.execute(text("SELECT value FROM linkedin_media_ledger WHERE name = 'a'"))
        assert notes.scalars().all() == ["b"]


def test_a_disk_without_room_for_a_lock_is_named_and_the_lock_let_go(tmp_path, monkeypatch):
    path = tmp_path / "a.ledger"

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(LedgerUnusable, match=r"a\.ledger\.lock cannot be written: No space left") as caught:
            open_database(path)
    assert "the space left" in caught.value.hint
    assert not path.exists()
    open_database(path).close()


def test_there_is_nothing_to_read_where_there_is_no_ledger(tmp_path):
    with pytest.raises(LedgerUnusable, match="there is no ledger"):
        open_for_reading(tmp_path / "a.ledger")
    _foreign(tmp_path / "b")
    with pytest.raises(LedgerUnusable, match="no ledger"):
        open_for_reading(tmp_path / "b")


@pytest.mark.parametrize("url", ["mysql://host/x", "nonsense://", "postgresql://host:port/x"])
def test_other_databases_are_refused(url):
    with pytest.raises(InvalidArgument):
        open_database(url)


def test_a_postgresql_that_is_somebody_elses_is_refused_without_its_password(postgresql):
    engine = create_engine(make_url(postgresql).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bookmarks (url text)"))
    engine.dispose()

    with pytest.raises(LedgerUnusable, match="is a database, but no ledger"):
        open_database(postgresql)


def test_a_postgresql_that_cannot_be_reached_is_an_error_without_its_password():
    with pytest.raises(LedgerError) as caught:
        open_database("postgresql://me:hidden@127.0.0.1:1/x")
    assert "hidden" not in str(caught.value)
    assert "is the database running" in caught.value.hint


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("postgresql://me:hidden@127.0.0.1:1/x", "postgresql://me@127.0.0.1:1/x"),
        ("postgresql:///x?host=%2Fnowhere&port=7&password=hidden", "postgresql:///x?host=%2Fnowhere&port=7"),
        ("postgresql+psycopg://127.0.0.1:1/x?sslpassword=hidden", "postgresql://127.0.0.1:1/x"),
    ],
)
def test_a_postgresql_is_named_by_all_that_leads_to_it_but_what_is_secret(location, name):
    with pytest.raises(LedgerError) as caught:
        open_database(location)
    assert str(caught.value).startswith(f"{name}: ")
    assert "hidden" not in str(caught.value)


def test_the_name_of_a_postgresql_opens_it_again(postgresql):
    database = open_database(postgresql)
    database.close()
    again = open_for_reading(database.name)
    again.close()

    assert again.name == database.name


@pytest.fixture
def silent():
    """A server that takes connections and says nothing: its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_database_that_does_not_answer_keeps_only_its_ledger_waiting(silent):
    opening = asyncio.create_task(Ledger.open(f"postgresql://127.0.0.1:{silent}/x?connect_timeout=2"))

    await asyncio.sleep(0.2)  # would not end, were the loop itself to wait
    waits = not opening.done()
    with pytest.raises(LedgerError, match="timeout"):
        await opening

    assert waits


def test_a_database_that_does_not_answer_is_not_waited_for_for_ever(silent, monkeypatch):
    monkeypatch.setattr(databases, "_PATIENCE", 2)  # the shortest there is

    with pytest.raises(LedgerError, match="timeout"):
        open_database(f"postgresql://127.0.0.1:{silent}/x")


@pytest.mark.parametrize(
    ("environment", "query", "seconds"),
    [
        (None, "", "10"),
        ("", "", "10"),
        ("7", "", "7"),
        (None, "?connect_timeout=3", "3"),
        ("7", "?connect_timeout=3", "3"),
    ],
)
def test_how_long_a_database_is_waited_for_may_be_said(monkeypatch, environment, query, seconds):
    urls = []

    def refuse(url, **_):
        urls.append(url)
        raise ImportError

    monkeypatch.setattr(databases, "create_engine", refuse)
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    if environment is not None:
        monkeypatch.setenv("PGCONNECT_TIMEOUT", environment)
    with pytest.raises(LedgerUnusable):
        open_database(f"postgresql://host/x{query}")

    assert [url.query for url in urls] == [{"connect_timeout": seconds}]


async def test_whoever_stops_waiting_for_a_ledger_leaves_it_to_others(tmp_path, monkeypatch):
    def slowly(location):
        time.sleep(0.2)
        return open_database(location)

    with monkeypatch.context() as patch:
        patch.setattr("linkedin_media.ingest.ledger.open_database", slowly)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Ledger.open(tmp_path / "a.ledger"), 0.05)

    async with asyncio.timeout(5):
        while True:
            with suppress(LedgerBusy):
                await (await Ledger.open(tmp_path / "a.ledger")).aclose()
                break


async def test_a_ledger_is_closed_while_others_go_on(tmp_path, monkeypatch):
    ledger, others, heard = await Ledger.open(tmp_path / "a.ledger"), threading.Event(), []
    close = ledger._database.close

    def slowly(_):
        heard.append(others.wait(2))
        close()

    monkeypatch.setattr(type(ledger._database), "close", slowly)
    end = asyncio.create_task(ledger.aclose())
    await asyncio.sleep(0.1)
    others.set()
    await end

    assert heard == [True]


def test_postgresql_needs_its_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LedgerUnusable, match="needs psycopg"):
        open_database("postgresql://host/x")


@pytest.mark.parametrize(
    ("words", "kind", "hint"),
    [
        ("database disk image is malformed", LedgerUnusable, "backup"),
        ("attempt to write a readonly database", LedgerUnusable, "permissions"),
        ("database or disk is full", LedgerError, "make space"),
        ("connection timeout expired", LedgerError, "is the database running"),
        (
            'connection failed: connection to server at "127.0.0.1", port 1 failed',
            LedgerError,
            "is the database running",
        ),
        ('connection failed: connection to server at "beautiful.example" failed', LedgerError, "is the database"),
        ("something else", LedgerError, ""),
    ],
)
def test_a_databases_words_become_advice(words, kind, hint):
    for error in (sqlite3.OperationalError(words), DBAPIError("SELECT 1", {}, Exception(words))):
        told = explain(error, "a.ledger")
        assert type(told) is kind
        assert words in told.message
        assert hint in told.hint
        assert bool(hint) == bool(told.hint)


async def test_opening_that_fails_half_way_gives_the_file_up(tmp_path, monkeypatch):
    path = tmp_path / "a.ledger"
    monkeypatch.setattr(Ledger, "_sign_in", lambda self, db: db.execute(text("nonsense")))
    with pytest.raises(LedgerError):
        await Ledger.open(path)
    monkeypatch.undo()

    await _made(path)


@pytest.mark.parametrize(("setting", "ours"), [("off", "on"), ("local", "local"), ("on", "on")])
def test_a_commit_lasts_whatever_the_server_is_set_to(postgresql, setting, ours):
    with closing(open_database(postgresql)) as database, database.engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {make_url(postgresql).database} SET synchronous_commit = {setting}"))

    with closing(open_database(postgresql)) as database, database.engine.begin() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == ours


def test_a_commit_lasts_in_a_session_that_a_pooler_changed_meanwhile(postgresql):
    with closing(open_database(postgresql)) as database, database.engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {make_url(postgresql).database} SET synchronous_commit = off"))

    with closing(open_database(postgresql)) as database:
        for _ in range(2):
            with database.engine.begin() as connection:
                assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
                connection.execute(text("SET SESSION synchronous_commit = off"))


async def test_a_process_stopped_within_a_transaction_does_not_keep_its_jobs_for_ever(
    postgresql, make_specs, monkeypatch
):
    monkeypatch.setattr(databases, "_STOPPED", 0.5)
    with closing(open_database(postgresql)) as stopped, stopped.engine.connect() as connection:
        ledger = await Ledger.open(postgresql)
        try:
            await ledger.add(make_specs(1))
            connection.execute(text("UPDATE job SET tries = 1"))  # and nothing more is heard of it
            assert await ledger.claim(1) == []

            async with asyncio.timeout(10):
                while not (claimed := await ledger.claim(1)):  # noqa: ASYNC110 -- nobody tells when the server has
                    await asyncio.sleep(0.1)
        finally:
            await ledger.aclose()

        assert [(record.spec.id, record.tries) for record in claimed] == [("job-0", 0)]
        with pytest.raises(DBAPIError) as caught:
            connection.execute(text("SELECT 1"))
    assert caught.value.connection_invalidated  # which the writer takes for a passing matter, and begins anew


async def test_a_writer_whose_transaction_the_server_ended_makes_it_anew(postgresql, make_specs, monkeypatch):
    monkeypatch.setattr(databases, "_STOPPED", 0.3)
    ledger, naps = await Ledger.open(postgresql), [1.0]
    try:
        await ledger.add(make_specs(1))

        def stopped_once(db):
            db.execute(text("UPDATE job SET tries = tries + 1"))
            time.sleep(naps.pop() if naps else 0)
            return db.execute(text("SELECT tries FROM job")).scalar_one()

        assert await ledger._run(stopped_once) == 1
    finally:
        await ledger.aclose()
