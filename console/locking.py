"""Two people who save one row at the same moment: the second waits, and is judged by what the first
has written."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest


class HoldsRow:
    """For a ModelAdmin. A form that is sent holds its row until it is saved.

    Django reads the row, checks the form and writes every field as it was read; whatever another
    transaction wrote in between would be taken back without a trace.
    """

    def get_object(
        self: Any, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row as it is once nobody else writes it. Locks it in a POST, which Django runs in a
        transaction."""
        if request.method == "POST" and connection.in_atomic_block:
            found = super().get_object(request, object_id, from_field)
            if found is None:
                return None
            # By itself: the list's query may group, and what it joins is nobody's to lock.
            rows = self.model._base_manager.select_for_update(no_key=True)
            if not rows.filter(pk=found.pk).exists():
                return None
        return super().get_object(request, object_id, from_field)
