"""Import and export of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.exceptions import CellError
from console.importing.table import Table
from console.importing.writing import insert_rows, update_rows
from tenant_data.models import Label, Project, Task
from tenant_data.models.task import give_numbers
from tenant_data.resources.families import Families
from tenant_data.resources.naming import one_name, rows_by_name
from tenant_data.resources.newcomers import Newcomers
from tenant_data.resources.projects_of_file import ProjectsOfFile
from tenant_data.resources.references import TaskKey, read_reference
from tenant_data.resources.task_columns import TaskColumns


class TaskResource(TaskColumns):
    """A task by its reference, or a new one that its project numbers; makes the projects and the
    labels that are missing."""

    class Meta(TaskColumns.Meta):
        pass

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._projects = ProjectsOfFile()
        #: Tasks of the file that are to get a number, each with a key of its own until then.
        self._to_number = 0
        self._new_labels = Newcomers()
        self._families: Families | None = None
        self.fields["labels"].widget.load = self._load_labels
        for name in ("milestone", "parent"):
            self.fields[name].widget.project_of = self._projects.key_of

    def needed(self, headers: list[str]) -> list[str]:
        """Without references, the projects that are to number the tasks."""
        return [*(() if "project" in headers else ("reference",)), *super().needed(headers)]

    def read_key(self, row: dict[str, str]) -> TaskKey:
        if reference := row.get("reference"):
            return read_reference(self.fields["reference"].widget.clean(reference))
        key = self._projects.key_of(row)
        self._to_number += 1
        return key, -self._to_number

    def spell_key(self, key: Any) -> str:
        return _("%(project)s, next number") % {"project": key[0]}

    # --- what the file refers to ---------------------------------------------------------------

    def prepare(self, table: Table) -> None:
        """Load the projects of the file, and begin those that are missing."""
        self._projects.load(table, may_add=self.may("add", Project))

    def _load_labels(self, names: Iterable[str]) -> dict[str, Label]:
        """The labels of the file by name in lower case; those that are missing are begun."""
        names = list(names)
        found = rows_by_name(Label.objects.all(), names)
        may_add = self.may("add", Label)
        # Of several ways to write one, the first in the alphabet: capitals.
        for name in sorted(names):
            if name.lower() not in found | self._new_labels.rows:
                message = _("There is no label “%(name)s”, and you may not add labels.")
                self._new_labels.begin(
                    name.lower(),
                    Label(name=one_name(name)),
                    forbidden=None if may_add else CellError(message, name=name),
                    invalid=_("A label “%(name)s” cannot be made: %(why)s"),
                )
        self.notes += self._new_labels.note(
            lambda n: ngettext(
                "%(n)d label will be made: %(names)s", "%(n)d labels will be made: %(names)s", n
            )
        )
        return found | self._new_labels.rows

    def relate(self, table: Table) -> None:
        """Load the milestones, and the tasks that others are to be parts of."""
        keys = {key for key in self._keys if not isinstance(key, CellError)}
        self.notes += self._projects.notes(keys, set(self.existing))
        if "milestone" in table.headers:
            projects = {key for key, _number in keys}
            self.fields["milestone"].widget.preload(projects, table.column("milestone"))
        if "parent" not in table.headers:
            return
        parents = zip(self._keys, table.column("parent"), strict=True)
        self._families = self.fields["parent"].widget.families
        self._families.load(
            {key: cell for key, cell in parents if not isinstance(key, CellError)},
            there=self.existing,
            find=lambda keys: self.find(keys, lock=not self.dry_run),
            begin=self._begin_task,
        )

    # --- tasks ---------------------------------------------------------------------------------

    def find(self, keys: list[TaskKey], *, lock: bool) -> dict[TaskKey, Task]:
        numbers: dict[int, list[int]] = {}
        for key, number in keys:
            if number > 0 and (project_id := self._projects.rows[key].pk) is not None:
                numbers.setdefault(project_id, []).append(number)
        if not numbers:
            return {}
        wanted = Q()
        for project_id, some in numbers.items():
            wanted |= Q(project_id=project_id, number__in=some)
        tasks = _with_what_they_name(Task.objects.filter(wanted)).order_by("pk")
        if lock:
            tasks = tasks.select_for_update(of=("self",))
        found = {task.natural_key(): task for task in self.listing(tasks, self._written)}
        for task in found.values():
            task.parent_is_checked = True  # By ``rules``, for the whole file.
        return found

    def start(self, key: TaskKey, row: dict[str, str]) -> Task:
        task = self._families.at(key) if self._families else None
        return task or self._begin_task(key)

    def _begin_task(self, key: TaskKey) -> Task:
        project, number = key
        task = Task(project=self._projects.rows[project], number=number if number > 0 else None)
        task.parent_is_checked = True  # By ``rules``, for the whole file.
        return task

    def new_rows(self) -> Iterator[tuple[type[Model], int]]:
        yield from super().new_rows()
        yield Project, len(self._projects.new.good())

    def rules(self, instance: Task, *, new: bool) -> Iterator[tuple[str, CellError]]:
        if refusal := self._projects.new.refused.get(instance.project.key):
            yield "project", refusal
        for label in getattr(instance, "listed_labels", ()) if self._new_labels.refused else ():
            if refusal := self._new_labels.refused.get(label.name.lower()):
                yield "labels", refusal
        if self._families and (error := self._families.error(instance)):
            yield "parent", error

    # --- writing -------------------------------------------------------------------------------

    def make_others(self) -> None:
        self._projects.new.write()
        self._new_labels.write()

    def insert(self, instances: list[Task]) -> None:
        """Wholes before their parts, which need the keys of those; numbers before both."""
        for task in instances:
            task.project = task.project  # Its key, where it was made just now.
        give_numbers(instances)
        for is_part in (False, True):
            if some := [task for task in instances if (task.parent is not None) == is_part]:
                insert_rows(Task, some)

    def update(self, instances: list[Task]) -> None:
        # The time at which a task was done goes with its status.
        update_rows(Task, instances, {*(c.attribute for c in self._written), "done_at"})

    def filter_export(self, queryset: QuerySet[Task], **kwargs: Any) -> QuerySet[Task]:
        tasks = _with_what_they_name(queryset).order_by("project__key", "number")
        return self.listing(tasks, self.columns)


def _with_what_they_name(tasks: QuerySet[Task]) -> QuerySet[Task]:
    return tasks.select_related("project", "assignee", "milestone", "parent__project")
