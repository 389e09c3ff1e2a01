"""A LinkedIn to test against: a real HTTP server on loopback that is as strict as the real one, and fails on demand.

.. code-block:: python

    async with Simulator(SimulatorConfig(processing_seconds=0.5)) as sim:
        async with LinkedInClient(sim.token, base_url=sim.base_url) as client: ...
        assert sim.journal.count(operation="posts.create") == 1

`ThreadedSimulator` runs it in a thread of its own, `SimulatorProcess` in a process of its own, ``linkedin-media simulate``
from the shell. Nothing is stored; every run with the same seed draws the same ids.
"""

from .clock import Clock
from .config import SimulatorConfig
from .faults import Fault, FaultBook
from .image_store import ImageState
from .journal import Call, Journal
from .post_store import PostState
from .simulator import Simulator
from .threaded import ThreadedSimulator

__all__ = [
    "Call",
    "Clock",
    "Fault",
    "FaultBook",
    "ImageState",
    "Journal",
    "PostState",
    "Simulator",
    "SimulatorConfig",
    "ThreadedSimulator",
]
