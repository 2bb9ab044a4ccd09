"""What differs between two states of a row, as django-auditlog writes it down, for many rows.

Its own function works out anew for every row which fields a model has, and takes longer than
writing the row.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from auditlog.diff import model_instance_diff
from auditlog.registry import auditlog
from django.db.models import Field, Model
from django.utils.timezone import is_aware

#: What JSON has a form for; anything else is written down as text.
_PLAIN = (type(None), bool, int, float, str, list, tuple, dict)


def difference(
    before: Model | None, after: Model | None, only: Collection[str] | None = None
) -> dict[str, Any]:
    """By field, the value before and after; ``None`` stands for a row that is not there.

    Of fields that are tracked, and ``only`` of these, if any are given. The database is not asked.
    """
    model: Any = type(after if after is not None else before)
    if _has_secrets(model):
        return model_instance_diff(before, after, only, use_json_for_changes=True) or {}
    changes = {}
    for name, attribute in tracked(model):
        if only and name not in only and attribute not in only:
            continue
        old = None if before is None else getattr(before, attribute)
        new = None if after is None else getattr(after, attribute)
        if old != new:
            changes[name] = (plain(old), plain(new))
    return changes


def difference_of(values: Mapping[str, Any], after: Model) -> dict[str, Any]:
    """The same for a row of which the old values are known, by attribute: of those that differ."""
    model = type(after)
    if _has_secrets(model):
        before = copy.copy(after)
        for attribute, value in values.items():
            setattr(before, attribute, value)
        return difference(before, after)
    changes = {}
    for name, attribute in tracked(model):
        if attribute in values:
            old, new = values[attribute], getattr(after, attribute)
            if old != new:
                changes[name] = (plain(old), plain(new))
    return changes


@lru_cache
def _has_secrets(model: type[Model]) -> bool:
    """Whether values of the model are masked before they are written down."""
    return auditlog.contains(model) and bool(auditlog.get_model_fields(model)["mask_fields"])


def plain(value: Any) -> Any:
    """The value as the history has it."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, datetime) and is_aware(value):
        value = value.astimezone(UTC).replace(tzinfo=None)
    return str(value)


@lru_cache
def tracked(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """Name and attribute of the model's columns that are tracked; all, if it is not registered."""
    fields: list[Field[Any, Any]] = list(model._meta.concrete_fields)
    if auditlog.contains(model):
        rules = auditlog.get_model_fields(model)
        included, excluded = set(rules["include_fields"]), set(rules["exclude_fields"])
        fields = [f for f in fields if not included or f.name in included]
        fields = [f for f in fields if f.name not in excluded]
    return tuple((field.name, field.attname) for field in fields)
