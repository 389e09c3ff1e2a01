"""GIF: every frame's extent counts, not only the screen's, and frames are counted up to one more than allowed.

A GIF has no table of frames, so the walk follows every block to the trailer. What a block holds comes in a chain of
sub-blocks, each behind its length, up to one of length 0. Encoders fill all sub-blocks of a frame but the last to the
same length, so a run of them is skipped with one strided slice (every 256th byte is again 255) instead of one by one.
Nearly all frames of animations have the same shape on top of that, and are passed in one go each; those that are not
large are found by a regular expression, as many as there are.
"""

from __future__ import annotations

import re
from functools import cache
from operator import add, itemgetter
from struct import Struct, unpack
from typing import Final

import attrs

from ..errors import Violation
from ..options import ImageRules
from .rules import Facts, broken_header, no_frame, too_complex
from .window import SKIPPED_PER_STEP, Window

SIGNATURES: Final = (b"GIF87a", b"GIF89a")

_AHEAD: Final = 512 * 1024
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

_USUAL: Final = Struct("<HB4xHQBxB")
"""Of a frame with a control block before it: how both begin, the frame's box, its flags, the length behind its head."""
_CONTROL_START: Final = int.from_bytes(b"!\xf9", "little")
_BETWEEN: Final = int.from_bytes(b"\0,", "little")
_USUAL_HEAD_BYTES: Final = _CONTROL_BYTES + _FRAME.size + _CODE_SIZE_BYTES
_LONGEST_USUAL_HEAD: Final = _CONTROL_BYTES + _LONGEST_HEAD
_BOX: Final = Struct("<HHHH")
_LONGEST_RUN: Final = 256
"""Sub-blocks looked at with one slice where there are more than the last frame let expect."""
_ALONE: Final = tuple(bytes((length,)) for length in range(256))

_SMALL: Final = 8 * 1024
"""Bytes of a frame, at most, that the regular expression passes faster than a slice."""
_SMALL_STEPS: Final = 4
"""Control block, head, full sub-blocks, last sub-block."""
_FULL: Final = (255, 254)
"""Bytes of the sub-blocks that encoders fill: most all there is room for, ImageMagick one less."""

_JUNK: Final = re.compile(rb"[^!,;]+")
"""What stands between two blocks and begins none. Pillow passes it by, too."""


