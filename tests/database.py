"""The tests' database: made once, with two tenants, and each test rolled back."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.sql import SQL, Identifier

from console import env
from console.postgres.backend.base import DatabaseWrapper
from tenants.models import Client, OperationKind, OperationState, Plan
from tenants.operations.clients import create_client
from tenants.operations.platform import update_platform
from tenants.operations.request import request_operation
from tenants.operations.run import run_to_the_end
from tenants.operations.versions import is_behind

_numbers = itertools.count(1)


def use_new_database() -> str:
    """Make the tests' database anew, connect Django to it, and return its name."""
    name = _name()
    _copy(platform(), name)
    _use(name)
    return name


@contextmanager
def another_database() -> Iterator[str]:
    """The name of one more database, with the platform and nothing else; it goes with the block.

    What belongs to a database and not to what is in it is not there yet: ``update_platform``.
    """
    name = _name(str(next(_numbers)))
    _copy(platform(), name)
    try:
        yield name
    finally:
        drop_database(name)


@cache
def platform() -> str:
    """The name of a database with the platform alone, made once: copies of it are made in a
    twentieth of the time, as nothing has to be migrated."""
    connection = connections["default"]
    before = connection.settings_dict["NAME"]
    name = _name("platform")
    _copy("template0", name)
    _use(name)
    update_platform(report=lambda line: None)
    _use(before)  # Nobody may be connected to what is copied.
    return name


def _name(*more: str) -> str:
    # The processes of pytest-xdist may share a server that was given to them.
    parts = [settings.DATABASES["default"]["TEST"]["NAME"], os.environ.get("PYTEST_XDIST_WORKER")]
    return "_".join(filter(None, [*parts, *more]))


def _copy(template: str, name: str) -> None:
    drop_database(name)
    with maintenance() as cursor:
        names = Identifier(name), Identifier(template)
        cursor.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


def _use(name: str) -> None:
    connection = connections["default"]
    connection.close()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def drop_database(name: str) -> None:
    """Drop the database and the roles that belong to its schemas, where they are there."""
    with maintenance() as cursor:
        cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        cursor.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [f"{name}:"])
        for (role,) in cursor.fetchall():
            cursor.execute(SQL("DROP ROLE {}").format(Identifier(role)))


@contextmanager
def maintenance() -> Iterator[psycopg.Cursor]:
    """A cursor of the owner, outside any database of the console."""
    parts = {**(env.conninfo("owner") or {}), "dbname": "postgres"}
    with psycopg.connect(**parts, autocommit=True) as connection, connection.cursor() as cursor:
        yield cursor


@contextmanager
def second_connection() -> Iterator[psycopg.Connection]:
    """Somebody else who is at work in the tests' database, as the owner; rolled back at the end.

    Sees what was there before the test began. Gives up after two seconds rather than wait for
    the test, which waits for it.
    """
    parts = {
        **(env.conninfo("owner") or {}),
        "dbname": connections["default"].settings_dict["NAME"],
    }
    with psycopg.connect(**parts, options="-c lock_timeout=2s") as connection:
        yield connection
        connection.rollback()


@contextmanager
def web_login() -> Iterator[DatabaseWrapper]:
    """In the block, the default connection is one that logged in as web, as web processes do."""
    owner = connections["default"]
    parts = env.conninfo("web") or {}
    web = DatabaseWrapper(
        {**owner.settings_dict, "USER": parts["user"], "PASSWORD": parts.get("password", "")},
        "default",
    )
    connections["default"] = web
    try:
        yield web
    finally:
        web.close()
        connections["default"] = owner


def make_client(schema: str, *, name: str | None = None, ready: bool = True) -> Client:
    """A client at ``<schema>.localhost`` with the plan “team”; with its schema if ``ready``."""
    plan, _created = Plan.objects.get_or_create(code="team", defaults={"name": "Team"})
    client = create_client(
        schema_name=schema,
        name=name or schema.title(),
        domain=f"{schema}.localhost",
        admin_name="Ada Owner",
        admin_email=f"ada@{schema}.example",
        plan=plan,
        acting_user=None,
    )
    if ready:
        operation = request_operation(
            client, OperationKind.CREATE_SCHEMA, acting_user=None, queued=False
        )
        operation = run_to_the_end(operation)
        assert operation.state == OperationState.SUCCEEDED, operation.error_detail
        client.refresh_from_db()
    return client


def make_tenants() -> None:
    update_platform(report=lambda line: None)
    for schema in ("alpha", "beta"):
        # A process asks this once for each version; no test should be the first to ask.
        assert not is_behind(make_client(schema))
