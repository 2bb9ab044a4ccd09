"""What a failed migration says: which it was, at what, and what the database answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.migrations import Migration

from console.postgres.backend.base import DatabaseWrapper

#: The server went away, a lock was not to be had in time, a deadlock: may well pass next time.
PASSING = (OperationalError, InterfaceError)

#: So much of a statement is kept; the rest is columns.
_LENGTH = 1000


class MigrationFailed(Exception):
    """A migration could not be applied to a schema. The cause has the database's own words."""

    def __init__(self, migration: str, statement: str) -> None:
        self.migration, self.statement = migration, statement[:_LENGTH]
        super().__init__(f"{migration}: {self.statement}" if statement else migration)


def label_of(migration: Migration) -> str:
    return f"{migration.app_label}.{migration.name}"


@contextmanager
def naming(migration: Migration, connection: DatabaseWrapper) -> Iterator[None]:
    """In the block the migration is applied: what fails in it raises ``MigrationFailed``, apart
    from what may pass, which is raised as it is.

    Values that are bound to a statement are not part of what it says.
    """
    failed = ""

    def remember(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        nonlocal failed
        try:
            return execute(sql, params, many, context)
        except DatabaseError:
            failed = str(sql)
            raise

    try:
        with connection.execute_wrapper(remember):
            yield
    except (*PASSING, MigrationFailed):
        raise
    except Exception as exc:
        statement = failed if isinstance(exc, DatabaseError) else ""
        raise MigrationFailed(label_of(migration), statement) from exc
