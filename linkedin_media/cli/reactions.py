"""The work of ``linkedin-media articles comments`` and ``likes``."""

from __future__ import annotations

from ..client.session import LinkedInClient
from ..errors import InvalidArgument
from ..model.social import Comment, Like
from ..protocol.articles import article_id
from .listing import Listing, moment
from .options import Connection, Output
from .screen import Screen
from .settings import make_client


async def list_comments(target: str, limit: int | None, connection: Connection, output: Output) -> int:
    """List comments as their pages come."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            found = client.social_actions.comments(await _urn_of(client, target))
            listing = Listing(screen, ("comment", "when", "who", "text"), _comment)
            return await listing.show_pages(found, limit)


async def list_likes(target: str, limit: int | None, connection: Connection, output: Output) -> int:
    """List likes as their pages come."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            found = client.social_actions.likes(await _urn_of(client, target))
            return await Listing(screen, ("when", "who"), _like).show_pages(found, limit)


async def _urn_of(client: LinkedInClient, target: str) -> str:
    """Return what is commented on: the URN itself, or that of the article with this id.

    Raises:
        InvalidArgument: It is neither, or people cannot comment on the article.
    """
    if target.startswith("urn:li:") and not target.startswith("urn:li:linkedInArticle:"):
        return target
    article = await client.articles.get(article_id(target))
    if article.news_article is None:
        raise InvalidArgument(f"article {article.id} has no URN for comments and likes", argument="target")
    return article.news_article


def _comment(comment: Comment) -> tuple[str, ...]:
    when = comment.created.time if comment.created else None
    return (comment.urn or comment.id or "", moment(when), comment.actor or "", comment.text or "")


def _like(like: Like) -> tuple[str, ...]:
    return (moment(like.created.time if like.created else None), like.actor or "")
