"""Group commit: everyone hears of their own write, and of nothing but what is durable."""

from __future__ import annotations

import asyncio
import threading

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from linkedin_media.errors import LedgerError, LostLease
from linkedin_media.ingest import writer as writing
from linkedin_media.ingest.database import open_database
from linkedin_media.ingest.ledger import Ledger
from linkedin_media.ingest.schema import about, job
from linkedin_media.ingest.states import State

from .conftest import intend, save_posted


def _note(db, name):
    db.execute(about.insert().values(name=name, value="x"))


async def _names(ledger):
    return set(await ledger._writer.run(lambda db: db.execute(select(about.c.name)).scalars().all()))


async def _while_blocked(ledger, submit):
    """Have all of `submit` wait in the queue, so that they share one transaction."""
    gate, entered = threading.Event(), threading.Event()

    def block(db):
        entered.set()
        gate.wait(5)

    blocking = asyncio.create_task(ledger._writer.run(block))
    await asyncio.to_thread(entered.wait, 5)
    tasks = [asyncio.create_task(one) for one in submit]
    await asyncio.sleep(0.02)
    gate.set()
    await blocking
    return tasks


async def test_writes_that_wait_share_a_transaction(ledger):
    commits = []
    event.listen(ledger._database.engine, "commit", lambda connection: commits.append(1))

    tasks = await _while_blocked(ledger, [ledger.note(f"n{n}", "x") for n in range(50)])
    await asyncio.gather(*tasks)

    assert len(commits) == 2


async def test_a_bad_write_fails_alone_and_the_others_are_made_once(ledger):
    def bad(db):
        db.execute(text("INSERT INTO nowhere VALUES (1)"))

    run = ledger._writer.run
    tasks = await _while_blocked(ledger, [run(lambda db: _note(db, "a")), run(bad), run(lambda db: _note(db, "b"))])
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [type(None), LedgerError, type(None)]
    assert {"a", "b"} <= await _names(ledger)


async def test_a_lost_lease_spoils_no_other_intent_and_counts_none_twice(ledger, make_specs):
    await ledger.add(make_specs(3))
    records = await ledger.claim(3)
    for record in records:
        record.enter(State.AVAILABLE)
    await ledger._writer.run(lambda db: db.execute(job.update().where(job.c.id == records[1].id).values(owner="other")))

    tasks = await _while_blocked(ledger, [intend(ledger, record) for record in records])
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    await ledger.refresh(records[0])

    assert [type(outcome) for outcome in outcomes] == [type(None), LostLease, type(None)]
    assert records[0].sendings == 1


async def test_a_job_that_is_done_is_not_taken_for_lost_because_another_one_is(ledger, make_specs):
    await ledger.add(make_specs(2))
    done, lost = await ledger.claim(2)
    for record in (done, lost):
        record.fail(ValueError("broken"), at=1)
    await ledger._writer.run(lambda db: db.execute(job.update().where(job.c.id == lost.id).values(owner="other")))

    tasks = await _while_blocked(ledger, [ledger.save(done), ledger.save(lost)])
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [type(None), LostLease]
    assert await ledger.counts() == {State.FAILED: 1, State.NEW: 1}


async def test_a_post_is_never_taken_for_all_there_is_to_write_of_its_job(ledger, make_specs):
    await ledger.add(make_specs(1))
    [record] = await ledger.claim(1)
    record.enter(State.AVAILABLE)
    await intend(ledger, record)
    record.tries = 7

    async def twice():
        waiting = asyncio.create_task(ledger.save(record))
        await asyncio.sleep(0)
        record.posted(None, at=1)
        await save_posted(ledger, record)
        await waiting

    [task] = await _while_blocked(ledger, [twice()])
    await task
    [row] = await ledger._writer.run(lambda db: db.execute(select(job.c.tries, job.c.state)).all())

    assert tuple(row) == (7, "posted")


async def test_where_everybody_waits_nobody_else_is_waited_for(ledger, make_specs, monkeypatch):
    monkeypatch.setattr(writing, "_PATIENCE", 60.0)
    await ledger.add(make_specs(3))
    first, *others = await ledger.claim(3)
    for record in (first, *others):
        record.tries = 1

    alone = asyncio.create_task(ledger.save(first))
    done, _ = await asyncio.wait([alone], timeout=0.1)
    assert not done  # the others may write as well

    async with asyncio.timeout(5):
        await asyncio.gather(alone, *(ledger.save(record, release=True) for record in others))


