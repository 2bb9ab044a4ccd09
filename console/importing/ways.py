"""In which of two ways a column is written: its values together tell, or a person does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

#: So many texts are remembered, not to be looked at again.
_REMEMBERED = 10_000
#: What a text is by each way in which it is anything; empty where both are the same.
Ways = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Evidence:
    """What the values of a column say of the way in which they are written."""

    #: By each way: the first value that can be written in no other.
    shown_by: dict[str, str] = field(default_factory=dict)
    #: The first value that could be either, and what it would be.
    unclear: str = ""
    meanings: dict[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The way that the column itself tells; empty where it tells none, or both."""
        return next(iter(self.shown_by)) if len(self.shown_by) == 1 else ""

    @property
    def is_open(self) -> bool:
        """Whether somebody has to be asked. A column that tells both is wrong, not open."""
        return bool(self.unclear) and not self.shown_by

    def settled(self, chosen: str) -> str:
        """The way in which the column is read: what it tells, or else what was chosen."""
        return self.told or (chosen if self.unclear or self.shown_by else "")


def weigh(cells: Iterable[str], ways: Ways) -> Evidence:
    """Look at all the values of a column."""
    shown_by: dict[str, str] = {}
    unclear, meanings = "", {}
    seen: set[str] = set()
    for text in cells:
        if text in seen:
            continue
        if len(seen) >= _REMEMBERED:
            seen.clear()
        seen.add(text)
        found = ways(text)
        if len(found) == 1:
            shown_by.setdefault(next(iter(found)), text)
        elif found and not unclear:
            unclear, meanings = text, found
    return Evidence(shown_by, unclear, meanings)
