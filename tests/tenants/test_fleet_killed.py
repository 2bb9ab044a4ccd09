"""kill -9 of a run in the middle: each schema is at the old state or at the new one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction

from console.data_folder import CHECKOUT
from tenants.models import CheckReason, Client, Operation, OperationState
from tenants.operations import fleet_check
from tenants.operations.create_schema import create_schema
from tenants.operations.fleet_check import verify_fleet
from tenants.operations.reconcile import reconcile
from tenants.schemas.migrate import missing_migrations
from tests.database import make_client
from tests.processes import database, until
from tests.tenants.operating import MIGRATE, make_behind
from tests.tenants.workers import Workers, workers

pytestmark = pytest.mark.processes

NAMES = ["one", "two", "zoo"]


@pytest.fixture
def them(django_db_blocker: Any) -> Iterator[Workers]:
    with django_db_blocker.unblock(), workers() as them, them.inside():
        for name in NAMES:
            client = make_client(name, ready=False)
            with transaction.atomic():
                create_schema(client, lambda line, *, step="": None)
            make_behind(name)
        yield them


def start(them: Workers) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate_schemas", "--tenant"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "CONSOLE_DATA_DIR": str(them.data_dir),
            "CONSOLE_LOGIN": "owner",
            "DATABASE_URL": them.owner_url,
            "WEB_DATABASE_URL": them.web_url,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def is_waiting(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation'")
    return found.fetchone() is not None


def test_the_rows_say_what_is_so_and_the_next_run_does_the_rest(them: Workers) -> None:
    with database(them) as connection, database(them) as blocker:
        # In the middle of the second schema's migrations.
        blocker.execute("BEGIN; LOCK TABLE two.accounts_user IN ACCESS EXCLUSIVE MODE")
        process = start(them)
        try:
            until(lambda: is_waiting(connection), what="the run to come to the second schema")
        finally:
            process.kill()
            process.wait()
        blocker.execute("ROLLBACK")
    assert sorted(missing_migrations(NAMES)) == ["two", "zoo"]
    for name, state in zip(NAMES, ["succeeded", "queued", "queued"], strict=True):
        assert Operation.objects.get(client__schema_name=name, kind=MIGRATE).state == state
    current = Client.objects.get(schema_name="one").schema_version
    assert Client.objects.exclude(schema_version=current).count() == 3  # The console's own, too.
    Operation.objects.update(created_at="2020-01-01T00:00Z")

    def nothing_is_open() -> bool:
        reconcile()
        return not Operation.objects.open().exists()

    # PostgreSQL lets go of a dead process's locks as soon as it sees that it is dead.
    until(nothing_is_open, what="the rows to be mended")
    failed = Operation.objects.filter(state=OperationState.FAILED)
    assert {operation.client.schema_name for operation in failed} == {"two", "zoo"}
    call_command("migrate_schemas", "--tenant", stdout=StringIO())
    assert missing_migrations(NAMES) == {}


def test_a_check_replaces_its_connection_now_and_then(
    them: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL keeps in a connection's memory what it has seen of each schema."""
    monkeypatch.setattr(fleet_check, "LIFETIME", 1)
    monkeypatch.setattr(fleet_check, "_TOLD_EVERY", 1)
    seen: list[int] = []

    def report(line: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            seen.append(cursor.fetchone()[0])

    done = verify_fleet(reason=CheckReason.COMMAND, report=report)
    assert (done.schemas, done.passed_over) == (3, [])
    assert len(set(seen[-3:])) == 3
