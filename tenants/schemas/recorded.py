"""The SQL that migrations come to: written down in one schema, sent to others that lack the same.

What it is made of is worked out once; from the second schema on, all that lies between two pieces
of Python goes to the server as one text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.operations import RunPython, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.models import Field
from psycopg.sql import SQL

from console.postgres.backend.base import DatabaseWrapper
from tenants.schemas.concurrently import Outside, plainly

#: Does for one schema what has no SQL of its own.
Act = Callable[[DatabaseWrapper], None]

#: What is left to be checked at the end of a transaction is checked now. Otherwise a data migration
#: followed by ALTER TABLE in the same one ends with “pending trigger events”.
CHECK = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"

_SAVEPOINT = "before_replay"
_IF_EXISTS = re.compile(r'DROP INDEX IF EXISTS "([^"]+)"\Z')


class Recording:
    """Texts of SQL and pieces of Python, in the order in which they are to take effect."""

    def __init__(self) -> None:
        self._parts: list[str | Act] = []
        #: What is added to Django's own record, as app and name.
        self.rows: list[tuple[str, str]] = []

    @property
    def statements(self) -> list[str]:
        """The SQL alone, to be shown."""
        return [part for part in self._parts if isinstance(part, str)]

    def add(self, part: str | Act) -> None:
        self._parts.append(part)

    def add_rows(self, applied: list[tuple[str, str]]) -> None:
        """The lines of Django's own record."""
        self.rows = applied
        if applied:
            rows = SQL(", ").join(SQL("({}, {}, now())").format(*row) for row in applied)
            insert = SQL("INSERT INTO django_migrations (app, name, applied) VALUES {}")
            self.add(insert.format(rows).as_string())

    def replay(self, connection: DatabaseWrapper) -> None:
        """Do it in the schema of the connection, in the caller's transaction.

        Raises what the server, or a piece of Python, raises; ``undo`` takes back what was done
        until then.
        """
        texts = [f"SAVEPOINT {_SAVEPOINT}"]
        for part in self._parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            _send(connection, texts)
            texts = []
            part(connection)
        _send(connection, [*texts, f"RELEASE SAVEPOINT {_SAVEPOINT}"])

    @staticmethod
    def undo(connection: DatabaseWrapper) -> None:
        """After a ``replay`` that failed: the transaction is as it was before."""
        connection.savepoint_rollback(_SAVEPOINT)
        connection.needs_rollback = False


def _send(connection: DatabaseWrapper, texts: list[str]) -> None:
    # A text may end with a comment, hence the lines.
    with connection.cursor() as cursor:
        cursor.execute("\n;\n".join(texts))


class RecordingEditor(DatabaseSchemaEditor):
    """Django's own editor, which also writes down what it sends.

    ``plainly``: what a migration asks to be done concurrently, and in no transaction, is not.
    """

    def __init__(
        self, connection: DatabaseWrapper, record: Callable[[str], None], *, plainly: bool = False
    ) -> None:
        super().__init__(connection)
        self._plainly = plainly
        if plainly:
            self.connection = Outside(connection)
        self._record: Callable[[str], None] | None = record
        #: Whether Django looked for constraints or indexes, to drop them, and found none.
        self.found_none = False

    def execute(self, sql: Any, params: Any = ()) -> None:
        if self._plainly:
            sql = plainly(str(sql))
        if params is not None:
            sql, params = self.connection.ops.compose_sql(str(sql), params), None
        if self._record is not None:
            self._record(self._strict(str(sql)))
        super().execute(sql, params)

    def run(self, operation: Operation, *args: Any) -> bool:
        """Run an operation that is not written down; returns whether it left something behind
        that the end of the migration will send, and so write down."""
        record, self._record = self._record, None
        before = list(self.deferred_sql)
        try:
            operation.database_forwards(*args)
        finally:
            self._record = record
        return self.deferred_sql != before

    def _constraint_names(self, *args: Any, **kwargs: Any) -> list[str]:
        """Somebody may have dropped by hand what is looked for, here and nowhere else: then what is
        written down would leave it in all the others."""
        names: list[str] = super()._constraint_names(*args, **kwargs)
        self.found_none |= not names
        return names

    def _strict(self, sql: str) -> str:
        """An index that is there has the same name in every schema that was not tampered with:
        where it has not, the replay should fail and not pass it over."""
        found = _IF_EXISTS.match(sql.strip())
        if found is None:
            return sql
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f'"{found[1]}"'])
            return sql.replace(" IF EXISTS", "") if cursor.fetchone()[0] else sql


def is_plain(migration: Migration) -> bool:
    """Whether the migration sends the same SQL to every schema, apart from its ``RunPython``.

    An operation that is not Django's own may ask the schema anything, and a default that is
    worked out is another one each time: such migrations run as they are.
    """
    return all(is_python(each) or _is_plain(each) for each in migration.operations)


def is_python(operation: Operation) -> bool:
    """Whether the operation has to run for every schema, between the SQL before and after it."""
    return isinstance(operation, RunPython)


def _is_plain(operation: Operation) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return all(map(_is_plain, operation.database_operations))
    if not operation.reduces_to_sql or not type(operation).__module__.startswith("django."):
        return False
    field = getattr(operation, "field", None)
    return field is None or not _works_out(field)


def _works_out(field: Field[Any, Any]) -> bool:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return True
    if not field.has_default() or field.default in (dict, list, tuple, set, str, int):
        return False
    return callable(field.default)
