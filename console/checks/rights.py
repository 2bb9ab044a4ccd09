"""Who may do what in PostgreSQL; 402 to 419."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db.backends.utils import CursorWrapper

from console.checks.asking import NAMED, some
from console.postgres.contexts import tenants_connection
from console.postgres.rights import EVERYBODY
from console.postgres.roles import is_role_of, role_for
from tenants.validators import PUBLIC_SCHEMA

#: GRANT … WITH INHERIT FALSE, SET TRUE came with it.
OLDEST_SERVER = 16

#: It compares every right of each schema and mends it; the checks glance at all of them at once.
_SYNC = "Run “manage.py sync_roles”"


def of_server() -> Iterator[CheckMessage]:
    version = tenants_connection().pg_version // 10_000
    if version < OLDEST_SERVER:
        yield Error(
            f"The server is PostgreSQL {version}: it cannot lend a role without its rights.",
            hint=f"Use PostgreSQL {OLDEST_SERVER} or newer.",
            id="console.E402",
        )


def of_logins(cursor: CursorWrapper) -> Iterator[CheckMessage]:
    owner, web = settings.OWNER_ROLE, settings.WEB_ROLE
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls)"
        " AND (rolname IN (%s, %s) OR rolname = session_user) ORDER BY rolname",
        [owner, web],
    )
    mighty = [name for (name,) in cursor.fetchall()]
    for name in mighty:
        hint = (
            f"As a superuser: ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS; or make logins of the "
            "console's own, as in docs/operating.md."
        )
        if name == owner and name != web:
            yield Warning(
                f"The owner's login “{name}” is a superuser's: it hides that a right is missing.",
                hint=hint,
                id="console.W411",
            )
        else:
            yield Error(
                f"The login “{name}” is a superuser's: no right is ever refused to it.",
                hint=hint,
                id="console.E403",
            )
    cursor.execute(
        "SELECT rolcreaterole OR rolcreatedb OR EXISTS (SELECT FROM pg_roles o WHERE"
        " o.rolname = %s AND pg_has_role(r.oid, o.oid, 'MEMBER')) FROM pg_roles r"
        " WHERE rolname = %s",
        [owner, web],
    )
    row = cursor.fetchone()
    if row and row[0] and web not in mighty:
        yield Error(
            f"The web login “{web}” may make roles or databases, or become the owner: pages could "
            "give themselves rights.",
            hint=(
                f"As a superuser: ALTER ROLE {web} NOCREATEROLE NOCREATEDB, and REVOKE {owner} "
                f"FROM {web}."
            ),
            id="console.E404",
        )


def on_schemas(cursor: CursorWrapper) -> Iterator[CheckMessage]:
    for check in (_doors, _strangers, _roles, _keys):
        yield from check(cursor)


def _doors(cursor: CursorWrapper) -> Iterator[CheckMessage]:
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_namespace,"
        " aclexplode(coalesce(nspacl, acldefault('n', nspowner))) WHERE nspname = %s"
        " AND grantee = 0),"
        " EXISTS (SELECT FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))"
        " WHERE datname = current_database() AND grantee = 0 AND privilege_type = 'TEMPORARY')",
        [PUBLIC_SCHEMA],
    )
    public, temporary = cursor.fetchone()
    if public:
        yield Error(
            "Every role may use the schema “public”: a company's role reaches the platform's "
            "tables by name.",
            hint=f"{_SYNC}: it takes the right away.",
            id="console.E405",
        )
    if temporary:
        yield Error(
            "Every role may make temporary tables: one company's could hide another's table of "
            "the same name.",
            hint=f"{_SYNC}: it takes the right away.",
            id="console.E406",
        )


def _strangers(cursor: CursorWrapper) -> Iterator[CheckMessage]:
    """Rights on a company's schema that web, another company or everybody has.

    Roles that are not the console's, for backups or reports, are nobody's mistake.
    """
    cursor.execute(
        "SELECT nspname, coalesce(rolname, 'PUBLIC') FROM pg_namespace n"
        " JOIN tenants_client ON schema_name = nspname CROSS JOIN aclexplode(nspacl) a"
        " LEFT JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE nspname <> %s AND grantee <> nspowner GROUP BY 1, 2 ORDER BY 1, 2",
        [PUBLIC_SCHEMA],
    )
    database = tenants_connection().settings_dict["NAME"]
    found = [
        (schema, role)
        for schema, role in cursor.fetchall()
        if (role in (EVERYBODY, settings.WEB_ROLE) or is_role_of(database, role))
        and role not in (role_for(database, schema, "rw"), role_for(database, schema, "ro"))
    ]
    for schema, role in found[:NAMED]:
        yield Error(
            f"“{role}” has rights on the schema “{schema}”, which is not its own.",
            hint=f"{_SYNC}: it takes the right away.",
            id="console.E407",
        )


def _roles(cursor: CursorWrapper) -> Iterator[CheckMessage]:
    """Roles are the server's, not the database's: a copy of the database alone has none."""
    cursor.execute(
        "SELECT schema_name FROM tenants_client JOIN pg_namespace ON nspname = schema_name"
        " WHERE schema_name <> %s AND provisioned_at IS NOT NULL ORDER BY schema_name",
        [PUBLIC_SCHEMA],
    )
    schemas = [name for (name,) in cursor.fetchall()]
    database = tenants_connection().settings_dict["NAME"]
    wanted = {role_for(database, schema): schema for schema in schemas}
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND pg_has_role(%s, oid, 'SET')",
        [list(wanted), settings.WEB_ROLE],
    )
    there = {name for (name,) in cursor.fetchall()}
    if lacking := [schema for role, schema in wanted.items() if role not in there]:
        yield Error(
            f"Schemas without a role that web may become: {some(lacking)}. Their hosts answer 503.",
            hint=(
                f"{_SYNC}: it makes them. They are in no dump of one database, and the database's "
                "name is part of theirs."
            ),
            id="console.E408",
        )


def _keys(cursor: CursorWrapper) -> Iterator[CheckMessage]:
    cursor.execute(
        "SELECT nspname || '.' || relname FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = relnamespace"
        " JOIN tenants_client ON schema_name = nspname"
        " WHERE relkind IN ('r', 'p') AND NOT EXISTS"
        " (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary) ORDER BY 1"
    )
    if tables := [name for (name,) in cursor.fetchall()]:
        yield Warning(
            f"Tables without a primary key: {some(tables)}.",
            hint="Give each one in a migration: without it, no row can be copied or moved alone.",
            id="console.W409",
        )
