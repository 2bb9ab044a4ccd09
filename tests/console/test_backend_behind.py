"""What code changes on a connection behind the backend's back is gone with the next statement."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context
from psycopg.sql import SQL, Identifier

from console.postgres.backend.cursors import may_change_scope
from tests.console.scopes import role, scope, scope_of

pytestmark = [pytest.mark.smoke, pytest.mark.usefixtures("web_login")]

STATEMENTS = {
    "a role": 'SET ROLE "{beta}"',
    "no role": "RESET ROLE",
    "no role, in other words": "SET ROLE NONE",
    "a role in a comment's shadow": '/* a note */ set role "{beta}"',
    "a role until the end of the transaction": 'SET LOCAL ROLE "{beta}"',
    "a role by a function": "SELECT set_config('role', '{beta}', false)",
    "a role by a function, for the transaction": "SELECT SET_CONFIG('role', '{beta}', true)",
    "a role in a block": "DO $$ BEGIN PERFORM set_config('role', '{beta}', false); END $$",
    "a role in a block without the function": "DO $$ BEGIN EXECUTE 'RESET ROLE'; END $$",
    "a role among other statements": "SELECT 1; RESET ROLE; SELECT 2",
    "another user": "SET SESSION AUTHORIZATION DEFAULT",
    "a search path": "SET search_path = beta, public",
    "a search path, for the transaction": "SET LOCAL search_path = beta",
    "everything": "RESET ALL",
    "everything and more": "DISCARD ALL",
}


def _filled(statement: str) -> str:
    return statement.format(beta=role("beta"))


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("here", ["alpha", "public"])
def test_the_next_statement_is_in_its_own_scope(name: str, here: str) -> None:
    with schema_context(here):
        assert scope() == scope_of(here)
        _execute(_filled(STATEMENTS[name]))
        assert scope() == scope_of(here)


@pytest.mark.parametrize("name", [name for name in STATEMENTS if "and more" not in name])
def test_in_a_transaction_too_and_after_it(name: str) -> None:
    """DISCARD ALL is refused there."""
    with schema_context("alpha"):
        with transaction.atomic():
            scope()
            _execute(_filled(STATEMENTS[name]))
            assert scope() == scope_of("alpha")
        assert scope() == scope_of("alpha")
        with transaction.atomic():
            scope()
            _execute(_filled(STATEMENTS[name]))
        assert scope() == scope_of("alpha")


WAYS: dict[str, Callable[[Any], Any]] = {
    "composed": lambda cursor: cursor.execute(SQL("SET ROLE {}").format(Identifier(role("beta")))),
    "in bytes": lambda cursor: cursor.execute(f'SELECT 1; SET ROLE "{role("beta")}"'.encode()),
    "with parameters": lambda cursor: cursor.execute(
        "SELECT set_config(%s, %s, false)", ["role", role("beta")]
    ),
    "many times": lambda cursor: cursor.executemany(
        "SELECT set_config('role', %s, false)", [[role("beta")], [role("beta")]]
    ),
    "many times without a row": lambda cursor: cursor.executemany("RESET ROLE", [[], []]),
    "as rows that stream": lambda cursor: list(
        cursor.cursor.stream("SELECT set_config('role', %s, false)", [role("beta")])
    ),
    "by the driver's connection": lambda cursor: connection.connection.execute("RESET ROLE"),
}


@pytest.mark.parametrize("name", WAYS)
def test_whatever_way_it_is_sent(name: str) -> None:
    with schema_context("alpha"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        WAYS[name](cursor)
        assert scope() == scope_of("alpha")


def test_by_copying() -> None:
    statement = f"COPY (SELECT set_config('role', '{role('beta')}', false)) TO STDOUT"
    with schema_context("alpha"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with cursor.copy(statement) as rows:
            assert list(rows)
        assert scope() == scope_of("alpha")


def test_an_error_after_the_change() -> None:
    """What was committed in between stays changed."""
    with schema_context("alpha"):
        scope()
        with pytest.raises(DatabaseError):
            _execute("BEGIN; RESET ROLE; COMMIT; SELECT 1 / 0")
        assert scope() == scope_of("alpha")


def test_a_transaction_that_django_does_not_know_of() -> None:
    with schema_context("alpha"):
        scope()
        _execute("BEGIN")
        with schema_context("beta"):
            assert scope() == scope_of("beta")
            _execute("ROLLBACK")
            assert scope() == scope_of("beta")
        _execute("BEGIN")
        scope()
        with suppress(DatabaseError):
            _execute("SELECT 1 / 0")
        _execute("COMMIT")  # PostgreSQL makes it a rollback
        assert scope() == scope_of("alpha")


def test_a_copy_and_a_stream_are_in_the_scope_of_their_first_row() -> None:
    """Not of the line that asks for them: nothing is sent there yet."""
    with schema_context("beta"):
        scope()
        with connection.cursor() as cursor:
            rows = cursor.cursor.stream("SELECT current_user")
            with schema_context("alpha"):
                assert next(rows) == (role("alpha"),)
            rows.close()
            copy = cursor.copy("COPY (SELECT current_user) TO STDOUT")
            with schema_context("alpha"), copy as lines:
                assert b"".join(lines).decode().strip() == role("alpha")


def test_a_server_side_cursor_of_the_drivers_own() -> None:
    with schema_context("alpha"), transaction.atomic():
        scope()
        with schema_context("beta"), connection.connection.cursor(name="own") as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (role("beta"),)


def test_a_role_that_the_settings_ask_for_is_no_scope() -> None:
    """Django takes `assume_role` when it connects; the statements run in theirs all the same."""
    connection.close()
    options = {**connection.settings_dict["OPTIONS"], "assume_role": role("beta")}
    settings_dict = connection.settings_dict
    connection.settings_dict = {**settings_dict, "OPTIONS": options}
    try:
        with schema_context("alpha"):
            assert scope() == scope_of("alpha")
        assert scope() == ("public", settings.WEB_ROLE)
    finally:
        connection.settings_dict = settings_dict
        connection.close()


def test_plain_queries_are_not_suspected() -> None:
    """Each suspicion costs a switch."""
    assert not may_change_scope("SELECT name FROM tenant_data_task WHERE id = %s")
    assert may_change_scope(SQL("SELECT Set_Config({}, '', true)").format("role"))
