"""The Posts API, one method per documented call (Posts API; images-api.txt, "Managing Image content")."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import attrs

from ..errors import LinkedInMediaError, PostOutcomeUnknown
from ..model.post import CreatedPost, Post, PostDraft
from ..protocol import posts as protocol
from .retry import is_ambiguous

if TYPE_CHECKING:
    from .session import LinkedInClient


@attrs.frozen(eq=False)
class Posts:
    """``client.posts``."""

    _client: LinkedInClient = attrs.field(repr=False)

    async def create(self, draft: PostDraft, *, send_before: float = math.inf) -> CreatedPost:
        """Create a post, once: what may have been carried out is never sent again.

        Nothing leaves after `send_before`, a moment of the client's monotonic clock.

        Raises:
            PostOutcomeUnknown: The request left and no verdict came back; look before you repeat it.
            DuplicatePost: LinkedIn holds the same content already.
            InvalidArgument: LinkedIn would refuse it; nothing was sent.
        """
        request = protocol.build_create(draft)
        try:
            response = await self._client.send(request, send_before=send_before)
        except LinkedInMediaError as error:
            if not is_ambiguous(error):
                raise
            unknown = PostOutcomeUnknown(draft.author, draft.image_ids, reason=error.message)
        else:
            return protocol.parse_create(response, draft)
        raise unknown

    async def get(self, post: str, *, view_context: Literal["READER", "AUTHOR"] | None = None) -> Post:
        """Return one post.

        Raises:
            NotFound: There is no such post, or it was deleted.
        """
        return protocol.parse_get(await self._client.send(protocol.build_get(post, view_context=view_context)))
