"""The two logins, and the server that they are of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection

from console.doctor.findings import Finding, Verdict, found

#: The oldest PostgreSQL on which a role can be granted without being inherited.
OLDEST_VERSION = 160000

_POWERS = """
SELECT rolname, array_remove(ARRAY[
    CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
    CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
    CASE WHEN rolcreatedb THEN 'CREATEDB' END], NULL)
FROM pg_roles WHERE rolname = ANY (%s)
"""
# The roles of its own database's schemas are what web is for.
_MEMBERSHIPS = """
SELECT role.rolname FROM pg_auth_members
JOIN pg_roles role ON role.oid = roleid JOIN pg_roles member ON member.oid = member
WHERE member.rolname = %s AND (set_option OR inherit_option)
  AND role.rolname !~ ':(rw|ro)$'
"""


def server() -> Iterator[Finding]:
    version = connection.cursor().connection.info.server_version
    yield found(
        "login.server",
        "Ask the server for its version.",
        f"PostgreSQL {version // 10000}.{version % 10000}.",
        fine=version >= OLDEST_VERSION,
        to_do="Move to PostgreSQL 16 or newer.",
    )


def logins() -> Iterator[Finding]:
    """What the logins may do to the server beyond their work."""
    owner, web = settings.OWNER_ROLE, settings.WEB_ROLE
    yield found(
        "login.two",
        "Compare the logins of the worker and of the web processes.",
        f"They are {owner} and {web}." if owner != web else f"Both are {owner}.",
        fine=owner != web,
        to_do="Give the web processes a login of their own (docs/operating.md): the owner's may "
        "change every schema.",
    )
    powers = dict(_query(_POWERS, [owner, web]))
    too_much = powers.get(web, []) + [name for (name,) in _query(_MEMBERSHIPS, web)]
    yield found(
        "login.web",
        "Look at what the web login may do beside becoming a tenant's role.",
        f"It has {', '.join(too_much)}." if too_much else "Nothing.",
        fine=not too_much,
        to_do="As a superuser: ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOREPLICATION NOCREATEROLE "
        "NOCREATEDB, and REVOKE what it is a member of.",
    )
    needless = [power for power in powers.get(owner, []) if power not in ("CREATEROLE", "CREATEDB")]
    yield found(
        "login.owner",
        "Look at what the owner may do beyond making schemas and roles.",
        f"It has {', '.join(needless)}." if needless else "Nothing.",
        fine=not needless,
        bad=Verdict.WARNING,
        to_do="As a superuser: ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOREPLICATION. A superuser "
        "hides that a right is missing.",
    )


def _query(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
