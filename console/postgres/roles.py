"""Roles: their names, and what each may do.

Every schema has two roles: ``rw`` for its own pages, ``ro`` for support access that only reads.
Neither can log in; the owner and web logins switch to them. All SQL that makes roles or gives
rights is here, and all of it can be run again at any time.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Composable, Identifier

Access = Literal["rw", "ro"]

#: PostgreSQL cuts longer names without a word.
MAX_NAME_BYTES = 63

#: What a reader still has to write to be signed in and seen: sessions, and the admin's log.
READER_WRITES = {
    "django_session": ("INSERT", "UPDATE", "DELETE"),
    "django_admin_log": ("INSERT",),
}
#: Tables of a tenant's schema that its own pages read but never write.
KEPT_BY_OWNER = ("django_migrations",)


def role_for(database: str, schema: str, access: Access = "rw") -> str:
    """The name of a schema's role: a pure function of the database, the schema and the access.

    Roles belong to the whole cluster, so the database is part of the name. A schema name has no
    colon, so two pairs never give the same name; where the database's name is too long for 63
    bytes, a hash stands for it.
    """
    name = f"{database}:{schema}:{access}"
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(database.encode()).hexdigest()[:16]
    return f"{digest}:{schema}:{access}"


def create_schema_roles(
    cursor: CursorWrapper, *, database: str, schema: str, owner: str, web: str
) -> None:
    """Make the schema's two roles where they are missing, and let owner and web become them.

    Runs as the owner. On PostgreSQL 16 and newer, making a role does not give the right to
    ``SET ROLE`` to it: that is granted here, without inheriting what the role may do.
    """
    for access in ("rw", "ro"):
        role = role_for(database, schema, access)
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            _run(cursor, SQL("CREATE ROLE {} NOLOGIN"), Identifier(role))
        _run(
            cursor,
            SQL("GRANT {} TO {}, {} WITH INHERIT FALSE, SET TRUE"),
            *map(Identifier, (role, owner, web)),
        )


def grant_schema_rights(cursor: CursorWrapper, *, database: str, schema: str, owner: str) -> None:
    """Give the schema's roles their rights on it, on what is in it and on what will be made.

    Runs as the owner, after the schema's tables are there.
    """
    rw, ro = (Identifier(role_for(database, schema, access)) for access in ("rw", "ro"))
    name, owner_name = Identifier(schema), Identifier(owner)
    _run(cursor, SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC"), name)
    _run(cursor, SQL("GRANT USAGE ON SCHEMA {} TO {}, {}"), name, rw, ro)
    rights = (
        ("SELECT, INSERT, UPDATE, DELETE", "TABLES", rw),
        ("USAGE, SELECT", "SEQUENCES", rw),
        ("SELECT", "TABLES", ro),
        ("USAGE, SELECT", "SEQUENCES", ro),
    )
    for right, kind, role in rights:
        _run(
            cursor,
            SQL("GRANT {} ON ALL {} IN SCHEMA {} TO {}"),
            SQL(right), SQL(kind), name, role,
        )  # fmt: skip
        _run(
            cursor,
            SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} GRANT {} ON {} TO {}"),
            owner_name, name, SQL(right), SQL(kind), role,
        )  # fmt: skip
    for table, verbs in READER_WRITES.items():
        _run(
            cursor,
            SQL("GRANT {} ON {} TO {}"),
            SQL(", ".join(verbs)), Identifier(schema, table), ro,
        )  # fmt: skip
    for table in KEPT_BY_OWNER:
        _run(
            cursor,
            SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}"),
            Identifier(schema, table), rw,
        )  # fmt: skip


def drop_schema_roles(
    cursor: CursorWrapper, *, database: str, schema: str, owner: str
) -> str | None:
    """Drop the schema's two roles where they are there. Runs as the owner, after the schema went.

    Rights that somebody gave them by hand on other things go with them. Where a role *owns*
    other things, in this database or another, nothing is done and its name is returned.
    """
    for access in ("rw", "ro"):
        role = role_for(database, schema, access)
        cursor.execute("SELECT oid FROM pg_roles WHERE rolname = %s", [role])
        row = cursor.fetchone()
        if row is None:
            continue
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass"
            " AND refobjid = %s AND deptype = 'o')",
            row,
        )
        if cursor.fetchone()[0]:
            return role
        # DROP OWNED, which here takes away rights alone, asks for the role's inheritance.
        _run(cursor, SQL("GRANT {} TO {} WITH INHERIT TRUE"), *map(Identifier, (role, owner)))
        _run(cursor, SQL("DROP OWNED BY {}"), Identifier(role))
        _run(cursor, SQL("DROP ROLE {}"), Identifier(role))
    return None


def prepare_database(cursor: CursorWrapper, *, database: str, owner: str, web: str) -> None:
    """Close ``public`` and the database to everybody but the console. Runs as the owner.

    Without this, every role may use ``public``, and a temporary table that one tenant leaves on
    a connection hides another tenant's table of the same name.
    """
    web_role, owner_role = Identifier(web), Identifier(owner)
    _run(cursor, SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    _run(cursor, SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC"), Identifier(database))
    _run(cursor, SQL("GRANT CONNECT ON DATABASE {} TO {}"), Identifier(database), web_role)
    _run(cursor, SQL("GRANT USAGE ON SCHEMA public TO {}"), web_role)
    for right, kind in (
        ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
        ("USAGE, SELECT", "SEQUENCES"),
    ):
        _run(
            cursor,
            SQL("GRANT {} ON ALL {} IN SCHEMA public TO {}"),
            SQL(right), SQL(kind), web_role,
        )  # fmt: skip
        _run(
            cursor,
            SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} ON {} TO {}"),
            owner_role, SQL(right), SQL(kind), web_role,
        )  # fmt: skip


def keep_public_migrations(cursor: CursorWrapper, *, web: str) -> None:
    """Leave the record of ``public``'s migrations to the owner. Runs as the owner."""
    for table in KEPT_BY_OWNER:
        _run(
            cursor,
            SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}"),
            Identifier("public", table), Identifier(web),
        )  # fmt: skip


def _run(cursor: CursorWrapper, statement: SQL, *parts: Composable) -> None:
    cursor.execute(statement.format(*parts))
