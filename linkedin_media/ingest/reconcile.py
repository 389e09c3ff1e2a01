"""Posts in doubt: one batched look at the author's newest posts finds those that exist, and proves the others absent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from ..errors import Forbidden, LinkedInMediaError, PostOutcomeUnknown
from ..model.post import CreatedPost
from ..model.urn import Urn
from ..protocol import posts as protocol
from .jobs import Record
from .options import IngestOptions
from .witness import horizon, matches, moment, young_enough

if TYPE_CHECKING:
    from ..client.session import LinkedInClient

_log: Final = logging.getLogger("linkedin_media.ingest")
_PAGES: Final = 10_000


@attrs.frozen
class Findings:
    """What a look brought: the posts of some jobs, and whether it went far enough back to prove the rest absent."""

    found: dict[int, CreatedPost]
    complete: bool
    why_not: str = ""
    forbidden: bool = False


async def look(client: LinkedInClient, author: str, records: Sequence[Record], options: IngestOptions) -> Findings:
    """Scan the author's posts, newest first, past the first intent of all `records`; bounded by time, never by depth.

    A page shorter than asked for is not the end; an empty one is.
    """
    missing = list(records)
    until, start = horizon(missing, options.clock_skew), 0
    found: dict[int, CreatedPost] = {}
    for _ in range(_PAGES):
        request = protocol.build_find_by_author(author, start=start, count=protocol.MAX_COUNT, sort_by="CREATED")
        try:
            page = protocol.parse_page(await client.send(request))
        except Forbidden as error:
            why = f"the author's posts may not be read: {error.message}"
            return Findings(found, complete=False, why_not=why, forbidden=True)
        except LinkedInMediaError as error:
            return Findings(found, complete=False, why_not=error.message)
        for post in page:
            for record in missing:
                if matches(record, post, shared_images=options.reuse_images) and young_enough(
                    record, moment(post), options.clock_skew
                ):
                    found[record.id] = CreatedPost(post.id, images=post.image_ids)
                    missing.remove(record)
                    break

        times = [made for post in page if (made := moment(post)) is not None]
        if not missing or not page.elements or (times and min(times) < until):
            return Findings(found, complete=True)
        start = page.next_start if page.next_start is not None else start + len(page)

    return Findings(found, complete=False, why_not="the search did not end")


def unknown(record: Record, why: str) -> PostOutcomeUnknown:
    """Say why nobody can tell."""
    return PostOutcomeUnknown(Urn(record.spec.author), record.image_urns, reason=why)
