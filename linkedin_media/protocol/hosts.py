"""Which addresses may see a token or an image: decided on the very text that will be sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import attrs

from ..errors import InvalidArgument

LONGEST_URL: Final = 8192
UPLOAD_HOSTS: Final = ("linkedin.com",)
DOWNLOAD_HOSTS: Final = ("linkedin.com", "licdn.com")
_URL: Final = re.compile(r"(https?)://(\[::1\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::([0-9]{1,5}))?([/?].*)?")
_ROOT: Final = re.compile(r"[^/]*//[^/?]*")
_FORBIDDEN: Final = re.compile(r"[^!$-;=?-\[\]_a-z~]")  # one set: two would take four times as long
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")


@attrs.frozen
class Origin:
    """Scheme, host and port of a base URL, and the path it may carry."""

    scheme: str
    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        default = {"http": 80, "https": 443}[self.scheme]
        port = "" if self.port == default else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"

    @property
    def loopback(self) -> bool:
        """True where the address never leaves this machine."""
        return self.host in _LOOPBACK

    def same_as(self, other: Origin) -> bool:
        """Tell whether `other` is the same scheme, host and port."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)


def parse_base_url(text: str) -> Origin:
    """Read a base URL.

    Raises:
        InvalidArgument: Not an http(s) URL, or plain http to anywhere but this machine.
    """
    origin = None if _FORBIDDEN.search(text) else _origin(text.rstrip("/"))
    if origin is None or "?" in origin.path:
        shown = text.rpartition("@")[2][:80]  # what comes before it may be a password
        raise InvalidArgument(
            f"{shown!a} is no base URL", argument="base_url", hint="for example https://api.linkedin.com"
        )
    if origin.scheme == "http" and not origin.loopback:
        raise InvalidArgument(
            f"base URL http://{origin.host}: plain http would show the token to the network",
            argument="base_url",
            hint="use https; plain http is for localhost only",
        )
    return origin


def distrust(url: object, base: Origin, domains: Sequence[str]) -> str | None:
    """Return why a URL that LinkedIn sent must not be used, or None where it may.

    It must be https on one of `domains` or below it, on the standard port; or on the very origin of a loopback `base`.
    """
    if not isinstance(url, str) or not url:
        return "it is missing"
    if len(url) > LONGEST_URL:
        return f"it is {len(url)} characters long"
    if _FORBIDDEN.search(url):
        return "it holds characters no URL may hold"
    root = _ROOT.match(url)
    origin = root and _origin(root[0])
    if origin is None:
        return "it is not a plain http(s) URL"
    if base.loopback and origin.same_as(base):
        return None
    if origin.scheme != "https":
        return "it is not https"
    if origin.port != 443:
        return f"port {origin.port} is not LinkedIn's"
    if not any(origin.host == domain or origin.host.endswith("." + domain) for domain in domains):
        return f"host {origin.host} is not LinkedIn's"
    return None


def split(url: str) -> tuple[str, str]:
    """Return scheme and authority of a trusted URL, without a port that goes without saying, and the path and query."""
    path = url.find("/", url.index("//") + 2)
    query = url.find("?")
    end = min((at for at in (path, query) if at >= 0), default=len(url))
    root = url[:end].removesuffix(":443" if url.startswith("https:") else ":80")
    return root, url[end:] if end == path else f"/{url[end:]}"


@lru_cache(maxsize=64)
def _origin(text: str) -> Origin | None:
    match = _URL.fullmatch(text)
    if not match:
        return None
    scheme, host, port, path = match.groups()
    number = int(port) if port else {"http": 80, "https": 443}[scheme]
    if ".." in host or not 0 < number < 65_536:
        return None
    return Origin(scheme, host.lower(), number, path or "")
