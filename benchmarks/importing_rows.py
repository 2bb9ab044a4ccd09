"""The rows of ``importing``: the same ones on every run, as a file has them and as a table does.

Half of the tasks are there before, and the file changes the title or the status of each; the
other half is new. Both are mixed, row by row.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.db.models import QuerySet
from django_tenants.utils import schema_context
from psycopg.sql import SQL, Identifier

from benchmarks.stock import enter, plain_connection
from console.accounts.models import User
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenant_data.models import Label, Project, Task

PROJECTS, PEOPLE, LABELS = 20, 40, 30
#: A project that the file says nothing of, with one task.
ASIDE = "ASIDE"
HEADERS = (
    "project", "number", "title", "description", "status", "priority", "assignee", "due_on",
    "estimate", "labels",
)  # fmt: skip
COLUMNS = (
    "id", "project_id", "number", "title", "description", "status", "priority", "assignee_id",
    "due_on", "estimate", "position", "done_at", "created_at", "updated_at",
)  # fmt: skip

#: The two of them that a reference is made of.
_OF_REFERENCE = ("project", "number")

_SEED = 100_000
_STATUSES = ("open", "in_progress", "review", "done")
_PRIORITIES = ("low", "normal", "high", "urgent")
_VERBS = ("Compare", "Draw", "Mend", "Translate", "Order", "Test", "Ask Zoë about", "Write down")
_THINGS = ("the checkout page", "three offers", "the café's sign", "all invoices", "its manual")
_FIRST_DAY = date(2026, 1, 5)
_MADE = datetime(2026, 1, 5, 9, tzinfo=UTC)

_WORLD = """
INSERT INTO accounts_user
    (password, is_superuser, email, name, is_staff, is_active, date_joined, preferences)
SELECT %(password)s, false, 'person' || n || '@bench.example', 'Person ' || n, true, true, now(),
    '{}'
FROM generate_series(0, %(people)s - 1) n;
INSERT INTO tenant_data_project (key, name, description, status, colour, created_at, last_number)
SELECT 'P' || (10 + n), 'Project ' || n, '', 'active', 'blue', now(), 0
FROM generate_series(0, %(projects)s - 1) n;
INSERT INTO tenant_data_project (key, name, description, status, colour, created_at, last_number)
VALUES (%(aside)s, 'Aside', '', 'active', 'blue', now(), 1);
INSERT INTO tenant_data_label (name, colour)
SELECT 'label ' || n, 'grey' FROM generate_series(0, %(labels)s - 1) n;
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A task as the file has it; people, labels and the project are by number."""

    is_there: bool
    project: int
    number: int
    title: str
    description: str
    status: int
    priority: int
    person: int | None
    due_on: date | None
    estimate: Decimal | None
    labels: tuple[int, ...]

    @property
    def title_before(self) -> str:
        return f"{self.title} soon" if self.number % 2 else self.title

    @property
    def status_before(self) -> int:
        return self.status if self.number % 2 else (self.status + 1) % len(_STATUSES)


def rows_of_file(count: int) -> Iterator[Row]:
    chance = random.Random(_SEED)
    highest = -(-count // 2 // PROJECTS) + 1
    for place in range(count):
        pair, is_new = divmod(place, 2)
        text = " ".join(f"{chance.choice(_VERBS)} {chance.choice(_THINGS)}." for _n in range(4))
        yield Row(
            is_there=not is_new,
            project=pair % PROJECTS,
            number=1 + pair // PROJECTS + (highest if is_new else 0),
            title=f"{chance.choice(_VERBS)} {chance.choice(_THINGS)}, no. {pair}",
            description=text.replace(". ", ".\n", 1) if place % 5 == 0 else text,
            status=chance.randrange(len(_STATUSES)),
            priority=chance.randrange(len(_PRIORITIES)),
            person=chance.randrange(PEOPLE) if place % 7 else None,
            due_on=_FIRST_DAY + timedelta(chance.randrange(400)) if place % 4 else None,
            estimate=Decimal(chance.randrange(1, 160)) / 4 if place % 3 else None,
            labels=tuple(sorted(chance.sample(range(LABELS), chance.randrange(4)))),
        )


def write_file(path: Path, count: int) -> None:
    """A CSV file as people have them: tasks are called by their references."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reference", *(name for name in HEADERS if name not in _OF_REFERENCE)])
        for row in rows_of_file(count):
            project, number, *others = cells(row)
            writer.writerow([f"{project}-{number}", *others])


