import pytest

from linkedin_media.simulator import Simulator, SimulatorConfig
from tests.simulator.caller import Caller, session


@pytest.fixture
async def sim():
    """A simulator in the test's own loop, its clock standing still, images processed at once."""
    async with Simulator(SimulatorConfig(clock=lambda: 1_795_000_000.0, processing_seconds=0)) as simulator:
        yield simulator


@pytest.fixture
async def linkedin(sim):
    async with session() as http:
        yield Caller(sim, http)
