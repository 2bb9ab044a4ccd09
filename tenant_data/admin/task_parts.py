"""What the lists of comments, time and files share: each row hangs on a task."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth import get_permission_codename
from django.db.models import BooleanField, QuerySet, Value
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.sites import tenant_site
from tenant_data.admin.base import WorkAdmin
from tenant_data.models import Task
from tenant_data.models.task import REFERENCE

#: The parameter of an address that says to which task's page one goes back, and its value.
BACK = "task"


def task_url(task_id: int, panel: str = "") -> str:
    url = reverse("admin:tenant_data_task_change", args=[task_id])
    return f"{url}#{panel}" if panel else url


class TaskPartAdmin(WorkAdmin):
    """A model whose rows belong to a task. Some are somebody's own: see ``OwnPartAdmin``."""

    #: The id of the panel on the task's page.
    panel = ""

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("tenant_data/task.css",)}

    def may_add(self, request: HttpRequest) -> bool:
        """Whether the user has the right to add one, be it part of the plan or not."""
        codename = get_permission_codename("add", self.opts)
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))

    def may_add_to_task(self, request: HttpRequest) -> bool:
        """Whether the user can add one on the page of a task."""
        return self.may_add(request) and self.is_in_plan() and self.may_see_tasks(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They belong to a task, so it is there that they are added."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A task's reference finds what hangs on that task alone."""
        reference = REFERENCE.fullmatch(search_term.strip().upper())
        if reference is None:
            return super().get_search_results(request, queryset, search_term)
        number = int(reference["number"])
        found = queryset.filter(task__project__key=reference["key"], task__number=number)
        return found, False

    def may_see_tasks(self, request: HttpRequest) -> bool:
        return bool(tenant_site.get_model_admin(Task).has_view_permission(request))

    def choices_for(
        self, field: str, request: HttpRequest, choices: QuerySet[Any]
    ) -> QuerySet[Any]:
        """Whoever may not see tasks finds none in a form or a filter either."""
        return choices if field != "task" or self.may_see_tasks(request) else choices.none()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Carried by the row: a ModelAdmin is shared by all requests.
        may_see = Value(self.may_see_tasks(request), BooleanField())
        return super().get_queryset(request).annotate(links_task=may_see)

    @display(description=_("task"), ordering="task__project__key")
    def task_reference(self, row: Any) -> SafeString | str:
        task: Task = row.task
        if not row.links_task:
            return str(task)
        return format_html(
            '<span><a class="console-link task-reference" href="{}">{}</a> {}</span>',
            task_url(task.pk, self.panel),
            task.reference,
            task.title,
        )

    # --- Back to the task from which somebody came -------------------------------------------

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        return self._back(request) or response

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        response = super().response_delete(request, obj_display, obj_id)
        return self._back(request) or response

    def _back(self, request: HttpRequest) -> HttpResponse | None:
        key = request.GET.get(BACK, "")
        if key.isascii() and key.isdecimal() and len(key) < 19:
            return HttpResponseRedirect(task_url(int(key), self.panel))
        return None


class OwnPartAdmin(TaskPartAdmin):
    """Who may add such rows sees, changes and deletes their own; others' need the rights to."""

    #: The field that says whose it is.
    owner = ""

    def is_own(self, request: HttpRequest, obj: Any) -> bool:
        return self.may_add(request) and (
            obj is None or getattr(obj, f"{self.owner}_id") == request.user.pk
        )

    def sees_all(self, request: HttpRequest) -> bool:
        """Whether the user sees those of others too; the history asks as well."""
        return super().has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Their own, for those who see them only because they may add some. Whoever may do nothing
        is refused by the page."""
        queryset = super().get_queryset(request)
        if self.sees_all(request) or not self.may_add(request):
            return queryset
        return queryset.filter(**{self.owner: request.user.pk})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may or (self.is_in_plan() and self.is_own(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) or self.is_own(request, obj)
