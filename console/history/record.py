"""Writing the history where saving a row does not do it by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from console.history.acting import happening
from console.history.diff import difference, difference_of, plain, tracked
from console.history.events import checked
from console.history.models import LogEntry, kept, named, subject_of
from console.postgres.bulk import insert_rows, like

Action = LogEntry.Action
#: Among the details of an entry: what the row was in fields whose changes are not told.
BEFORE = "before"


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
    changes: Iterable[tuple[Model | Mapping[str, Any] | None, Model | None]],
    *,
    fields: Iterable[str] | None = None,
    many: Mapping[str, str] | None = None,
) -> list[LogEntry]:
    """Write down changes that were made in bulk, each as the row before and the row after.

    ``None`` before means added, ``None`` after means deleted; rows that are equal are left out.
    Before may also be the old values by attribute, where no others differ; then the entry keeps
    what else is needed to put them back.
    ``fields`` are those to compare, where it is known that nothing else was changed; ``many`` are
    many-to-many fields, each with the attribute of the rows that lists its objects. One insert
    for all of them, in the connection's transaction.
    """
    entries = []
    compared = None if fields is None else frozenset(fields)
    begun: dict[type[Model], LogEntry] = {}
    for before, after in changes:
        obj = after if after is not None else before
        if obj is None:
            continue
        if isinstance(before, Mapping):
            diff = difference_of(before, obj)
        else:
            diff = difference(before, after, compared)
        if many:
            diff |= _diff_of_many(before, after, many)
        if not diff:
            continue
        model = type(obj)
        if model not in begun:
            begun[model] = _entry(obj, Action.UPDATE)
            begun[model].sign()
        entry = like(begun[model])
        _tell_of(entry, obj)
        action = Action.CREATE if before is None else Action.UPDATE
        entry.action = Action.DELETE if after is None else action
        entry.changes = kept(model, diff)
        if isinstance(before, Mapping):
            entry.additional_data = _untold(before, obj, many or {})
        entries.append(entry)
    insert_rows(LogEntry, entries)
    return entries


def _untold(
    before: Mapping[str, Any], after: Model, many: Mapping[str, str]
) -> dict[str, Any] | None:
    """What the changes do not tell of the old values: those of fields that are not tracked, and
    which rows the lists had, where the changes have their names."""
    fields = {attribute: field for field, attribute in many.items()}
    told = {attribute for _name, attribute in tracked(type(after))}
    rest = {
        fields.get(attribute, attribute): [row.pk for row in value]
        if attribute in fields
        else plain(value)
        for attribute, value in before.items()
        if attribute not in told and value != getattr(after, attribute)
    }
    return {BEFORE: rest} if rest else None


def _diff_of_many(
    before: Model | Mapping[str, Any] | None, after: Model | None, many: Mapping[str, str]
) -> dict[str, list[list[str]]]:
    diff = {}
    for field, attribute in many.items():
        new = named(getattr(after, attribute, ()))
        if isinstance(before, Mapping):
            old = named(before[attribute]) if attribute in before else new
        else:
            old = named(getattr(before, attribute, ()))
        if old != new:
            diff[field] = [old, new]
    return diff


def _entry(obj: Model, action: int) -> LogEntry:
    entry = LogEntry(content_type=ContentType.objects.get_for_model(obj), action=action)
    _tell_of(entry, obj)
    return entry


def _tell_of(entry: LogEntry, obj: Model) -> None:
    """Put down which object it is about."""
    entry.object_pk = str(obj.pk)
    entry.object_id = obj.pk if isinstance(obj.pk, int) else None
    entry.object_repr = str(obj)
    entry.subject = subject_of(obj)
