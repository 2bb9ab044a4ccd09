"""How many rows belong to each row of a list."""

from __future__ import annotations

from django.db.models import Count, Model, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce


def number_of(model: type[Model], field: str, *conditions: Q) -> Coalesce:
    """An annotation: how many rows of ``model`` have the list's row in ``field``.

    Worked out for the rows that are read; a join with a count would be one over whole tables.
    """
    rows = model._default_manager.filter(*conditions, **{field: OuterRef("pk")}).order_by()
    return Coalesce(Subquery(rows.values(field).annotate(n=Count("pk")).values("n")), 0)
