"""Tasks that are parts of others, as they will be once a whole file is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _
from import_export.widgets import Widget

from console.importing.exceptions import CellError
from console.importing.loader import in_batches
from tenant_data.models import Task
from tenant_data.resources.references import ProjectOf, TaskKey, read_reference


class Families:
    """The rules of ``Task.clean`` for all tasks of a file together, by a few queries for the file.

    A parent may come in the same file, before or after its parts, and what is said of a task in
    the file counts, not what the database has.
    """

    def __init__(self) -> None:
        #: The tasks that are there: those of the file, and the parents that it names.
        self._there: dict[TaskKey, Task] = {}
        #: By the tasks of the file: what each is a part of, as the file says.
        self._said: dict[TaskKey, TaskKey | None] = {}
        #: Tasks that are not there yet, as somebody asks for them.
        self._begun: dict[TaskKey, Task] = {}
        self._begin: Callable[[TaskKey], Task] = lambda key: Task(number=key[1])
        self._wholes: set[TaskKey] = set()

    def load(
        self,
        said: dict[TaskKey, str],
        *,
        there: dict[TaskKey, Task],
        find: Callable[[list[TaskKey]], dict[TaskKey, Task]],
        begin: Callable[[TaskKey], Task],
    ) -> None:
        """``said`` are the cells of the file by task; ``there`` its tasks that are there;
        ``find`` loads others, and ``begin`` makes one that is not there."""
        self._begin = begin
        self._said = {key: _readable(cell) for key, cell in said.items()}
        named = {(key, parent) for key, parent in self._said.items() if parent}
        # One of another project is refused without a look at it.
        others = {parent for key, parent in named if parent[0] == key[0]} - self._said.keys()
        self._there = dict(there)
        for batch in in_batches(sorted(others)):
            self._there |= find(batch)
        self._wholes = {parent for _key, parent in named}
        self._wholes |= self._wholes_by_others(there[key] for key, _parent in named if key in there)

    def _wholes_by_others(self, tasks: Iterable[Task]) -> set[TaskKey]:
        """Those of the tasks that have parts of which the file says nothing."""
        by_id = {task.pk: task.natural_key() for task in tasks}
        found = set()
        for batch in in_batches(sorted(by_id)):
            parts = Task.objects.filter(parent__in=batch)
            for whole, *part in parts.values_list("parent", "project__key", "number"):
                if tuple(part) not in self._said:
                    found.add(by_id[whole])
        return found

    def at(self, key: TaskKey) -> Task | None:
        """The task, if it is there or will be; the same object for everybody who asks."""
        if key in self._there:
            return self._there[key]
        if key not in self._said:
            return None
        if key not in self._begun:
            self._begun[key] = self._begin(key)
        return self._begun[key]

    def error(self, task: Task) -> CellError | None:
        """Why the task cannot be a part of its parent; ``None`` where it can, or has none."""
        parent: Any = task.parent
        if parent is None:
            return None
        key, whole = task.natural_key(), parent.natural_key()
        if key == whole:
            return CellError(_("A task cannot be a part of itself."))
        if self._is_part(whole, parent):
            return CellError(_("%(task)s is a part of another task itself."), task=parent.reference)
        if key in self._wholes:
            return CellError(_("This task has parts of its own, so it cannot be one."))
        return None

    def _is_part(self, key: TaskKey, task: Task) -> bool:
        return bool(self._said[key]) if key in self._said else task.parent_id is not None


def _readable(cell: str) -> TaskKey | None:
    try:
        return read_reference(cell) if cell else None
    except CellError:
        return None


class TaskByReference(Widget):
    """Another task of the row's project, by its reference."""

    project_of: ProjectOf

    def __init__(self) -> None:
        super().__init__()
        self.families = Families()

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Task | None:
        if not value:
            return None
        key = read_reference(value)
        if key[0] != self.project_of(row):
            raise CellError(_("%(value)s belongs to another project."), value=value)
        task = self.families.at(key)
        if task is None:
            message = _("There is no task %(value)s, neither here nor in the file.")
            raise CellError(message, value=value)
        return task

    def render(self, value: Task | None, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else value.reference
