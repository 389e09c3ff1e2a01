"""The Posts API as values: requests to build, replies to read (Posts API; images-api.txt, "Managing Image content")."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, Literal

from ..errors import InvalidArgument
from ..model.collection import BatchResult, Page
from ..model.image import MAX_ALT_TEXT
from ..model.post import (
    MAIN_FEED,
    MULTI_IMAGE_RANGE,
    ArticleContent,
    Commentary,
    Content,
    CreatedPost,
    Distribution,
    ImageContent,
    LifecycleState,
    MultiImageContent,
    Post,
    PostDraft,
)
from ..model.urn import Urn, author_urn, expect, image_urn
from . import codec, replies, restli
from .text import check_commentary, check_unicode, escape
from .wire import MAX_PAGE, Repeat, Request, Response, RestliMethod, collection, entity, json_body

RESOURCE: Final = "posts"
MAX_COUNT: Final = 100


def post_urn(value: str) -> Urn:
    """Return the URN of a post, or refuse another type."""
    return expect(value, "post", ("share", "ugcPost"))


def build_create(draft: PostDraft) -> Request:
    """Create a post ("Create Image content"). It must never be sent twice when in doubt: LinkedIn has no idempotency key.

    Raises:
        InvalidArgument: Text, alternate text or number of images beyond LinkedIn's limits, an author who cannot post, or
            an empty post.
    """
    check_create(draft)
    body: dict[str, Any] = {
        "author": draft.author,
        "commentary": _wire_of(draft.commentary),
        "visibility": str(draft.visibility),
        "distribution": _to_everybody() if draft.distribution is MAIN_FEED else _wire_distribution(draft.distribution),
        "lifecycleState": str(draft.lifecycle_state),
        "isReshareDisabledByAuthor": draft.is_reshare_disabled_by_author,
    }
    if draft.content is not None:
        body["content"] = codec.dump_content(draft.content)
    if draft.reshare_parent is not None:
        body["reshareContext"] = {"parent": draft.reshare_parent}
    return Request(
        restli_method=RestliMethod.CREATE,
        resource=RESOURCE,
        path=collection(RESOURCE),
        body=json_body(body),
        repeat=Repeat.NEVER,
    )


def _wire_distribution(distribution: Distribution) -> dict[str, Any]:
    return {"targetEntities": [], "thirdPartyDistributionChannels": [], **codec.dump(distribution)}


@cache
def _to_everybody() -> dict[str, Any]:
    """Return what most posts have in common, made with the first of them: nothing is structured where nothing is posted."""
    return _wire_distribution(MAIN_FEED)


def check_create(draft: PostDraft) -> None:
    """Refuse a post LinkedIn would refuse.

    Raises:
        InvalidArgument: See `build_create`.
    """
    check_wish(draft.author, draft.commentary, draft.visibility)
    if draft.content is not None:
        check_content(draft.content)
    if draft.reshare_parent is not None:
        post_urn(draft.reshare_parent)
    if draft.content is None and draft.reshare_parent is None and not _wire_of(draft.commentary):
        raise InvalidArgument("a post without content needs a commentary", argument="commentary")


def check_wish(author: str, commentary: str | Commentary, visibility: str) -> None:
    """Refuse what LinkedIn would refuse of a post, whatever it shows.

    Raises:
        InvalidArgument: An author who cannot post, or text beyond LinkedIn's limits.
    """
    author_urn(author)
    check_commentary(commentary)
    check_unicode(visibility, "visibility")


def parse_create(response: Response, draft: PostDraft) -> CreatedPost:
    """Read the id of the created post from either header; a 201 without one is success with ``id=None``."""
    return CreatedPost(replies.read_created_id(response), images=draft.image_ids)


def _wire_of(commentary: str | Commentary) -> str:
    return escape(commentary) if isinstance(commentary, str) else commentary.wire


def check_content(content: Content) -> None:
    """Refuse content LinkedIn would refuse.

    Raises:
        InvalidArgument: Not 2 to 20 images, an id that is no image, alternate text over 4,086 characters, or an article
            without a source.
    """
    match content:
        case ImageContent():
            _check_image(content)
        case MultiImageContent(images=images):
            if len(images) not in MULTI_IMAGE_RANGE:
                raise InvalidArgument(f"{len(images)} images: a multi-image post holds 2 to 20", argument="images")
            for image in images:
                _check_image(image)
                if image.title is not None:
                    raise InvalidArgument("images of a multi-image post take no title", argument="title")
        case ArticleContent(source=source, thumbnail=thumbnail, thumbnail_alt_text=alt_text):
            if not source.startswith(("http://", "https://")):
                raise InvalidArgument("an article's source must be an http or https URL", argument="source")
            if thumbnail is not None:
                image_urn(thumbnail)
            check_alt_text(alt_text)
        case _:
            return


def _check_image(image: ImageContent) -> None:
    if image.id.entity_type != "image":
        expect(image.id, "id", ("image", "document", "video"))
    check_alt_text(image.alt_text)


def check_alt_text(alt_text: str | None) -> None:
    """Refuse alternate text LinkedIn would refuse.

    Raises:
        InvalidArgument: More than 4,086 characters, or a lone surrogate.
    """
    if alt_text is None:
        return
    check_unicode(alt_text, "alt_text")
    if len(alt_text) > MAX_ALT_TEXT:
        raise InvalidArgument(
            f"alt_text has {len(alt_text):,} characters; LinkedIn takes at most {MAX_ALT_TEXT:,}", argument="alt_text"
        )


def build_get(post: str, *, view_context: Literal["READER", "AUTHOR"] | None = None) -> Request:
    """Ask for one post ("Get Image content")."""
    return Request(
        restli_method=RestliMethod.GET,
        resource=RESOURCE,
        path=entity(RESOURCE, post_urn(post)),
        query=restli.encode_params({"viewContext": view_context}),
    )


def parse_get(response: Response) -> Post:
    """Read one post."""
    return replies.read_entity(response, lambda value: codec.load(value, Post))


def build_batch_get(posts: Sequence[str]) -> Request:
    """Ask for many posts at once ("Batch Get Image Content"; the page's POST is a typo for GET)."""
    return Request(
        restli_method=RestliMethod.BATCH_GET,
        resource=RESOURCE,
        max_reply=MAX_PAGE,
        path=collection(RESOURCE),
        query=restli.encode_params({"ids": [post_urn(post) for post in posts]}),
    )


def parse_batch_get(
    request: Request, response: Response, posts: Sequence[Urn], now: datetime
) -> BatchResult[Urn, Post]:
    """Read many posts; each one asked for is in the results or in the errors."""
    return replies.read_batch(request, response, posts, lambda value: codec.load(value, Post), now)


def build_find_by_author(
    author: str,
    *,
    start: int = 0,
    count: int = 100,
    sort_by: Literal["LAST_MODIFIED", "CREATED"] = "LAST_MODIFIED",
) -> Request:
    """Ask for one page of an author's posts, newest first.

    Raises:
        InvalidArgument: `count` is not 1..100, or `start` is negative.
    """
    if not 1 <= count <= MAX_COUNT:
        raise InvalidArgument(f"count={count}: LinkedIn takes 1 to {MAX_COUNT}", argument="count")
    if start < 0:
        raise InvalidArgument(f"start={start}: must not be negative", argument="start")
    return Request(
        restli_method=RestliMethod.FINDER,
        resource=RESOURCE,
        max_reply=MAX_PAGE,
        path=collection(RESOURCE),
        query=restli.encode_params(
            {"q": "author", "author": author_urn(author), "start": start, "count": count, "sortBy": sort_by}
        ),
    )


def parse_page(response: Response) -> Page[Post]:
    """Read one page of posts."""
    return replies.read_page(response, lambda value: codec.load(value, Post))


def build_partial_update(
    post: str,
    *,
    commentary: str | Commentary | None = None,
    lifecycle_state: LifecycleState | str | None = None,
    call_to_action: str | None = None,
    landing_page: str | None = None,
    ad_name: str | None = None,
    ad_status: str | None = None,
) -> Request:
    """Change what LinkedIn lets be changed of a post: text, lifecycle state, call to action, landing page, ad context.

    Raises:
        InvalidArgument: Nothing to change, or text beyond LinkedIn's limit.
    """
    if commentary is not None:
        check_commentary(commentary)
    changes = _given(
        commentary=None if commentary is None else _wire_of(commentary),
        lifecycleState=None if lifecycle_state is None else str(lifecycle_state),
        contentCallToActionLabel=call_to_action,
        contentLandingPage=landing_page,
    )
    ad_changes = _given(dscName=ad_name, dscStatus=ad_status)
    patch: dict[str, Any] = {"$set": changes} if changes else {}
    if ad_changes:
        patch["adContext"] = {"$set": ad_changes}
    if not patch:
        raise InvalidArgument("nothing to update", hint="give commentary, lifecycle_state, …")
    return Request(
        restli_method=RestliMethod.PARTIAL_UPDATE,
        resource=RESOURCE,
        path=entity(RESOURCE, post_urn(post)),
        body=json_body({"patch": patch}),
    )


def _given(**changes: str | None) -> dict[str, str]:
    return {name: value for name, value in changes.items() if value is not None}


def build_delete(post: str) -> Request:
    """Delete a post; deleting it again is no error."""
    return Request(restli_method=RestliMethod.DELETE, resource=RESOURCE, path=entity(RESOURCE, post_urn(post)))
