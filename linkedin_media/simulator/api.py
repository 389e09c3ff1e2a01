"""From a call to its answer: gateway, then the resource's handler. No socket, no waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from . import articles, gateway, images, library, oauth, post_changes, posts, social
from .incoming import Incoming
from .replies import Refused, Reply, no_resource

if TYPE_CHECKING:
    from .world import World

Handler = Callable[["World", Incoming], Reply]

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "images.initializeUpload": images.initialize_upload,
        "images.get": images.get,
        "images.batch_get": images.batch_get,
        "images.partial_update": library.partial_update,
        "images.finder": library.find_by_account,
        "posts.create": posts.create,
        "posts.get": posts.get,
        "posts.batch_get": posts.batch_get,
        "posts.finder": post_changes.find_by_author,
        "posts.partial_update": post_changes.partial_update,
        "posts.delete": post_changes.delete,
        "originalArticles.get": articles.get,
        "originalArticles.batch_get": articles.batch_get,
        "originalArticles.finder": articles.find,
        "originalArticles.delete": articles.delete,
        "socialActions.get": social.summary,
        "socialActions.comments": social.comments,
        "socialActions.likes": social.likes,
        "userinfo.get_all": oauth.userinfo,
    }
)


def answer(world: World, call: Incoming) -> Reply:
    """Decide an API call whose body has been read; refusals become replies, their verdicts part of the call."""
    try:
        gateway.check_head(call)
        gateway.untunnel(call)
        gateway.admit(world, call)
        handler = HANDLERS.get(call.meaning.operation)
        if handler is None:
            raise no_resource()
        return handler(world, call)
    except Refused as refusal:
        return refused(call, refusal)


def refused(call: Incoming, refusal: Refused) -> Reply:
    """Return the reply of a refusal and note its verdict."""
    call.complain(refusal.verdict)
    return refusal.reply


def finished(world: World, reply: Reply) -> Reply:
    """Return the reply with the headers LinkedIn puts on every answer."""
    headers = {
        "X-RestLi-Protocol-Version": gateway.PROTOCOL,
        "x-li-fabric": "simulator",
        "x-li-pop": "loopback",
        "x-li-uuid": world.ids.uuid(),
        **reply.headers,
    }
    return attrs.evolve(reply, headers=headers)


def outside(world: World, call: Incoming, handler: Handler) -> Reply:
    """Decide a call outside Rest.li: no gateway checks, none of its headers."""
    try:
        return handler(world, call)
    except Refused as refusal:
        return refused(call, refusal)
