"""The lists of both sides."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.utils.text import capfirst
from unfold.views import ChangeList as UnfoldChangeList


class ChangeList(UnfoldChangeList):
    """Unfold's, under the name of what it lists."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_popup:
            self.title = capfirst(self.opts.verbose_name_plural)

    def get_ordering_field_columns(self) -> dict[int, str]:
        """The columns that the rows are sorted by, for their arrows.

        Of an order that nobody chose, the first is enough: the rest of it breaks ties, and
        numbers beside the columns would say that somebody asked for it.
        """
        columns: dict[int, str] = super().get_ordering_field_columns()
        if ORDER_VAR not in self.params:
            return dict(list(columns.items())[:1])
        return columns
