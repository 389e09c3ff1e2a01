"""The journal: every call the simulator received, in the order it decided them, append-only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import attrs


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(texts)


@attrs.frozen(kw_only=True)
class Call:
    """One call as the simulator saw it.

    `status` is None where no answer was sent. `resource` is the collection (``images``, ``posts``, ``uploads``, …),
    `operation` names the exact call (``images.initializeUpload``). `headers` come without the bearer token. `image`, `post`
    are the URNs concerned, `sha256` and `bytes` describe the body read, `fault` names the fault that struck. `verdicts` are
    the complaints about this call: why it was refused, and what LinkedIn would have taken silently and wrongly.
    """

    index: int
    time: float
    seconds: float = 0.0
    method: str
    raw_path: str
    operation: str = ""
    resource: str = ""
    restli_method: str = ""
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    status: int | None = None
    image: str | None = None
    post: str | None = None
    sha256: str | None = None
    bytes: int = 0
    connection: int = 0
    fault: str | None = None
    verdicts: tuple[str, ...] = attrs.field(default=(), converter=_texts)

    @property
    def ok(self) -> bool:
        """True for a 2xx."""
        return self.status is not None and 200 <= self.status < 300

    def to_json(self) -> str:
        """Return the call as one line of JSON."""
        return json.dumps(attrs.asdict(self, recurse=False), separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Call:
        """Read what `to_json` wrote."""
        return cls(**json.loads(line))


class Journal(Sequence[Call]):
    """An append-only list of calls with questions tests ask of it."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._observers: list[Callable[[Call], None]] = []
        self.connections = 0
        """TCP connections opened since the start."""

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def append(self, call: Call) -> None:
        """Add a call; its index must be the next one."""
        self._calls.append(call)
        for observe in self._observers:
            observe(call)

    def observe(self, callback: Callable[[Call], None]) -> None:
        """Call `callback` with every call from now on, in the simulator's thread."""
        self._observers.append(callback)

    def calls(self, since: int = 0, **fields: Any) -> list[Call]:
        """Return the calls from index `since` on whose fields equal `fields`: ``calls(operation="posts.create")``."""
        return [call for call in self._calls[since:] if _matches(call, fields)]

    def count(self, since: int = 0, **fields: Any) -> int:
        """Count what `calls` would return: ``count(restli_method="BATCH_GET", resource="images")``."""
        return len(self.calls(since, **fields))

    def complaints(self, since: int = 0) -> list[str]:
        """Return every verdict from index `since` on, with the operation it was passed on."""
        return [
            f"{call.operation or call.raw_path}: {verdict}" for call in self._calls[since:] for verdict in call.verdicts
        ]

    def clear(self) -> None:
        """Forget all calls; only a reset of the simulator does this."""
        self._calls.clear()
        self.connections = 0


def _matches(call: Call, fields: Mapping[str, Any]) -> bool:
    return all(getattr(call, name) == value for name, value in fields.items())
