"""Look at an image before it is sent: bounded walks over JPEG, PNG and GIF headers. No file, socket or decoder."""

from .formats import foreign_format
from .rules import largest_fit
from .verdict import Inspection, inspect
from .window import FIRST, BytesSource, Source

__all__ = [
    "FIRST",
    "BytesSource",
    "Inspection",
    "Source",
    "foreign_format",
    "inspect",
    "largest_fit",
]
