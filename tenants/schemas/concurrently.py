"""Statements that PostgreSQL carries out beside everybody's work, and in no transaction.

Where they break off they leave something behind, which the next attempt has to mend. In a schema
that is being made nobody is at work: there the same is done plainly, in the transaction that makes
it.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import Any

from django.db import DatabaseError, Error, transaction
from django.db.backends.postgresql.schema import DatabaseSchemaEditor

from console.postgres.backend.base import DatabaseWrapper
from tenants.schemas.failing import PASSING
from tenants.schemas.locks import LOCK_TIMEOUT, lock_timeout
from tenants.schemas.statements import BEFORE

logger = logging.getLogger(__name__)

#: How long such a statement waits for each transaction that was there before it (PostgreSQL's
#: notation). Nobody waits behind it meanwhile, and what it has done by then is lost if it gives
#: up; but an import takes seconds, and behind a backup the others should have their turn.
PATIENCE = "60s"

_CONCURRENT = re.compile(
    rf"\A(?P<before>{BEFORE})"
    r"(?P<verb>CREATE\s+(?:UNIQUE\s+)?INDEX|DROP\s+INDEX"
    r"|REINDEX\s+(?:\([^)]*\)\s*)?(?:INDEX|TABLE|SCHEMA))\s+CONCURRENTLY\b",
    re.I,
)
_WORD = r'(?:"(?:[^"]|"")+"|\w+)'
_BUILD = re.compile(
    rf"{BEFORE}CREATE\s+(?P<unique>UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"(?P<name>{_WORD})\s+ON\s+(?:ONLY\s+)?(?P<table>{_WORD}(?:\.{_WORD})?)",
    re.I,
)
# Of this schema's own, and of the table that the statement names.
_FOUND = (
    "SELECT indisvalid, pg_get_indexdef(indexrelid)"
    " FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
    " JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE indexrelid = to_regclass(%s) AND indrelid = to_regclass(%s)"
    " AND nspname = current_schema()"
)
# What `REINDEX` leaves of itself: the new index that it did not finish, or the old one that it did
# not come to drop. The names are PostgreSQL's, with a number where the name was taken.
_REMAINS = (
    "SELECT quote_ident(relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
    " JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE nspname = current_schema() AND NOT indisvalid"
    " AND relname ~ '_cc(new|old)[0-9]*$'"
)
_TRIAL = "console_trial"


def plainly(sql: str) -> str:
    """The same statement as one that a transaction can have."""
    return _CONCURRENT.sub(r"\g<before>\g<verb>", sql, count=1)


class Outside:
    """A connection that says that it is in no transaction: Django's operations ask it before they
    send what an editor here changes, or shows alone."""

    in_atomic_block = False

    def __init__(self, connection: DatabaseWrapper) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class OutsideEditor(DatabaseSchemaEditor):
    """Django's own, for migrations that ask to be in no transaction, whether it is in one or not.
    It is for whoever shows their SQL (``collect_sql``)."""

    def __init__(self, connection: DatabaseWrapper, *, collect_sql: bool = False) -> None:
        super().__init__(connection, collect_sql=collect_sql, atomic=False)
        self.connection = Outside(connection)


class PlainEditor(OutsideEditor):
    """The same in the transaction that makes the tables, which nobody uses yet."""

    def execute(self, sql: Any, params: Any = ()) -> None:
        super().execute(plainly(str(sql)), params)


class ConcurrentEditor(DatabaseSchemaEditor):
    """Django's own, in no transaction, for what an earlier attempt may have begun.

    An index that it left unfinished is dropped before it is built anew; one that PostgreSQL has
    finished, although nobody was there any more to hear of it, is taken as built. So is what a
    `REINDEX` left of itself dropped, in this schema alone.
    """

    def __init__(self, connection: DatabaseWrapper) -> None:
        super().__init__(connection, atomic=False)
        self._begun: list[re.Match[str]] = []
        self._has_rebuilt = False

    def execute(self, sql: Any, params: Any = ()) -> None:
        text = str(sql)
        concurrent = _CONCURRENT.match(text)
        if concurrent is None:
            super().execute(sql, params)
            return
        if params is not None:
            text = self.connection.ops.compose_sql(text, params)
        with lock_timeout(PATIENCE):
            if build := _BUILD.match(text):
                self._begun.append(build)
                if self._is_built(build):
                    return
            elif concurrent["verb"].upper().startswith("REINDEX"):
                self._has_rebuilt = True
                self._drop_remains()
            super().execute(text, None)

    def clear_up(self) -> None:
        """After a failure: an unfinished index costs everybody who writes to its table, and one
        that is unique refuses their rows. Where it cannot be dropped now, the next attempt does.
        """
        with suppress(Error), lock_timeout(LOCK_TIMEOUT):
            for build in self._begun:
                found = self._found(build)
                if found and not found[0]:
                    self._drop(build["name"])
            if self._has_rebuilt:
                self._drop_remains()

    def _is_built(self, build: re.Match[str]) -> bool:
        """Whether the index is there, as the statement makes it."""
        found = self._found(build)
        if found is None:
            return False
        is_valid, definition = found
        if is_valid:
            return self._definition(build) == _without_names(definition)
        logger.warning("The index %s was left unfinished and is built anew.", build["name"])
        self._drop(build["name"])
        return False

    def _found(self, build: re.Match[str]) -> tuple[bool, str] | None:
        with self.connection.cursor() as cursor:
            cursor.execute(_FOUND, [build["name"], build["table"]])
            row: tuple[bool, str] | None = cursor.fetchone()
            return row

    def _drop_remains(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(_REMAINS)
            remains = [name for (name,) in cursor.fetchall()]
        for name in remains:
            self._drop(name)

    def _drop(self, name: str) -> None:
        """By its name as SQL writes it; somebody's who is at it now may be gone by then."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    def _definition(self, build: re.Match[str]) -> tuple[bool, str] | None:
        """What the statement makes, tried on an empty table of the same columns, which is taken
        back; ``None`` where it cannot be made at all. Raises what may pass, such as a table that
        stays closed: that says nothing of the index."""
        rest = build.string[build.end() :]
        try:
            with transaction.atomic(self.connection.alias), self.connection.cursor() as cursor:
                cursor.execute(f"CREATE TABLE {_TRIAL} (LIKE {build['table']} INCLUDING GENERATED)")
                cursor.execute(
                    f"CREATE {build['unique'] or ''}INDEX {_TRIAL}_index ON {_TRIAL} {rest}"
                )
                cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [f"{_TRIAL}_index"])
                definition: str = cursor.fetchone()[0]
                transaction.set_rollback(True, self.connection.alias)
        except PASSING:
            raise
        except DatabaseError:
            return None
        return _without_names(definition)


def _without_names(definition: str) -> tuple[bool, str]:
    """An index's definition in PostgreSQL's words, apart from its name and its table's."""
    return definition.startswith("CREATE UNIQUE"), definition.partition(" USING ")[2]
