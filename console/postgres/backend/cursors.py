"""Cursors that are in the right scope when they execute, not only when they are made.

A cursor that is opened for one tenant and executed after the connection has gone on to another
must run as the other. Each of the driver's ways to send a statement asks the wrapper first.
A server-side cursor that was declared for a tenant keeps reading that tenant's rows: PostgreSQL
fixed its query, and its rights, when it was declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.backends.postgresql.base import Cursor, ServerSideCursor

if TYPE_CHECKING:
    from console.postgres.backend.base import DatabaseWrapper


class ScopedCursorMixin:
    """Enters the scope of its connection's wrapper ahead of every statement."""

    def _enter_scope(self) -> None:
        wrapper: DatabaseWrapper | None = getattr(self.connection, "scoped_by", None)  # type: ignore[attr-defined]
        if wrapper is not None:
            wrapper.enter_scope()

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        self._enter_scope()
        return super().execute(*args, **kwargs)  # type: ignore[misc]

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        self._enter_scope()
        return super().executemany(*args, **kwargs)  # type: ignore[misc]

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        self._enter_scope()
        return super().stream(*args, **kwargs)  # type: ignore[misc]

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        self._enter_scope()
        return super().copy(*args, **kwargs)  # type: ignore[misc]


class ScopedCursor(ScopedCursorMixin, Cursor):
    """Binds parameters in the client, as Django does by default."""


class ScopedServerSideCursor(ScopedCursorMixin, ServerSideCursor):
    """A named cursor, for ``iterator()``."""