def cells(row: Row) -> list[str]:
    """The row as text, in the order of ``HEADERS``."""
    return [
        f"P{10 + row.project}",
        str(row.number),
        row.title,
        row.description,
        _STATUSES[row.status],
        _PRIORITIES[row.priority],
        "" if row.person is None else f"person{row.person}@bench.example",
        "" if row.due_on is None else row.due_on.isoformat(),
        "" if row.estimate is None else str(row.estimate),
        ", ".join(f"label {number}" for number in row.labels),
    ]


@dataclass(frozen=True)
class Keys:
    """The primary keys of what rows name, in the order of their numbers."""

    projects: list[int]
    people: list[int]
    labels: list[int]


def make_world(schema: str) -> Keys:
    """Make projects, people and labels in a tenant that has none."""
    numbers = {"projects": PROJECTS, "people": PEOPLE, "labels": LABELS}
    words = {"password": UNUSABLE_PASSWORD_PREFIX, "aside": ASIDE}
    with schema_context(schema):
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute(_WORLD, {**numbers, **words})
        people = User.objects.filter(email__endswith="@bench.example", name__startswith="Person")
        return Keys(
            projects=_keys(Project.objects.exclude(key=ASIDE)),
            people=_keys(people),
            labels=_keys(Label.objects.all()),
        )


def _keys(queryset: QuerySet[Any]) -> list[int]:
    return list(queryset.order_by("pk").values_list("pk", flat=True))


def table_rows(
    rows: Iterable[Row], keys: Keys, *, before: bool = False
) -> Iterator[tuple[tuple[object, ...], list[tuple[int, int]]]]:
    """The values of ``COLUMNS`` and the task's links to labels, numbered from 1; as the file
    leaves them or, with ``before``, as it finds them."""
    for pk, row in enumerate(rows, start=1):
        status = row.status_before if before else row.status
        values = (
            pk,
            keys.projects[row.project],
            row.number,
            row.title_before if before else row.title,
            row.description,
            _STATUSES[status],
            row.priority + 1,
            None if row.person is None else keys.people[row.person],
            row.due_on,
            row.estimate,
            0,
            _MADE if _STATUSES[status] == "done" else None,
            _MADE,
            _MADE,
        )
        yield values, [(pk, keys.labels[number]) for number in row.labels]


def fill(schema: str, keys: Keys, count: int) -> int:
    """Leave the tenant with exactly the tasks that are there before a file of ``count`` rows, and
    with an empty history; returns the key of the task aside."""
    there = (row for row in rows_of_file(count) if row.is_there)
    task, links, log = "tenant_data_task", "tenant_data_task_labels", LogEntry._meta.db_table
    with plain_connection() as plain:
        enter(plain, schema)
        plain.execute(SQL("TRUNCATE {}, {} CASCADE").format(Identifier(task), Identifier(log)))
        copy_rows(plain, task, links, "task_id", table_rows(there, keys, before=True))
        plain.execute(
            "SELECT setval(pg_get_serial_sequence('tenant_data_task', 'id'), max(id) + 1)"
            " FROM tenant_data_task"
        )
        plain.execute(
            "UPDATE tenant_data_project p SET last_number = coalesce((SELECT max(number)"
            " FROM tenant_data_task WHERE project_id = p.id), 1)"
        )
        plain.commit()
        plain.autocommit = True
        for table in (task, links):
            # As autovacuum leaves tables in the end.
            plain.execute(SQL("VACUUM (FREEZE, ANALYZE) {}").format(Identifier(schema, table)))
    with schema_context(schema):
        aside = Task(project=Project.objects.get(key=ASIDE), number=1, title="Aside")
        aside.save()
        return aside.pk


def copy_rows(
    plain: psycopg.Connection,
    task: str,
    links: str,
    task_column: str,
    rows: Iterable[tuple[tuple[object, ...], list[tuple[int, int]]]],
) -> None:
    """Write tasks, then their links, each by one COPY that is fed row by row."""
    all_links: list[tuple[int, int]] = []
    names = SQL(", ").join(map(Identifier, COLUMNS))
    into_tasks = SQL("COPY {} ({}) FROM STDIN").format(Identifier(task), names)
    with plain.cursor() as cursor:
        with cursor.copy(into_tasks) as copy:
            for values, of_task in rows:
                copy.write_row(values)
                all_links += of_task
        into_links = SQL("COPY {} ({}, label_id) FROM STDIN")
        with cursor.copy(into_links.format(Identifier(links), Identifier(task_column))) as copy:
            for link in all_links:
                copy.write_row(link)
