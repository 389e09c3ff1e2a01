"""Posts in doubt: one batched look at the author's newest posts finds those that exist, and proves the others absent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from ..errors import (
    Forbidden,
    LedgerError,
    LinkedInMediaError,
    PostOutcomeUnknown,
    RateLimited,
    SignInError,
    Unauthorized,
    VersionSunset,
)
from ..model.collection import Page
from ..model.post import CreatedPost, Post
from ..model.urn import Urn
from ..protocol import posts as protocol
from .clocks import skew_of
from .jobs import Record
from .options import IngestOptions
from .witness import horizon, matches, moment, young_enough

if TYPE_CHECKING:
    from ..client.session import LinkedInClient
    from .ledger import Ledger

FATAL: Final = (Unauthorized, SignInError, VersionSunset)
"""Errors that every other call would meet too: the run ends, and no job is spoiled."""

_PAGES: Final = 10_000
_OVERLAP: Final = 10


@attrs.frozen
class Findings:
    """What a look brought: the posts of some jobs, and whether it went far enough back to prove the rest absent."""

    found: dict[int, CreatedPost]
    complete: bool
    why_not: str = ""
    forbidden: bool = False


@attrs.define
class _Look:
    """One scan of an author's posts for those of some jobs."""

    missing: list[Record]
    shared_images: bool
    is_taken: Callable[[str], Awaitable[bool]]
    skew: int = 0
    """Milliseconds that an intent's time may be ahead of its post's."""
    found: dict[int, CreatedPost] = attrs.field(factory=dict)
    seen: set[str] = attrs.field(factory=set)

    async def take_in(self, posts: Iterable[Post]) -> bool:
        """Match posts with jobs; tell whether there was one that no earlier page had shown."""
        new = [post for post in posts if post.id not in self.seen]
        self.seen.update(post.id for post in new)
        for post in new:
            fitting = [record for record in self.missing if self._fits(record, post)]
            if fitting and not await self.is_taken(post.id):
                self.found[fitting[0].id] = CreatedPost(post.id, images=post.image_ids)
                self.missing.remove(fitting[0])
        return bool(new)

    def _fits(self, record: Record, post: Post) -> bool:
        """An image that no other job has proves it whenever the post was made; of another, an older post may be."""
        fits = matches(record, post, shared_images=self.shared_images)
        return fits and (not self.shared_images or young_enough(record, moment(post), self.skew))


async def look(
    client: LinkedInClient, author: str, records: Sequence[Record], options: IngestOptions, ledger: Ledger
) -> Findings:
    """Scan the author's posts, newest first, past the first intent of all `records`; bounded by time, never by depth.

    A page shorter than asked for is not the end; an empty one is. Pages overlap, since a post deleted meanwhile moves the
    others up; a whole page must be older than the first intent, since a pinned post may come before its time.

    Raises:
        LinkedInMediaError: What is wrong concerns every call.
    """
    shared = options.reuse_images or await ledger.shares_images()
    scan, start, overlap = _Look(list(records), shared, ledger.has_post), 0, 0
    client.server_time.listen()
    for _ in range(_PAGES):
        try:
            page = await _page(client, author, start - overlap)
        except FATAL:
            raise
        except Forbidden as error:
            why = f"the author's posts may not be read: {error.message}"
            return Findings(scan.found, complete=False, why_not=why, forbidden=True)
        except RateLimited as error:
            if error.resets_at is not None:
                raise
            return Findings(scan.found, complete=False, why_not=error.message)
        except LedgerError:
            raise
        except LinkedInMediaError as error:
            return Findings(scan.found, complete=False, why_not=error.message)
        scan.skew = scan.skew or await skew_of(client, ledger, options)  # now: the answer has told LinkedIn's time
        is_new = await scan.take_in(page)
        if not scan.missing or not page.elements or _is_past(page, horizon(scan.missing, scan.skew)):
            return Findings(scan.found, complete=True)
        start, overlap = _next(page, start, overlap, is_new=is_new)

    return Findings(scan.found, complete=False, why_not="the search did not end")


async def _page(client: LinkedInClient, author: str, start: int) -> Page[Post]:
    request = protocol.build_find_by_author(author, start=start, count=protocol.MAX_COUNT, sort_by="CREATED")
    return protocol.parse_page(await client.send(request))


def _is_past(page: Page[Post], until: int) -> bool:
    times = [made for post in page if (made := moment(post)) is not None]
    return bool(times) and max(times) < until


def _next(page: Page[Post], start: int, overlap: int, *, is_new: bool) -> tuple[int, int]:
    """Return where the next page begins, and how much of it is to be this one's once more."""
    after = max(page.next_start or 0, start - overlap + len(page), start)
    return after, min(_OVERLAP, len(page) // 2) if is_new else 0


def unknown(record: Record, why: str) -> PostOutcomeUnknown:
    """Say why nobody can tell."""
    return PostOutcomeUnknown(Urn(record.spec.author), record.image_urns, reason=why)
