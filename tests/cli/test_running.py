"""Many works at once, and the signals that end them."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from contextlib import aclosing
from functools import partial

import pytest

from linkedin_media.cli import running
from linkedin_media.cli.running import as_finished, run_async
from linkedin_media.cli.status import Interrupted


async def test_results_come_as_they_finish_and_never_too_many_run_at_once():
    at_work, most = 0, 0

    async def work(number):
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.02 if number == 0 else 0)
        at_work -= 1
        return number

    results = [result async for result in as_finished((partial(work, n) for n in range(9)), at_once=3)]

    assert sorted(results) == list(range(9))
    assert results[0] != 0
    assert most == 3


async def test_leaving_early_cancels_what_still_runs():
    cancelled = []

    async def forever(number):
        try:
            await asyncio.sleep(60 if number else 0)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    async with aclosing(as_finished((partial(forever, n) for n in range(4)), at_once=2)) as results:
        await anext(results)

    assert cancelled == [1]


async def test_the_first_error_ends_them_all():
    async def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async for _ in as_finished([fail, partial(asyncio.sleep, 60)], at_once=2):
            pass


@pytest.mark.parametrize("network", [True, False])
def test_a_signal_cancels_and_is_told_apart_from_a_failure(network):
    cleaned = []

    async def work():
        signal.raise_signal(signal.SIGTERM)
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.append(True)

    with pytest.raises(Interrupted) as caught:
        run_async(work(), network=network)

    assert (caught.value.status, cleaned) == (143, [True])


def test_a_cancellation_from_within_is_no_interruption():
    async def work():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_async(work())


def test_what_was_loaded_is_left_alone_by_the_garbage_collector_meanwhile():
    async def work():
        return gc.get_freeze_count()

    assert run_async(work()) > 10_000
    assert gc.get_freeze_count() == 0


def test_without_uvloop_the_usual_loop_runs(monkeypatch):
    monkeypatch.setattr(running, "find_spec", lambda name: None)

    async def work():
        return type(asyncio.get_running_loop()).__module__

    assert run_async(work()).startswith("asyncio")


def test_it_runs_outside_of_the_main_thread_too():
    results = []

    async def work():
        results.append(threading.current_thread().name)

    thread = threading.Thread(target=lambda: run_async(work()), name="elsewhere")
    thread.start()
    thread.join()

    assert results == ["elsewhere"]
