"""The Posts API: create, read one, read many (facts §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from . import commentary, post_rules
from .images import may_use, read_ids, read_urn
from .incoming import Incoming
from .post_store import StoredPost, digest_of
from .replies import Refused, Reply, access_denied, denied, json_reply, not_found, refuse, schema_violation
from .schema import violations

if TYPE_CHECKING:
    from .world import World

POST_TYPES: Final = ("share", "ugcPost")
_DUPLICATE: Final = "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of "


def create(world: World, call: Incoming) -> Reply:
    """Publish a post; the answer has no body, and its id stands in the headers only."""
    fields = call.json_object()
    found = violations(post_rules.SCHEMA, fields)
    if found:
        raise schema_violation(found)
    post_rules.check_author(call, fields["author"])
    reading = commentary.read(fields["commentary"])
    post_rules.check_fields(fields, reading.plain)
    images = post_rules.check_content(world, fields)
    digest = digest_of(fields["author"], fields["commentary"], fields.get("content"))
    twin = world.posts.duplicate_of(digest, world.clock.now(), world.config.duplicate_seconds)
    if twin is not None:
        call.post = twin.id
        raise duplicate(twin.id)
    complain_of_cut(call, fields["commentary"], reading)
    post = _publish(world, call, fields, reading, images)
    world.posts.add(post, digest)
    call.post, call.image = post.id, images[0] if images else None
    return Reply(201, headers=created_headers(world, "posts", post.id))


def _publish(
    world: World, call: Incoming, fields: dict[str, Any], reading: commentary.Reading, images: tuple[str, ...]
) -> StoredPost:
    now_ms = world.clock.now_ms()
    return StoredPost(
        id=f"urn:li:share:{world.ids.snowflake(now_ms)}",
        author=fields["author"],
        commentary=reading.kept,
        fields=fields,
        images=images,
        created_at=now_ms / 1000,
        modified_at=now_ms / 1000,
        created_by=call.caller.member,
    )


def complain_of_cut(call: Incoming, text: str, reading: commentary.Reading) -> None:
    """Note that an unescaped character cost the rest of the text; LinkedIn says nothing."""
    if reading.cut_at is not None:
        kept, bare = reading.cut_at, text[reading.cut_at]
        call.complain(f"commentary silently cut from {len(text)} to {kept} characters at an unescaped {bare!r}")


def created_headers(world: World, collection: str, urn: str) -> dict[str, str]:
    """Return the headers that carry the id of what was created, as `post_id_headers` says."""
    choice = world.config.post_id_headers
    headers = {}
    if choice in ("both", "restli"):
        headers["x-restli-id"] = urn
    if choice in ("both", "linkedin"):
        headers["x-linkedin-id"] = urn
    if headers:
        headers["Location"] = f"/rest/{collection}/{quote(urn, safe='')}"
    return headers


def duplicate(original: str) -> Refused:
    """Return the live 422 of content that was posted before; it names the original."""
    detail = {"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}
    body = {
        "errorDetailType": "com.linkedin.common.error.BadRequest",
        "message": _DUPLICATE + original,
        "errorDetails": {"inputErrors": [detail]},
        "status": 422,
    }
    return refuse(422, body, verdict=f"DUPLICATE_POST of {original}")


def get(world: World, call: Incoming) -> Reply:
    """Answer for one post."""
    call.post = call.key
    return json_reply(rendered(find(call, call.key or "", world)))


def batch_get(world: World, call: Incoming) -> Reply:
    """Answer for many posts; each id has its own status."""
    results: dict[str, Any] = {}
    statuses: dict[str, int] = {}
    errors: dict[str, Any] = {}
    for urn in read_ids(world, call):
        try:
            results[urn] = rendered(find(call, urn, world))
            statuses[urn] = 200
        except Refused as refusal:
            statuses[urn], errors[urn] = refusal.reply.status, refusal.body
    return json_reply({"results": results, "statuses": statuses, "errors": errors})


def find(call: Incoming, urn: str, world: World) -> StoredPost:
    """Return a post the caller may read.

    Raises:
        Refused: No post URN, unknown or deleted, or not the caller's to read.
    """
    read_urn(urn, "id", POST_TYPES)
    post = world.posts.get(urn)
    if post is None or post.deleted:
        raise not_found(404)
    check_reader(call, post.author)
    return post


def check_reader(call: Incoming, author: str) -> None:
    """Refuse tokens that may not read this author's posts.

    Raises:
        Refused: 403 for a missing scope (``r_member_social``, ``r_organization_social``) or role.
    """
    scopes = _read_scopes(author)
    if not call.caller.any_of(scopes):
        raise access_denied(f"partnerApiPosts.{call.meaning.restli_method}.{call.version}")
    if not may_use(call.caller, author):
        raise denied("Not enough permissions to read the posts of this author")


def _read_scopes(author: str) -> tuple[str, ...]:
    if ":person:" in author:
        return ("r_member_social",)
    return ("r_organization_social", "rw_ads", "r_ads")


def rendered(post: StoredPost) -> dict[str, Any]:
    """Return a post as LinkedIn answers for it."""
    fields = {name: value for name, value in post.fields.items() if name != "commentary"}
    if "media" in (fields.get("content") or {}):
        fields["content"] = {"media": {"taggedEntities": [], **fields["content"]["media"]}}
    return {
        "isReshareDisabledByAuthor": False,
        **fields,
        "id": post.id,
        "commentary": commentary.read(post.commentary).shown,
        "createdAt": post.created_ms,
        "publishedAt": post.created_ms,
        "lastModifiedAt": int(post.modified_at * 1000),
        "createdBy": post.created_by,
        "publishedBy": post.created_by,
        "lastModifiedBy": post.created_by,
        "lifecycleStateInfo": {"isEditedByAuthor": post.edited},
    }
