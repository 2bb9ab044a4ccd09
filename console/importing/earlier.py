"""What a row was before an entry of the history, and whether it is still what that left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey, ManyToManyField, Model
from django.utils.timezone import is_naive, make_aware

from console.history.models import LogEntry
from console.history.record import BEFORE


@dataclass
class Earlier:
    """What an entry says that a row was: values by attribute, and the keys of the rows of its
    many-to-many fields."""

    values: dict[str, Any] = field(default_factory=dict)
    many: dict[str, list[int]] = field(default_factory=dict)
    #: The foreign keys among the values, by attribute.
    keys: dict[str, ForeignKey[Any, Any]] = field(default_factory=dict)


def earlier(model: type[Model], entry: LogEntry) -> Earlier:
    """What the row was before the entry, in the fields that it says were changed."""
    found = Earlier()
    said = {name: pair[0] for name, pair in _pairs(entry)}
    said |= (entry.additional_data or {}).get(BEFORE, {})
    for name, value in said.items():
        known = _field(model, name)
        if isinstance(known, ManyToManyField):
            if all(isinstance(key, int) for key in value or ()):
                found.many[name] = value or []
        elif known is not None:
            found.values[known.attname] = _value(known, value)
            if isinstance(known, ForeignKey) and value is not None:
                found.keys[known.attname] = known
    return found


def is_as_left(row: Any, entry: LogEntry) -> bool:
    """Whether the row still has what the entry says that it was given."""
    for name, (_old, new) in _pairs(entry):
        known = _field(type(row), name)
        if known is None or isinstance(known, ManyToManyField):
            continue
        if getattr(row, known.attname) != _value(known, new):
            return False
    return True


def known_rows(model: type[Model], them: Collection[Earlier]) -> dict[str, dict[int, Any]]:
    """The rows to which values and many-to-many fields lead and that are there, by name and key."""
    wanted: dict[str, tuple[type[Model], set[int]]] = {}
    for one in them:
        for attribute, known in one.keys.items():
            _model, keys = wanted.setdefault(attribute, (known.related_model, set()))
            keys.add(one.values[attribute])
        for name, some in one.many.items():
            _model, keys = wanted.setdefault(name, (_field(model, name).related_model, set()))
            keys.update(some)
    return {name: other._base_manager.in_bulk(keys) for name, (other, keys) in wanted.items()}


def leads_nowhere(one: Earlier, there: dict[str, dict[int, Any]]) -> bool:
    """Whether something to which the row led is gone."""
    if any(one.values[attribute] not in there[attribute] for attribute in one.keys):
        return True
    return any(key not in there[name] for name, keys in one.many.items() for key in keys)


def used_elsewhere(
    model: type[Model], keys: Iterable[int], *, aside: Mapping[Any, Collection[int]] | None = None
) -> set[int]:
    """Those of the rows to which rows of any table lead; their own many-to-many fields aside, and
    the rows ``aside``, by model and key."""
    keys, found = set(keys), set()
    for relation in model._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or relation.many_to_many:
            continue
        if relation.related_model._meta.auto_created is model:
            continue  # The table of one of its own many-to-many fields.
        name = relation.field.name
        rows = relation.related_model._base_manager.filter(**{f"{name}__in": keys})
        if leave_out := (aside or {}).get(relation.related_model):
            rows = rows.exclude(pk__in=leave_out)
        found |= set(rows.order_by().values_list(name, flat=True).distinct())
    return found


def _pairs(entry: LogEntry) -> Iterator[tuple[str, Any]]:
    """Each field with its old and its new value; other forms of change have no values."""
    for name, values in (entry.changes or {}).items():
        if isinstance(values, list) and len(values) == 2:
            yield name, values


def _field(model: type[Model], name: str) -> Any:
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _value(known: Field[Any, Any], said: Any) -> Any:
    """The value that the history has as text where JSON has no form for it."""
    value = known.to_python(said)
    if isinstance(value, datetime) and is_naive(value):
        return make_aware(value, UTC)
    return value
