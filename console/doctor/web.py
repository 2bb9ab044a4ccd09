"""The login that serves pages, in a process that has the owner's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django_tenants.utils import get_tenant_database_alias

from console import env
from console.postgres.backend.base import DatabaseWrapper

#: The parts of a URL that Django has names of its own for; the others are options.
_NAMED = frozenset({"dbname", "user", "password", "host", "port"})


def new_web_connection() -> DatabaseWrapper:
    """A connection of the web login to the same database, not opened yet.

    By ``WEB_DATABASE_URL``, so that whatever lies between pages and the database lies here too.
    Never from a pool: pools belong to the alias, and the owner's would answer.
    """
    alias = get_tenant_database_alias()
    owner = connections[alias].settings_dict
    of_owner, parts = env.conninfo("owner") or {}, env.conninfo("web") or {}
    named_alike = of_owner.get("dbname") == parts.get("dbname")
    options = {
        **env.OF_A_LOST_HOST,
        **{name: value for name, value in owner["OPTIONS"].items() if name not in of_owner},
        **{name: value for name, value in parts.items() if name not in _NAMED},
    }
    options.pop("pool", None)
    entry = {
        **owner,
        "NAME": owner["NAME"] if named_alike else parts["dbname"],
        "USER": parts["user"],
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "OPTIONS": options,
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
        connections[alias] = owner
        web.close()
