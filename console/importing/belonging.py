"""Rows that an import added together with what they belong to: they go with it, or stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from console.history.models import LogEntry


def own_subject(entry: LogEntry) -> str:
    """The subject of what belongs to the row of the entry."""
    kind = entry.content_type
    return f"{kind.app_label}.{kind.model}:{entry.object_id}"


class Parts:
    """The entries of such rows, until it is known what becomes of what they belong to."""

    def __init__(self, entries: QuerySet[LogEntry]) -> None:
        """``entries`` are all those of the import."""
        self._added = entries.filter(action=LogEntry.Action.CREATE).select_related("content_type")
        self._parts: dict[str, list[LogEntry]] = defaultdict(list)

    def set_aside(self, entries: list[LogEntry]) -> list[LogEntry]:
        """Keep those that belong to something else that the import added; returns the others."""
        subjects = {entry.subject for entry in entries if entry.subject != own_subject(entry)}
        if not subjects:
            return entries
        found = self._added.filter(subject__in=subjects)
        owners = {entry.subject for entry in found if entry.subject == own_subject(entry)}
        alone = []
        for entry in entries:
            if entry.subject in owners and entry.subject != own_subject(entry):
                self._parts[entry.subject].append(entry)
            else:
                alone.append(entry)
        return alone

    def keys(self, owners: Iterable[LogEntry]) -> dict[Any, set[int]]:
        """The keys of what belongs to these rows, by model."""
        found: dict[Any, set[int]] = defaultdict(set)
        for owner in owners:
            for part in self._parts.get(own_subject(owner), ()):
                found[part.content_type.model_class()].add(part.object_id)
        return found

    def take(self, owners: Iterable[LogEntry]) -> list[LogEntry]:
        """What belongs to these rows, which is not kept any more."""
        return [part for owner in owners for part in self._parts.pop(own_subject(owner), ())]

    def rest(self) -> Iterator[LogEntry]:
        """What is still kept."""
        for parts in self._parts.values():
            yield from parts
