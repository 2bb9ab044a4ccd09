"""What belongs to no schema, and to the server itself: what a tenant's role gets of it.

``docs/architecture.md`` says what is for everybody there: names, sizes, numbers of rows.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django_tenants.utils import schema_context
from psycopg import errors

from console import env

pytestmark = [pytest.mark.smoke, pytest.mark.usefixtures("web_login")]


def ask(schema: str, sql: str, parameters: Any = None) -> Any:
    with schema_context(schema), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone() if cursor.description else None


def refused(schema: str, sql: str, parameters: Any = None) -> bool:
    with pytest.raises(ProgrammingError) as refusal:
        ask(schema, sql, parameters)
    return isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


@pytest.mark.parametrize("schema", ["alpha", "public"])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('PG_VERSION')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY (SELECT 1) TO '/dev/null'",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_statistic",
        "SELECT * FROM pg_largeobject",
        "SET session_replication_role = replica",
        "CREATE PUBLICATION loot",
        "SELECT pg_stat_reset()",
    ],
)
def test_the_server_is_closed(schema: str, statement: str) -> None:
    assert refused(schema, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT query_to_xml('SELECT * FROM beta.accounts_user', true, false, '')",
        "SELECT last_value FROM beta.tenant_data_task_id_seq",
        "SELECT setval('tenant_data_task_id_seq', 1)",
        "DO $$ BEGIN EXECUTE 'SELECT FROM beta.accounts_user'; END $$",
        "LOCK TABLE beta.accounts_user IN ACCESS SHARE MODE",
        'GRANT "console_web" TO current_user',
        "ALTER ROLE current_user LOGIN",
        "ALTER ROLE console_web PASSWORD 'loot'",
    ],
)
def test_a_way_round_is_closed(statement: str) -> None:
    assert refused("alpha", statement)


def test_a_tenant_gives_no_right_away() -> None:
    """PostgreSQL warns, and does nothing."""
    ask("alpha", "GRANT SELECT ON accounts_user TO PUBLIC")
    readable = "SELECT has_table_privilege('public', 'alpha.accounts_user', 'SELECT')"
    with pytest.raises(ProgrammingError):
        ask("beta", readable)
    assert ask("alpha", readable) == (False,)


def test_values_of_others_are_not_in_the_statistics() -> None:
    ask("alpha", "SELECT 1")
    assert ask("alpha", "SELECT count(*) FROM pg_stats WHERE schemaname <> 'pg_catalog'"
               " AND schemaname NOT IN ('alpha', 'information_schema')") == (0,)  # fmt: skip


def test_what_others_ask_is_hidden_and_cannot_be_stopped() -> None:
    web = {**(env.conninfo("web") or {}), "dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(**web, autocommit=True) as other:
        other.execute("SELECT 'Secret of Beta'")
        pid = other.info.backend_pid
        query = "SELECT query FROM pg_stat_activity WHERE pid = %s"
        assert ask("alpha", query, [pid]) == ("<insufficient privilege>",)
        for function in ("pg_cancel_backend", "pg_terminate_backend"):
            assert refused("alpha", f"SELECT {function}(%s)", [pid])
        # With no tenant the role is the login of them all: the limit that the docs name.
        assert ask("public", query, [pid]) == ("SELECT 'Secret of Beta'",)


def test_a_large_object_is_for_its_own_tenant() -> None:
    (number,) = ask("alpha", "SELECT lo_from_bytea(0, 'Secret of Alpha')")
    try:
        for schema in ("beta", "public"):
            for statement in (
                "SELECT lo_get(%s)",
                "SELECT lo_put(%s, 0, 'x')",
                "SELECT lo_unlink(%s)",
            ):
                assert refused(schema, statement, [number])
        assert bytes(ask("alpha", "SELECT lo_get(%s)", [number])[0]) == b"Secret of Alpha"
    finally:
        ask("alpha", "SELECT lo_unlink(%s)", [number])


def test_a_prepared_statement_reads_the_tenant_it_is_executed_in() -> None:
    """What is left on a connection looks its tables up anew."""
    with schema_context("alpha"), connection.cursor() as cursor:
        cursor.execute("PREPARE people AS SELECT email FROM accounts_user")
    try:
        assert ask("beta", "EXECUTE people") == ("ada@beta.example",)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE people")
