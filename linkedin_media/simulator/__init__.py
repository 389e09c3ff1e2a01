"""A LinkedIn to test against: a real HTTP server on loopback that is as strict as the real one, and fails on demand.

.. code-block:: python

    async with Simulator(SimulatorConfig(processing_seconds=0.5)) as sim:
        async with LinkedInClient(sim.token, base_url=sim.base_url) as client: ...
        assert sim.journal.count(operation="posts.create") == 1

`ThreadedSimulator` runs it in a thread of its own, `SimulatorProcess` in a process of its own, ``linkedin-media simulate``
from the shell. Nothing is stored; every run with the same seed draws the same ids.
"""

from .answer_toxics import Bandwidth, HalfBody, HalfHead, Informational, Slice, SlowClose
from .clock import Clock
from .config import SimulatorConfig
from .faults import Action, Fault, FaultBook
from .image_store import ImageState
from .journal import Call, Journal
from .post_store import PostState
from .process import SimulatorProcess
from .simulator import Simulator
from .threaded import ThreadedSimulator
from .toxics import (
    AdvanceClock,
    Answer,
    DailyLimit,
    ExpireUploads,
    Hook,
    InvalidateToken,
    Latency,
    Mutate,
    Throttle,
)
from .wire_toxics import BlackHole, CommitThenDrop, EarlyAnswer, LimitData, Refuse, Reset

__all__ = [
    "Action",
    "AdvanceClock",
    "Answer",
    "Bandwidth",
    "BlackHole",
    "Call",
    "Clock",
    "CommitThenDrop",
    "DailyLimit",
    "EarlyAnswer",
    "ExpireUploads",
    "Fault",
    "FaultBook",
    "HalfBody",
    "HalfHead",
    "Hook",
    "ImageState",
    "Informational",
    "InvalidateToken",
    "Journal",
    "Latency",
    "LimitData",
    "Mutate",
    "PostState",
    "Refuse",
    "Reset",
    "Simulator",
    "SimulatorConfig",
    "SimulatorProcess",
    "Slice",
    "SlowClose",
    "ThreadedSimulator",
    "Throttle",
]
