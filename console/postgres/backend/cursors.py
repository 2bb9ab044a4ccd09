"""Cursors that are in the right scope when they execute, not only when they are made.

A cursor that is opened for one tenant and executed after the connection has gone on to another
must run as the other. Each of the driver's ways to send a statement asks the wrapper first, and
tells it afterwards where the statement may have changed the scope behind its back.
A server-side cursor that was declared for a tenant keeps reading that tenant's rows: PostgreSQL
fixed its query, and its rights, when it was declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from django.db.backends.postgresql.base import Cursor, ServerSideCursor
from psycopg.sql import Composable

if TYPE_CHECKING:
    from console.postgres.backend.base import DatabaseWrapper

#: What PostgreSQL answers to statements that can leave another scope than they found.
_CHANGING = frozenset({"SET", "RESET", "DISCARD ALL", "ROLLBACK", "DO", "CALL"})


class ScopedCursorMixin:
    """Enters the scope of its connection's wrapper ahead of every statement."""

    def __init__(self, connection: Any, *args: Any, **kwargs: Any) -> None:
        #: Nobody's while a pool or Django sets the connection up.
        self._wrapper: DatabaseWrapper | None = getattr(connection, "scoped_by", None)
        super().__init__(connection, *args, **kwargs)

    def _enter_scope(self) -> None:
        wrapper = self._wrapper
        if wrapper is None:
            return
        if wrapper.connection is not self.connection:  # type: ignore[attr-defined]
            # A pool may have given it to somebody else, who is in another tenant by now.
            raise psycopg.OperationalError("the connection is closed")
        wrapper.enter_scope()

    def _forget_scope(self) -> None:
        if self._wrapper is not None:
            self._wrapper.forget_scope()

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        self._enter_scope()
        try:
            super().execute(query, *args, **kwargs)  # type: ignore[misc]
        except psycopg.Error:
            self._forget_scope()
            raise
        if self.statusmessage in _CHANGING or may_change_scope(query):  # type: ignore[attr-defined]
            self._forget_scope()
        return self

    # The ways that are seldom taken are not looked at: what follows them sets its scope anew. The
    # last two send nothing before somebody reads: the scope is that of the first row.

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        self._enter_scope()
        self._forget_scope()
        return super().executemany(*args, **kwargs)  # type: ignore[misc]

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self._enter_scope()
        self._forget_scope()
        yield from super().stream(*args, **kwargs)  # type: ignore[misc]

    @contextmanager
    def copy(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self._enter_scope()
        self._forget_scope()
        with super().copy(*args, **kwargs) as copy:  # type: ignore[misc]
            yield copy


class ScopedCursor(ScopedCursorMixin, Cursor):
    """Binds parameters in the client, as Django does by default."""


class ScopedServerSideCursor(ScopedCursorMixin, ServerSideCursor):
    """A named cursor, for ``iterator()``."""


def may_change_scope(query: Any) -> bool:
    """Whether more than the tag of its first statement has to be known of a text.

    Rather too often than too seldom: all that it costs is one switch.
    """
    if type(query) is str:  # Nearly always, and asking for Composable first would take longer.
        text = query
    else:
        text = query.as_string(None) if isinstance(query, Composable) else str(query)
    return ";" in text or "set_config" in text.lower()
