"""Evidence that a post exists: what the finder shows, and what LinkedIn says of a duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Forbidden, InvalidArgument, NotFound
from ..model.post import Post
from ..model.urn import Urn
from ..protocol.codec import milliseconds
from ..protocol.text import LittleText
from .jobs import Record

if TYPE_CHECKING:
    from ..client.session import LinkedInClient
    from .ledger import Ledger


def created_ms(post: str) -> int | None:
    """Return when a post was made, in epoch milliseconds, from its id: the bits above the lowest 22."""
    number = post.rpartition(":")[2]
    return int(number) >> 22 if number.isascii() and number.isdigit() and len(number) < 20 else None


def matches(record: Record, post: Post, *, shared_images: bool) -> bool:
    """Tell whether `post` is the one `record` wished for: it shows its very images.

    An image belongs to one job, so that its URN names the post. Where images are shared, the text must be the same too.
    """
    if not record.image_urns or set(post.image_ids) != set(record.image_urns):
        return False
    return not shared_images or same_text(record, post)


def same_text(record: Record, post: Post) -> bool:
    """Compare what people read; LinkedIn may write the markup differently."""
    wished = " ".join((record.spec.commentary or "").split())
    shown = post.commentary or ""
    return any(wished == " ".join(text.split()) for text in (shown, LittleText.from_wire(shown).plain))


def young_enough(record: Record, created: int | None, skew: int) -> bool:
    """Tell whether a post made at `created` can come from one of the job's sendings, whose times may be `skew` ms ahead."""
    first = record.first_intent_at
    return created is not None and first is not None and created >= first - skew


async def adopts(client: LinkedInClient, ledger: Ledger, record: Record, original: str | None, skew: int) -> Urn | None:
    """Return the post that LinkedIn calls the original of a duplicate, if it can only be this job's own.

    It must be a share or ugcPost, younger than the first sending, no other job's, and where it can be read, show the images.

    Raises:
        LinkedInMediaError: It could not be looked at just now.
    """
    try:
        urn = Urn(original or "")
    except InvalidArgument:
        return None
    if urn.entity_type not in ("share", "ugcPost") or not young_enough(record, created_ms(urn), skew):
        return None
    if await ledger.has_post(urn):
        return None
    try:
        post = await client.posts.get(urn)
    except Forbidden:
        return urn
    except NotFound:
        return None
    return urn if set(post.image_ids) == set(record.image_urns) else None


def horizon(records: list[Record], skew: int) -> int:
    """Return how far back a search must go to prove that none of these was posted, in epoch milliseconds."""
    return min(record.first_intent_at or 0 for record in records) - skew


def moment(post: Post) -> int | None:
    """Return when a post was made, in epoch milliseconds."""
    return milliseconds(post.created_at) if post.created_at else created_ms(post.id)
