"""What the pages of a company's work share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.db import IntegrityError, OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from console import limits
from console.importing.writing import DEADLOCK
from console.locking import HoldsRow
from console.modeladmin import ModelAdmin
from console.paginator import BoundedPaginator

#: How many rows are deleted at a time: each is read, with all that goes with it, and named.
DELETED_AT_ONCE = 1_000


class WorkAdmin(HoldsRow, ModelAdmin):
    """The console's, for lists that may be long, and for what a plan can switch off.

    What is there of a feature that the plan does not have can be seen, exported and deleted.
    Nothing is added or changed, and the menu offers it only while there is something to see.
    """

    #: The feature of the plan that this needs; empty for what every plan has.
    feature = ""
    actions = ("delete_selected",)
    paginator = BoundedPaginator
    #: How many rows an action takes at the most; said where a list has more.
    at_once = DELETED_AT_ONCE

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("tenant_data/work.css",)}

    def is_in_plan(self) -> bool:
        return not self.feature or limits.has_feature(self.feature)

    def has_module_permission(self, request: HttpRequest) -> bool:
        may = super().has_module_permission(request)
        return may and (self.is_in_plan() or self._has_rows(request))

    def _has_rows(self, request: HttpRequest) -> bool:
        """Whether there is anything that the user sees; asked once for a page."""
        known: dict[str, bool] = request.__dict__.setdefault("_left_of_features", {})
        if self.feature not in known:
            known[self.feature] = self.get_queryset(request).order_by().exists()
        return known[self.feature]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_in_plan() and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_in_plan() and super().has_change_permission(request, obj)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where the plan does not have it, the list says why there is no button to add."""
        if request.method == "GET" and not self.is_in_plan():
            text = _t(
                "This is not part of your plan. What is here can be seen, exported and deleted; "
                "nothing can be added or changed."
            )
            messages.info(request, text)
        return super().changelist_view(request, extra_context)

    @admin.action(description=delete_selected.short_description, permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Django's, of a bounded number."""
        if queryset.order_by()[: DELETED_AT_ONCE + 1].count() > DELETED_AT_ONCE:
            text = _t(
                "At most %(n)d are deleted at a time, and nothing was deleted. Narrow the list "
                "with a filter first."
            )
            messages.error(request, text % {"n": DELETED_AT_ONCE})
            return None
        if hindrance := self.why_not_deleted(queryset):
            messages.error(request, hindrance)
            return None
        return delete_selected(self, request, queryset)

    def why_not_deleted(self, rows: QuerySet[Any]) -> str:
        """Why none of these rows is deleted, in a sentence; empty if nothing stands in the way.

        Asked before Django looks: its page would read and name everything that does.
        """
        return ""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view = super().changeform_view
        return _unless_in_conflict(request, lambda: view(request, *args, **kwargs))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is not None and self.has_delete_permission(request, row):
            rows = self.model._default_manager.filter(pk=row.pk)
            if hindrance := self.why_not_deleted(rows):
                messages.error(request, hindrance)
                name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
                return HttpResponseRedirect(reverse(name, args=[row.pk]))
        view = super().delete_view
        return _unless_in_conflict(request, lambda: view(request, object_id, extra_context))


#: What is said where ``is_conflict``.
CONFLICT = _(
    "Somebody else changed the same things at the same moment, and nothing of yours was saved. "
    "Please try again."
)


def is_conflict(error: IntegrityError | OperationalError) -> bool:
    """Whether the database refused because of what somebody else wrote meanwhile."""
    return isinstance(error, IntegrityError) or getattr(error.__cause__, "sqlstate", "") == DEADLOCK


def late_day(day: date) -> SafeString:
    """A day that is over, in a list: coloured, and said in a word."""
    return format_html(
        '<span class="console-late">{} <span class="console-late-word">{}</span></span>',
        date_format(day),
        _t("late"),
    )


def _unless_in_conflict(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Of two who save what belongs together at the same moment, the second may try again."""
    try:
        return view()
    except (IntegrityError, OperationalError) as error:
        if not is_conflict(error):
            raise
        messages.error(request, CONFLICT)
        return HttpResponseRedirect(request.get_full_path())
