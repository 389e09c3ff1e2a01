"""GIF: every frame's extent counts, not only the screen's, and frames are counted up to one more than allowed.

A GIF has no table of frames, so the walk follows every block to the trailer. What a block holds comes in a chain of
sub-blocks, each behind its length, up to one of length 0. Encoders fill all sub-blocks of a frame but the last to the
same length, so a run of them is skipped with one strided slice (every 256th byte is again 255) instead of one by one.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import Final

import attrs

from ..errors import Violation
from ..options import ImageRules
from .rules import Facts, broken_header, no_frame, too_complex
from .window import SKIPPED_PER_STEP, Window

SIGNATURES: Final = (b"GIF87a", b"GIF89a")

_AHEAD: Final = 256 * 1024
"""Bytes of a read. A GIF is read from end to end, so fewer and larger reads pay."""

_RUN: Final = 64
"""Sub-blocks looked at with one slice."""

_SCREEN: Final = Struct("<6xHHB2x")
_FRAME: Final = Struct("<xHHHHB")
_CODE_SIZE_BYTES: Final = 1
_LONGEST_HEAD: Final = _FRAME.size + 3 * 256 + _CODE_SIZE_BYTES
"""Descriptor and largest palette of a frame, and the byte behind them. Pillow counts a frame that has all three."""

_EXTENSION, _FRAME_START, _TRAILER = b"!,;"
_EXTENSION_HEAD_BYTES: Final = 2
_CONTROL_BYTES: Final = 8
"""Of an extension that holds one sub-block of 4 bytes, as nearly every frame has one before it."""
_JUNK: Final = re.compile(rb"[^!,;]+")
"""What stands between two blocks and begins none. Pillow passes it by, too."""


def walk(window: Window, rules: ImageRules) -> Facts:
    """Measure and count the frames of a file that begins with one of `SIGNATURES`."""
    head = window.take(0, _SCREEN.size)
    if len(head) < _SCREEN.size:
        return Facts("GIF", unusable=broken_header("GIF", "its screen header is cut off"))
    width, height, flags = _SCREEN.unpack(head)
    blocks = _Blocks(window, rules.max_gif_frames + 1, rules.max_steps, width, height)
    blocks.follow(_SCREEN.size + _palette_bytes(flags))
    return Facts(
        "GIF",
        blocks.width,
        blocks.height,
        blocks.frames,
        unusable=_problem(blocks, rules.max_steps),
        cut_off=blocks.missing,
    )


def _problem(blocks: _Blocks, max_steps: int) -> Violation | None:
    if blocks.exhausted:
        return too_complex("GIF", max_steps)
    if not blocks.frames:
        return no_frame()
    if not (blocks.width and blocks.height):
        return broken_header("GIF", f"its size is {blocks.width}x{blocks.height}")
    return None


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


@attrs.define
class _Blocks:
    """The walk from block to block: what it has seen, and how far it may still go."""

    window: Window
    most_frames: int
    steps_left: int
    width: int
    height: int
    frames: int = 0
    inside: bool = False
    """Whether the walk stands before a sub-block, and not between two blocks."""
    ended: bool = False

    @property
    def stopped(self) -> bool:
        """Whether the walk has seen enough: one frame too many."""
        return self.frames >= self.most_frames

    @property
    def exhausted(self) -> bool:
        """Whether the walk took its last step before it had seen enough."""
        return self.steps_left <= 0 and not (self.ended or self.stopped)

    @property
    def missing(self) -> str | None:
        """What the file lacks at its end."""
        if self.ended or self.stopped or self.exhausted:
            return None
        return "it ends within a block" if self.inside else "no trailer"

    def follow(self, offset: int) -> None:
        """Walk from `offset` until the trailer, the end of the file, one frame too many, or the last step."""
        window = self.window
        while not (self.ended or self.stopped or self.exhausted):
            begin = window.view(offset, _LONGEST_HEAD, _AHEAD)
            reached = self._walk_window(begin)
            if reached == begin:
                return
            offset = window.start + reached

    def _walk_window(self, at: int) -> int:
        """Walk on from `at` to the end of the window, and return the place reached. This is all that many frames cost."""
        data, end = self.window.data, len(self.window.data)
        steps_left, inside = self.steps_left, self.inside
        frames, width, height = self.frames, self.width, self.height
        while at < end and steps_left > 0 and frames < self.most_frames:
            steps_left -= 1
            byte = data[at]
            if inside:
                at += byte + 1
                if byte and at < end and data[at] == byte:
                    run = data[at : at + _RUN * (byte + 1) : byte + 1]
                    at += (byte + 1) * (len(run) - len(run.lstrip(run[:1])))
                if not byte:
                    inside = False
                elif at < end and not data[at]:
                    at, inside = at + 1, False
            elif byte == _EXTENSION:
                inside = at + 7 >= end or data[at + 2] != 4 or data[at + 7] != 0
                at += _EXTENSION_HEAD_BYTES if inside else _CONTROL_BYTES
            elif byte == _FRAME_START:
                if at + _FRAME.size > end:
                    break
                left, top, across, down, flags = _FRAME.unpack_from(data, at)
                pixels = at + _FRAME.size + _CODE_SIZE_BYTES + (_palette_bytes(flags) if flags & 0x80 else 0)
                if pixels > end:
                    break
                frames, at, inside = frames + 1, pixels, True
                if left + across > width:  # noqa: PLR1730 -- max() takes five times as long
                    width = left + across
                if top + down > height:  # noqa: PLR1730 -- as above
                    height = top + down
            else:
                junk = self.window.run(_JUNK, self.window.start + at)
                if not junk:
                    self.ended = True
                    break
                at, steps_left = at + junk, steps_left - junk // SKIPPED_PER_STEP
        self.steps_left, self.inside, self.frames = steps_left, inside, frames
        self.width, self.height = width, height
        return at
