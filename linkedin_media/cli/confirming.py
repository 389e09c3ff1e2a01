"""Asking before what cannot be undone."""

from __future__ import annotations

import sys

import click

from .terminal import is_terminal


def confirm(question: str, *, yes: bool) -> None:
    """Ask, where somebody is there to answer; a program that names what to delete means it.

    Raises:
        click.Abort: The answer is no.
    """
    if not yes and is_terminal(sys.stdin) and is_terminal(sys.stderr):
        click.confirm(question, abort=True, err=True)
