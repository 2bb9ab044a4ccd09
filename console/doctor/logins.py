"""The two logins, and the server that they are of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection

from console.doctor.findings import Finding, Verdict, found, listed
from console.postgres.lent import ACCEPTED, lent_rights

#: The oldest PostgreSQL on which a role can be granted without being inherited.
OLDEST_VERSION = 160000

# A role can become those that it is a member of, uses the rights of those that it inherits, and can
# make itself a member of those that it administers; and so on from there.
_REACH = """
WITH RECURSIVE reach (oid) AS (
    SELECT oid FROM pg_roles WHERE rolname = %s
    UNION
    SELECT roleid FROM pg_auth_members JOIN reach ON member = reach.oid
    WHERE set_option OR inherit_option OR admin_option
)
SELECT rolname, array_remove(ARRAY[
    CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
    CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
    CASE WHEN rolcreatedb THEN 'CREATEDB' END], NULL)
FROM pg_roles JOIN reach USING (oid) ORDER BY rolname
"""
# Whoever owns a thing needs no right to it. What belongs to the whole server has database 0.
_OWNED = """
SELECT count(*) FROM pg_shdepend
WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o'
  AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = %s)
  AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
#: What the owner needs to make databases and the roles of schemas.
_OF_OWNER = ("CREATEROLE", "CREATEDB")


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
    too_much = _of_web(web)
    yield found(
        "login.web",
        "Look at what the web login may do beside becoming a tenant's role.",
        f"It has {listed(too_much)}." if too_much else "Nothing.",
        fine=not too_much,
        to_do="As a superuser: ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOREPLICATION NOCREATEROLE "
        "NOCREATEDB, REVOKE what it is a member of, and give what it owns to the owner.",
    )
    needless = _of_owner(owner)
    yield found(
        "login.owner",
        "Look at what the owner may do beyond making schemas and roles.",
        f"It has {listed(needless)}." if needless else "Nothing.",
        fine=not needless,
        bad=Verdict.WARNING,
        to_do="As a superuser: ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOREPLICATION, and REVOKE what "
        "it is a member of. A superuser hides that a right is missing.",
    )


def _of_web(web: str) -> list[str]:
    """Anything at all: the roles of schemas are what web is for."""
    reach = dict(_query(_REACH, web))
    too_much = [*reach.pop(web, [])]
    for role, powers in reach.items():
        if powers or not _is_of_a_schema(role):
            too_much.append(_with_powers(role, powers))
    if owned := _query(_OWNED, web)[0][0]:
        too_much.append(f"{owned} things of its own")
    return too_much


def _of_owner(owner: str) -> list[str]:
    """Power over the server, and the roles that PostgreSQL is made with: they read, write and run
    what nobody granted. A role that somebody made gives no more than its own rights."""
    reach = dict(_query(_REACH, owner))
    needless = [power for power in reach.pop(owner, []) if power not in _OF_OWNER]
    for role, powers in reach.items():
        too_much = [power for power in powers if power not in _OF_OWNER]
        if too_much or role.startswith("pg_"):
            needless.append(_with_powers(role, too_much))
    return needless


def _is_of_a_schema(role: str) -> bool:
    """Of any database's: the logins may serve more than one."""
    return role.count(":") > 1 and role.endswith((":rw", ":ro"))


def _with_powers(role: str, powers: list[str]) -> str:
    return f"the role {role}" + (f" ({', '.join(powers)})" if powers else "")


def lent() -> Iterator[Finding]:
    """What the roles' own rights do not show. What somebody accepted is told, and is no fault."""
    with connection.cursor() as cursor:
        lent = lent_rights(cursor, database=connection.settings_dict["NAME"], web=settings.WEB_ROLE)
    lines = [*lent.lines[:5], *([f"And {len(lent.lines) - 5} more."] if lent.lines[5:] else [])]
    none = f"None but what was accepted: {listed(lent.accepted)}." if lent.accepted else ""
    yield found(
        "login.lent",
        "Look for functions, views and tables that lend their owner's rights.",
        " ".join(lines) or none or "There is none.",
        fine=not lines,
        to_do="Drop what nobody knows. A function: REVOKE EXECUTE ON FUNCTION … FROM PUBLIC, or "
        "ALTER FUNCTION … SECURITY INVOKER. A view: ALTER VIEW … SET (security_invoker = true). "
        "Tables of two schemas must not inherit from or refer to each other. A function or a view "
        f"that lends on purpose: COMMENT ON … IS '{ACCEPTED}, because …'.",
    )


def _query(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
