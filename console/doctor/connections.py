"""The connection itself: what lies between, and what a request leaves for the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from console.doctor.findings import Finding, found
from console.doctor.web import new_web_connection
from console.postgres.backend.base import DatabaseWrapper
from console.postgres.roles import role_for

_ROUNDS = 5
_FOREIGN = "what one connection had set was in force on another"
_GONE = "what a connection had set was gone"
_MOVED = "a connection went from one server process to another"


def pooling() -> Iterator[Finding]:
    """Whether a connection stays on one server process, with what was set on it.

    A pooler that hands servers out by the transaction gives one request's role and search path to
    another. What one connection sets, it must keep, and another must never see.
    """
    pair = {"one": new_web_connection(), "other": new_web_connection()}
    seen: set[str] = set()
    try:
        processes = {mark: _set_mark(wrapper, mark) for mark, wrapper in pair.items()}
        # A pool of one server shows in what is set, a pool of more where one asks twice running:
        # servers that are taken in turn might come round to each connection again.
        for mark in ("one", "other", "other") * _ROUNDS:
            process, found_mark = _ask_mark(pair[mark])
            if found_mark != mark:
                seen.add(_FOREIGN if found_mark else _GONE)
            if process != processes[mark]:
                seen.add(_MOVED)
    finally:
        for wrapper in pair.values():
            wrapper.close()
    yield found(
        "connection.pooling",
        "Use two connections in turn; each must keep its server process and what was set on it.",
        f"A pooler in transaction or statement mode lies between: {', '.join(sorted(seen))}."
        if seen
        else "Each did.",
        fine=not seen,
        to_do="Set pool_mode = session in PgBouncer (or leave the pooler out): in transaction or "
        "statement mode a request can run as another tenant.",
    )


def _set_mark(wrapper: DatabaseWrapper, mark: str) -> int:
    """Set something that no pooler looks after, and return the server's process."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT set_config('console.doctor', %s, false), pg_backend_pid()", [mark])
        return int(cursor.fetchone()[1])


def _ask_mark(wrapper: DatabaseWrapper) -> tuple[int, str | None]:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), current_setting('console.doctor', true)")
        return tuple(cursor.fetchone())


def leftovers(here: str, there: str) -> Iterator[Finding]:
    """After each way in which a request can end badly, the next one is somebody else's."""
    wrong = []
    for name, way in _ENDINGS.items():
        with schema_context(here), suppress(DatabaseError, ZeroDivisionError):
            way()
        for schema in (there, "public"):
            with schema_context(schema):
                is_in = _scope()
                if is_in != _expected(schema):
                    wrong.append(f"after {name}, {schema} ran as {is_in[0]} in {is_in[1]}")
        connection.close()
    yield found(
        "connection.leftovers",
        f"End a request in {len(_ENDINGS)} ways, and use its connection for another tenant.",
        "; ".join(wrong) or "Every next statement ran in its own schema, as its own role.",
        fine=not wrong,
        to_do="ENGINE must be console.postgres.backend; look at what changes the connection "
        "behind its back.",
    )


def _scope() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('search_path')")
        return tuple(cursor.fetchone())


def _expected(schema: str) -> tuple[str, str]:
    database = connection.settings_dict["NAME"]
    role = settings.WEB_ROLE if schema == "public" else role_for(database, schema)
    return role, f'"{schema}"'


def _error() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def _error_in_transaction() -> None:
    with transaction.atomic():
        _error()


def _error_in_savepoint() -> None:
    with transaction.atomic():
        with suppress(DatabaseError), transaction.atomic():
            _error()
        _scope()


def _error_that_was_swallowed() -> None:
    with transaction.atomic():
        _scope()
        with suppress(DatabaseError):
            _error()


def _rollback() -> None:
    with transaction.atomic():
        _scope()
        transaction.set_rollback(True)


def _exception() -> None:
    with transaction.atomic():
        _scope()
        raise ZeroDivisionError


def _statement_timeout() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10ms'")
        cursor.execute("SELECT pg_sleep(1)")


_ENDINGS: dict[str, Callable[[], Any]] = {
    "a plain query": _scope,
    "an error": _error,
    "an error in a transaction": _error_in_transaction,
    "an error in a savepoint": _error_in_savepoint,
    "an error that the code swallowed": _error_that_was_swallowed,
    "a rollback": _rollback,
    "an exception": _exception,
    "a timeout": _statement_timeout,
}
