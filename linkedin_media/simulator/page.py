"""The inspect page."""

from typing import Final

HTML: Final = "<!doctype html><title>simulator</title>"
