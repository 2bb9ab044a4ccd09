"""Assigning, moving and closing many tasks: asked about on a page, done by what it posts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminSelectWidget

from console.modeladmin import AutocompleteSelect
from tenant_data import bulk
from tenant_data.admin.base import CONFLICT, is_conflict
from tenant_data.models import Project, Task, TaskStatus

#: How many tasks the page names; it says how many more there are.
NAMED = 10
# A key has 18 digits at the most: more than any database gives, and no number too long to read.
_KEYS = re.compile(r"\A[0-9]{1,18}(?:,[0-9]{1,18})*\Z")


class ManyForm(forms.Form):
    """What is asked beside the selection itself."""

    #: The tasks that the page showed, by their keys with commas between them.
    tasks = forms.RegexField(_KEYS, widget=forms.HiddenInput)

    def chosen(self) -> QuerySet[Task]:
        keys = [int(key) for key in self.cleaned_data["tasks"].split(",")]
        return Task.objects.filter(pk__in=keys[: bulk.MAX_AT_ONCE])


class AssignForm(ManyForm):
    person = forms.ModelChoiceField(
        get_user_model().objects.none(),
        label=_("Assignee"),
        required=False,
        help_text=_("Leave empty to give the tasks to nobody."),
    )

    def __init__(self, *args: Any, site: admin.AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        field.widget = AutocompleteSelect(Task._meta.get_field("assignee"), site)
        field.queryset = get_user_model().objects.filter(is_active=True)

    def run(self) -> bulk.Done:
        return bulk.assign(self.chosen(), self.cleaned_data["person"])


class StatusForm(ManyForm):
    status = forms.ChoiceField(
        label=_("Status"),
        choices=TaskStatus.choices,
        initial=TaskStatus.DONE,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, site: admin.AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def run(self) -> bulk.Done:
        return bulk.set_status(self.chosen(), self.cleaned_data["status"])


class MoveForm(ManyForm):
    project = forms.ModelChoiceField(
        Project.objects.none(),
        label=_("Project"),
        help_text=_(
            "Each task gets the next number of that project, so its reference changes. Its parts "
            "go with it; milestones stay behind."
        ),
    )

    def __init__(self, *args: Any, site: admin.AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["project"]
        field.widget = AutocompleteSelect(Task._meta.get_field("project"), site)
        field.queryset = Project.objects.all()

    def run(self) -> bulk.Done:
        return bulk.move(self.chosen(), self.cleaned_data["project"])


@dataclass(frozen=True, slots=True)
class Verb:
    form: type[Any]
    icon: str
    #: The name of the button, and of the page.
    name: Any

    def question(self, number: int) -> str:
        return {
            "person_add": ngettext("Assign %(n)d task", "Assign %(n)d tasks", number),
            "task_alt": ngettext(
                "Change the status of %(n)d task", "Change the status of %(n)d tasks", number
            ),
            "drive_file_move": ngettext("Move %(n)d task", "Move %(n)d tasks", number),
        }[self.icon] % {"n": number}


VERBS = {
    "assign": Verb(AssignForm, "person_add", _("Assign")),
    "status": Verb(StatusForm, "task_alt", _("Change the status")),
    "move": Verb(MoveForm, "drive_file_move", _("Move")),
}


class ManyTasks:
    """For the ModelAdmin of tasks."""

    at_once = bulk.MAX_AT_ONCE
    actions = ("assign_selected", "close_selected", "move_selected", "delete_selected")

    @admin.action(description=_("Assign"), permissions=["change"])
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        return self._ask(request, "assign", queryset)

    @admin.action(description=_("Close, or change the status"), permissions=["change"])
    def close_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        return self._ask(request, "status", queryset)

    @admin.action(description=_("Move to another project"), permissions=["change"])
    def move_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        return self._ask(request, "move", queryset)

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.many_view)
        return [
            path(f"many/{verb}/", view, {"verb": verb}, name=f"tenant_data_task_many_{verb}")
            for verb in VERBS
        ] + super().get_urls()

    def many_view(self: Any, request: HttpRequest, verb: str) -> HttpResponse:
        """Do what the page asked about, and come back to the list as it was."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        back = _back(request)
        if request.method != "POST":
            return HttpResponseRedirect(back)
        form = VERBS[verb].form(request.POST, site=self.admin_site)
        if not form.is_valid():
            if "tasks" in form.errors:
                messages.error(request, _t("Nothing was changed: select the tasks again."))
                return HttpResponseRedirect(back)
            return self._page(request, verb, form, form.chosen())
        try:
            _tell(request, form.run())
        except (IntegrityError, OperationalError) as error:
            if not is_conflict(error):
                raise
            messages.error(request, CONFLICT)
        return HttpResponseRedirect(back)

    def _ask(
        self: Any, request: HttpRequest, verb: str, queryset: QuerySet[Task]
    ) -> HttpResponse | None:
        """The page that asks; ``None``, with a message, where there are too many."""
        ordered = queryset.order_by("project__key", "number")
        keys = list(ordered.values_list("pk", flat=True)[: bulk.MAX_AT_ONCE + 1])
        if len(keys) > bulk.MAX_AT_ONCE:
            messages.error(
                request,
                _t(
                    "At most %(n)d tasks are changed at a time, and nothing was changed. Narrow "
                    "the list with a filter first."
                )
                % {"n": bulk.MAX_AT_ONCE},
            )
            return None
        initial = {"tasks": ",".join(map(str, keys))}
        form = VERBS[verb].form(initial=initial, site=self.admin_site)
        return self._page(request, verb, form, Task.objects.filter(pk__in=keys))

    def _page(
        self: Any, request: HttpRequest, verb: str, form: ManyForm, tasks: QuerySet[Task]
    ) -> HttpResponse:
        number = tasks.count()
        named = tasks.select_related("project").order_by("project__key", "number")[:NAMED]
        url = reverse(f"admin:tenant_data_task_many_{verb}")
        query = request.META["QUERY_STRING"]
        context = {
            **self.admin_site.each_context(request),
            "title": VERBS[verb].question(number),
            "opts": self.opts,
            "form": form,
            "verb": VERBS[verb],
            "named": named,
            "more": max(number - NAMED, 0),
            "action": f"{url}?{query}" if query else url,
            "back": _back(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "tenant_data/many.html", context)


def _back(request: HttpRequest) -> str:
    """The list under the filters that the address carries."""
    url = reverse("admin:tenant_data_task_changelist")
    query = request.META["QUERY_STRING"]
    return f"{url}?{query}" if query else url


def _tell(request: HttpRequest, done: bulk.Done) -> None:
    if done.changed:
        text = ngettext("%(n)d task was changed.", "%(n)d tasks were changed.", done.changed)
        messages.success(request, text % {"n": done.changed})
    if done.unchanged:
        text = ngettext(
            "%(n)d task was so already.", "%(n)d tasks were so already.", done.unchanged
        )
        messages.info(request, text % {"n": done.unchanged})
    if not (done.changed or done.unchanged):
        messages.warning(request, _t("Nothing was changed: these tasks are not there any more."))
