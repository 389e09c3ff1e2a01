"""The Posts API, one method per documented call (Posts API; images-api.txt, "Managing Image content")."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Literal

import attrs

from ..errors import LinkedInMediaError, PostOutcomeUnknown
from ..model.collection import BatchResult
from ..model.post import Commentary, CreatedPost, LifecycleState, Post, PostDraft
from ..model.urn import Urn
from ..protocol import posts as protocol
from ..protocol.wire import Request
from .batching import DEFAULT_BATCH, BatchGet
from .paging import Pages, Query
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
        return await self.send(protocol.build_create(draft), draft, send_before=send_before)

    async def send(self, request: Request, draft: PostDraft, *, send_before: float = math.inf) -> CreatedPost:
        """Do what `create` does, with the request that was built of `draft`."""
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

    async def batch_get(self, posts: Iterable[str], *, batch_size: int = DEFAULT_BATCH) -> BatchResult[Urn, Post]:
        """Return many posts, any number, `batch_size` a call, a few calls at once ("Batch Get Image Content").

        Everything asked for is in ``results`` or, with its own error, in ``errors``.

        Raises:
            Unauthorized, VersionSunset: What is wrong concerns every call.
        """
        batch: BatchGet[Urn, Post] = BatchGet(
            client=self._client, get=self.get, build=protocol.build_batch_get, parse=protocol.parse_batch_get
        )
        return await batch.all([protocol.post_urn(post) for post in posts], size=batch_size)

    async def partial_update(
        self,
        post: str,
        *,
        commentary: str | Commentary | None = None,
        lifecycle_state: LifecycleState | str | None = None,
        call_to_action: str | None = None,
        landing_page: str | None = None,
        ad_name: str | None = None,
        ad_status: str | None = None,
    ) -> None:
        """Change what LinkedIn lets be changed of a post; what is None stays as it is.

        `call_to_action` and `landing_page` are those of its content, `ad_name` and `ad_status` those of its ad context.

        Raises:
            InvalidArgument: Nothing to change, or text beyond LinkedIn's limit.
            NotFound: There is no such post.
        """
        request = protocol.build_partial_update(
            post,
            commentary=commentary,
            lifecycle_state=lifecycle_state,
            call_to_action=call_to_action,
            landing_page=landing_page,
            ad_name=ad_name,
            ad_status=ad_status,
        )
        await self._client.send(request)

    async def delete(self, post: str) -> None:
        """Delete a post; deleting it again is no error.

        Raises:
            Forbidden: It is not the token's to delete.
        """
        await self._client.send(protocol.build_delete(post))

    def find_by_author(
        self,
        author: str,
        *,
        sort_by: Literal["LAST_MODIFIED", "CREATED"] = "LAST_MODIFIED",
        start: int = 0,
        count: int = 100,
    ) -> Pages[Post]:
        """List an author's posts, newest first, `count` (1 to 100) a page; a shorter page is not the last one.

        ``async for post in …`` gives posts, ``.by_page()`` whole pages.

        Raises:
            InvalidArgument: `count` is not 1..100, `start` is negative, or `author` cannot post.
            Forbidden: When iterated: the token may not read this author's posts.
        """
        build = partial(protocol.build_find_by_author, author, sort_by=sort_by, count=count)
        query = Query(build=build, parse=lambda _, response, __: protocol.parse_page(response))
        return Pages(self._client, [query], start)
