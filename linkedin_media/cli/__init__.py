"""The command line, ``linkedin-media``: one module for each group of commands, imported when one of them runs."""

from .program import main

__all__ = ["main"]