async def test_an_intent_is_never_overtaken_by_a_later_write_of_its_job(ledger, make_specs):
    await ledger.add(make_specs(1))
    [record] = await ledger.claim(1)
    record.enter(State.AVAILABLE)

    async def twice():
        waiting = asyncio.create_task(intend(ledger, record))
        await asyncio.sleep(0)
        await ledger.save(record)
        await waiting

    [task] = await _while_blocked(ledger, [twice()])
    await task
    await ledger.refresh(record)

    assert record.intent_at is not None


async def test_a_write_nobody_waits_for_any_more_is_made_all_the_same(ledger):
    [task] = await _while_blocked(ledger, [_cancelled(ledger)])
    await task

    assert "left" in await _names(ledger)


async def _cancelled(ledger):
    waiting = asyncio.create_task(ledger.note("left", "x"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_a_claim_nobody_waits_for_any_more_holds_nothing(ledger, make_specs):
    await ledger.add(make_specs(3))

    async def given_up():
        claiming = asyncio.create_task(ledger.claim(2))
        await asyncio.sleep(0)
        claiming.cancel()
        await asyncio.wait([claiming])

    [task] = await _while_blocked(ledger, [given_up()])
    await task

    assert len(await ledger.claim(3)) == 3


async def test_a_claim_that_fails_holds_nothing(ledger, make_specs, monkeypatch):
    await ledger.add(make_specs(2))
    monkeypatch.setattr(writing, "_apply", _then_fail(writing._apply))
    with pytest.raises(LedgerError):
        await ledger.claim(2)
    monkeypatch.undo()

    assert len(await ledger.claim(2)) == 2


def _then_fail(apply):
    def failing(*arguments):
        apply(*arguments)
        raise LedgerError("no space")

    return failing


async def test_a_connection_that_broke_is_made_anew_and_the_write_repeated(postgresql, make_specs):
    ledger = await Ledger.open(postgresql)
    other = open_database(postgresql)
    try:
        await ledger.add(make_specs(1))
        record = (await ledger.claim(1))[0]
        record.enter(State.AVAILABLE)
        tasks = await _while_blocked(ledger, [_cut(other), intend(ledger, record)])
        await asyncio.gather(*tasks)
        await ledger.refresh(record)

        assert (record.state, record.sendings) == (State.POSTING, 1)
    finally:
        other.close()
        await ledger.aclose()


async def _cut(database):
    with database.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


async def test_a_commit_that_nobody_confirmed_is_repeated_without_harm(ledger, make_specs, monkeypatch):
    class Lost(Exception):
        sqlstate = "57P01"

    await ledger.add(make_specs(1))
    record = (await ledger.claim(1))[0]
    record.enter(State.AVAILABLE)
    engine, failures = ledger._database.engine, iter([True])

    def once(connection):
        if next(failures, False):
            raise OperationalError("COMMIT", {}, Lost("server closed the connection"))

    event.listen(engine, "commit", once)
    await intend(ledger, record)
    await ledger.refresh(record)

    assert record.sendings == 1


async def test_a_server_that_stays_away_is_an_error_in_the_end(ledger, monkeypatch):
    class Away(Exception):
        sqlstate = "57P03"

    def away(connection):
        raise OperationalError("BEGIN", {}, Away("the database system is starting up"))

    monkeypatch.setattr(writing, "_RETRIES", (0.0, 0.0))
    event.listen(ledger._database.engine, "begin", away)
    with pytest.raises(LedgerError, match="starting up"):
        await ledger.note("a", "b")
    event.remove(ledger._database.engine, "begin", away)


async def test_whatever_a_write_raises_reaches_who_waits(ledger):
    def broken(db):
        raise KeyError("x")

    def worse(db):
        raise SystemExit

    with pytest.raises(KeyError):
        await ledger._writer.run(broken)
    with pytest.raises(LedgerError, match="SystemExit"):
        await ledger._writer.run(worse)
    assert await ledger.note("still", "works") == "works"


def test_a_write_whose_loop_is_gone_harms_nobody(location):
    async def leave():
        ledger = await Ledger.open(location)
        waiting = asyncio.create_task(ledger._writer.run(lambda db: threading.Event().wait(0.1)))
        await asyncio.sleep(0.01)
        waiting.cancel()
        return ledger

    ledger = asyncio.run(leave())
    asyncio.run(ledger.aclose())


def test_a_write_left_over_from_a_loop_that_is_gone_keeps_nobody_waiting(location):
    async def leave():
        ledger = await Ledger.open(location)
        waiting = asyncio.create_task(ledger.note("left over", "x"))
        await asyncio.sleep(0)
        waiting.cancel()
        return ledger

    async def go_on():
        assert await asyncio.wait_for(ledger.note("left over"), 5) == "x"
        await ledger.aclose()

    ledger = asyncio.run(leave())
    asyncio.run(go_on())
