"""Numbers that are given to commands."""

from __future__ import annotations

from argparse import ArgumentTypeError


def positive(text: str) -> int:
    """A whole number above zero, for ``add_argument(type=…)``."""
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise ArgumentTypeError(f"{text} is not a number above zero")
    return int(text)
