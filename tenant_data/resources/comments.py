"""Export of comments. They belong to whoever wrote them: no file brings any."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.importing.columns import Info
from console.importing.exceptions import FileError
from console.importing.measures import Moment
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from console.importing.widgets import Text
from tenant_data.models import Comment


class CommentResource(KeyedResource):
    """Comments with their tasks; written out alone."""

    written = Info(
        attribute="created_at",
        widget=Moment(),
        meaning=gettext_lazy("When it was written, where the company is."),
        samples=("", ""),
    )
    author = Info(
        attribute="author__email",
        widget=Text(),
        meaning=gettext_lazy("The e-mail address of who wrote it."),
        samples=("", ""),
    )
    task = Info(
        attribute="task__reference",
        widget=Text(),
        meaning=gettext_lazy("The reference of the task."),
        samples=("", ""),
    )
    text = Info(
        attribute="text",
        widget=Text(),
        meaning=gettext_lazy("What it says."),
        samples=("", ""),
    )

    class Meta:
        model = Comment
        import_id_fields = ("written",)
        fields = import_order = export_order = ("written", "author", "task", "text")

    def import_data(self, *args: Any, **kwargs: Any) -> ImportResult:
        raise FileError(_("Comments cannot be imported: they belong to whoever wrote them."))

    def filter_export(self, queryset: QuerySet[Comment], **kwargs: Any) -> QuerySet[Comment]:
        return queryset.select_related("author", "task__project").order_by("created_at", "pk")
