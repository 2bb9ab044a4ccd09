"""What came of undoing an import: how many rows of which kind, and what was left, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from console.history.models import LogEntry

#: As many of the rows that are left alone are kept by name.
NAMED = 1000

EDITED = gettext_noop("edited since")
GONE = gettext_noop("deleted since")
USED = gettext_noop("in use elsewhere")
BUSY = gettext_noop("being worked on at this moment")
LOST = gettext_noop("what it led to is gone")
UNFIT = gettext_noop("what it was does not fit what was changed since")
TAKEN = gettext_noop("another one has taken its place")


@dataclass
class PutBack:
    """What came of it."""

    #: How many rows of which model, as ``app.model``, were added and are gone again; were changed,
    #: or deleted, and are as before.
    removed: Counter[str] = field(default_factory=Counter)
    restored: Counter[str] = field(default_factory=Counter)
    #: How many were left as they are, and of the first of them what they are called and why.
    left: int = 0
    named: list[tuple[str, str, str]] = field(default_factory=list)

    def leave(self, entry: LogEntry, why: str) -> None:
        self.left += 1
        if len(self.named) < NAMED:
            kind = entry.content_type.model_class()
            label = kind._meta.label_lower if kind else entry.content_type.model
            self.named.append((label, entry.object_repr[:200], why))
