"""Connections of psycopg's pool, which go from one tenant to another without being closed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, OperationalError, connections

from console.doctor.web import new_web_connection
from console.postgres.backend.base import DatabaseWrapper
from tests.console.scopes import role, scope, scope_of

pytestmark = [pytest.mark.smoke]

#: A pool has what it has under the alias: another than the tests' own.
ALIAS = "pooled"


class PooledWrapper(DatabaseWrapper):
    """Has pools of its own, not those of the class that all others have."""

    _connection_pools: dict[str, Any] = {}  # noqa: RUF012 - as Django has it


@pytest.fixture
def new_wrapper(web_login: DatabaseWrapper) -> Iterator[Callable[[], DatabaseWrapper]]:
    """``new_wrapper()``: of the web login, on a pool that has one connection."""
    options = {**web_login.settings_dict["OPTIONS"], "pool": {"min_size": 1, "max_size": 1}}
    settings_dict = {**web_login.settings_dict, "OPTIONS": options, "CONN_MAX_AGE": 0}
    made: list[DatabaseWrapper] = []

    def make() -> DatabaseWrapper:
        made.append(PooledWrapper(settings_dict, ALIAS))
        return made[-1]

    yield make
    for wrapper in made:
        wrapper.close()
    made[0].close_pool()


def scope_on(wrapper: DatabaseWrapper, schema: str) -> tuple[str, str, int]:
    wrapper.set_schema(schema)
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path'), current_user, pg_backend_pid()")
        path, current, process = cursor.fetchone()
    return path.replace('"', ""), current, process


def test_whoever_takes_a_connection_is_in_their_own_scope(
    new_wrapper: Callable[[], DatabaseWrapper],
) -> None:
    processes = set()
    for schema in ("alpha", "beta", "public", "alpha", "alpha"):
        wrapper = new_wrapper()
        *seen, process = scope_on(wrapper, schema)
        assert tuple(seen) == scope_of(schema)
        wrapper.close()
        processes.add(process)
    assert len(processes) == 1  # It is the same one each time.


def test_one_wrapper_that_takes_it_again(new_wrapper: Callable[[], DatabaseWrapper]) -> None:
    """Somebody else has had it in between; what was remembered of it is not true any more."""
    first, second = new_wrapper(), new_wrapper()
    for _round in range(2):
        for wrapper, schema in ((first, "alpha"), (second, "beta")):
            assert scope_on(wrapper, schema)[:2] == scope_of(schema)
            wrapper.close()


def test_a_connection_that_comes_back_in_the_middle_of_a_transaction(
    new_wrapper: Callable[[], DatabaseWrapper],
) -> None:
    first, second = new_wrapper(), new_wrapper()
    first.set_autocommit(False)
    scope_on(first, "alpha")
    with suppress(DatabaseError), first.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    first.close()
    assert scope_on(second, "beta")[:2] == scope_of("beta")


def test_a_cursor_of_who_had_it_before_is_closed(
    new_wrapper: Callable[[], DatabaseWrapper],
) -> None:
    first, second = new_wrapper(), new_wrapper()
    scope_on(first, "alpha")
    with first.cursor() as old:
        first.close()
        with pytest.raises(OperationalError, match="closed"):
            old.execute("SELECT current_user")
        assert scope_on(second, "beta")[:2] == scope_of("beta")
        with pytest.raises(OperationalError, match="closed"):
            old.execute("SELECT current_user")
        with second.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (role("beta"),)


def test_rows_that_nobody_read_to_the_end(new_wrapper: Callable[[], DatabaseWrapper]) -> None:
    first, second = new_wrapper(), new_wrapper()
    first.set_schema("alpha")
    first.ensure_connection()
    with first.create_cursor(name="people") as cursor:
        cursor.execute("SELECT email FROM accounts_user")
        assert cursor.fetchone() == ("ada@alpha.example",)
        first.close()
        assert scope_on(second, "beta")[:2] == scope_of("beta")
        with second.cursor() as other:
            other.execute("SELECT email FROM accounts_user")
            assert other.fetchone() == ("ada@beta.example",)


def test_threads_that_take_turns(new_wrapper: Callable[[], DatabaseWrapper]) -> None:
    """Each checks its connection out many times, and never finds another's role on it."""
    seen: dict[str, set[tuple[str, ...]]] = {"alpha": set(), "beta": set(), "public": set()}
    processes: set[int] = set()
    wrappers = {schema: new_wrapper() for schema in seen}
    for wrapper in wrappers.values():
        wrapper.inc_thread_sharing()

    def work(schema: str) -> None:
        for _round in range(20):
            *found, process = scope_on(wrappers[schema], schema)
            wrappers[schema].close()
            seen[schema].add(tuple(found))
            processes.add(process)

    threads = [threading.Thread(target=work, args=[schema]) for schema in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {schema: {scope_of(schema)} for schema in seen}
    assert len(processes) == 1


def test_the_doctor_takes_no_connection_of_the_owners_pool(
    django_db_setup: None, django_db_blocker: Any
) -> None:
    """Pools belong to an alias, and both logins have the same."""
    owner = connections["default"]
    pooled = {**owner.settings_dict["OPTIONS"], "pool": True}
    with django_db_blocker.unblock():
        wrapper = PooledWrapper(
            {**owner.settings_dict, "OPTIONS": pooled, "CONN_MAX_AGE": 0}, "default"
        )
        connections["default"] = wrapper
        try:
            scope()
            web = new_web_connection()
            with web.cursor() as cursor:
                cursor.execute("SELECT session_user")
                assert cursor.fetchone()[0] == settings.WEB_ROLE
            web.close()
        finally:
            wrapper.close()
            wrapper.close_pool()
            connections["default"] = owner
