"""Cards of both home pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A number, and the list that has as many rows."""

    label: str
    number: int
    url: str
    icon: str
    note: str = ""
    #: A colour where the number is not zero: ``bad``, ``warn`` or ``info``.
    tone: str = ""
