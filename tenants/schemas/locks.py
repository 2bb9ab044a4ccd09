"""What keeps two processes off one schema, and how long a statement waits for another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _
from psycopg.sql import SQL, Composed

from console.postgres.contexts import tenants_connection
from tenants.exceptions import SchemaBusy
from tenants.validators import PUBLIC_SCHEMA

#: How long a statement waits for a lock before it gives up (PostgreSQL's notation). A waiting
#: ALTER TABLE makes every later reader of the table wait behind it.
LOCK_TIMEOUT = "5s"


def _key(schema: str) -> int:
    """A signed 64-bit number for the schema, apart from other users of advisory locks."""
    digest = hashlib.sha256(f"tenants.schema:{schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@contextmanager
def platform_lock(*, report: Callable[[str], None]) -> Iterator[None]:
    """Hold ``public`` for the length of the block; waits for whoever else holds it, and says so.

    As ``schema_lock``, it goes with the connection.
    """
    with waiting_lock(PUBLIC_SCHEMA, report=report):
        yield


@contextmanager
def waiting_lock(name: str, *, report: Callable[[str], None]) -> Iterator[None]:
    """The same under a name that need not be a schema's."""
    connection = tenants_connection()
    key = [_key(name)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", key)
        if not cursor.fetchone()[0]:
            report(_("Waiting for another process that brings the database up to date."))
            cursor.execute("SELECT pg_advisory_lock(%s)", key)
    try:
        yield
    finally:
        _unlock(name)


@contextmanager
def schema_lock(schema: str) -> Iterator[None]:
    """Hold the schema for the length of the block; across transactions, in this connection.

    PostgreSQL lets go of the lock when the connection ends, so it is free as soon as a killed
    process is gone. Raises ``SchemaBusy`` at once where somebody else holds it.
    """
    connection = tenants_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(schema)])
        if not cursor.fetchone()[0]:
            raise SchemaBusy(schema=schema)
    try:
        yield
    finally:
        _unlock(schema)


def held_among(names: Iterable[str]) -> set[str]:
    """Those of the schemas, or other names, whose lock somebody holds at this moment: one query,
    which any login may ask."""
    keys = {_key(name): name for name in names}
    connection = tenants_connection()
    with connection.cursor() as cursor:
        cursor.execute(_HELD)
        return {keys[key] for (key,) in cursor.fetchall() if key in keys}


# A lock that was taken by one 64-bit number has it in two halves.
_HELD = """
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextmanager
def lasting_lock(name: str, *, shared: bool = False) -> Iterator[Callable[[], None]]:
    """The same under a name that need not be a schema's, in a connection of its own, so that the
    work may have others one after the other; ``shared``: several may hold it together.

    What it yields takes the lock again where that connection was lost; waits for whoever holds it.
    """
    connection = tenants_connection().copy()

    def take() -> None:
        if connection.connection is not None and connection.is_usable():
            return
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_lock{'_shared' * shared}(%s)", [_key(name)])

    try:
        take()
        yield take
    finally:
        connection.close()


def take_for_transaction(
    schema: str, *, wait: str, then: Sequence[Composed], params: Sequence[Any]
) -> list[list[tuple[Any, ...]]]:
    """The same lock, until the transaction ends, and the rows that each of some statements finds,
    in one word to the server, where ``schema_lock`` and ``lock_timeout`` alone take five.

    The statements run in any case: one with ``HELD`` among its conditions finds nothing, and waits
    for nobody's rows, where somebody else has the lock. From here on each statement of the
    transaction waits at most ``wait`` for a lock. Raises ``SchemaBusy``.
    """
    with tenants_connection().cursor() as cursor:
        cursor.execute(SQL(";").join([_TAKE, *then]), [_key(schema), wait, *params])
        if cursor.fetchone()[0] != "true":
            raise SchemaBusy(schema=schema)
        found = []
        for _statement in then:
            cursor.nextset()
            found.append(cursor.fetchall())
        return found


#: A condition: whether ``take_for_transaction`` has the lock.
HELD = SQL("current_setting('console.held') = 'true'")
_TAKE = SQL(
    "SELECT set_config('console.held', pg_try_advisory_xact_lock(%s)::text, true),"
    " set_config('lock_timeout', %s, true)"
)


def _unlock(schema: str) -> None:
    connection = tenants_connection()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_key(schema)])
    except (OperationalError, InterfaceError):
        # The connection is gone and the lock with it.
        connection.close()


@contextmanager
def lock_timeout(wait: str = LOCK_TIMEOUT) -> Iterator[None]:
    """Bound the wait of each statement for a lock, for the length of the block.

    What was in force before is in force again after it: in a transaction that fails, by the
    rollback, which is the caller's to make.
    """
    connection = tenants_connection()
    local = connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()[0]
        cursor.execute(_SET_LOCK_TIMEOUT, [wait, local])
    try:
        yield
    except BaseException:
        if not local:
            _restore(before, local=False)
        raise
    _restore(before, local=local)


_SET_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, %s)"


def _restore(before: str, *, local: bool) -> None:
    with tenants_connection().cursor() as cursor:
        cursor.execute(_SET_LOCK_TIMEOUT, [before, local])
