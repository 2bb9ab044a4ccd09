"""Import and export of tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.exceptions import CellError
from console.importing.loader import BATCH
from console.importing.table import Table
from console.names import one_name
from console.postgres.bulk import insert_rows, like, next_keys, update_rows
from tenant_data.models import Label, Milestone, Project, Task
from tenant_data.resources.families import Families, without_place
from tenant_data.resources.naming import rows_by_name
from tenant_data.resources.newcomers import Newcomers
from tenant_data.resources.numbering import Numbering
from tenant_data.resources.people import Deactivated
from tenant_data.resources.programs import Asana, Jira, Trello
from tenant_data.resources.projects_of_file import ProjectsOfFile
from tenant_data.resources.references import TaskKey, read_reference
from tenant_data.resources.task_columns import TaskColumns


class TaskResource(TaskColumns):
    """A task by its reference, or a new one that its project numbers; makes the projects and the
    labels that are missing."""

    presets = (Jira, Asana, Trello)

    class Meta(TaskColumns.Meta):
        pass

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._projects = ProjectsOfFile()
        self._numbering = Numbering()
        self._milestones: dict[int, Milestone] = {}
        #: A new task of each project, which the others are like.
        self._pattern: dict[str, Task] = {}
        #: Keys for tasks that parts ask for before they are written.
        self._new_keys: Iterator[int] = iter(())
        self._new_labels = Newcomers()
        self._families: Families | None = None
        self._deactivated = Deactivated()
        self.fields["labels"].widget.load = self._load_labels
        for name in ("milestone", "parent"):
            self.fields[name].widget.project_of = self._projects.key_of

    def needed(self, headers: list[str]) -> list[str]:
        """Without references, the projects that are to number the tasks."""
        return [*(() if "project" in headers else ("reference",)), *super().needed(headers)]

    def read_key(self, row: dict[str, str]) -> TaskKey:
        if reference := row.get("reference"):
            key = read_reference(self.fields["reference"].widget.clean(reference))
            if not self.as_new:
                return key
        # One that is to get a number has a key of its own until then.
        return self._projects.key_of(row), -self.current_number

    def make_new(self, row: dict[str, str]) -> None:
        row["reference"], row["project"] = "", self._projects.named(self.current_key[0])

    def spell_key(self, key: Any) -> str:
        return _("%(project)s, next number") % {"project": key[0]}

    # --- what the file refers to ---------------------------------------------------------------

    def prepare(self, table: Table) -> None:
        """Load the projects of the file, and begin those that are missing."""
        self._projects.load(
            table,
            may_add=self.may("add", Project),
            make_named="project" in self.creates,
            are_new=self.as_new is not None,
        )

    def _load_labels(self, names: Iterable[str]) -> dict[str, Label]:
        """The labels of the file by name in lower case; those that are missing are begun."""
        names = list(names)
        found = rows_by_name(Label.objects.all(), names)
        begun = self._new_labels.rows
        may_add = self.may("add", Label)
        # Of several ways to write one, the first in the alphabet: capitals.
        for name in sorted(names):
            if name.lower() not in found and name.lower() not in begun:
                message = _("There is no label “%(name)s”, and you may not add labels.")
                self._new_labels.begin(
                    name.lower(),
                    Label(name=one_name(name)),
                    forbidden=None if may_add else CellError(message, name=name),
                    invalid=_("A label “%(name)s” cannot be made: %(why)s"),
                )
        self.notes += self._new_labels.note(
            lambda n: ngettext("%(n)s new label: %(names)s", "%(n)s new labels: %(names)s", n)
        )
        return found | begun

    def relate(self, table: Table) -> None:
        """Load the milestones, and the tasks that others are to be parts of."""
        if "milestone" in table.headers:
            names = table.column("milestone")
            self.fields["milestone"].widget.preload(self._projects.rows, names)
        if "parent" in table.headers:
            self._families = self.fields["parent"].widget.families
            if self.as_new:
                parents = self._in_turn(table, "parent")
                self._families.rename(parents, self._in_turn(table, "reference"))
            self._families.load(
                self._in_turn(table, "parent"),
                has=self._keys,
                find=lambda keys: self._find(keys, lock=not self.dry_run),
                begin=self._begin_parent,
            )
        if not self.dry_run:
            self._numbering.taken = set(self._taken(table))

    def _in_turn(self, table: Table, name: str) -> Iterator[tuple[TaskKey, str]]:
        """The keys of the file, each with the row's cell of a column."""
        if name in table.headers:
            for (_number, key), cell in zip(self._all_keys(), table.column(name), strict=True):
                if not isinstance(key, CellError):
                    yield key, cell

    def _taken(self, table: Table) -> Iterator[TaskKey]:
        """The numbers that the file gives, if it has tasks without one too."""
        if self.as_new:
            return
        if "reference" not in table.headers or "" in table.column("reference"):
            for _number, key in self._all_keys():
                if isinstance(key, CellError):
                    continue
                project, number = key
                if number > self._projects.rows[project].last_number:
                    yield key

    # --- tasks ---------------------------------------------------------------------------------

    def find(self, keys: list[TaskKey], *, lock: bool) -> dict[TaskKey, Task]:
        found = self._find(keys, lock=lock)
        self.load_links(found.values())
        if self._families:
            self._families.look_at(found)
        return found

    def _find(self, keys: list[TaskKey], *, lock: bool) -> dict[TaskKey, Task]:
        numbers: dict[int, list[int]] = {}
        projects = {}
        for key, number in keys:
            project = self._projects.rows[key]
            if number > 0 and project.pk is not None:
                projects[project.pk] = project
                numbers.setdefault(project.pk, []).append(number)
        if not numbers:
            return {}
        wanted = Q()
        for project_id, some in numbers.items():
            wanted |= Q(project_id=project_id, number__in=some)
        tasks = Task.objects.filter(wanted).order_by("pk")
        if lock:
            tasks = tasks.select_for_update()
        found = {}
        for task in tasks:
            project = projects[task.project_id]
            task._state.fields_cache["project"] = project
            task.parent_is_checked = True  # By ``rules``, for the whole file.
            found[project.key, task.number] = task
        self._load_milestones(found.values())
        return found

    def _load_milestones(self, tasks: Collection[Task]) -> None:
        """The milestones that the tasks have: whether they are of the same project is a rule."""
        wanted = {task.milestone_id for task in tasks} - {None}
        self._milestones |= Milestone.objects.in_bulk(wanted - self._milestones.keys())
        for task in tasks:
            if task.milestone_id is not None:
                task._state.fields_cache["milestone"] = self._milestones[task.milestone_id]

    def start(self, key: TaskKey, row: dict[str, str]) -> Task:
        self._projects.count(key)
        return (self._families and self._families.begun(key)) or self._begin_task(key)

    def _begin_task(self, key: TaskKey) -> Task:
        project, number = key
        if project not in self._pattern:
            self._pattern[project] = Task(project=self._projects.rows[project])
            self._pattern[project].parent_is_checked = True  # By ``rules``, for the whole file.
        task = like(self._pattern[project])
        task.number = number if number > 0 else None
        return task

    def _begin_parent(self, key: TaskKey) -> Task:
        """A task that its parts are read before: they need its key, which no other has."""
        task = self._begin_task(key)
        task.pk = next(self._new_keys, None)
        if task.pk is None:
            some = range(-1, -1 - 2**62, -1) if self.dry_run else next_keys(Task, BATCH)
            self._new_keys = iter(some)
            task.pk = next(self._new_keys)
        return task

    def adds_to(self) -> tuple[type[Model], ...]:
        return (Project, *super().adds_to())

    def new_rows(self) -> Iterator[tuple[type[Model], int]]:
        yield from super().new_rows()
        yield Project, len(self._projects.new.good())

    def rules(self, instance: Task, *, new: bool) -> Iterator[tuple[str, CellError]]:
        if "assignee" in self.current_row:
            # What the file says, without a query for what stays.
            people = [instance._state.fields_cache.get("assignee")]
            self._deactivated.look_at(people, lambda: () if new else [self.before("assignee")])
        if refusal := self._projects.new.refused.get(instance.project.key):
            yield "project", refusal
        for label in getattr(instance, "listed_labels", ()) if self._new_labels.refused else ():
            if refusal := self._new_labels.refused.get(label.name.lower()):
                yield "labels", refusal
        if self._families and (error := self._families.error(instance, self.current_key)):
            yield "parent", error

    # --- writing -------------------------------------------------------------------------------

    def make_others(self) -> None:
        self._projects.new.write()
        self._new_labels.write()

    def insert(self, instances: list[Task]) -> None:
        for task in instances:
            if task.project_id is None:
                task.project = task.project  # Its key: it was made just now.
            task.keep_done_at()
        projects = (project.pk for project in self._projects.rows.values())
        self._numbering.give(instances, (pk for pk in projects if pk is not None))
        insert_rows(Task, instances)

    def update(self, instances: list[Task]) -> None:
        for task in instances:
            done_at = task.done_at
            task.keep_done_at()
            if task.done_at != done_at:
                self._values_before[task.pk]["done_at"] = done_at
        # The time at which a task was done goes with its status.
        names = {column.attribute for column in self._columns.columns}
        update_rows(Task, instances, {*names, "done_at"})

    def unfit(self, model: type[Model], rows: Collection[Any]) -> set[int]:
        return without_place(rows) if model is Task else set()

    def finish(self, *, writes: bool) -> None:
        self.notes += [*self._projects.notes(), *self._deactivated.notes()]
        if writes:
            self._numbering.note()

    def filter_export(self, queryset: QuerySet[Task], **kwargs: Any) -> QuerySet[Task]:
        tasks = _with_what_they_name(queryset).order_by("project__key", "number")
        return self.listing(tasks, self.columns)


def _with_what_they_name(tasks: QuerySet[Task]) -> QuerySet[Task]:
    return tasks.select_related("project", "assignee", "milestone", "parent__project")
