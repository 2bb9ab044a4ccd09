"""What the tests share of schemas that are brought up to date part by part: real commits, on a
server of their own, as what is built concurrently needs them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import IntegrityError, connections, models, transaction
from django.db.migrations import operations as ops

from console.postgres.contexts import owner_rights
from tenants.models import Client, Operation
from tenants.operations.create_schema import create_schema
from tenants.schemas.migrate import known_migrations, missing_migrations
from tests.database import make_client
from tests.processes import database, until
from tests.tenants.fleet import quiet
from tests.tenants.operating import MIGRATE
from tests.tenants.workers import Workers, workers

FIRST = ops.AddField("label", "code", models.TextField(null=True))
INDEX = AddIndexConcurrently("label", models.Index("code", name="label_code"))
LAST = ops.AddField("label", "later", models.TextField(null=True))
#: One transaction, one in none, and one transaction again.
THREE = (FIRST, INDEX, LAST)
NAMES = [f"tenant_data.900{number}_more" for number in (1, 2, 3)]

_numbers = itertools.count(1)

#: Keeps whoever builds an index waiting, on whatever table, but for those who build another.
OLD = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM tenants_plan"
IS_WAITING = "SELECT FROM pg_locks WHERE locktype = 'virtualxid' AND NOT granted"


_ready: list[Client] = []


@contextmanager
def scene(count: int) -> Iterator[Workers]:
    """A server of its own, with so many clients with schemas that nobody has used."""
    with workers() as them, them.inside():
        _ready[:] = [_make() for _number in range(count)]
        yield them


def _make() -> Client:
    client = make_client(f"parts{next(_numbers)}", ready=False)
    with transaction.atomic():
        create_schema(client, quiet)
    return client


def take(count: int = 1) -> list[Client]:
    """So many of these clients, which no other test gets."""
    return [_ready.pop() for _number in range(count)]


def lacks(client: Client) -> list[str]:
    """What the schema lacks, by its own record; the client's row has to say the same."""
    client.refresh_from_db()
    assert client.schema_version is not None
    found = missing_migrations([client.schema_name]).get(client.schema_name, [])
    assert sorted(known_migrations().difference(client.schema_version.migrations)) == found
    return found


def of(client: Client) -> Operation:
    return client.operations.get(kind=MIGRATE)


def lines(operation: Operation) -> list[str]:
    return [event.message for event in operation.events.all()]


def sql(client: Client, statement: str) -> list[Any]:
    """What a statement answers that the owner sends in the client's schema, in no transaction."""
    with owner_rights(client.schema_name), connections["default"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def index_of(client: Client, name: str = "label_code") -> tuple[int, bool, str] | None:
    """The index's number, whether it is valid, and whose it is."""
    found = sql(
        client,
        "SELECT c.oid::int, indisvalid, rolname FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
        f" JOIN pg_roles r ON r.oid = relowner WHERE indexrelid = to_regclass('{name}')",
    )
    return found[0] if found else None


def leave_unfinished(client: Client, name: str, column: str) -> None:
    """Leave an invalid index behind, as who is stopped in the middle of building it does."""
    table = "tenant_data_label"
    sql(client, f"INSERT INTO {table} (name, colour) VALUES ('a', 'x'), ('b', 'x')")
    with pytest.raises(IntegrityError):
        sql(client, f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({column})")
    sql(client, f"DELETE FROM {table}")
    found = index_of(client, name)
    assert found is not None
    assert not found[1]


def elsewhere(them: Workers, act: Callable[[], Any]) -> None:
    """Do what somebody else does at the same time, in another connection; raises what it does."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with them.inside():
                act()
        except BaseException as exc:
            failed.append(exc)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


@contextmanager
def somebody_reads(them: Workers) -> Iterator[psycopg.Connection[Any]]:
    """Somebody has a transaction open for the length of the block, or until they end it."""
    with database(them) as connection:
        connection.execute(OLD)
        yield connection
        connection.execute("ROLLBACK")


def until_it_waits(connection: psycopg.Connection[Any]) -> None:
    until(
        lambda: connection.execute(IS_WAITING).fetchone() is not None,
        what="the index waits for whoever is at work",
    )
