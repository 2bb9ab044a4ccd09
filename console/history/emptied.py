"""Fields that are emptied because what they name is deleted: no row of theirs is saved then."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.signals import pre_delete

from console.history.names import name_of
from console.history.record import record_many

#: Of so many rows it is written down; a deletion does not grow without end by its history.
AT_MOST = 5_000
BATCH = 1_000


def track_emptied(model: type[Model], *names: str) -> None:
    """Write down of each object whose field loses what it names, with who deleted that."""
    for name in names:
        field: Any = model._meta.get_field(name)
        pre_delete.connect(
            partial(_about_to_be_emptied, field),
            sender=field.related_model,
            weak=False,
            dispatch_uid=f"history of {model._meta.label} {name} emptied",
        )


def _about_to_be_emptied(field: Any, *, instance: Any, origin: Any = None, **kwargs: Any) -> None:
    rows = field.model._base_manager.filter(**{field.name: instance}).order_by("pk")
    if isinstance(origin, QuerySet) and origin.model is field.model:
        # They go themselves, which is written down of them.
        rows = rows.exclude(pk__in=[row.pk for row in origin])
    rows = rows.select_related(field.name, *getattr(field.model, "named_with", ()))
    found = list(rows[:AT_MOST])
    for begin in range(0, len(found), BATCH):
        record_many(
            (_before_and_after(row, field, instance) for row in found[begin : begin + BATCH]),
            fields=[field.name],
        )


def _before_and_after(row: Any, field: Any, gone: Any) -> tuple[Any, Any]:
    before, after = copy.copy(row), copy.copy(row)
    # By its name: nobody will find the key.
    before.__dict__[field.attname] = name_of(gone)
    setattr(after, field.name, None)
    return before, after
