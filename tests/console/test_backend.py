"""The scope of a connection: right whenever a statement runs, whatever happened before it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError, DataError, ProgrammingError, connection, transaction
from django.db.models import QuerySet
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.postgres.contexts import owner_rights
from console.postgres.exceptions import ScopeSwitchFailed
from tests.console.scopes import role, scope, scope_of


@pytest.fixture(params=["owner", "web"])
def _each_login(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[None]:
    """Both logins must behave the same: the owner's becomes web, or the tenant's role, too."""
    if request.param == "web":
        request.getfixturevalue("web_login")
        yield
        return
    with request.getfixturevalue("django_db_blocker").unblock():
        yield
        connection.close()


pytestmark = [pytest.mark.smoke, pytest.mark.usefixtures("_each_login")]


def test_public_is_web(settings: Any) -> None:
    assert scope() == ("public", settings.WEB_ROLE)


def test_a_tenant_is_its_own_role_without_public() -> None:
    with schema_context("alpha"):
        assert scope() == ("alpha", role("alpha"))


def test_the_scope_follows_every_switch(settings: Any) -> None:
    for schema in ("alpha", "beta", "alpha"):
        with schema_context(schema):
            assert scope() == (schema, role(schema))
        assert scope() == ("public", settings.WEB_ROLE)


def test_a_scope_that_was_set_in_a_transaction_is_gone_with_its_rollback() -> None:
    with schema_context("beta"):
        scope()
    with schema_context("alpha"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            scope()  # the switch is inside the transaction
            _ = 1 / 0
        assert scope() == scope_of("alpha")


def test_a_scope_that_was_set_in_a_savepoint_is_gone_with_it() -> None:
    with transaction.atomic(), schema_context("alpha"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            scope()  # the first statement: the switch itself is inside the savepoint
            _ = 1 / 0
        assert scope() == ("alpha", role("alpha"))


def test_an_error_inside_a_savepoint_can_be_rolled_back_after_a_switch() -> None:
    with transaction.atomic(), schema_context("alpha"):
        scope()
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.set_schema("beta")
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column")
        assert scope() == ("beta", role("beta"))


def test_nothing_but_the_rollback_runs_in_a_failed_transaction() -> None:
    with transaction.atomic(), schema_context("alpha"):
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(savepoint=False),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT no_such_column")
        connection.needs_rollback = False
        with pytest.raises(DatabaseError, match="aborted"):
            scope()
        connection.needs_rollback = True


def test_a_commit_that_the_server_turned_into_a_rollback_leaves_no_scope_behind() -> None:
    with schema_context("beta"):
        assert User.objects.get().email == "ada@beta.example"
    with schema_context("alpha"):
        with transaction.atomic():
            scope()  # the switch is inside the transaction
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")  # swallowed: Django commits, PostgreSQL rolls back
        assert User.objects.get().email == "ada@alpha.example"
        assert scope() == ("alpha", role("alpha"))


def test_an_error_of_the_rows_that_are_fetched_leaves_none_behind_either() -> None:
    """No statement failed, as far as a server-side cursor's ``execute`` can tell."""
    with schema_context("beta"):
        scope()
    with schema_context("alpha"):
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute("SELECT 1 / (n - 2) FROM generate_series(1, 3) n")
            with pytest.raises(DataError):
                cursor.fetchall()
        assert scope() == scope_of("alpha")


def test_a_cursor_runs_where_the_connection_is_when_it_executes() -> None:
    with schema_context("alpha"), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == role("alpha")
        with schema_context("beta"):
            cursor.execute("SELECT current_user")
            assert cursor.fetchone()[0] == role("beta")
            cursor.executemany("SELECT set_config('app.seen', current_user || %s, false)", [["!"]])
        cursor.execute("SELECT current_setting('app.seen')")
        assert cursor.fetchone()[0] == role("beta") + "!"


def test_copy_runs_in_the_scope_too() -> None:
    with schema_context("alpha"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with schema_context("beta"), cursor.copy("COPY (SELECT current_user) TO STDOUT") as copy:
            assert b"".join(copy).decode().strip() == role("beta")


def test_streamed_rows_run_in_the_scope_too() -> None:
    with schema_context("alpha"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with schema_context("beta"):
            assert next(iter(cursor.cursor.stream("SELECT current_user")))[0] == role("beta")


def test_a_server_side_cursor_keeps_to_the_tenant_it_was_declared_for() -> None:
    """PostgreSQL fixes the query of a cursor when it is declared; the rows are that tenant's."""
    with transaction.atomic(), schema_context("alpha"):
        rows = User.objects.order_by("pk").iterator(chunk_size=1)
        first = next(rows)
        with schema_context("beta"):
            assert list(rows) == []
            beta = User.objects.get()
    assert first.email == "ada@alpha.example"
    assert beta.email == "ada@beta.example"


def test_a_query_that_is_built_in_one_tenant_runs_where_it_is_evaluated() -> None:
    with schema_context("alpha"):
        people: QuerySet[User] = User.objects.all()
    with schema_context("beta"):
        assert [user.email for user in people] == ["ada@beta.example"]


def test_a_schema_without_a_role_raises_and_runs_nothing() -> None:
    with schema_context("ghost"), pytest.raises(ScopeSwitchFailed):
        User.objects.exists()


def test_a_failed_switch_leaves_no_scope_behind() -> None:
    with schema_context("alpha"):
        scope()
    with schema_context("ghost"), pytest.raises(ScopeSwitchFailed):
        scope()
    with schema_context("alpha"):
        assert scope()[1] == role("alpha")


def test_a_new_connection_starts_in_the_right_scope() -> None:
    with schema_context("alpha"):
        scope()
        connection.close()
        assert scope() == ("alpha", role("alpha"))


def test_a_connection_that_broke_is_replaced_in_the_right_scope() -> None:
    with schema_context("alpha"):
        scope()
        with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
        with pytest.raises(DatabaseError):
            scope()
        connection.close_if_unusable_or_obsolete()
        assert scope() == ("alpha", role("alpha"))


def test_threads_have_scopes_of_their_own() -> None:
    seen: dict[str, tuple[str, str]] = {}

    def work(schema: str) -> None:
        try:
            with schema_context(schema):
                seen[schema] = scope()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[schema]) for schema in ("alpha", "beta")]
    with schema_context("alpha"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == {schema: (schema, role(schema)) for schema in ("alpha", "beta")}


def test_introspection_stays_in_the_schema() -> None:
    with schema_context("alpha"):
        tables = connection.introspection.table_names()
        assert "tenant_data_task" in tables
        assert "tenants_client" not in tables
        assert scope() == ("alpha", role("alpha"))


def test_the_owner_is_the_owner_in_owner_rights_alone(
    request: pytest.FixtureRequest, settings: Any
) -> None:
    if connection.settings_dict["USER"] != settings.OWNER_ROLE:
        with pytest.raises(Exception, match="no owner rights"), owner_rights():
            pytest.fail("entered")
        return
    with owner_rights():
        assert scope() == ("public", settings.OWNER_ROLE)
        with owner_rights("alpha"):
            assert scope() == ("alpha", settings.OWNER_ROLE)
        assert scope() == ("public", settings.OWNER_ROLE)
    assert scope() == ("public", settings.WEB_ROLE)


def test_web_has_no_rights_in_a_schema_it_has_not_entered() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM alpha.tenant_data_task")
