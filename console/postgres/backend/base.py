"""django-tenants' backend with a role: the schema and the role are set by one statement.

In a tenant the search path is that schema alone and the role is that schema's; with no tenant it
is ``public`` and the web role, which has rights on no tenant's schema; under ``owner_rights()``
the role is the owner. A login that is the owner's is held to the same: it becomes web, or the
tenant's role, for everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql.base import TIMESTAMPTZ_OID
from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django.db.backends.postgresql.psycopg_any import register_tzloader
from django_tenants.postgresql_backend import base as django_tenants_backend
from psycopg.pq import Format, TransactionStatus

from console.postgres.backend.context import OfContext
from console.postgres.backend.cursors import (
    ScopedCursor,
    ScopedServerSideCursor,
)
from console.postgres.backend.patience import Patience
from console.postgres.backend.scope import Scope
from console.postgres.exceptions import OwnerRightsRefused, ScopeSwitchFailed
from console.postgres.roles import Access, role_for


class DatabaseWrapper(django_tenants_backend.DatabaseWrapper):
    """One connection. Never shared between threads, as all of Django's are not."""

    tenant = OfContext()
    schema_name = OfContext()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._scope_on_server: Scope | None = None
        self._owner_depth = 0
        #: Which of a schema's roles is used; support access that only reads sets "ro".
        self.access: Access = "rw"
        self._patience: Patience | None = None
        super().__init__(*args, **kwargs)
        # django-tenants' own sets the search path around each question to what it is here anyway.
        self.introspection = DatabaseIntrospection(self)

    # --- what the scope should be ------------------------------------------------------------

    @property
    def wanted_scope(self) -> Scope:
        """The scope that the next statement has to run in."""
        schema = self.schema_name
        if self._owner_depth:
            return Scope(schema, settings.OWNER_ROLE)
        if schema == "public":
            return Scope(schema, settings.WEB_ROLE)
        return Scope(schema, role_for(self.settings_dict["NAME"], schema, self.access))

    @contextmanager
    def owner_rights(self) -> Iterator[None]:
        """Run the block as the owner of the database, in the current schema.

        Raises ``OwnerRightsRefused`` in a process that logs in as anything else.
        """
        if settings.OWNER_ROLE is None or self.settings_dict["USER"] != settings.OWNER_ROLE:
            raise OwnerRightsRefused
        self._owner_depth += 1
        try:
            yield
        finally:
            self._owner_depth -= 1

    # --- telling the server ------------------------------------------------------------------

    def enter_scope(self) -> None:
        """Tell the server the wanted scope, unless it is there already.

        Raises ``ScopeSwitchFailed`` where the server refuses: the statement is not sent then.
        """
        wanted = self.wanted_scope
        if self._scope_on_server == wanted or self.connection is None:
            return
        if self.alias == NO_DB_ALIAS:  # creating a database: it has none of our roles' rights
            return
        self._scope_on_server = None
        if wanted.enter(self.connection):
            self._scope_on_server = wanted

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Called by django-tenants for each new cursor; here each statement sees to it."""

    def forget_scope(self) -> None:
        """The next statement sets its scope anew.

        For what was set in a transaction that is rolled back is not set any more; and what else
        may have changed it, nobody knows.
        """
        self._scope_on_server = None

    def connect(self) -> None:
        self.forget_scope()
        super().connect()

    def close(self) -> None:
        self.forget_scope()
        super().close()

    def _close(self) -> None:
        # A pool gives it to others, whose scopes are not for us to set.
        if self.connection is not None:
            self.connection.scoped_by = None
        super()._close()

    def commit(self) -> None:
        # PostgreSQL answers the COMMIT of a transaction in error with a rollback, and says no
        # word: an error that the code swallowed would leave another tenant's scope in force.
        in_error = (
            self.connection is not None
            and self.connection.info.transaction_status == TransactionStatus.INERROR
        )
        try:
            super().commit()
        finally:
            if in_error:
                self.forget_scope()

    def is_usable(self) -> bool:
        try:
            return super().is_usable()
        except ScopeSwitchFailed:
            return False

    def rollback(self) -> None:
        # By the driver, not by a statement: the cursor sees a savepoint's, and not this one.
        try:
            super().rollback()
        finally:
            self.forget_scope()

    @contextmanager
    def answered_within(self, seconds: float) -> Iterator[None]:
        """In the block, hang up on a server that says nothing for so long.

        Whoever waits for it gets the ``OperationalError`` of a connection that is lost. A new
        connection may take two seconds of its own.
        """
        self._patience = Patience(seconds)
        try:
            with self._patience.watching(self):
                yield
        finally:
            self._patience = None

    # --- cursors -----------------------------------------------------------------------------

    def get_connection_params(self) -> dict[str, Any]:
        params = {**super().get_connection_params(), "cursor_factory": ScopedCursor}
        if self._patience is not None:
            params["connect_timeout"] = self._patience.connect_timeout()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.scoped_by = self
        connection.server_cursor_factory = ScopedServerSideCursor
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        if name is None:
            return super().create_cursor()
        # Django names its own class of server-side cursor here and asks no factory, so this is
        # the one method that has to be written again.
        cursor = ScopedServerSideCursor(
            self.connection, name=name, scrollable=False, withhold=self.connection.autocommit
        )
        loader = self.connection.adapters.get_loader(TIMESTAMPTZ_OID, Format.TEXT)
        if self.timezone != loader.timezone:
            register_tzloader(self.timezone, cursor)
        return cursor
