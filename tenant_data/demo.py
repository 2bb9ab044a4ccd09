"""The demo's work gets a past: everything in one minute would be empty charts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from console.history.models import LogEntry
from console.history.record import record_many
from tenant_data.models import Comment, Customer, Project, Task, TaskStatus, TimeEntry

Rows = Iterable[Mapping[str, str]]
#: How long a task takes at the most.
WITHIN = timedelta(days=24)
#: Of what was done in this time, the history says so.
TOLD_FOR = timedelta(days=60)


def bring_to_life(
    added: Collection[int],
    *,
    began: datetime,
    signed_up: datetime,
    loaded_at: datetime,
    comments: Rows,
    time: Rows,
) -> None:
    """Spread the tasks that were added (their keys) from ``signed_up`` to ``loaded_at``, and add
    the comments and the time that belong to them.

    ``began`` is when the import began: what else was made since is as old as the company.
    """
    tasks = list(Task.objects.filter(pk__in=added).select_related("project", "assignee"))
    for task in tasks:
        task.created_at = _between(signed_up, loaded_at, _place(task), task.reference)
        if task.status == TaskStatus.DONE:
            until = min(task.created_at + WITHIN, loaded_at)
            task.done_at = _between(task.created_at, until, _share(f"done {task.reference}"))
        task.updated_at = task.done_at or task.created_at
    _write(Task, tasks, created_at="timestamptz", done_at="timestamptz", updated_at="timestamptz")
    for model in (Project, Customer):
        model._default_manager.filter(created_at__gte=began).update(created_at=signed_up)
    people = {user.email: user for user in get_user_model().objects.all()}
    by_reference = {task.reference: task for task in tasks}
    said = _add_comments(comments, by_reference, people, loaded_at)
    _add_time(time, by_reference, people, loaded_at)
    _tell(tasks, said, began=began, signed_up=signed_up, loaded_at=loaded_at)


def _share(text: str) -> float:
    """A number from 0 to 1 that looks like chance and is the same for the same text."""
    return crc32(text.encode()) / 2**32


def _place(task: Task) -> float:
    """Where the task stands among those of its project, from 0 to 1: they came one by one."""
    return (task.number - _share(task.title)) / max(task.project.last_number, task.number)


def _between(first: datetime, last: datetime, share: float, odd: str = "") -> datetime:
    """A moment between the two; with ``odd``, at some time of a working day."""
    moment = first + (last - first) * share
    if odd:
        local = timezone.localtime(moment)
        local = local.replace(hour=8 + int(_share(f"hour {odd}") * 9))
        moment = local - timedelta(days=max(local.weekday() - 4, 0))
    return min(max(moment, first), last)


def _add_comments(
    rows: Rows, tasks: Mapping[str, Task], people: Mapping[str, Any], loaded_at: datetime
) -> list[Comment]:
    found = [
        Comment(task=tasks[row["reference"]], author=people.get(row["author"]), text=row["text"])
        for row in rows
        if row["reference"] in tasks
    ]
    Comment.objects.bulk_create(found)
    for place, comment in enumerate(found):
        comment.created_at = _while_open(comment.task, loaded_at, f"said {place}")
    _write(Comment, found, created_at="timestamptz")
    return found


def _add_time(
    rows: Rows, tasks: Mapping[str, Task], people: Mapping[str, Any], loaded_at: datetime
) -> None:
    found = []
    for place, row in enumerate(rows):
        task, person = tasks.get(row["reference"]), people.get(row["person"])
        if task is not None and person is not None:
            moment = _while_open(task, loaded_at, f"spent {place}")
            spent_on = timezone.localdate(moment)
            minutes = int(row["minutes"])
            entry = TimeEntry(
                task=task, person=person, spent_on=spent_on, minutes=minutes, note=row["note"]
            )
            found.append((entry, moment))
    TimeEntry.objects.bulk_create(entry for entry, _moment in found)
    for entry, moment in found:
        entry.created_at = moment
    _write(TimeEntry, [entry for entry, _moment in found], created_at="timestamptz")


def _while_open(task: Task, loaded_at: datetime, odd: str) -> datetime:
    last = task.done_at or min(task.created_at + WITHIN, loaded_at)
    return _between(task.created_at, last, _share(f"{odd} {task.reference}"))


def _tell(
    tasks: list[Task],
    comments: list[Comment],
    *,
    began: datetime,
    signed_up: datetime,
    loaded_at: datetime,
) -> None:
    """Have the history say who did what when, and not that one import did it all today."""
    admin = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
    entries = LogEntry.objects.filter(timestamp__gte=began)
    tasks_added = entries.filter(
        content_type=ContentType.objects.get_for_model(Task), action=LogEntry.Action.CREATE
    )
    added = {entry.object_id: entry for entry in tasks_added.only("pk", "object_id")}
    others = entries.exclude(pk__in=[entry.pk for entry in added.values()])
    others.update(timestamp=signed_up, actor=admin, actor_email=admin.email if admin else None)
    told = []
    for task in tasks:
        if task.pk in added:
            told.append((added[task.pk], task.assignee or admin, task.created_at))
    recent = [task for task in tasks if task.done_at and task.done_at > loaded_at - TOLD_FOR]
    done = record_many((_not_done(task), task) for task in recent)
    told += [
        (entry, task.assignee or admin, task.done_at)
        for entry, task in zip(done, recent, strict=True)
    ]
    said = record_many((None, comment) for comment in comments)
    told += [
        (entry, comment.author, comment.created_at)
        for entry, comment in zip(said, comments, strict=True)
    ]
    for entry, who, moment in told:
        entry.timestamp, entry.actor_id = moment, who and who.pk
        entry.actor_email = who and who.email
    changed = [entry for entry, _who, _moment in told]
    _write(LogEntry, changed, timestamp="timestamptz", actor_id="bigint", actor_email="varchar")


def _not_done(task: Task) -> Task:
    return Task(
        **{field.attname: getattr(task, field.attname) for field in Task._meta.concrete_fields}
        | {"status": TaskStatus.IN_PROGRESS}
    )


def _write(model: type[Model], rows: list[Any], **columns: str) -> None:
    """Write these columns (with their types) of the rows, by one statement; no other field, and
    none that sets itself."""
    names = [Identifier(name) for name in columns]
    statement = SQL(
        "UPDATE {table} SET {values} FROM unnest(%s::bigint[], {arrays}) AS new (id, {names})"
        " WHERE {table}.id = new.id"
    ).format(
        table=Identifier(model._meta.db_table),
        values=SQL(", ").join(SQL("{0} = new.{0}").format(name) for name in names),
        arrays=SQL(", ").join(SQL("%s::" + kind + "[]") for kind in columns.values()),
        names=SQL(", ").join(names),
    )
    values = [[getattr(row, name) for row in rows] for name in ("pk", *columns)]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
