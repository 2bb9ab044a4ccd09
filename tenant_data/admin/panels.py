"""What the panels below a task's form show: comments, time, files. Each has a fixed number of
queries, whatever there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.sites import tenant_site
from tenant_data.admin.attachments import download_url
from tenant_data.admin.panel_forms import CommentForm, FilesForm, PanelForm, TimeForm
from tenant_data.admin.task_parts import BACK, TaskPartAdmin
from tenant_data.models import Attachment, Comment, Task, TimeEntry
from tenant_data.models.time_entry import hours

#: How many entries a panel shows; the list has them all.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """What hangs on a task: its model, the form that adds one, and the words of its panel."""

    model: type[Model]
    form: type[PanelForm]
    title: Any
    button: Any
    nothing: Any
    all_of_them: Any
    #: Said where the plan does not have it.
    not_in_plan: Any = ""

    @property
    def admin(self) -> TaskPartAdmin:
        return tenant_site.get_model_admin(self.model)

    @property
    def panel(self) -> str:
        """The id of the panel on the page."""
        return self.admin.panel


KINDS: dict[str, Kind] = {
    "comment": Kind(
        Comment,
        CommentForm,
        gettext_lazy("Comments"),
        gettext_lazy("Add comment"),
        gettext_lazy("Nobody has said anything yet."),
        gettext_lazy("All comments on this task"),
    ),
    "time": Kind(
        TimeEntry,
        TimeForm,
        gettext_lazy("Time"),
        gettext_lazy("Book time"),
        gettext_lazy("No time has been booked yet."),
        gettext_lazy("All time of this task"),
        gettext_lazy("Time tracking is not part of your plan: no time can be booked."),
    ),
    "attach": Kind(
        Attachment,
        FilesForm,
        gettext_lazy("Files"),
        gettext_lazy("Attach"),
        gettext_lazy("There are no files yet."),
        gettext_lazy("All files of this task"),
        gettext_lazy("Files are not part of your plan: none can be added."),
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    row: Any
    #: Empty where the user may not.
    edit_url: str
    delete_url: str
    download_url: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """The time of a task: what is booked, by whom, of what was estimated."""

    total: str
    people: list[tuple[str, str]]
    estimate: str = ""
    over: str = ""
    #: In minutes, for a bar.
    minutes: int = 0
    estimated: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    name: str
    kind: Kind
    template: str
    entries: list[Entry]
    #: Where all of them are listed; empty where all are here.
    more_url: str
    form: PanelForm | None
    action: str
    is_in_plan: bool
    booked: Booked | None = field(default=None)


def panels_of(task: Task, request: HttpRequest) -> list[Panel]:
    """Those that this user may see, and that have something to show or to add."""
    found = (panel_of(name, task, request) for name in KINDS)
    return [panel for panel in found if panel is not None]


def panel_of(
    name: str, task: Task, request: HttpRequest, form: PanelForm | None = None
) -> Panel | None:
    """The panel, with a form that was filled in or with an empty one."""
    kind = KINDS[name]
    model_admin = kind.admin
    may_see, may_add = (
        model_admin.has_view_permission(request),
        model_admin.may_add_to_task(request),
    )
    if not (may_see or may_add):
        return None
    entries, is_cut = _entries(kind, task, request) if may_see else ([], False)
    is_in_plan = model_admin.is_in_plan()
    if not entries and not is_in_plan:
        return None
    list_url = reverse(f"admin:tenant_data_{model_admin.opts.model_name}_changelist")
    return Panel(
        name=name,
        kind=kind,
        template=f"tenant_data/panel_{name}.html",
        entries=entries,
        more_url=f"{list_url}?task__id__exact={task.pk}" if is_cut else "",
        form=(form or kind.form(request, task)) if may_add else None,
        action=reverse(f"admin:tenant_data_task_{name}", args=[task.pk]),
        is_in_plan=is_in_plan,
        booked=_booked(task, request) if kind.model is TimeEntry and may_see else None,
    )


def _rows(kind: Kind, task: Task, request: HttpRequest) -> QuerySet[Any]:
    """Of this task, what the user may see. The rows need not ask for their task again."""
    return kind.admin.get_queryset(request).filter(task=task)


def _entries(kind: Kind, task: Task, request: HttpRequest) -> tuple[list[Entry], bool]:
    people = [name for name in kind.admin.list_select_related if "__" not in name]
    rows = list(_rows(kind, task, request).select_related(*people)[: SHOWN + 1])
    return list(_shown(kind, task, request, rows[:SHOWN])), len(rows) > SHOWN


def _shown(kind: Kind, task: Task, request: HttpRequest, rows: list[Any]) -> Iterator[Entry]:
    model_admin = kind.admin
    name = f"admin:tenant_data_{model_admin.opts.model_name}"
    for row in rows:
        may_change = model_admin.has_change_permission(request, row)
        may_delete = model_admin.has_delete_permission(request, row)
        back = f"?{BACK}={task.pk}"
        yield Entry(
            row,
            edit_url=reverse(f"{name}_change", args=[row.pk]) + back if may_change else "",
            delete_url=reverse(f"{name}_delete", args=[row.pk]) + back if may_delete else "",
            download_url=download_url(row) if kind.model is Attachment else "",
        )


def _booked(task: Task, request: HttpRequest) -> Booked:
    """What the user may see of it, by one query."""
    people = (
        _rows(KINDS["time"], task, request)
        .order_by()
        .values("person__name", "person__email")
        .annotate(sum=Sum("minutes"))
        .order_by("-sum", "person__email")
    )
    sums = [(row["person__name"] or row["person__email"], row["sum"]) for row in people]
    total = sum(minutes for _person, minutes in sums)
    estimated = round(task.estimate * 60) if task.estimate else 0
    rest = sums[SHOWN:]
    shown = [(person, hours(minutes)) for person, minutes in sums[:SHOWN]]
    if rest:
        shown.append((_("Others"), hours(sum(minutes for _person, minutes in rest))))
    return Booked(
        total=hours(total),
        people=shown,
        estimate=hours(estimated) if estimated else "",
        over=hours(total - estimated) if estimated and total > estimated else "",
        minutes=min(total, estimated),
        estimated=estimated,
    )
