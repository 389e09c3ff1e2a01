"""A pytest plugin: a fresh LinkedIn for every test, and a client on it.

Installed with this package; nothing else of it is imported until a test asks for a fixture. Override
`linkedin_simulator_config` to choose how the simulator behaves. `linkedin_client` needs pytest-asyncio.

.. code-block:: python

    async def test_publishes(linkedin_client, linkedin_simulator):
        ...
        assert linkedin_simulator.journal.count(operation="posts.create") == 1
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client.session import LinkedInClient
    from .simulator import SimulatorConfig, ThreadedSimulator


@pytest.fixture
def linkedin_simulator_config() -> SimulatorConfig:
    """How the simulator of a test behaves; override it to choose."""
    from .simulator import SimulatorConfig

    return SimulatorConfig(processing_seconds=0.0)


@pytest.fixture
def linkedin_simulator(linkedin_simulator_config: SimulatorConfig) -> Iterator[ThreadedSimulator]:
    """A fresh simulator, served from its own thread: synchronous tests can use it as well."""
    from .simulator import ThreadedSimulator

    with ThreadedSimulator(linkedin_simulator_config) as simulator:
        yield simulator


async def _linkedin_client(linkedin_simulator: ThreadedSimulator) -> AsyncIterator[LinkedInClient]:
    """A client that talks to the test's simulator with a token of every scope."""
    from .client.session import LinkedInClient
    from .options import DEFAULT_VERSION

    async with LinkedInClient(
        linkedin_simulator.token, base_url=linkedin_simulator.base_url, version=DEFAULT_VERSION
    ) as client:
        yield client


if find_spec("pytest_asyncio"):
    import pytest_asyncio

    linkedin_client = pytest_asyncio.fixture(_linkedin_client, name="linkedin_client")
