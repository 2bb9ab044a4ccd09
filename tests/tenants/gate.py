"""A gate in PostgreSQL itself: it holds whoever comes by a named point, until the test lets go.

Triggers that a superuser made wait for an advisory lock which the test holds. So a worker stands
still at a point of its work that the test has chosen, without any change to the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from console.postgres.embedded.logins import SUPERUSER
from tests.processes import until

LOCK = 4711

#: Points at which a row of `public` is written: table, event, condition.
_ROWS = {
    "the job was fetched": ("tenants_operation", "BEFORE UPDATE", "NEW.state = 'running'"),
    "the row says running": ("tenants_operationevent", "AFTER INSERT", "NEW.step = 'schema'"),
    "the row is closed": ("tenants_operation", "AFTER UPDATE", "NEW.state = 'succeeded'"),
    "the files are to go": ("tenants_operationevent", "AFTER INSERT", "NEW.step = 'files'"),
}
#: Points at which a row of the new schema is written; the trigger comes with the table.
_TENANTS_ROWS = {"content types": "django_content_type", "the first admin": "accounts_user"}

_INSTALL = """
CREATE SCHEMA gate;
CREATE TABLE gate.armed (point text);

CREATE FUNCTION gate.pass(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (SELECT FROM gate.armed WHERE point = name) THEN
        PERFORM pg_advisory_xact_lock_shared(4711);
    END IF;
END $$;

CREATE FUNCTION gate.row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM gate.pass(TG_ARGV[0]);
    RETURN NEW;
END $$;

CREATE FUNCTION gate.before_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF tg_tag = 'CREATE TABLE' THEN PERFORM gate.pass('the roles are made'); END IF;
END $$;

CREATE FUNCTION gate.after_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE made record;
BEGIN
    IF tg_tag = 'CREATE SCHEMA' THEN PERFORM gate.pass('the schema is made'); END IF;
    IF tg_tag = 'DROP SCHEMA' THEN PERFORM gate.pass('the schema is dropped'); END IF;
    IF tg_tag = 'GRANT' THEN PERFORM gate.pass('the rights'); END IF;
    IF tg_tag = 'CREATE TABLE' THEN
        PERFORM gate.pass('the first table');
        FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
            IF made.object_identity LIKE '%.tenant_data_project' THEN
                PERFORM gate.pass('a later table');
            END IF;
            {tenants_rows}
        END LOOP;
    END IF;
END $$;
{rows}
CREATE EVENT TRIGGER gate_before ON ddl_command_start EXECUTE FUNCTION gate.before_ddl();
CREATE EVENT TRIGGER gate_after ON ddl_command_end EXECUTE FUNCTION gate.after_ddl();
"""
_ROW = """
CREATE TRIGGER gate_{number} {event} ON public.{table} FOR EACH ROW WHEN ({condition})
    EXECUTE FUNCTION gate.row('{point}');
"""
_TENANTS_ROW = """
            IF made.object_identity LIKE '%.{table}' THEN
                EXECUTE format('CREATE TRIGGER gate AFTER INSERT ON %s FOR EACH ROW '
                               'EXECUTE FUNCTION gate.row(''{point}'')', made.object_identity);
            END IF;
"""
_REMOVE = """
DROP EVENT TRIGGER gate_before;
DROP EVENT TRIGGER gate_after;
DROP SCHEMA gate CASCADE;
"""


def _install() -> str:
    rows = "".join(
        _ROW.format(number=number, point=point, table=table, event=event, condition=condition)
        for number, (point, (table, event, condition)) in enumerate(_ROWS.items())
    )
    tenants_rows = "".join(
        _TENANTS_ROW.format(point=point, table=table) for point, table in _TENANTS_ROWS.items()
    )
    return _INSTALL.replace("{rows}", rows).replace("{tenants_rows}", tenants_rows)


class Gate:
    """The gate of one database, and the connection that holds it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    @contextmanager
    def shut(self, point: str) -> Iterator[None]:
        """In the block, whoever comes by the point waits; after it, nobody does."""
        self._connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        self._connection.execute("INSERT INTO gate.armed VALUES (%s)", [point])
        try:
            yield
        finally:
            self._connection.execute("DELETE FROM gate.armed")
            self._connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    def waiting(self) -> list[int]:
        """The backends that stand before the gate."""
        rows = self._connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND wait_event = 'advisory'"
        )
        return [pid for (pid,) in rows]

    def until_somebody_waits(self) -> list[int]:
        until(lambda: bool(self.waiting()), what="somebody comes to the gate")
        return self.waiting()

    def until_gone(self, backends: list[int]) -> None:
        """Wait until PostgreSQL has noticed that these have nobody at their other end."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)"
        until(
            lambda: self._connection.execute(query, [backends]).fetchone() == (0,),
            what="the backends of the dead are gone",
        )


@contextmanager
def gate(owner_url: str) -> Iterator[Gate]:
    """A gate in this database of an embedded server, for the length of the block."""
    url = make_conninfo(owner_url, user=SUPERUSER)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_install())
        try:
            yield Gate(connection)
        finally:
            connection.execute(_REMOVE)
