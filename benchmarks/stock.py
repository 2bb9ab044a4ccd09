"""What the console is compared with: django-tenants as it is delivered, and plain SQL.

django-tenants works on a connection of its own kind, logged in as the owner, which never changes
its role. It migrates a schema by Django's ``migrate``, as its standard executor does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connections
from django_tenants.migration_executors.standard import StandardExecutor
from django_tenants.postgresql_backend.base import DatabaseWrapper as StockWrapper
from psycopg.sql import SQL, Identifier

from console import env
from console.accounts.models import User
from tenants.models import SchemaTemplate

_OPTIONS = {
    "verbosity": 0,
    "interactive": False,
    "database": "default",
    "skip_checks": True,
    "no_color": True,
    "force_color": False,
    "app_label": None,
    "migration_name": None,
    "fake": False,
    "fake_initial": False,
    "plan": False,
    "check_unapplied": False,
    "run_syncdb": False,
    "prune": False,
}


@contextmanager
def stock_connection() -> Iterator[StockWrapper]:
    """In the block the default connection is django-tenants' own."""
    ours = connections["default"]
    stock = StockWrapper({**ours.settings_dict}, "default")
    connections["default"] = stock
    try:
        yield stock
    finally:
        stock.close()
        connections["default"] = ours


def stock_migrate(schemas: Iterable[str]) -> None:
    """``migrate_schemas --tenant`` for these schemas, in this process."""
    with stock_connection():
        StandardExecutor((), {**_OPTIONS}).run_migrations(list(schemas))


def stock_create(schema: str) -> None:
    """What ``TenantMixin.create_schema`` does, and a first user."""
    with stock_connection() as connection:
        with connection.cursor() as cursor:
            cursor.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        StandardExecutor((), {**_OPTIONS}).run_migrations([schema])
        connection.set_schema(schema)
        User.objects.create_user("ada@example.com", name="Ada")
        connection.set_schema_to_public()


@contextmanager
def plain_connection() -> Iterator[psycopg.Connection]:
    """The owner's, without Django."""
    parts = {
        **(env.conninfo("owner") or {}),
        "dbname": connections["default"].settings_dict["NAME"],
    }
    with psycopg.connect(**parts) as connection:
        yield connection


def enter(connection: psycopg.Connection, schema: str) -> None:
    connection.execute(SQL("SET LOCAL search_path TO {}").format(Identifier(schema)))


class Text:
    """The template's text, to be sent for one schema after the other."""

    def __init__(self) -> None:
        self._template = SchemaTemplate.objects.get()

    def make(self, connection: psycopg.Connection, schema: str) -> None:
        """A schema with everything that the text has, and no rights."""
        with connection.transaction():
            connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
            enter(connection, schema)
            connection.execute(self._template.sql.replace(self._template.placeholder, schema))
