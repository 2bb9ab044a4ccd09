"""Connections that end on the way: the next statement is in its own scope, on a new one."""

from __future__ import annotations

import time

import psycopg
import pytest
from django.db import OperationalError, close_old_connections, connection, transaction
from django_tenants.utils import schema_context

from console import env
from console.accounts.models import User
from tests.conftest import Browser
from tests.console.scopes import scope, scope_of

pytestmark = [pytest.mark.smoke, pytest.mark.usefixtures("web_login")]

SCHEMAS = ("alpha", "beta", "public")


def process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def terminate() -> None:
    """As an operator does, or a server that shuts down; returns when the process is gone."""
    web = {**(env.conninfo("web") or {}), "dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(**web, autocommit=True) as other:  # Logins may end their own alone.
        gone = other.execute("SELECT pg_terminate_backend(%s, 10000)", [process()]).fetchone()
        assert gone == (True,)


@pytest.fixture(params=SCHEMAS)
def after(request: pytest.FixtureRequest) -> str:
    """Where the next statement is."""
    return request.param


def test_between_two_requests(after: str) -> None:
    """CONN_HEALTH_CHECKS asks before the first statement of a request."""
    with schema_context("alpha"):
        scope()
        first = process()
        terminate()
    close_old_connections()
    with schema_context(after):
        assert scope() == scope_of(after)
        assert process() != first


def test_before_a_request_without_a_health_check(after: str) -> None:
    connection.settings_dict = {**connection.settings_dict, "CONN_HEALTH_CHECKS": False}
    connection.close()
    with schema_context("alpha"):
        scope()
        terminate()
    with schema_context(after):
        with pytest.raises(OperationalError):
            scope()
        close_old_connections()  # It is found out by the error, when the request ends.
        assert scope() == scope_of(after)


def test_in_a_transaction(after: str) -> None:
    with schema_context("alpha"):
        with pytest.raises(OperationalError), transaction.atomic():
            User.objects.update(name="never")
            terminate()
            scope()
        assert scope() == scope_of("alpha")
        assert User.objects.get().name != "never"
    with schema_context(after):
        assert scope() == scope_of(after)


def test_in_a_savepoint_after_a_switch(after: str) -> None:
    with pytest.raises(OperationalError), transaction.atomic(), schema_context("alpha"):
        scope()
        with transaction.atomic(), schema_context("beta"):
            scope()
            terminate()
            scope()
    with schema_context(after):
        assert scope() == scope_of(after)


@pytest.mark.parametrize("in_transaction", [True, False])
def test_while_rows_are_fetched(after: str, in_transaction: bool) -> None:
    def read() -> None:
        people = User.objects.iterator(chunk_size=1)
        next(people)
        terminate()
        list(people)

    with schema_context("alpha"):
        User.objects.create_user("bob@alpha.example")
        try:
            with pytest.raises(OperationalError):
                if in_transaction:
                    with transaction.atomic():
                        read()
                else:
                    read()
            close_old_connections()
        finally:
            User.objects.filter(email="bob@alpha.example").delete()
    with schema_context(after):
        assert scope() == scope_of(after)


def test_a_cursor_that_is_older_than_the_connection() -> None:
    with schema_context("alpha"), connection.cursor() as old:
        old.execute("SELECT 1")
        terminate()
        with pytest.raises(OperationalError):
            scope()
        close_old_connections()
        with schema_context("beta"):
            assert scope() == scope_of("beta")
            with pytest.raises(OperationalError, match="closed"):
                old.execute("SELECT 1")
            assert scope() == scope_of("beta")


def test_a_page_after_it() -> None:
    for host, name in (("alpha.localhost", "Alpha"), ("beta.localhost", "Beta")):
        page = Browser(host, "public", None).get("/login/")
        assert (page.status_code, name in page.text) == (200, True)
        terminate()
        close_old_connections()


class TestAge:
    """CONN_MAX_AGE: a connection that is too old is replaced between two requests."""

    @pytest.fixture(autouse=True)
    def _as_in_production(self) -> None:
        connection.settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": 60}
        connection.close()

    def grow_old(self) -> None:
        connection.close_at = time.monotonic() - 1

    def test_a_young_one_is_kept_and_switched(self, after: str) -> None:
        with schema_context("alpha"):
            scope()
            first = process()
        close_old_connections()
        with schema_context(after):
            assert scope() == scope_of(after)
            assert process() == first

    def test_an_old_one_is_replaced(self, after: str) -> None:
        with schema_context("alpha"):
            scope()
            first = process()
        self.grow_old()
        close_old_connections()
        with schema_context(after):
            assert scope() == scope_of(after)
            assert process() != first

    def test_one_that_grows_old_in_a_request_is_kept_to_its_end(self) -> None:
        with schema_context("alpha"):
            scope()
            first = process()
            self.grow_old()
            with schema_context("beta"):
                assert scope() == scope_of("beta")
            assert process() == first
