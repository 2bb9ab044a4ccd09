"""What an import is compared with: django-import-export as it comes, and COPY alone.

Imported when the tenants are made: its model joins those of the tenants, and no schema has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import tablib
from django.conf import settings
from django.db import connection, models
from django_tenants.utils import schema_context
from import_export import fields, resources
from import_export.widgets import ForeignKeyWidget, ManyToManyWidget
from psycopg.sql import SQL, Identifier

from benchmarks.importing_rows import HEADERS, Keys, cells, copy_rows, rows_of_file, table_rows
from benchmarks.stock import enter, plain_connection
from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenant_data.models import Label, Milestone, Project, TaskPriority, TaskStatus


class PlainTask(models.Model):
    """The columns of a task and its labels, and nothing of what else a task has: no history, no
    limits, no numbers to give, no rules between its fields."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=TaskStatus.choices, default=TaskStatus.OPEN)
    priority = models.PositiveSmallIntegerField(
        choices=TaskPriority.choices, default=TaskPriority.NORMAL
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField(null=True, blank=True)
    milestone = models.ForeignKey(
        Milestone, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    estimate = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    labels = models.ManyToManyField(Label, blank=True, related_name="+")
    position = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "tenant_data"
        constraints = (
            models.UniqueConstraint(fields=("project", "number"), name="plaintask_reference"),
        )

    def __str__(self) -> str:
        return self.title


class PlainResource(resources.ModelResource):
    """As the library's documentation shows it: each key by its widget, and ``full_clean``."""

    project = fields.Field(
        column_name="project", attribute="project", widget=ForeignKeyWidget(Project, "key")
    )
    assignee = fields.Field(
        column_name="assignee", attribute="assignee", widget=ForeignKeyWidget(User, "email")
    )
    labels = fields.Field(
        column_name="labels",
        attribute="labels",
        widget=ManyToManyWidget(Label, separator=",", field="name"),
    )

    class Meta:
        model = PlainTask
        fields = HEADERS
        import_id_fields = ("project", "number")
        clean_model_instances = True


#: Tables for COPY, each with what it has of the tasks' own one.
COPIES = {
    "keyed": "INCLUDING ALL",
    "alike": "INCLUDING ALL",
    "bare": "INCLUDING IDENTITY",
}
_FOREIGN_KEYS = """
SELECT pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conrelid = to_regclass(%s)
"""


def make_tables(schema: str) -> None:
    """The tables of ``PlainTask``, and those for COPY, each with its links: ``keyed`` has all that
    the tasks' own tables have, ``alike`` all but the foreign keys, ``bare`` the columns alone."""
    with schema_context(schema), owner_rights(), connection.schema_editor() as editor:
        editor.create_model(PlainTask)
    with plain_connection() as plain:
        enter(plain, schema)
        for name, what in COPIES.items():
            for tail in ("", "_labels"):
                table, own = Identifier(f"{name}{tail}"), f"tenant_data_task{tail}"
                like = SQL("CREATE TABLE {} (LIKE {} {})").format(table, Identifier(own), SQL(what))
                plain.execute(like)
                for (key,) in plain.execute(_FOREIGN_KEYS, [own]).fetchall():
                    if name == "keyed":
                        # To the tasks of its own, not to those of the console.
                        key = key.replace("REFERENCES tenant_data_task(", "REFERENCES keyed(")
                        plain.execute(SQL("ALTER TABLE {} ADD {}").format(table, SQL(key)))


def begin_again(schema: str, keys: Keys, count: int) -> None:
    """The same tasks as are there for the console, in the table of ``PlainTask``; nothing in those
    for COPY."""
    there = (row for row in rows_of_file(count) if row.is_there)
    links = f"{PlainTask._meta.db_table}_labels"
    with plain_connection() as plain:
        enter(plain, schema)
        plain.execute(SQL("TRUNCATE {} CASCADE").format(Identifier(PlainTask._meta.db_table)))
        rows = table_rows(there, keys, before=True)
        copy_rows(plain, PlainTask._meta.db_table, links, "plaintask_id", rows)
        plain.execute(
            "SELECT setval(pg_get_serial_sequence('tenant_data_plaintask', 'id'), max(id))"
            " FROM tenant_data_plaintask"
        )
        plain.execute("ANALYZE tenant_data_plaintask")
        tables = [Identifier(f"{name}{tail}") for name in COPIES for tail in ("", "_labels")]
        plain.execute(SQL("TRUNCATE {}").format(SQL(", ").join(tables)))


def plain_dataset(count: int, sample: int) -> tablib.Dataset:
    """The first rows of a file of ``count``, with what this side takes for a choice's value."""
    codes = {label.lower(): value for value, label in TaskPriority.choices}
    dataset = tablib.Dataset(headers=HEADERS)
    priority = HEADERS.index("priority")
    for row in islice(rows_of_file(count), sample):
        texts = cells(row)
        texts[priority] = str(codes[texts[priority]])
        dataset.append(texts)
    return dataset


def import_plain(dataset: tablib.Dataset, *, dry_run: bool) -> None:
    """Into the schema of the connection, as its owner: the library sets the sequence anew."""
    with owner_rights():
        result = PlainResource().import_data(dataset, dry_run=dry_run)
    if result.has_errors() or result.has_validation_errors():
        errors = [
            *result.base_errors,
            *(error for _row, some in result.row_errors() for error in some),
        ]
        raise RuntimeError(f"{[error.traceback for error in errors[:1]]} {result.invalid_rows[:1]}")


TableRow = tuple[tuple[object, ...], list[tuple[int, int]]]


def copy_alone(schema: str, table: str, rows: Iterable[TableRow]) -> None:
    """Into one of ``COPIES``, which is empty; one transaction."""
    with plain_connection() as plain:
        enter(plain, schema)
        copy_rows(plain, table, f"{table}_labels", "task_id", rows)
