"""Comments and likes: ``/v2/socialActions/{urn}`` (articles-api.txt; facts §7.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import paging
from .incoming import Incoming
from .replies import Reply, access_denied, json_reply, not_found

if TYPE_CHECKING:
    from .world import World

MAX_COUNT: Final = 100
READERS: Final = ("r_compliance", "r_member_social", "r_organization_social")
_SAMPLE: Final = "urn:li:article:7152306650999999"
_FIRST_ID: Final = 6300000000000000000


class SocialActions:
    """What people said and liked, by the URN of what they said it about; the page's second article starts with some."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._comments: dict[str, list[dict[str, Any]]] = {}
        self._likes: dict[str, list[dict[str, Any]]] = {}
        for number in range(12):
            self.comment(_SAMPLE, f"urn:li:person:reader{number}", f"Comment {number + 1}: well said")
        for number in range(3):
            self.like(_SAMPLE, f"urn:li:person:reader{number}")

    def comment(self, target: str, actor: str, text: str) -> str:
        """Add a comment and return its URN, which contains the target's."""
        comments = self._comments.setdefault(target, [])
        number = str(_FIRST_ID + len(comments))
        urn = f"urn:li:comment:({target},{number})"
        entry = {
            **self._stamp(actor, target),
            "id": number,
            "$URN": urn,
            "commentUrn": urn,
            "message": {"attributes": [], "text": text},
            "likesSummary": {
                "selectedLikes": [],
                "aggregatedTotalLikes": 0,
                "likedByCurrentUser": False,
                "totalLikes": 0,
            },
        }
        comments.append(entry)
        return urn

    def like(self, target: str, actor: str) -> str:
        """Add a like and return its URN."""
        urn = f"urn:li:like:({actor},{target})"
        self._likes.setdefault(target, []).append({**self._stamp(actor, target), "$URN": urn})
        return urn

    def comments(self, target: str) -> list[dict[str, Any]]:
        """Return the comments about `target`, the oldest first."""
        return self._comments.get(target, [])

    def likes(self, target: str) -> list[dict[str, Any]]:
        """Return the likes of `target`, the oldest first."""
        return self._likes.get(target, [])

    def _stamp(self, actor: str, target: str) -> dict[str, Any]:
        when = {"actor": actor, "time": self._now_ms}
        return {"actor": actor, "created": when, "lastModified": when, "object": target}


def comments(world: World, call: Incoming) -> Reply:
    """List the comments about the URN in the path."""
    return _listed(world, call, world.social.comments(_target(world, call)))


def likes(world: World, call: Incoming) -> Reply:
    """List the likes of the URN in the path."""
    return _listed(world, call, world.social.likes(_target(world, call)))


def summary(world: World, call: Incoming) -> Reply:
    """Count comments and likes of the URN in the path."""
    target = _target(world, call)
    said, liked = world.social.comments(target), world.social.likes(target)
    return json_reply(
        {
            "commentsSummary": {
                "selectedComments": [comment["$URN"] for comment in said[:1]],
                "totalFirstLevelComments": len(said),
                "aggregatedTotalComments": len(said),
                "commentsState": "OPEN",
            },
            "likesSummary": {
                "selectedLikes": [like["$URN"] for like in liked[:1]],
                "aggregatedTotalLikes": len(liked),
                "likedByCurrentUser": any(like["actor"] == call.caller.member for like in liked),
                "totalLikes": len(liked),
            },
            "target": target,
            "$URN": target,
        }
    )


def _target(world: World, call: Incoming) -> str:
    """Return the URN in the path, if it is that of an article, a post, or something people have reacted to."""
    if not call.caller.any_of(READERS):
        raise access_denied(f"socialActions.{call.meaning.sub or 'GET'}.NO_VERSION")
    target = call.key or ""
    known = any(article.get("newsArticle") == target for article in world.articles.values())
    if not (known or world.posts.get(target) or world.social.comments(target) or world.social.likes(target)):
        raise not_found(404)
    return target


def _listed(world: World, call: Incoming, entries: list[dict[str, Any]]) -> Reply:
    window = paging.window_of(call.params, most=MAX_COUNT)
    end = window.start + window.count
    next_start = end if end < len(entries) else None
    page = paging.paging(world, call, window, next_start=next_start, total=len(entries))
    return json_reply({"elements": entries[window.start : end], "paging": page})
