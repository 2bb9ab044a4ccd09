"""Import and export of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.importing.columns import Column
from console.importing.exceptions import CellError, shorten
from console.importing.resource import KeyedResource
from console.importing.table import Table
from console.importing.widgets import Day, Known, OneOf, Text
from console.importing.writing import update_rows
from tenant_data.models import Project, Task, TaskPriority, TaskStatus
from tenant_data.models.task import REFERENCE
from tenant_data.resources.people import users_by_email

#: Names of projects that the preview spells out.
NAMED = 5


class TaskResource(KeyedResource):
    """A task by its reference; makes the projects that are missing."""

    reference = Column(
        attribute="reference",
        widget=Text(),
        meaning=gettext_lazy("The key of the project, a hyphen and the task's number."),
        samples=("WEB-1", "WEB-2"),
        required=True,
        key=True,
    )
    project = Column(
        attribute="project__name",
        widget=Text(),
        meaning=gettext_lazy(
            "The name for a project that has to be made; one that is there keeps its name."
        ),
        samples=("New web shop", "New web shop"),
        key=True,
    )
    title = Column(
        attribute="title",
        widget=Text(),
        meaning=gettext_lazy("What is to be done, in one line."),
        samples=("Compare payment providers", "Draw the checkout page"),
        required=True,
    )
    description = Column(
        attribute="description",
        widget=Text(),
        meaning=gettext_lazy("Anything more; may go over several lines."),
        samples=("Three offers, with fees.", ""),
    )
    status = Column(
        attribute="status",
        widget=OneOf(TaskStatus),
        meaning=gettext_lazy("open, in progress, in review or done."),
        samples=("in_progress", "open"),
        blank_keeps=True,
    )
    priority = Column(
        attribute="priority",
        widget=OneOf(TaskPriority),
        meaning=gettext_lazy("low, normal, high or urgent."),
        samples=("high", "normal"),
        blank_keeps=True,
    )
    assignee = Column(
        attribute="assignee",
        widget=Known(
            users_by_email,
            key=lambda user: user.email,
            unknown=gettext_lazy(
                "There is no user “%(value)s” here. Add the user first, or leave the cell empty."
            ),
        ),
        meaning=gettext_lazy("The e-mail address of a user. Empty: nobody."),
        samples=("", ""),
    )
    due_on = Column(
        attribute="due_on",
        widget=Day(),
        meaning=gettext_lazy("A date such as 2026-11-22. Empty: none."),
        samples=("2026-12-18", ""),
    )

    checked_elsewhere = frozenset({"project", "assignee"})

    class Meta:
        model = Task
        import_id_fields = ("reference",)
        fields = import_order = export_order = (
            "reference",
            "project",
            "title",
            "description",
            "status",
            "priority",
            "assignee",
            "due_on",
        )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._projects: dict[str, Project] = {}
        #: Projects to be made, and what is wrong with each that cannot be.
        self._missing: dict[str, Project] = {}
        self._refused: dict[str, CellError] = {}

    def read_key(self, row: dict[str, str]) -> tuple[str, int]:
        text = self.fields["reference"].clean(row)
        match = REFERENCE.fullmatch(text.upper())
        if match is None:
            raise CellError(_("“%(value)s” is not a reference such as WEB-12."), value=text)
        return match["key"], int(match["number"])

    def prepare(self, table: Table) -> None:
        """Load the projects of the file, and begin those that are missing."""
        keys: dict[str, str] = {}
        names = table["project"] if "project" in table.headers else [""] * len(table)
        for reference, name in zip(table["reference"], names, strict=True):
            key = reference.upper().partition("-")[0]
            if name or key not in keys:
                keys.setdefault(key, "")
                keys[key] = keys[key] or name
        self._projects = {project.key: project for project in Project.objects.filter(key__in=keys)}
        for key, name in keys.items():
            if key not in self._projects and REFERENCE.fullmatch(f"{key}-1"):
                self._missing[key] = self._begin_project(key, name or key)
        self._projects |= self._missing
        self._tell_of_missing()

    def _begin_project(self, key: str, name: str) -> Project:
        project = Project(key=key, name=name)
        if not self.may("add", Project):
            self._refused[key] = CellError(
                _("There is no project %(key)s, and you may not add projects."), key=key
            )
            return project
        try:
            project.clean_fields()
        except ValidationError as error:
            self._refused[key] = CellError(
                _("A project “%(name)s” cannot be made: %(why)s"),
                name=name,
                why=" ".join(error.messages),
            )
        return project

    def _tell_of_missing(self) -> None:
        made = [project for key, project in self._missing.items() if key not in self._refused]
        if not made:
            return
        names = ", ".join(shorten(str(project)) for project in made[:NAMED])
        self.notes.append(
            ngettext(
                "%(n)d project will be made: %(names)s",
                "%(n)d projects will be made: %(names)s",
                len(made),
            )
            % {"n": len(made), "names": names + (", …" if len(made) > NAMED else "")}
        )

    def find(self, keys: list[tuple[str, int]], *, lock: bool) -> dict[tuple[str, int], Task]:
        numbers: dict[int, list[int]] = {}
        for key, number in keys:
            if (project_id := self._projects[key].pk) is not None:
                numbers.setdefault(project_id, []).append(number)
        if not numbers:
            return {}
        wanted = Q()
        for project_id, some in numbers.items():
            wanted |= Q(project_id=project_id, number__in=some)
        tasks = Task.objects.filter(wanted).select_related("project", "assignee").order_by("pk")
        if lock:
            tasks = tasks.select_for_update(of=("self",))
        return {task.natural_key(): task for task in tasks}

    def start(self, key: tuple[str, int], row: dict[str, str]) -> Task:
        return Task(project=self._projects[key[0]], number=key[1])

    def new_rows(self) -> Iterator[tuple[type[Model], int]]:
        yield from super().new_rows()
        yield Project, len(self._missing.keys() - self._refused.keys())

    def rules(self, instance: Task, *, new: bool) -> Iterator[tuple[str, CellError]]:
        refusal = self._refused.get(instance.project.key) if self._refused else None
        if refusal is not None:
            yield "project", refusal

    def insert(self, instances: list[Task]) -> None:
        projects = {task.project.key: task.project for task in instances}
        Project.objects.bulk_create(project for project in projects.values() if project.pk is None)
        super().insert(instances)

    def update(self, instances: list[Task]) -> None:
        # The time at which a task was done goes with its status.
        update_rows(Task, instances, {*(c.attribute for c in self._written), "done_at"})

    def filter_export(self, queryset: QuerySet[Task], **kwargs: Any) -> QuerySet[Task]:
        return queryset.select_related("project", "assignee").order_by("project__key", "number")
