"""``linkedin-media articles``: look at articles, their comments and likes; delete articles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from .options import Connection, Output, connection_options, output_options

Command = TypeVar("Command", bound=Callable[..., Any])


class ArticleType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """The id of an article: a number, or ``urn:li:linkedInArticle:ID``."""

    name = "article"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or refuse the usage."""
        from ..errors import InvalidArgument
        from ..protocol.articles import article_id

        try:
            return article_id(value)
        except InvalidArgument as error:
            self.fail(str(error), param, ctx)


_ARTICLES: Final[dict[str, Any]] = {"nargs": -1, "required": True, "type": ArticleType(), "metavar": "ID..."}


def _limit(command: Command) -> Command:
    return click.option("--limit", type=click.IntRange(min=1), metavar="N", help="How many at most.  [default: all]")(
        command
    )


def _new_media(command: Command) -> Command:
    return click.option(
        "--new-media", is_flag=True, help="Show new media as they are: urn:li:digitalmediaAsset:… instead of old URNs."
    )(command)


@click.group()
def articles() -> None:
    """Look at articles, their comments and likes; delete articles.

    Reading needs LinkedIn's closed scope r_compliance, deleting w_compliance.
    """


@articles.command()
@click.argument("ids", **_ARTICLES)
@_new_media
@connection_options
@output_options
def get(ids: Sequence[int], connection: Connection, output: Output, *, new_media: bool) -> int:
    """Show articles; with --json, everything LinkedIn says of them, the text included."""
    from .articles_read import show_articles
    from .running import run_async

    return run_async(show_articles(ids, connection, output, new_media=new_media))


@articles.command("list")
@click.option(
    "--permlink", "permlinks", multiple=True, metavar="PERMLINK", help="Those with this permlink; repeat it for more."
)
@_limit
@_new_media
@connection_options
@output_options
def list_(
    permlinks: Sequence[str], limit: int | None, connection: Connection, output: Output, *, new_media: bool
) -> int:
    """List the articles of the member who signed in, the newest first; or those with some permlinks.

    The permlink is the last part of an article's address, https://www.linkedin.com/pulse/PERMLINK.
    """
    from .articles_read import list_articles
    from .running import run_async

    return run_async(list_articles(permlinks, limit, connection, output, new_media=new_media))


@articles.command()
@click.argument("ids", **_ARTICLES)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@connection_options
@output_options
def delete(ids: Sequence[int], connection: Connection, output: Output, *, yes: bool) -> int:
    """Delete articles on their author's behalf. On a terminal you are asked first."""
    from .articles_read import delete_articles
    from .confirming import confirm
    from .running import run_async

    confirm(f"Delete {len(ids)} articles?" if len(ids) > 1 else f"Delete article {ids[0]}?", yes=yes)
    return run_async(delete_articles(ids, connection, output))


@articles.command()
@click.argument("target", metavar="ID|URN")
@_limit
@connection_options
@output_options
def comments(target: str, limit: int | None, connection: Connection, output: Output) -> int:
    """List the comments on an article, page by page.

    Name it by its id, or by any URN that people comment on: urn:li:article:…, urn:li:comment:(…), urn:li:share:…
    """
    from .reactions import list_comments
    from .running import run_async

    return run_async(list_comments(target, limit, connection, output))


@articles.command()
@click.argument("target", metavar="ID|URN")
@_limit
@connection_options
@output_options
def likes(target: str, limit: int | None, connection: Connection, output: Output) -> int:
    """List the likes of an article, page by page; name it as for its comments."""
    from .reactions import list_likes
    from .running import run_async

    return run_async(list_likes(target, limit, connection, output))
