"""Images in a media library of the simulator, and clients of several tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import linkedin_media as lm
from tests.simulator.caller import png

if TYPE_CHECKING:
    from linkedin_media.simulator import ThreadedSimulator

QUICK = lm.RetryPolicy(initial_delay=0.0, max_delay=0.0)


def client_of(simulator: ThreadedSimulator, token: str | None = None, **options: Any) -> lm.LinkedInClient:
    return lm.LinkedInClient(
        token or simulator.token, base_url=simulator.base_url, **{"version": "202609", "retry": QUICK} | options
    )


async def add_image(client: lm.LinkedInClient, simulator: ThreadedSimulator, name: str = "", **size: int) -> lm.Urn:
    """Upload an image of the organization; with a `name` into the library of the ad account too."""
    library = lm.MediaLibraryMetadata(simulator.account, name) if name else None
    started = await client.images.initialize_upload(simulator.organization, media_library=library)
    await client.images.upload(started, png(**size))
    return started.image


def calls(simulator: ThreadedSimulator, *operations: str) -> list[str]:
    """The operations that were called, in order; all of them, or those named."""
    return [call.operation for call in simulator.journal if not operations or call.operation in operations]


def targets(simulator: ThreadedSimulator, operation: str) -> list[str]:
    """Path and query of each call of an operation, as they went over the wire."""
    return [call.raw_path for call in simulator.journal if call.operation == operation]
