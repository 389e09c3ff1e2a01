"""The address that LinkedIn sends the browser back to: a server on this machine, for one sign-in."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from types import TracebackType
from typing import Final, Self

import attrs
from aiohttp import web

from ..errors import InvalidArgument, LinkedInMediaError, SignInError
from ..model.secret import Secret
from ..protocol.oauth_replies import read_callback

PATH: Final = "/callback"
_NO_SUCH_ADDRESS: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_ADDRESSES: Final = ("127.0.0.1", "::1")  # `localhost` may mean either
_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>linkedin-media</title>
<body style="font: 1.2rem sans-serif; margin: 4rem auto; max-width: 32rem">
<p>{}</p><p>You can close this window.</p></body></html>
"""
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}


@attrs.define(eq=False)
class Callback:
    """Listens while its ``async with`` block runs; loopback only. The code it is sent is neither logged nor shown."""

    port: int
    state: str = attrs.field(repr=False)
    _code: asyncio.Future[Secret] = attrs.field(init=False, repr=False)
    _runner: web.ServerRunner = attrs.field(init=False, repr=False)

    @property
    def redirect_uri(self) -> str:
        """The address to register in the Developer Portal and to ask LinkedIn for."""
        return f"http://localhost:{self.port}{PATH}"

    async def __aenter__(self) -> Self:
        self._code = asyncio.get_running_loop().create_future()
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await self._listen()
        except OSError as error:
            await self._runner.cleanup()
            problem = os.strerror(error.errno) if error.errno else "refused"
        else:
            return self
        raise InvalidArgument(
            f"port {self.port} of this machine cannot be listened on: {problem}",
            argument="port",
            hint="choose another with --port, and add it to the redirect URLs of your application",
        )

    async def _listen(self) -> None:
        first, *others = _ADDRESSES
        await self._listen_at(first)
        self.port = self.port or self._runner.addresses[0][1]
        for address in others:
            try:
                await self._listen_at(address)
            except OSError as error:
                if error.errno not in _NO_SUCH_ADDRESS:
                    raise  # somebody else listens there, and would be sent the code

    async def _listen_at(self, address: str) -> None:
        """Listen at one address; asyncio would not say why it cannot: the error it raises then has no number since Python 3.13."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        await web.SockSite(self._runner, socket.create_server((address, self.port), family=family)).start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._code.cancel() and not self._code.cancelled():
            self._code.exception()  # nobody may have waited for it
        await self._runner.cleanup()

    async def code(self, timeout: float) -> Secret:
        """Wait for the browser to come back with a code.

        Raises:
            SignInError: It came back with another state, or not within `timeout` seconds.
            TokenRefused: It came back with a refusal.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._code
        except TimeoutError:
            pass
        raise SignInError(
            f"nobody came back from LinkedIn within {timeout:g} s", hint="begin again; --timeout waits longer"
        )

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        """Take the first answer that comes; what comes later changes nothing."""
        if request.method != "GET" or request.raw_path.partition("?")[0] != PATH:
            return _page(404, "There is nothing here.")
        if self._code.done():
            return _page(410, "This sign-in is over.")
        try:
            self._code.set_result(read_callback(request.raw_path, self.state))
        except LinkedInMediaError as error:
            self._code.set_exception(error)
            return _page(400, "You are not signed in: look at the terminal.")
        return _page(200, "Thank you. The terminal goes on from here.")


def _page(status: int, text: str) -> web.Response:
    page = web.Response(status=status, text=_PAGE.format(text), content_type="text/html", headers=_HEADERS)
    page.force_close()
    return page
