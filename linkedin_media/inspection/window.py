"""How a walk reads: through one cached window that slides over a source of bytes."""

from __future__ import annotations

import re
from typing import Final, Protocol

import attrs

FIRST: Final = 16 * 1024
"""Bytes of the first read. Most headers end within it, and four times as many would cost more than the walk."""

NEAR: Final = 4 * 1024
"""Bytes of a read after a jump: the next marker or chunk is all that is wanted there."""

TAIL: Final = 8 * 1024
"""How far from the end the last marker may lie: cameras and editors append padding and small trailers."""

_LAST: Final = 64
"""How far from the end it lies in nearly every file. Reading no more than that takes half the time."""

SKIPPED_PER_STEP: Final = 128
"""Bytes of fill or junk that count as one step of a walk. They cost little, but no real file has megabytes of them."""


class Source(Protocol):
    """Bytes that can be read at any position, such as a file descriptor and ``os.pread``."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def read(self, offset: int, length: int, /) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end."""
        ...


@attrs.frozen
class BytesSource:
    """Bytes already in memory."""

    data: bytes = attrs.field(repr=False)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def read(self, offset: int, length: int, /) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end."""
        return self.data[offset : offset + length]


class Window:
    """The part of a source that is in memory: `data`, which begins at `start`.

    At most one part is held at a time, so memory stays bounded whatever the size of the file.
    """

    __slots__ = ("data", "size", "source", "start")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.size = source.size
        self.start = 0
        self.data = source.read(0, FIRST)

    @property
    def is_last(self) -> bool:
        """Whether nothing of the source comes behind what is in memory."""
        return self.start + len(self.data) >= self.size

    def take(self, offset: int, length: int, ahead: int = NEAR) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end of the source.

        Where this takes a read, it reads at least `ahead` bytes.
        """
        begin = offset - self.start
        if begin < 0 or begin + length > len(self.data):
            begin = self._move(offset, length, ahead)
        return self.data[begin : begin + length]

    def view(self, offset: int, length: int, ahead: int) -> int:
        """Have `length` bytes from `offset` in `data`, unless the source ends; return where in `data` they begin.

        Where this takes a read, it reads at least `ahead` bytes.
        """
        begin = offset - self.start
        if begin < 0 or begin + length > len(self.data):
            begin = self._move(offset, length, ahead)
        return begin

    def run(self, pattern: re.Pattern[bytes], offset: int) -> int:
        """Count the bytes from `offset`, which is in the window, that `pattern` matches there."""
        begin = offset - self.start
        found = pattern.match(self.data, begin)
        return found.end() - begin if found else 0

    def ends_with(self, mark: bytes, not_before: int) -> bool:
        """Tell whether `mark` is among the last bytes of the source, from `not_before` on."""
        end = self.size - _LAST
        is_apart = end >= self.start + len(self.data) and end >= not_before
        if is_apart and mark in self.source.read(end, _LAST):
            return True  # as in nearly every file
        for length in (TAIL,) if is_apart else (_LAST, TAIL):
            offset = self.size - length
            offset = max(offset, not_before)
            begin = offset - self.start
            if begin < 0 or not self.is_last:
                tail = self.source.read(offset, length) if offset < self.size else b""
            else:
                tail = self.data[begin:]
            if mark in tail:
                return True
        return False

    def _move(self, offset: int, length: int, ahead: int) -> int:
        """Read from `offset`, unless the window holds all there is behind it already."""
        if offset >= self.start and self.is_last:
            return offset - self.start
        self.data = b""  # let go of the old part first: one window in memory, not two
        self.start = offset
        # never more than there is: memory for more, cut short, would be asked of the system anew each time
        self.data = self.source.read(offset, min(max(length, ahead), self.size - offset)) if offset < self.size else b""
        return 0
