"""Exports that waited while the company was closed."""

from __future__ import annotations

from typing import Any

from django_tenants.utils import schema_context

from console.company.making import client_to_work_for
from console.company.models import DataExport
from console.company.queue import enqueue_again_if_lost, enqueue_waking


def take_up_again(sender: Any, *, schema: str, **kwargs: Any) -> None:
    """Receives ``tenants.signals.reopened``. Looks into no schema: a page waits for this."""
    enqueue_waking(schema)


def take_up_exports(schema: str) -> None:
    """Give a job to the export that waits, if one does. Raises ``TryAgainLater``."""
    if client_to_work_for(schema) is None:
        return
    with schema_context(schema):
        for key in DataExport.objects.open().values_list("pk", flat=True):
            enqueue_again_if_lost(schema, key)
