"""The Posts API: list, change, delete (facts §4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import commentary, paging, post_rules
from .images import read_urn
from .incoming import Incoming
from .post_store import StoredPost
from .posts import POST_TYPES, check_reader, complain_of_cut, rendered
from .replies import Reply, bad_input, invalid_param, json_reply, not_found, schema_violation
from .schema import TEXT, Record, Symbol, violations

if TYPE_CHECKING:
    from .world import World

MAX_COUNT: Final = 100
_SORTS: Final = ("LAST_MODIFIED", "CREATED")
_TOP: Final = Record(
    {
        "commentary": TEXT,
        "contentCallToActionLabel": TEXT,
        "contentLandingPage": TEXT,
        "lifecycleState": Symbol({"DRAFT", "PUBLISHED", "PUBLISH_REQUESTED"}),
    }
)
_AD: Final = Record({"dscName": TEXT, "dscStatus": TEXT})


def find_by_author(world: World, call: Incoming) -> Reply:
    """List an author's posts, newest first; a page may be shorter than asked for and not be the last."""
    if call.params.get("q") != "author":
        raise invalid_param("q")
    author = call.params.get("author")
    if not isinstance(author, str) or not author:
        raise bad_input("MISSING_FIELD", "Parameter author is required", "author")
    read_urn(author, "author", ("person", "organization"))
    check_reader(call, author)
    sort = call.params.get("sortBy", "LAST_MODIFIED")
    if sort not in _SORTS:
        raise invalid_param("sortBy")
    window = paging.window_of(call.params, most=MAX_COUNT)
    width = min(window.count, world.config.posts_page_limit or window.count)
    listed = world.posts.by_author(
        author,
        by_creation=sort == "CREATED",
        until=world.clock.now() - world.config.finder_lag_seconds,
        start=window.start,
        count=width + 1,
    )
    page = paging.paging(world, call, window, next_start=window.start + width if len(listed) > width else None)
    return json_reply({"elements": [rendered(post) for post in listed[:width] if not post.deleted], "paging": page})


def partial_update(world: World, call: Incoming) -> Reply:
    """Change the few fields that can be changed."""
    body = call.json_object()
    post = _writable(world, call)
    if post.deleted:
        raise not_found(404)
    patch = body.get("patch")
    if not isinstance(patch, dict):
        raise schema_violation(["ERROR :: /patch :: field is required but not found and has no default value"])
    changes = _checked(patch, post.fields.get("adContext", {}))
    text = changes.pop("commentary", None)
    if text is not None:
        reading = commentary.read(text)
        post_rules.check_length(reading.plain)
        complain_of_cut(call, text, reading)
        post.commentary = reading.kept
    post.fields = {**post.fields, **changes}
    post.edited = True
    world.posts.touch(post, world.clock.now())
    return Reply(204)


def _checked(patch: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """Return the new values of the top-level fields, or refuse what cannot be updated."""
    top, ad = patch.get("$set", {}), patch.get("adContext", {})
    ad_changes = ad.get("$set", {}) if isinstance(ad, dict) else {}
    found = [f"ERROR :: /patch/{name} :: ReadOnly field cannot be updated" for name in patch if name not in _PATCHABLE]
    found += _read_only(top, _TOP, "") + _read_only(ad_changes, _AD, "/adContext")
    if found:
        raise schema_violation(found)
    return {**top, **({"adContext": {**current, **ad_changes}} if ad_changes else {})}


_PATCHABLE: Final = ("$set", "adContext")


def _read_only(changes: Any, kind: Record, path: str) -> list[str]:
    wording = ("unrecognized field found but not allowed", "ReadOnly field cannot be updated")
    return [line.replace(*wording) for line in violations(kind, changes, path)]


def delete(world: World, call: Incoming) -> Reply:
    """Delete a post; doing so again changes nothing."""
    _writable(world, call).deleted = True
    return Reply(204)


def _writable(world: World, call: Incoming) -> StoredPost:
    urn = call.key or ""
    read_urn(urn, "id", POST_TYPES)
    post = world.posts.get(urn)
    call.post = urn
    if post is None:
        raise not_found(404)
    post_rules.check_author(call, post.author)
    return post
