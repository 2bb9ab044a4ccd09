"""The login that serves pages, in a process that has the owner's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django_tenants.utils import get_tenant_database_alias

from console import env
from console.postgres.backend.base import DatabaseWrapper


def new_web_connection() -> DatabaseWrapper:
    """A connection of the web login to the same database, not opened yet.

    By ``WEB_DATABASE_URL``, so that whatever lies between pages and the database lies here too.
    """
    alias = get_tenant_database_alias()
    owner = connections[alias].settings_dict
    parts = env.conninfo("web") or {}
    named_alike = (env.conninfo("owner") or {}).get("dbname") == parts.get("dbname")
    entry = {
        **owner,
        "NAME": owner["NAME"] if named_alike else parts["dbname"],
        "USER": parts["user"],
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
    }
    return type(connections[alias])(entry, alias)


@contextmanager
def as_web() -> Iterator[DatabaseWrapper]:
    """In the block, this thread's connection is one of the web login, as where pages are served."""
    alias = get_tenant_database_alias()
    owner, web = connections[alias], new_web_connection()
    connections[alias] = web
    try:
        yield web
    finally:
        web.close()
        connections[alias] = owner
