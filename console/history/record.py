"""Writing the history where saving a row does not do it by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from console.history.acting import happening
from console.history.diff import difference
from console.history.events import checked
from console.history.models import LogEntry, kept, named, subject_of

Action = LogEntry.Action


def record_event(obj: Model, event: str, **details: Any) -> LogEntry:
    """Write down that something happened to the object, in the connection's transaction.

    ``event`` is a code that an app has put into words by ``name_events``; any other raises
    ``ValueError``. ``details`` must be fit for JSON and hold no secret.
    """
    entry = _entry(obj, Action.ACCESS)
    entry.event = checked(event)
    entry.additional_data = details or None
    entry.save()
    return entry


def save_as(obj: Model, event: str, *, update_fields: Iterable[str], **details: Any) -> None:
    """Save the fields and write down what that means: one entry, with the change and its name.

    ``event`` and ``details`` are those of ``record_event``.
    """
    with happening(obj, checked(event), details) as change:
        obj.save(update_fields=list(update_fields))
    if not change.is_written:  # Nothing that is tracked was changed, and yet it happened.
        record_event(obj, event, **details)


def record_many(
    changes: Iterable[tuple[Model | None, Model | None]],
    *,
    fields: Iterable[str] | None = None,
    many: Mapping[str, str] | None = None,
) -> list[LogEntry]:
    """Write down changes that were made in bulk, each as the row before and the row after.

    ``None`` before means added, ``None`` after means deleted; rows that are equal are left out.
    ``fields`` are those to compare, where it is known that nothing else was changed; ``many`` are
    many-to-many fields, each with the attribute of the rows that lists its objects. One insert
    for all of them, in the connection's transaction.
    """
    entries = []
    compared = None if fields is None else frozenset(fields)
    for before, after in changes:
        obj = after if after is not None else before
        if obj is None:
            continue
        diff = difference(before, after, compared)
        diff |= _diff_of_many(before, after, many or {})
        if not diff:
            continue
        action = Action.CREATE if before is None else Action.UPDATE
        entry = _entry(obj, Action.DELETE if after is None else action)
        entry.changes = kept(type(obj), diff)
        entry.sign()
        entries.append(entry)
    return LogEntry.objects.bulk_create(entries)


def _diff_of_many(
    before: Model | None, after: Model | None, many: Mapping[str, str]
) -> dict[str, list[list[str]]]:
    diff = {}
    for field, attribute in many.items():
        old, new = (named(getattr(row, attribute, ())) for row in (before, after))
        if old != new:
            diff[field] = [old, new]
    return diff


def _entry(obj: Model, action: int) -> LogEntry:
    return LogEntry(
        content_type=ContentType.objects.get_for_model(obj),
        object_pk=str(obj.pk),
        object_id=obj.pk if isinstance(obj.pk, int) else None,
        object_repr=str(obj),
        action=action,
        subject=subject_of(obj),
    )
