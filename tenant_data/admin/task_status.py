"""Changing the status of a task in the list, without opening it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t

from tenant_data.models import Task, TaskStatus


class StatusInList:
    """For the ModelAdmin of tasks.

    The page says from which status to which. Where somebody else was quicker nothing is changed,
    and the page is told how things are: a select box that posts a whole list would undo what
    others did since it was opened.
    """

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.status_view)
        return [
            path("<int:pk>/status/", view, name="tenant_data_task_status"),
            *super().get_urls(),
        ]

    def status_view(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """Answers with the status that the task has then, and why it is not the one wanted."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        was, wanted = request.POST.get("from", ""), request.POST.get("to", "")
        with transaction.atomic():
            tasks = self.get_queryset(request).select_for_update(of=("self",))
            task = tasks.select_related("project").filter(pk=pk).first()
            if task is None or wanted not in TaskStatus.values:
                raise Http404
            if task.status not in (was, wanted):
                said = _t("Somebody else changed %(task)s meanwhile: it is “%(status)s” now.")
                return JsonResponse(_answer(task, said), status=409)
            if task.status != wanted:
                task.status = wanted
                task.save(update_fields=["status", "updated_at"])
        return JsonResponse(_answer(task, _t("%(task)s is “%(status)s” now.")))


def _answer(task: Task, message: str) -> dict[str, Any]:
    words = {"task": task.reference, "status": task.get_status_display()}
    return {"status": task.status, "message": message % words, "is_late": task.is_late}


def status_box(task: Task) -> SafeString:
    """The status as a box to choose another; a script sends what is chosen."""
    options = [
        format_html(
            '<option value="{}"{}>{}</option>',
            value,
            SafeString(" selected") if value == task.status else "",
            label,
        )
        for value, label in TaskStatus.choices
    ]
    return format_html(
        '<select class="work-status" data-url="{}" data-status="{}" aria-label="{}"'
        ' autocomplete="off">{}</select>',
        reverse("admin:tenant_data_task_status", args=[task.pk]),
        task.status,
        _t("Status of %(task)s") % {"task": task.reference},
        SafeString("".join(options)),
    )
