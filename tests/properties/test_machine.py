"""A client and a simulator, through any sequence of jobs, faults and time: nothing is posted twice, and outcomes are true."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import linkedin_media as lm
from linkedin_media.simulator import (
    Answer,
    CommitThenDrop,
    EarlyAnswer,
    ExpireUploads,
    Fault,
    HalfBody,
    HalfHead,
    LimitData,
    Reset,
    SimulatorConfig,
    ThreadedSimulator,
    Throttle,
)
from tests.faults.ward import EAGER, QUICK, SHORT, picture

ACTIONS: Final = {
    "500": Answer(status=500),
    "503": Answer(status=503),
    "409": Answer(status=409),
    "garbage": Answer(status=200, body=b"{"),
    "429": Throttle(retry_after="0"),
    "reset": Reset(),
    "lost": CommitThenDrop(),
    "half head": HalfHead(),
    "half body": HalfBody(),
    "cut": LimitData(bytes=50),
    "early": EarlyAnswer(status=413, after=0, then="linger"),
    "expired": ExpireUploads(),
}
CALLS: Final = ("images.initializeUpload", "uploads.put", "images.*get", "posts.create")


class Machine(RuleBasedStateMachine):
    """Publishes jobs one after the other and several at once, while faults come and go."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.Runner()
        self.simulator = ThreadedSimulator(SimulatorConfig(processing_seconds=0.0)).__enter__()
        self.client = lm.LinkedInClient(
            self.simulator.token, base_url=self.simulator.base_url, retry=QUICK, timeouts=SHORT
        )
        self.pipeline = lm.Pipeline(self.client, poll=EAGER)
        self.jobs = 0
        self.outcomes: list[Any] = []

    @rule(action=st.sampled_from(sorted(ACTIONS)), on=st.sampled_from(CALLS), nth=st.integers(1, 3))
    def break_something(self, action: str, on: str, nth: int) -> None:
        when = {"when": "after"} if action == "garbage" else {}  # a success that never was is beyond any client
        self.simulator.faults.add(Fault(action=ACTIONS[action], on=on, nth=nth, **when))

    @rule()
    def mend_everything(self) -> None:
        self.simulator.faults.clear()

    @rule(seconds=st.sampled_from([1.0, 3000.0, 4000.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.simulator.clock.advance(seconds)

    @rule(number=st.integers(1, 4), images=st.integers(1, 3))
    def publish(self, number: int, images: int) -> None:
        jobs = []
        for _ in range(number):
            self.jobs += 1
            pictures = [picture(seed=self.jobs * 10 + image) for image in range(images)]
            author = self.simulator.organization
            jobs.append(lm.Job(author=author, commentary=f"job {self.jobs}.", images=pictures))

        async def run() -> list[Any]:
            return [outcome async for outcome in self.pipeline.publish_all(jobs)]

        self.outcomes += self.loop.run(run())

    @invariant()
    def nothing_is_posted_twice_and_outcomes_are_true(self) -> None:
        if not hasattr(self, "outcomes"):
            return
        posts = list(self.simulator.posts.values())
        made = [post.commentary for post in posts]
        assert sorted(made) == sorted(set(made))
        assert len(self.outcomes) == self.jobs
        for outcome in self.outcomes:
            exists = outcome.job.commentary in made
            match outcome:
                case lm.Published(post=post):
                    assert exists
                    assert post.id is None or post.id in self.simulator.posts
                case lm.Failed():
                    assert not exists, outcome
                case _:
                    assert isinstance(outcome, lm.Unknown)

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.run(self.client.aclose())
            self.loop.close()
            self.simulator.__exit__()


def _case(examples: int, steps: int) -> Any:
    case = Machine.TestCase
    case.settings = settings(max_examples=examples, stateful_step_count=steps, derandomize=True, deadline=None)
    return case


class TestMachine(_case(40, 15)):  # type: ignore[misc]
    """The short run."""


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_the_machine_for_long() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=300, stateful_step_count=30, derandomize=True, deadline=None)
    )
