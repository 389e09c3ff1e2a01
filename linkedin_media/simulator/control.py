"""The control API under ``/_simulator``: how tests in any language, and the inspect page, look and reach into a simulator."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

import attrs
from aiohttp import web

from ..errors import InvalidArgument
from . import fault_files, page, settings
from .replies import Reply, json_reply

if TYPE_CHECKING:
    from .exchange import Host
    from .world import World

PREFIX: Final = "/_simulator"
_LONGEST_WAIT: Final = 30.0
_MAX_BODY: Final = 16 * 1024 * 1024
_LINES: Final = "application/x-ndjson"
_LOOK_SECONDS: Final = 0.02


@attrs.frozen
class Order:
    """One control call: what it is about, with what parameters and JSON body."""

    world: World
    host: Host
    path: str
    params: Mapping[str, str]
    body: Any


async def answer(world: World, host: Host, request: web.BaseRequest) -> Reply:
    """Carry out a control call; it leaves no trace in the journal."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.headers.get('Host')}":
        return _problem(403, "another site's page has no business here")
    path, _, query = request.raw_path.partition("?")
    content = bytearray()
    async for chunk in request.content.iter_any():
        content += chunk
        if len(content) > _MAX_BODY:
            return _problem(413, "too much")
    try:
        order = Order(world, host, path.removeprefix(PREFIX), dict(parse_qsl(query)), json.loads(content or b"null"))
        if order.path == "/journal" and request.method == "GET":
            return await _journal(order)
        handler = _HANDLERS.get((request.method, order.path))
        if handler is not None:
            return handler(order)
        return _content(order) if order.path.startswith("/images/") else _problem(404, "no such order")
    except (InvalidArgument, ValueError, TypeError, KeyError, AttributeError) as error:
        return _problem(400, f"{type(error).__name__}: {error}")


def information(world: World) -> dict[str, Any]:
    """Return what one needs to know to use a simulator."""
    config = world.config
    return {
        "base_url": world.base_url,
        "token": world.token,
        "person": config.person,
        "organization": config.organization,
        "account": config.account,
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        "now": world.clock.now(),
        "calls": len(world.journal),
        "connections": world.journal.connections,
        "images": len(world.images_view),
        "posts": len(world.posts_view),
        "faults": len(world.faults),
    }


async def _journal(order: Order) -> Reply:
    """Answer with the calls from ``since`` on, one a line; ``wait`` seconds for the first if there is none yet."""
    since, wait = int(order.params.get("since", 0)), min(float(order.params.get("wait", 0)), _LONGEST_WAIT)
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while len(order.world.journal) <= since and loop.time() < until and not order.host.stopping:  # noqa: ASYNC110 -- calls are rare, waiting here rarer
        await asyncio.sleep(_LOOK_SECONDS)
    lines = "".join(f"{call.to_json()}\n" for call in order.world.journal[since:])
    return Reply(200, lines.encode(), content_type=_LINES)


def _show_page(_: Order) -> Reply:
    return Reply(200, page.html(), {"Content-Security-Policy": page.POLICY}, "text/html; charset=utf-8")


def _info(order: Order) -> Reply:
    return json_reply(information(order.world))


def _reset(order: Order) -> Reply:
    changes = settings.changes_of(order.body or {})
    order.world.reset(attrs.evolve(order.world.config, **changes))
    return _info(order)


def _show_config(order: Order) -> Reply:
    return json_reply(settings.to_mapping(order.world.config))


def _configure(order: Order) -> Reply:
    order.world.configure(**settings.changes_of(order.body))
    return _show_config(order)


def _clock(order: Order) -> Reply:
    """Move, stop or release the clock: ``{"advance": 60}``, ``{"freeze": true}``, ``{"thaw": true}``."""
    body = order.body or {}
    if body.get("thaw"):
        order.world.clock.thaw()
    if body.get("freeze"):
        order.world.clock.freeze()
    order.world.clock.advance(float(body.get("advance", 0)))
    return json_reply({"now": order.world.clock.now()})


def _images(order: Order) -> Reply:
    return json_reply(order.world.images_view.to_json())


def _posts(order: Order) -> Reply:
    return json_reply(order.world.posts_view.to_json())


def _content(order: Order) -> Reply:
    """Answer with an image's bytes: ``/images/URN/content``."""
    urn = unquote(order.path.split("/")[2])
    content = order.world.images.content(urn)
    if content is None or not order.path.endswith("/content"):
        return _problem(404, "no such bytes, or no longer kept")
    kind = f"image/{(order.world.images_view[urn].format or 'x-unknown').lower()}"
    return Reply(200, content, {"X-Content-Type-Options": "nosniff"}, kind)


def _show_faults(order: Order) -> Reply:
    return json_reply(order.world.faults.to_json())


def _add_faults(order: Order) -> Reply:
    order.world.faults.add(*fault_files.faults_of(order.body))
    return _show_faults(order)


def _clear_faults(order: Order) -> Reply:
    order.world.faults.clear()
    return _show_faults(order)


def _issue_token(order: Order) -> Reply:
    return json_reply({"token": order.world.issue_token(**(order.body or {}))})


def _revoke_token(order: Order) -> Reply:
    order.world.tokens.revoke(order.body["token"])
    return json_reply({})


def _expire_token(order: Order) -> Reply:
    order.world.tokens.expire(order.body["token"], order.world.clock.now())
    return json_reply({})


def _revoke_refresh_tokens(order: Order) -> Reply:
    order.world.grants.revoke()
    return json_reply({})


def _expire_uploads(order: Order) -> Reply:
    order.world.expire_uploads()
    return json_reply({})


def _refuse(order: Order) -> Reply:
    order.host.refuse_for(float(order.body["seconds"]))
    return json_reply({})


def _add_article(order: Order) -> Reply:
    order.world.articles.add(order.body)
    return json_reply({})


def _add_comment(order: Order) -> Reply:
    return json_reply({"urn": order.world.social.comment(**order.body)})


def _add_like(order: Order) -> Reply:
    return json_reply({"urn": order.world.social.like(**order.body)})


def _problem(status: int, message: str) -> Reply:
    return json_reply({"error": message}, status=status)


_HANDLERS: Final[Mapping[tuple[str, str], Callable[[Order], Reply]]] = MappingProxyType(
    {
        ("GET", ""): _show_page,
        ("GET", "/"): _show_page,
        ("GET", "/info"): _info,
        ("POST", "/reset"): _reset,
        ("GET", "/config"): _show_config,
        ("PATCH", "/config"): _configure,
        ("GET", "/clock"): _clock,
        ("POST", "/clock"): _clock,
        ("GET", "/images"): _images,
        ("GET", "/posts"): _posts,
        ("GET", "/faults"): _show_faults,
        ("POST", "/faults"): _add_faults,
        ("DELETE", "/faults"): _clear_faults,
        ("POST", "/tokens"): _issue_token,
        ("POST", "/tokens/revoke"): _revoke_token,
        ("POST", "/tokens/expire"): _expire_token,
        ("DELETE", "/refresh-tokens"): _revoke_refresh_tokens,
        ("POST", "/uploads/expire"): _expire_uploads,
        ("POST", "/refuse"): _refuse,
        ("POST", "/articles"): _add_article,
        ("POST", "/comments"): _add_comment,
        ("POST", "/likes"): _add_like,
    }
)
