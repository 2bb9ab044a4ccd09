"""What is done to many tasks at once: written in bulk, with the history of each."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from console.importing.writing import record_changed
from console.postgres.bulk import update_rows
from tenant_data.models import Project, Task

#: How many are changed at a time; their rows are locked while the browser waits.
MAX_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it."""

    changed: int
    #: Those that were as they should be already.
    unchanged: int


def assign(tasks: QuerySet[Task], person: Any | None) -> Done:
    """Give the tasks to somebody, or to nobody."""

    def change(task: Task) -> None:
        task.assignee = person

    return _change(tasks, change, ("assignee",))


def set_status(tasks: QuerySet[Task], status: str) -> Done:
    """Give the tasks the status; those that become done are done now."""

    def change(task: Task) -> None:
        task.status = status
        task.keep_done_at()

    return _change(tasks, change, ("status", "done_at"))


def move(tasks: QuerySet[Task], project: Project) -> Done:
    """Take the tasks to another project, where they get its next numbers, in the order of their
    references. Their parts go with them.

    A task whose whole stays behind is no part of it any more, and milestones stay behind as well.
    Locks the project until the transaction ends.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        keys = set(tasks.values_list("pk", flat=True))
        moved = Task.objects.filter(pk__in=keys) | Task.objects.filter(parent__in=keys)
        moving = set(moved.exclude(project=project).values_list("pk", flat=True))

        def change(task: Task) -> None:
            if task.project_id == project.pk:
                return
            project.last_number += 1
            task.project, task.number, task.milestone = project, project.last_number, None
            if task.parent_id not in moving:
                task.parent = None

        fields = ("project", "number", "milestone", "parent")
        done = _change(Task.objects.filter(pk__in=moving), change, fields)
        project.save(update_fields=["last_number"])
        stayed = len(keys - moving)
    return Done(done.changed, stayed)


def _change(tasks: QuerySet[Task], change: Callable[[Task], None], fields: Iterable[str]) -> Done:
    """Change each of the tasks and write those that are other than before. Locks their rows."""
    attributes = [Task._meta.get_field(field).attname for field in fields]
    changed: list[tuple[Task, dict[str, Any]]] = []
    unchanged = 0
    with transaction.atomic():
        rows = tasks.select_related("project", "assignee", "milestone", "parent")
        # Locked in the order of imports, so that two who meet do not wait for each other.
        locked = list(rows.order_by("pk").select_for_update(of=("self",)))
        for task in sorted(locked, key=lambda task: task.natural_key()):
            before = copy.copy(task)
            change(task)
            if all(getattr(task, name) == getattr(before, name) for name in attributes):
                unchanged += 1
                continue
            task.updated_at = timezone.now()
            changed.append((task, {name: getattr(before, name) for name in attributes}))
        if changed:
            update_rows(Task, [task for task, _values in changed], fields)
            record_changed(changed)
    return Done(len(changed), unchanged)
