"""Rows that people call by a name, whatever its capitals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower

from console.importing.resource import KeyedResource
from console.names import one_name


def rows_by_name(rows: QuerySet[Any], names: Iterable[str]) -> dict[str, Any]:
    """The rows that have one of the names, as they are written or in lower case, by the name in
    lower case."""
    names = list(names)
    lowered = rows.alias(lowered=Lower("name")).filter(Q(lowered__in=names) | Q(name__in=names))
    return {row.name.lower(): row for row in lowered}


class NamedResource(KeyedResource):
    """Rows whose key is their name. One that is there keeps the capitals that it has."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        #: Each name as the file has it, by the name in lower case.
        self._names: dict[str, str] = {}

    def read_key(self, row: dict[str, str]) -> str:
        name = one_name(self.fields["name"].clean(row))
        self._names.setdefault(name.lower(), name)
        return name.lower()

    def find(self, keys: list[str], *, lock: bool) -> dict[str, Model]:
        rows = self._meta.model.objects.order_by("pk")
        if lock:
            rows = rows.select_for_update()
        return rows_by_name(rows, {*keys, *(self._names[key] for key in keys)})

    def start(self, key: str, row: dict[str, str]) -> Model:
        return self._meta.model(name=self._names[key])

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        return queryset.order_by("name", "pk")
