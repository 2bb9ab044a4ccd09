"""Changes of many-to-many fields: one entry with all of it before and all of it after.

django-auditlog's own entries say what came or what went, and not what there is now.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any

from django.db.models import ManyToManyField, Model
from django.db.models.signals import m2m_changed

from console.history.models import LogEntry, named

#: Where an object keeps, by field, what is known between two signals.
_BEFORE, _REMOVED = "_history_before", "_history_removed"


def track_many(model: type[Model], *names: str) -> None:
    """Write down what changes in these fields of the model, from whichever side."""
    for name in names:
        field: Any = model._meta.get_field(name)
        through = field.remote_field.through
        uid = f"history of {model._meta.label} {name}"
        m2m_changed.connect(partial(_changed, field), sender=through, weak=False, dispatch_uid=uid)


def _changed(
    field: ManyToManyField[Any, Any],
    *,
    instance: Any,
    action: str,
    reverse: bool,
    pk_set: set[Any] | None,
    **kwargs: Any,
) -> None:
    when, _hyphen, what = action.partition("_")
    kept = instance.__dict__.setdefault(_BEFORE, {})
    if when == "pre":
        objects = _other_side(field, instance, pk_set) if reverse else [instance]
        kept[field.name] = objects, _values(field, objects)
        return
    objects, before = kept.pop(field.name, ([], {}))
    after = _values(field, objects)
    for obj in objects:
        _write(obj, field.name, before[obj.pk], after[obj.pk], what)


def _other_side(field: Any, related: Model, pk_set: set[Any] | None) -> list[Any]:
    """The objects that have the field, where somebody changed it from the other side."""
    rows = field.model._base_manager
    if pk_set is None:
        return list(rows.filter(**{field.name: related}))
    return list(rows.filter(pk__in=pk_set))


def _values(field: Any, objects: list[Any]) -> dict[Any, list[str]]:
    """What the field of each object holds now, by name; one query for all of them."""
    source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
    links = field.remote_field.through._base_manager.filter(**{f"{source}__in": objects})
    found = defaultdict(list)
    for link in links.select_related(target):
        found[getattr(link, f"{source}_id")].append(getattr(link, target))
    return {obj.pk: named(found[obj.pk]) for obj in objects}


def _write(obj: Any, name: str, before: list[str], after: list[str], what: str) -> None:
    """A new list is set by taking away and then adding: the two are one change."""
    removed = obj.__dict__.setdefault(_REMOVED, {})
    entry: Any = removed.pop(name, None)
    if entry is not None and what == "add" and entry.changes[name][1] == before:
        changes = {name: [entry.changes[name][0], after]}
        if LogEntry.objects.filter(pk=entry.pk).update(changes=changes):
            return
    if before == after:
        return
    entry = LogEntry.objects.log_create(
        obj, action=LogEntry.Action.UPDATE, changes={name: [before, after]}
    )
    if what == "remove":
        removed[name] = entry
