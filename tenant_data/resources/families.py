"""Tasks that are parts of others, as they will be once a whole file is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from import_export.widgets import Widget

from console.importing.choosing import Choosing
from console.importing.exceptions import CellError
from console.importing.loader import in_batches
from tenant_data.models import Task
from tenant_data.resources.references import ProjectOf, TaskKey, read_reference


class Families:
    """The rules of ``Task.clean`` for all tasks of a file together, by a few queries for a batch.

    A parent may come in the same file, before or after its parts, and what is said of a task in
    the file counts, not what the database has. What is kept is of parts and of the tasks that
    they name; of the others of the file, nothing is.
    """

    def __init__(self) -> None:
        #: By the parts of the file: what each is a part of, as the file says.
        self._part_of: dict[TaskKey, TaskKey] = {}
        #: The tasks that the file names as parents; and those of them that are there.
        self._named: set[TaskKey] = set()
        self._there: dict[TaskKey, Task] = {}
        #: Those named ones that are not there yet, as somebody asks for them.
        self._begun: dict[TaskKey, Task] = {}
        self._begin: Callable[[TaskKey], Task] = lambda key: Task(number=key[1])
        #: Whether the file has a task.
        self._has: Container[TaskKey] = ()
        #: What references of the file stand for, where they were given elsewhere.
        self._renamed: dict[TaskKey, TaskKey] | None = None
        #: Tasks of the batch that have parts of which the file says nothing.
        self._wholes: set[TaskKey] = set()

    def rename(
        self, parents: Iterable[tuple[TaskKey, str]], references: Iterable[tuple[TaskKey, str]]
    ) -> None:
        """Take references for tasks of the file alone: they were given elsewhere. Both are the
        keys that the tasks have here, with what the file has in a column."""
        wanted = {_readable(cell) for _key, cell in parents}
        found = ((_readable(cell), key) for key, cell in references)
        self._renamed = {theirs: key for theirs, key in found if theirs and theirs in wanted}

    def read(self, cell: str) -> TaskKey:
        """The key of the task that a cell names. Raises ``CellError``."""
        key = read_reference(cell)
        if self._renamed is None:
            return key
        if key not in self._renamed:
            raise CellError(_("There is no task %(value)s in the file."), value=cell)
        return self._renamed[key]

    def load(
        self,
        said: Iterable[tuple[TaskKey, str]],
        *,
        has: Container[TaskKey],
        find: Callable[[list[TaskKey]], dict[TaskKey, Task]],
        begin: Callable[[TaskKey], Task],
    ) -> None:
        """``said`` are the tasks of the file with their cells, and ``has`` knows which these are;
        ``find`` loads others, and ``begin`` makes one that is not there, with a key."""
        self._begin, self._has = begin, has
        for key, cell in said:
            if parent := self._parent(cell):
                self._part_of[key] = parent
                if parent[0] == key[0]:  # One of another project is refused without a look at it.
                    self._named.add(parent)
        for batch in in_batches(sorted(self._named)):
            self._there |= find(batch)

    def _parent(self, cell: str) -> TaskKey | None:
        key = _readable(cell)
        return key if key is None or self._renamed is None else self._renamed.get(key)

    def look_at(self, tasks: dict[TaskKey, Task]) -> None:
        """Find out which tasks of a batch, those that are there, have parts that stay theirs."""
        by_id = {task.pk: key for key, task in tasks.items() if key in self._part_of}
        self._wholes = set()
        if by_id:
            parts = Task.objects.filter(parent__in=by_id)
            for whole, *part in parts.values_list("parent", "project__key", "number"):
                if tuple(part) not in self._has:
                    self._wholes.add(by_id[whole])

    def at(self, key: TaskKey) -> Task | None:
        """The task, if it is there or will be; the same object for everybody who asks."""
        if key in self._there:
            return self._there[key]
        if key not in self._begun and key in self._has:
            self._begun[key] = self._begin(key)
        return self._begun.get(key)

    def begun(self, key: TaskKey) -> Task | None:
        """The new task, where parts ask for it, before it is read or after."""
        return self.at(key) if key in self._named else None

    def error(self, task: Task, key: TaskKey) -> CellError | None:
        """Why the task, which has this key, cannot be a part of its parent; ``None`` where it can,
        or has none."""
        parent: Any = task.parent
        if parent is None:
            return None
        # One that is to get a number has none yet.
        whole = parent.natural_key() if parent.number else self._part_of[key]
        if key == whole:
            return CellError(_("A task cannot be a part of itself."))
        if self._is_part(whole, parent):
            message = _("%(task)s is a part of another task itself.")
            return CellError(message, task=self._called(whole))
        if key in self._named or key in self._wholes:
            return CellError(_("This task has parts of its own, so it cannot be one."))
        return None

    def _called(self, key: TaskKey) -> str:
        """How the file calls the task."""
        theirs = (their for their, ours in (self._renamed or {}).items() if ours == key)
        return "{}-{}".format(*next(theirs, key))

    def _is_part(self, key: TaskKey, task: Task) -> bool:
        return key in self._part_of if key in self._has else task.parent_id is not None


def _readable(cell: str) -> TaskKey | None:
    try:
        return read_reference(cell) if cell else None
    except CellError:
        return None


def without_place(tasks: Collection[Task]) -> set[int]:
    """The keys of those of the tasks that cannot be parts of the ones that they are to get as
    parents: these are parts themselves by now or in another project, or the tasks have parts."""
    keys = {task.pk for task in tasks}
    near = keys | {task.parent_id for task in tasks}
    found = Task.objects.filter(Q(pk__in=near - {None}) | Q(parent__in=keys))
    now = {
        pk: (project, parent)
        for pk, project, parent in found.values_list("pk", "project_id", "parent_id")
    }
    moved = {task.pk: task for task in tasks if task.parent_id != now[task.pk][1]}
    refused: set[int] = set()
    while True:
        part_of = {pk: parent for pk, (_project, parent) in now.items()}
        part_of |= {pk: task.parent_id for pk, task in moved.items() if pk not in refused}
        wholes = set(part_of.values())
        more = {
            pk
            for pk, task in moved.items()
            if pk not in refused
            and task.parent_id is not None
            and (
                pk in wholes
                or part_of[task.parent_id] is not None
                or now[task.parent_id][0] != task.project_id
            )
        }
        if not more:
            return refused
        refused |= more  # They keep what they have, which may be in the way of others.


class TaskByReference(Choosing, Widget):
    """Another task of the row's project, by its reference."""

    or_in = "reference"
    project_of: ProjectOf
    names_others = True

    def __init__(self) -> None:
        super().__init__()
        self.families = Families()

    def unknown_among(self, texts: Collection[str]) -> set[str]:
        keys = {text: key for text in texts if (key := _readable(text))}
        there: set[TaskKey] = set()
        for batch in in_batches(sorted(set(keys.values()))):
            wanted = Q()
            for project in {project for project, _number in batch}:
                numbers = [number for key, number in batch if key == project]
                wanted |= Q(project__key=project, number__in=numbers)
            there.update(Task.objects.filter(wanted).values_list("project__key", "number"))
        return {text for text in texts if keys.get(text) not in there}

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Task | None:
        if not value:
            return None
        key = self.families.read(value)
        if key[0] != self.project_of(row):
            raise CellError(_("%(value)s belongs to another project."), value=value)
        task = self.families.at(key)
        if task is None:
            message = _("There is no task %(value)s, neither here nor in the file.")
            raise CellError(message, value=value)
        return task

    def render(self, value: Task | None, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else value.reference
