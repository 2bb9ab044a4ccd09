"""What the database refuses to a page of one tenant that reaches for another."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import Error, OperationalError, connection, transaction
from django_tenants.utils import schema_context
from psycopg import errors
from psycopg.sql import SQL, Composable, Identifier

from console.doctor.findings import Finding, Verdict, could_not, first_line, found
from console.postgres.roles import role_for

_MEND = "Run “manage.py sync_roles”; what it cannot mend it names."
_TABLE = "accounts_user"


def boundaries(here: str, there: str) -> Iterator[Finding]:
    """Between two tenants and from a tenant to ``public``; runs as the web login."""
    yield _works(here)
    other, public = Identifier(there, _TABLE), Identifier("public", _TABLE)
    own = Identifier(here, _TABLE)
    yield _refused("boundary.read", here, "Read another tenant's table", _read(other))
    yield _refused(
        "boundary.write",
        here,
        "Add to, change and delete from another tenant's table",
        SQL("INSERT INTO {} DEFAULT VALUES").format(other),
        SQL("UPDATE {} SET id = id").format(other),
        SQL("DELETE FROM {}").format(other),
        SQL("TRUNCATE {}").format(other),
    )
    yield _refused(
        "boundary.ddl",
        here,
        "Make and change tables, in the own schema and in another",
        SQL("CREATE TABLE {} (id integer)").format(Identifier(here, "loot")),
        SQL("CREATE TABLE {} (id integer)").format(Identifier(there, "loot")),
        SQL("ALTER TABLE {} ADD COLUMN loot integer").format(other),
        SQL("ALTER TABLE {} ADD COLUMN loot integer").format(own),
        SQL("DROP TABLE {}").format(other),
        SQL("DROP SCHEMA {} CASCADE").format(Identifier(there)),
    )
    yield _refused(
        "boundary.public",
        here,
        "Read and write the console's own tables from a tenant",
        _read(public),
        _read(Identifier("public", "tenants_client")),
        SQL("DELETE FROM {}").format(public),
        SQL("CREATE TABLE public.loot (id integer)"),
    )
    yield _refused(
        "boundary.from_public",
        "public",
        "Read and write a tenant's table from the console's own pages",
        _read(own),
        SQL("DELETE FROM {}").format(own),
        SQL("DROP TABLE {}").format(own),
    )
    yield _refused(
        "boundary.kept",
        "public",
        "Write, as pages are served, what the owner believes or runs",
        SQL("UPDATE tenants_schematemplate SET sql = sql"),
        SQL("DELETE FROM tenants_schematemplate"),
        SQL("DELETE FROM django_migrations"),
    )
    yield _refused(
        "boundary.structure",
        "public",
        "Make and change tables, schemas and roles, as pages are served",
        SQL("CREATE TABLE public.loot (id integer)"),
        SQL("ALTER TABLE {} ADD COLUMN loot integer").format(public),
        SQL("DROP TABLE {}").format(public),
        SQL("CREATE SCHEMA loot"),
        SQL("CREATE ROLE loot"),
    )
    yield _refused(
        "boundary.temporary",
        here,
        "Leave a temporary table on the connection, which the next tenant would read",
        SQL("CREATE TEMPORARY TABLE {} (id integer)").format(Identifier(_TABLE)),
    )
    yield _refused(
        "boundary.owner",
        here,
        "Become the owner of the schemas",
        SQL("SET ROLE {}").format(Identifier(settings.OWNER_ROLE)),
        SQL("SET SESSION AUTHORIZATION {}").format(Identifier(settings.OWNER_ROLE)),
    )
    yield _refused(
        "boundary.server",
        here,
        "Read files of the server, and run a program on it",
        SQL("SELECT pg_read_file('PG_VERSION')"),
        SQL("SELECT pg_ls_dir('.')"),
        SQL("SELECT lo_import('PG_VERSION')"),
        SQL("COPY (SELECT 1) TO PROGRAM 'true'"),
        to_do="As a superuser: REVOKE EXECUTE on these functions FROM PUBLIC, and the roles pg_… "
        "from whoever has them.",
    )
    yield _large_objects(here, there)
    yield _statements_of_others(here)


def _read(table: Identifier) -> Composable:
    return SQL("SELECT * FROM {} LIMIT 1").format(table)


def _works(schema: str) -> Finding:
    """Refusals are worth something only where the same login can do a tenant's own work."""
    name, tried = "boundary.own_work", "Read, change and delete in the own schema."
    table = Identifier(_TABLE)
    try:
        with schema_context(schema), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            role = cursor.fetchone()[0]
            cursor.execute(_read(table))
            cursor.execute(SQL("UPDATE {} SET name = name").format(table))
            cursor.execute(SQL("DELETE FROM {} WHERE false").format(table))
    except Error as exc:
        return Finding(name, tried, first_line(exc), Verdict.FAILED, _MEND)
    wanted = role_for(connection.settings_dict["NAME"], schema)
    to_do = f"It must be {wanted}: ENGINE must be console.postgres.backend."
    return found(name, tried, f"It works, as {role}.", fine=role == wanted, to_do=to_do)


def _refused(
    name: str, schema: str, tried: str, *statements: Composable, to_do: str = _MEND
) -> Finding:
    """Each statement must be refused for want of a right; what is not is undone."""
    try:
        taken = [said for statement in statements if (said := _outcome(schema, statement))]
    except OperationalError as exc:
        return could_not(name, f"{tried}.", exc)
    seen = "; ".join(taken) if taken else "The database refused each of them."
    return found(name, f"{tried}.", seen, fine=not taken, to_do=to_do)


def _large_objects(here: str, there: str) -> Finding:
    """They are in no schema, so it is their owner alone that keeps them apart."""
    name, tried = "boundary.large_objects", "Make a large object, and read and change it elsewhere."
    taken = []
    try:
        with transaction.atomic():
            with schema_context(here), connection.cursor() as cursor:
                cursor.execute("SELECT lo_from_bytea(0, 'loot')")
                (number,) = cursor.fetchone()
            for schema in (there, "public"):
                for statement in ("SELECT lo_get({})", "SELECT lo_unlink({})"):
                    taken.append(_outcome(schema, SQL(statement).format(number)))
            transaction.set_rollback(True)
    except Error as exc:
        if not isinstance(exc.__cause__, errors.InsufficientPrivilege):
            return could_not(name, tried, exc)
    seen = "; ".join(filter(None, taken))
    to_do = "As a superuser: ALTER SYSTEM SET lo_compat_privileges = off, and reload."
    return found(name, tried, seen or "The database refused it.", fine=not seen, to_do=to_do)


def _statements_of_others(here: str) -> Finding:
    """With their values in them. The doctor's own other connection has one, at the least."""
    with schema_context(here), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND query NOT IN ('', '<insufficient privilege>')"
        )
        (count,) = cursor.fetchone()
    return found(
        "boundary.statements",
        "Read from a tenant what other connections are asking.",
        f"Those of {count} can be read." if count else "None can be read.",
        fine=not count,
        to_do="As a superuser: REVOKE pg_read_all_stats and pg_monitor from whoever has them.",
    )


def _outcome(schema: str, statement: Composable) -> str:
    """Empty where it was refused for want of a right; otherwise what happened."""
    text = statement.as_string(None)
    try:
        with schema_context(schema), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)
            transaction.set_rollback(True)
    except OperationalError:
        raise  # Nothing was refused: it was not even tried.
    except Error as exc:
        if isinstance(exc.__cause__, errors.InsufficientPrivilege):
            return ""
        return f"{text}: {first_line(exc)}"
    return f"{text}: it was done"
