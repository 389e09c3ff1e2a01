"""The one question this room answers: may LinkedIn have this image, and if not, why not."""

from __future__ import annotations

import attrs

from ..errors import Violation
from ..options import ImageRules
from . import gif, jpeg, png
from .formats import foreign_format
from .rules import Facts, Format, not_an_image, truncated, unsupported, violations_of
from .window import Source, Window


@attrs.frozen(slots=False)  # with slots, making one would take half as long again
class Inspection:
    """What a file is, and every rule it breaks.

    `format` is told by content: a multi-picture file (MPO) is JPEG, an animated PNG is PNG. `foreign` names the format
    of a file LinkedIn does not take. `width` and `height` are None where the file does not tell them; those of a GIF
    cover all frames. `frames` is 0 where there is no picture, 1 but for a GIF, and counts a GIF's frames up to one more
    than allowed. `violations` must be mended before LinkedIn takes the file; `warnings` tell of likely damage.
    """

    format: Format | None
    foreign: str | None
    width: int | None
    height: int | None
    frames: int
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]

    @property
    def ok(self) -> bool:
        """Whether the file breaks no rule."""
        return not self.violations


def inspect(source: Source, rules: ImageRules = ImageRules()) -> Inspection:
    """Look at the headers of `source` and list every violation of `rules`; no content makes this raise.

    A JPEG or PNG costs one read, and one more of its end if it is longer than 16 KiB, whatever its number of pixels; yet
    another if its last marker is not right there. A GIF is read once, up to its last frame or one frame too many. No
    more than 512 KiB are held, and a file crafted to be slow ends with ``TOO_COMPLEX`` after ``rules.max_steps`` steps.
    """
    window = Window(source)
    facts = _walk(window, rules)
    if facts is None:
        return _refused(window)
    return Inspection(
        facts.format,
        None,
        facts.width or None,
        facts.height or None,
        facts.frames,
        violations_of(facts, window.size, rules),
        (truncated(facts),) if facts.cut_off else (),
    )


def _walk(window: Window, rules: ImageRules) -> Facts | None:
    head = window.data
    if head.startswith(jpeg.SIGNATURE):
        return jpeg.walk(window, rules)
    if head.startswith(png.SIGNATURE):
        return png.walk(window, rules)
    if head.startswith(gif.SIGNATURES):
        return gif.walk(window, rules)
    return None


def _refused(window: Window) -> Inspection:
    foreign = foreign_format(window.data)
    why = unsupported(foreign) if foreign else not_an_image(window.size, window.data)
    return Inspection(None, foreign, None, None, 0, (why,), ())
