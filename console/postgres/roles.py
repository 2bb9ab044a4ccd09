"""Roles: their names, and what each is.

Every schema has two roles: ``rw`` for its own pages, ``ro`` for support access that only reads.
Neither can log in; the owner and web logins switch to them. All SQL that makes roles is here, and
all of it can be run again at any time; what they may do is in ``rights``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Composable, Composed, Identifier

Access = Literal["rw", "ro"]

#: PostgreSQL cuts longer names without a word.
MAX_NAME_BYTES = 63

# With the words of ALTER ROLE.
_POWERS = """
SELECT rolname, array_remove(ARRAY[
    CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolsuper THEN 'SUPERUSER' END,
    CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
    CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN rolreplication THEN 'REPLICATION' END
], NULL)
FROM pg_roles WHERE rolname = ANY (%s)
"""
# Whoever has ADMIN alone cannot become the role, and can give that to anybody, itself among them.
_MEMBERS = """
WITH ours AS MATERIALIZED (SELECT oid FROM pg_roles WHERE rolname = ANY (%s)),
memberships AS (
    SELECT * FROM pg_auth_members WHERE roleid IN (SELECT oid FROM ours)
    UNION
    SELECT * FROM pg_auth_members WHERE member IN (SELECT oid FROM ours)
)
SELECT role.rolname, member.rolname, bool_or(set_option), bool_or(inherit_option),
       bool_or(admin_option)
FROM memberships
JOIN pg_roles role ON role.oid = roleid JOIN pg_roles member ON member.oid = memberships.member
GROUP BY 1, 2
"""


@lru_cache(maxsize=4096)  # Every statement asks.
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


def is_role_of(database: str, role: str) -> bool:
    """Whether the role was made for a schema of the database."""
    prefix, colon, access = role.rpartition(":")
    before, _colon, schema = prefix.rpartition(":")
    return bool(colon and before) and any(
        role == role_for(database, schema, known) for known in ("rw", "ro") if known == access
    )


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not as it should be, and the statement that mends it."""

    what: str
    mend: Composed


def flaws_of_roles(
    cursor: CursorWrapper, *, database: str, schema: str, owner: str, web: str
) -> list[Flaw]:
    """How the schema's two roles differ from what they should be; two queries of the catalog.

    Owner and web, and nobody else, can become them, without inheriting what they may do; the owner
    alone can let others. They cannot log in, have no power over the server, and are members of
    nothing. On PostgreSQL 16 and newer, making a role does not give the right to ``SET ROLE`` to
    it.
    """
    names = [role_for(database, schema, access) for access in ("rw", "ro")]
    cursor.execute(_POWERS, [names])
    powers = dict(cursor.fetchall())
    cursor.execute(_MEMBERS, [names])
    members = {(role, member): options for role, member, *options in cursor.fetchall()}
    flaws: list[Flaw] = []
    for name in names:
        if name not in powers:
            create = SQL("CREATE ROLE {} NOLOGIN").format(Identifier(name))
            flaws.append(Flaw(f"There is no role {name}.", create))
        for power in powers.get(name, ()):
            take = SQL("ALTER ROLE {} {}").format(Identifier(name), SQL(f"NO{power}"))
            flaws.append(Flaw(f"The role {name} has {power}.", take))
        for login in (owner, web):
            can_become, inherits, may_give = members.pop((name, login), (False,) * 3)
            if not can_become or inherits or (may_give and login != owner):
                flaws.append(Flaw(f"{login} cannot become {name} as it should.", _let(login, name)))
    for role, member in members:
        take = SQL("REVOKE {} FROM {}").format(Identifier(role), Identifier(member))
        flaws.append(Flaw(f"{member} is a member of {role}.", take))
    return flaws


def _let(login: str, role: str) -> Composed:
    return SQL("GRANT {} TO {} WITH ADMIN FALSE, INHERIT FALSE, SET TRUE").format(
        Identifier(role), Identifier(login)
    )


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


def _run(cursor: CursorWrapper, statement: SQL, *parts: Composable) -> None:
    cursor.execute(statement.format(*parts))
