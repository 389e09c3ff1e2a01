"""An image file while it is open: what it was found to be, its contents piece by piece, and whether it stays the same.

What was validated is what is sent. The descriptor stays open from the inspection to the last byte of the upload, size
and times are compared afterwards, and a digest is taken while reading for those who keep it.
"""

from __future__ import annotations

import hashlib
import io
import os
from concurrent.futures import Executor
from typing import Final, Self

import attrs

from .at_once import is_cached, read_cached, send_file
from .errors import FileChanged, FileUnreadable, Violation
from .model.image import ValidatedImage
from .reading import CHUNK, Piece, read_in_thread
from .regular_file import rewritten

_SENT_AT_ONCE: Final = 2 * 1024 * 1024
"""Bytes the system sends in one go: some take a millisecond, and the event loop waits."""

_CHANGED: Final = "run it again once nothing writes to the file"


@attrs.define(eq=False)
class OpenImage:
    """An open image file and what it was when it was opened. Use `open_image`, which closes it."""

    facts: ValidatedImage
    warnings: tuple[Violation, ...]
    _file: io.FileIO | io.BytesIO = attrs.field(repr=False)
    _executor: Executor | None = attrs.field(repr=False)
    _last: Piece | None = attrs.field(alias="first", repr=False)
    _file_facts: os.stat_result | None = attrs.field(repr=False)
    sha256: str | None = None
    _given: bool = attrs.field(default=False, init=False)

    def chunks(self, *, digest: bool = True) -> Chunks:
        """Read the file once more from its start: exactly its validated size, in pieces of at most 256 KiB.

        With `digest`, it is in `sha256` when the last piece has been given out; it costs as much as all the rest.

        Raises:
            FileChanged: The file is shorter than it was.
            FileUnreadable: The operating system refused a read.
        """
        return Chunks(self, hashlib.sha256() if digest else None)

    async def read(self, position: int) -> bytes | memoryview:
        """Read one piece from `position`, none of it where the file has become shorter.

        What the inspection has read already is given out once; what the system holds in memory takes no thread.

        Raises:
            FileUnreadable: The operating system refused.
        """
        if self._last is not None and not self._given:
            self._given = True
            return self._last.view
        wanted = min(CHUNK, self.facts.size - position)
        if isinstance(self._file, io.BytesIO):
            self._file.seek(position)
            return self._file.read(wanted)
        self._last = Piece(wanted)
        if read_cached(self._file.fileno(), self._last.view, position):
            return self._last.view
        self.was_sent()
        try:
            return await read_in_thread(self._file.fileno(), position, wanted, self._executor)
        except OSError as error:
            raise FileUnreadable(f"{self.facts.name}: {error.strerror or 'read error'}") from None

    def whole(self, head: bytes) -> memoryview | None:
        """Return `head` and all of the file behind it, where that is in memory and nobody has it yet."""
        if self._last is None or self._given or self.facts.size > CHUNK:
            return None
        if len(self._last.view) < self.facts.size and not self._last.fill(self._file.fileno(), self.facts.size):
            return None
        whole = self._last.behind(head)
        self._given = whole is not None
        return whole

    def can_send(self, position: int) -> bool:
        """Tell whether the system can send what comes at `position`, and need not wait for it; not what is read already."""
        if isinstance(self._file, io.BytesIO) or (self._last is not None and len(self._last.view) == self.facts.size):
            return False
        return is_cached(self._file.fileno(), position, self._in_one_go(position))

    def send(self, to: int, position: int) -> int:
        """Have the system send what `can_send` spoke of to a socket; return how many bytes it took at once."""
        return send_file(self._file.fileno(), to, position, self._in_one_go(position))

    def _in_one_go(self, position: int) -> int:
        return min(_SENT_AT_ONCE, self.facts.size - position)

    def check_unchanged(self) -> None:
        """Compare the file with what it was when it was opened.

        A path that leads to another file by now does no harm: the descriptor holds the one that was validated.

        Raises:
            FileChanged: Its size or times differ, other than by losing or gaining a name.
        """
        if self._file_facts is not None and rewritten(self._file_facts, os.fstat(self._file.fileno())):
            raise FileChanged(f"{self.facts.name} changed since it was validated", hint=_CHANGED)

    def was_sent(self) -> None:
        """Let others use the memory of what was read last: nobody looks at it any more."""
        if self._last is not None:
            self._last.give_back()
            self._last = None
            self._given = True

    def close(self) -> None:
        """Close the descriptor."""
        self._file.close()


class Chunks:
    """One reading of a file. No generator: one that is not asked again after its last piece takes a task to close."""

    def __init__(self, image: OpenImage, digest: hashlib._Hash | None) -> None:
        self._image = image
        self._position = 0
        self._digest = digest

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes | memoryview:
        image = self._image
        if self._position >= image.facts.size:
            raise StopAsyncIteration
        chunk = await image.read(self._position)
        if not chunk:
            raise FileChanged(f"{image.facts.name} became shorter while it was read", hint=_CHANGED)
        self._note(chunk)
        return chunk

    def whole(self, head: bytes) -> memoryview | None:
        """Return `head` and the whole file behind it, if it is in memory and was not given out."""
        whole = self._image.whole(head)
        if whole is not None:
            self._note(whole[len(head) :])
        return whole

    def can_send(self) -> bool:
        """Tell whether the system can send what comes next, and need not wait for it. What takes a digest has to see it."""
        return self._digest is None and self._image.can_send(self._position)

    def send(self, to: int) -> int:
        """Have the system send what comes next to a socket; return how many bytes need not be read any more."""
        sent = self._image.send(to, self._position)
        self._position += sent
        return sent

    def _note(self, chunk: bytes | memoryview) -> None:
        self._position += len(chunk)
        if self._digest is not None:
            self._digest.update(chunk)
            if self._position == self._image.facts.size:
                self._image.sha256 = self._digest.hexdigest()
