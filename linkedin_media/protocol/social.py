"""Comments and likes as values: requests to build, replies to read (articles-api.txt, "Comments and Likes").

They are asked for by the URN of what they are about, which goes into the path percent-encoded whole: the URN of a comment
holds parentheses and commas.
"""

from __future__ import annotations

from typing import Final, Literal, TypeVar

from ..errors import InvalidArgument
from ..model.collection import Page
from ..model.social import Comment, Like, SocialSummary
from ..model.urn import Urn
from . import codec, replies, restli
from .counting import counted, window
from .wire import MAX_PAGE, Request, Response, RestliMethod

T = TypeVar("T", Comment, Like)

RESOURCE: Final = "socialActions"
PATH: Final = f"/v2/{RESOURCE}"


def build_summary(target: str | None, *, path: str = PATH) -> Request:
    """Ask how many comments and likes something has."""
    return _request(RestliMethod.GET, target, path)


def parse_summary(response: Response) -> SocialSummary:
    """Read how many there are."""
    return replies.read_entity(response, lambda value: codec.load(value, SocialSummary))


def build_list(
    target: str | None,
    what: Literal["comments", "likes"],
    *,
    start: int = 0,
    count: int | None = None,
    path: str = PATH,
) -> Request:
    """Ask for a page of the comments or likes of something.

    Raises:
        InvalidArgument: No URN, `start` is negative, or `count` not positive.
    """
    return _request(RestliMethod.GET_ALL, target, path, f"/{what}", restli.encode_params(window(start, count)))


def parse_page(response: Response, cls: type[T], *, start: int, count: int | None) -> Page[T]:
    """Read a page of comments or likes."""
    return counted(replies.read_page(response, lambda value: codec.load(value, cls)), start=start, count=count)


def _request(method: RestliMethod, target: str | None, path: str, below: str = "", query: str = "") -> Request:
    return Request(
        restli_method=method,
        resource=RESOURCE,
        path=f"{path}/{restli.encode(_target(target))}{below}",
        query=query,
        versioned=path.startswith("/rest/"),
        max_reply=MAX_PAGE,
    )


def _target(target: str | None) -> Urn:
    if target is None:
        raise InvalidArgument(
            "there is no URN to look up",
            argument="target",
            hint="an article's news_article is missing where a projection leaves out newsArticle",
        )
    return Urn(target)
