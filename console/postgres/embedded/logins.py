"""The logins and the database of the console on its own server.

Neither login is a superuser: working as one would hide every missing grant.
"""

from __future__ import annotations

import psycopg
from psycopg import Connection, sql

OWNER = "console_owner"
WEB = "console_web"
DATABASE = "console"
SUPERUSER = "postgres"


def ensure_logins(url: str) -> None:
    """Make the two logins and the database where they are missing.

    `url` is the superuser's. Safe to repeat, and to be killed in: each step is looked for. The
    caller holds the change lock. Raises psycopg.Error.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        if _has(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            return  # the last step: everything before it is done
        _ensure_role(connection, OWNER, "LOGIN NOSUPERUSER CREATEROLE CREATEDB")
        _ensure_role(connection, WEB, "LOGIN NOSUPERUSER")
        names = sql.Identifier(WEB), sql.Identifier(OWNER)
        connection.execute(sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(*names))
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(DATABASE), sql.Identifier(OWNER)
            )
        )


def _ensure_role(connection: Connection[tuple[object, ...]], name: str, options: str) -> None:
    if not _has(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name):
        statement = sql.SQL("CREATE ROLE {} " + options)
        connection.execute(statement.format(sql.Identifier(name)))


def _has(connection: Connection[tuple[object, ...]], query: str, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None
