"""Statements as people write them into migrations: with comments above them."""

from __future__ import annotations

import re

#: What may stand before a statement, as a part of a pattern: space and comments.
BEFORE = r"(?:\s|--[^\n]*(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*\*/)*"
_BEFORE = re.compile(BEFORE)


def bare(sql: str) -> str:
    """The statement without what stands before it; empty where that is all there is."""
    return _BEFORE.sub("", sql, count=1)
