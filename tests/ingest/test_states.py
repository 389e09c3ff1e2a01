"""States: what may follow what."""

from __future__ import annotations

import pytest

from linkedin_media.errors import BadRequest
from linkedin_media.ingest.jobs import JobSpec, Record
from linkedin_media.ingest.statements import REOPENED
from linkedin_media.ingest.states import FINAL, FOLLOWERS, State


def _record(state, **fields):
    spec = JobSpec(id="one", files=["/a.png"], author="urn:li:person:1", owner="urn:li:person:1", commentary="x")
    return Record(id=1, spec=spec, state=state, images=[], orphans=[], **fields)


def test_every_state_says_what_may_follow_it():
    assert FOLLOWERS.keys() == set(State)


def test_a_post_that_exists_is_the_end():
    assert FOLLOWERS[State.POSTED] == frozenset()


def test_what_is_in_doubt_neither_parks_nor_fails_nor_begins_anew():
    assert FOLLOWERS[State.POSTING] == {State.POSTED, State.AVAILABLE, State.UNKNOWN}


def test_a_post_is_sent_from_available_only():
    assert {state for state in State if State.POSTING in FOLLOWERS[state]} == {State.AVAILABLE, State.UNKNOWN}


@pytest.mark.parametrize(("before", "after"), REOPENED.items())
def test_whoever_reopens_a_job_takes_a_way_there_is(before, after):
    assert after in FOLLOWERS[before]


@pytest.mark.parametrize("state", sorted(State))
def test_a_record_enters_what_may_follow_and_nothing_else(state):
    for after in State:
        record = _record(state)
        if after in FOLLOWERS[state]:
            record.enter(after)
            assert record.state is after
        else:
            with pytest.raises(ValueError, match=f"job one: {after} may not follow {state}"):
                record.enter(after)


@pytest.mark.parametrize("state", sorted(State))
def test_final_states_are_done(state):
    assert _record(state).done == (state in FINAL)


def test_a_refused_sending_is_taken_back_and_an_earlier_one_in_doubt_is_not():
    first, second = (
        _record(State.POSTING, sendings=1, first_intent_at=5),
        _record(State.POSTING, sendings=2, first_intent_at=5),
    )
    first.refused()
    second.refused()

    assert (first.state, first.sendings, first.first_intent_at) == (State.AVAILABLE, 0, None)
    assert (second.state, second.sendings, second.first_intent_at) == (State.AVAILABLE, 1, 5)


def test_a_failure_in_doubt_is_a_mistake():
    with pytest.raises(ValueError, match="failed may not follow posting"):
        _record(State.POSTING).fail(BadRequest("no", status=400), at=1)