def walk(window: Window, rules: ImageRules) -> Facts:
    """Measure and count the frames of a file that begins with one of `SIGNATURES`."""
    head = window.take(0, _SCREEN.size)
    if len(head) < _SCREEN.size:
        return Facts("GIF", unusable=broken_header("GIF", "its screen header is cut off"))
    width, height, flags = _SCREEN.unpack(head)
    blocks = _Blocks(
        window, rules.max_gif_frames + 1, rules.max_steps, width, height, begun=_SCREEN.size + _palette_bytes(flags)
    )
    blocks.follow()
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
    begun: int
    """Where the first block begins."""
    frames: int = 0
    inside: bool = False
    """Whether the walk stands before a sub-block, and not between two blocks."""
    ended: bool = False
    chances: int = 8
    """How often the walk may still hand over to `_pass_frames` in vain: each time costs as much as two frames save."""

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

    def follow(self) -> None:
        """Walk until the trailer, the end of the file, one frame too many, or the last step."""
        window, offset = self.window, self.begun
        while not self.ended and self.frames < self.most_frames and self.steps_left > 0:
            ahead = min((offset - self.begun) * self.most_frames, _AHEAD) if self.frames == 1 else _LONGEST_HEAD
            begin = window.view(offset, ahead, _AHEAD)
            reached = self._walk_window(self._pass_frames(begin) if self.frames and not self.inside else begin)
            if reached == begin:
                return
            offset = window.start + reached

    def _pass_frames(self, at: int) -> int:
        """Pass frames of the usual shape from `at` on, as long as they end in the window, and return the place reached.

        Such a frame has a control block before it, and sub-blocks of one length but for the last. This is all that most
        frames cost.
        """
        frames, begin = self.frames, at
        if self.window.start + at - self.begun < frames * _SMALL:
            at = self._pass_small_frames(at)
        if at == begin:
            at = self._pass_one_by_one(at)
        self.chances += self.frames - frames - 2
        return at

    def _pass_one_by_one(self, at: int) -> int:
        """Pass usual frames of any length, for the steps that `_walk_window` would have taken."""
        data, end = self.window.data, len(self.window.data)
        near_end, most, unpack = end - _LONGEST_USUAL_HEAD, self.most_frames, _USUAL.unpack_from
        steps_left, frames, width, height = self.steps_left, self.frames, self.width, self.height
        seen, expected = -1, _RUN
        while at < near_end and frames < most and steps_left > 1:
            start, size, between, box, flags, length = unpack(data, at)
            if start != _CONTROL_START or between != _BETWEEN or size != 4:
                break
            if box != seen:
                seen = box
                left, top, across, down = _BOX.unpack_from(data, at + _CONTROL_BYTES + 1)
                if left + across > width:  # noqa: PLR1730 -- max() takes five times as long
                    width = left + across
                if top + down > height:  # noqa: PLR1730 -- as above
                    height = top + down
            at += _USUAL_HEAD_BYTES
            if flags & 0x80:
                at += _palette_bytes(flags)
                length = data[at]
            frames, step = frames + 1, length + 1
            run = data[at : at + expected * step : step]
            rest = run.lstrip(_ALONE[length])
            if not rest:
                run = data[at : at + _LONGEST_RUN * step : step]
                rest = run.lstrip(_ALONE[length])
            count = len(run) - len(rest)
            last = rest[0] if rest else 0
            behind = at + count * step + (last + 1 if last else 0)
            if not rest or not length or behind >= end or data[behind]:
                self.inside, steps_left = True, steps_left - 2
                break
            at = behind + 1
            steps_left -= 4 if last else 3
            if count > _RUN:
                steps_left -= (count - 1) // (_RUN + 1)
            expected = count + (count >> 2) + 2
        self.steps_left, self.frames, self.width, self.height = steps_left, frames, width, height
        return at

    def _pass_small_frames(self, at: int) -> int:
        """Pass usual frames as long as they are small, for the steps of the most expensive of them."""
        data, end, stop = self.window.data, len(self.window.data), at
        while stop < end and (wanted := self.most_frames - self.frames):
            length = (self.window.start + at - self.begun) // self.frames
            stop = min(at + length * wanted + _SMALL, end)
            found = _small_frames().findall(data, at, stop)
            rest = len(found[-1][1])
            if rest:
                found.pop()
            steps = len(found) * _SMALL_STEPS + (stop - rest - at) // (256 * _RUN)
            if not found or steps >= self.steps_left:
                break
            del found[wanted:]
            boxes = set(map(itemgetter(0), found))
            sides = unpack(f"<{4 * len(boxes)}H", b"".join(boxes))  # left, top, width, height; the next, …
            self.width = max(self.width, *map(add, sides[::4], sides[2::4]))
            self.height = max(self.height, *map(add, sides[1::4], sides[3::4]))
            self.frames += len(found)
            self.steps_left -= steps
            at = stop - rest
        return at

    def _walk_window(self, at: int) -> int:
        """Walk on from `at` to the end of the window or to a usual frame behind others, and return the place reached."""
        data, end = self.window.data, len(self.window.data)
        begun, near_end = at, end - _LONGEST_USUAL_HEAD if self.chances > 0 else 0
        steps_left, inside, frames, width, height = self.steps_left, self.inside, self.frames, self.width, self.height
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
                if frames and not inside and begun < at < near_end and data[at + _CONTROL_BYTES] == _FRAME_START:
                    steps_left += 1  # the step is `_pass_frames`'s to take
                    break
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
                at, steps_left = self._pass_junk(at, steps_left)
                if self.ended:
                    break
        self.steps_left, self.inside, self.frames, self.width, self.height = steps_left, inside, frames, width, height
        return at

    def _pass_junk(self, at: int, steps_left: int) -> tuple[int, int]:
        """Pass what begins no block, and return the place reached and the steps left then; where nothing is, it ends."""
        junk = self.window.run(_JUNK, self.window.start + at)
        self.ended = not junk
        return at + junk, steps_left - junk // SKIPPED_PER_STEP


@cache
def _small_frames() -> re.Pattern[bytes]:
    """Return what matches a small frame of the usual shape, with its box as a group, or else the rest, as the other one.

    What a frame ends with is tried for every length there is: that is all in C, where to look up the length would be a
    step of Python for each frame. A look ahead at the length passes 32 of them at once. The pattern takes 3 ms to
    compile, as long as 10,000 frames to pass.
    """
    palette = b"|".join(
        b"[%b].{%d}+" % (bytes(range(0x80 + bits, 0x100, 8)), 3 << bits + 1)  # no such byte is special in a pattern
        for bits in range(8)
    )
    full = b"|".join(map(_full_sub_blocks, _FULL))
    last = b"|".join(_last_sub_blocks(range(max(low, 1), min(low + 32, 255))) for low in range(0, 255, 32))
    frame = rb"!\xf9\x04.{4}+\0,(.{8}+)(?:[\0-\x7f]|%b).(?:%b|)(?:\0|%b)" % (palette, full, last)
    return re.compile(frame + b"|(.++)", re.DOTALL)


def _full_sub_blocks(length: int) -> bytes:
    """Return a pattern for one or more sub-blocks of a length: many are passed four at a time, and few without a loop."""
    each = rb"\x%02x.{%d}+" % (length, length)
    return b"%b(?:%b(?:%b(?:%b)*+(?:%b)*+|)|)" % (each, each, each, each * 4, each)


def _last_sub_blocks(lengths: range) -> bytes:
    """Return a pattern for a frame's last sub-block of one of these lengths, and the end of the frame behind it."""
    each = b"|".join(rb"\x%02x.{%d}+\0" % (length, length) for length in lengths)
    return rb"(?=[\x%02x-\x%02x])(?:%b)" % (lengths[0], lengths[-1], each)
