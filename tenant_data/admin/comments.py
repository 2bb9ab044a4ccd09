"""Comments: a list of all of them. They are written on the page of a task."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectMultipleFilter
from unfold.decorators import display

from console.filters import DaysFilter
from console.importing.exporting import ExportMixin
from console.sites import tenant_site
from tenant_data.admin.task_parts import OwnPartAdmin
from tenant_data.models import Comment
from tenant_data.resources import CommentResource


@admin.register(Comment, site=tenant_site)
class CommentAdmin(ExportMixin, OwnPartAdmin):
    resource_classes = (CommentResource,)
    owner = "author"
    panel = "comments"
    list_display = ("said", "task_reference", "author_name", "created_at", "was_edited")
    list_display_links = ("said",)
    list_select_related = ("task__project", "author")
    list_filter = (
        ("task__project", AutocompleteSelectMultipleFilter),
        ("task", AutocompleteSelectMultipleFilter),
        ("author", AutocompleteSelectMultipleFilter),
        ("created_at", DaysFilter),
    )
    search_fields = ("text", "task__title")
    search_help_text = _("Words, a task's title, or a reference such as WEB-12")
    fields = ("task_reference", "author_name", "created_at", "edited_at", "text")
    readonly_fields = ("task_reference", "author_name", "created_at", "edited_at")

    def save_model(self, request: HttpRequest, obj: Comment, form: Any, change: bool) -> None:
        """A comment that says something else than before shows that it was edited."""
        # Browsers send every line end as two characters; the model keeps one.
        if obj.text != form.initial.get("text"):
            obj.edited_at = timezone.now()
        super().save_model(request, obj, form, change)

    @display(description=_("comment"))
    def said(self, comment: Comment) -> str:
        return Truncator(" ".join(comment.text.split())).chars(120)

    @display(description=_("author"), ordering="author__name")
    def author_name(self, comment: Comment) -> str:
        return str(comment.author) if comment.author else _t("Somebody who has left")

    @display(description=_("edited"), ordering="edited_at")
    def was_edited(self, comment: Comment) -> str | None:
        return _t("edited") if comment.edited_at else None
