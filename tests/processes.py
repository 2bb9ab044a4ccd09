"""What tests do to a running console from outside: commands, and looks into its database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from console.data_folder import CHECKOUT
from tests.launcher import RunningConsole

STAFF_EMAIL = "olga@console.example"
STAFF_PASSWORD = "a-good-long-passphrase"


class HasDatabase(Protocol):
    """Whatever runs on a database that can be looked into from outside."""

    @property
    def owner_url(self) -> str: ...


class Manageable(HasDatabase, Protocol):
    """The same, for commands."""

    @property
    def data_dir(self) -> Path: ...

    @property
    def web_url(self) -> str: ...


def manage(console: Manageable, *args: str, **environ: str) -> str:
    """What ``manage.py`` prints, run on the console's database; raises where it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "CONSOLE_DATA_DIR": str(console.data_dir),
            "CONSOLE_LOGIN": "owner",
            "DATABASE_URL": console.owner_url,
            "WEB_DATABASE_URL": console.web_url,
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def add_staff(console: RunningConsole) -> None:
    """Somebody with every right on the staff's side."""
    manage(
        console,
        "createsuperuser",
        "--noinput",
        f"--email={STAFF_EMAIL}",
        DJANGO_SUPERUSER_PASSWORD=STAFF_PASSWORD,
    )


@contextmanager
def database(console: HasDatabase, **options: Any) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the owner, with rows as dictionaries."""
    with psycopg.connect(
        console.owner_url, autocommit=True, row_factory=dict_row, **options
    ) as connection:
        yield connection


def operation_of(console: HasDatabase, schema: str) -> dict[str, Any]:
    """The newest operation of the client with this schema name, and its log as ``log``."""
    with database(console) as connection:
        row = connection.execute(
            "SELECT o.* FROM tenants_operation o JOIN tenants_client c ON c.id = o.client_id "
            "WHERE c.schema_name = %s ORDER BY o.id DESC LIMIT 1",
            [schema],
        ).fetchone()
        assert row is not None
        events = connection.execute(
            "SELECT message FROM tenants_operationevent WHERE operation_id = %s ORDER BY id",
            [row["id"]],
        )
        return {**row, "log": [event["message"] for event in events]}


def schema_state(console: RunningConsole, schema: str) -> tuple[bool, bool, bool]:
    """Whether the schema is there, whether its role is, and whether the client says it is made."""
    with database(console) as connection:
        row = connection.execute(
            "SELECT to_regnamespace(%(schema)s) IS NOT NULL AS there, "
            "EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %(role)s) AS role, "
            "provisioned_at IS NOT NULL AS made FROM tenants_client WHERE schema_name = %(schema)s",
            {"schema": schema, "role": f"console:{schema}:rw"},
        ).fetchone()
        assert row is not None
        return row["there"], row["role"], row["made"]


def until(condition: Callable[[], bool], *, seconds: float = 60.0, what: str = "") -> None:
    """Wait for something that the console does by itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


@contextmanager
def role_in_the_way(console: RunningConsole, schema: str) -> Iterator[None]:
    """Make whoever creates this schema's second role wait, until the block ends.

    Somebody else has made a role of that name and not committed: the schema and its first role
    are made by then, in a transaction that is open.
    """
    with psycopg.connect(console.owner_url) as connection:
        connection.execute(SQL("CREATE ROLE {}").format(Identifier(f"console:{schema}:ro")))
        yield
        connection.rollback()


def is_waiting_for_role(console: RunningConsole) -> bool:
    with database(console) as connection:
        row = connection.execute(
            "SELECT count(*) AS n FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE ROLE%'"
        ).fetchone()
        return bool(row and row["n"])
