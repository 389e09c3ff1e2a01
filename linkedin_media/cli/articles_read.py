"""The work of ``linkedin-media articles get``, ``list`` and ``delete``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..model.article import Article
from .changing import change_each
from .listing import Listing, moment
from .options import Connection, Output
from .screen import Screen
from .settings import make_client

_AS_THEY_ARE: Final = {True: False, False: None}
"""``--new-media`` as ``convertVectorUrns``: LinkedIn converts unless it is told not to."""


async def show_articles(ids: Sequence[int], connection: Connection, output: Output, *, new_media: bool) -> int:
    """Show articles, and why not where that fails."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            batch = await client.articles.batch_get(ids, convert_vector_urns=_AS_THEY_ARE[new_media])
            return _listing(screen).show_batch(batch, "article")


async def list_articles(
    permlinks: Sequence[str], limit: int | None, connection: Connection, output: Output, *, new_media: bool
) -> int:
    """List articles as their pages come."""
    async with make_client(connection) as client:
        with Screen(output) as screen:
            convert = _AS_THEY_ARE[new_media]
            found = (
                client.articles.find_by_permlinks(permlinks, convert_vector_urns=convert)
                if permlinks
                else client.articles.find_by_authors(convert_vector_urns=convert)
            )
            return await _listing(screen).show_pages(found, limit)


async def delete_articles(ids: Sequence[int], connection: Connection, output: Output) -> int:
    """Delete articles."""
    async with make_client(connection) as client:

        async def delete(article: int) -> dict[str, Any]:
            await client.articles.delete(article)
            return {}

        with Screen(output) as screen:
            return await change_each(ids, delete, screen, noun="article", done="deleted")


def _listing(screen: Screen) -> Listing[Article]:
    return Listing(screen, ("article", "published", "permlink", "title"), _cells)


def _cells(article: Article) -> tuple[str, ...]:
    return (str(article.id), moment(article.published_at), article.permlink or "", article.title or "")
