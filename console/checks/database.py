"""The way to the database, as far as the settings tell; 301 to 319."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django_tenants.utils import get_tenant_database_alias

from console import env
from console.checks.asking import TAG, found
from console.postgres.backend.base import DatabaseWrapper

#: django-tenants asks for it by this setting, or by its own name.
ROUTER = "django_tenants.routers.TenantSyncRouter"


def tenants_database() -> dict[str, Any]:
    return settings.DATABASES[get_tenant_database_alias()]


@register(TAG)
def check_engine(**kwargs: Any) -> list[CheckMessage]:
    engine = tenants_database()["ENGINE"]
    wrapper = found(f"{engine}.base.DatabaseWrapper")
    if isinstance(wrapper, type) and issubclass(wrapper, DatabaseWrapper):
        return []
    return [
        Error(
            f"The database's ENGINE is “{engine}”: it does not change the role with the schema, "
            "so nothing in the database keeps companies apart.",
            hint="Use console.postgres.backend.",
            id="console.E301",
        )
    ]


@register(TAG)
def check_routers(**kwargs: Any) -> list[CheckMessage]:
    """That there is the router, django-tenants sees to itself."""
    router = getattr(settings, "TENANT_SYNC_ROUTER", ROUTER)
    routers = list(settings.DATABASE_ROUTERS)
    if router not in routers[1:]:
        return []
    return [
        Warning(
            f"Other routers stand before {router}: a table that one of them allows is made in "
            "every schema.",
            hint="Move it to the start of DATABASE_ROUTERS.",
            id="console.W302",
        )
    ]


@register(TAG)
def check_logins(**kwargs: Any) -> list[CheckMessage]:
    """Pages are served by a login that may not change schemas. No message has a URL in it."""
    owner, web = env.conninfo("owner"), env.conninfo("web")
    if web is None:
        return [
            Error(
                "WEB_DATABASE_URL is not set: outside operations, the owner works as web does.",
                hint="Set it to the URL of web's login, also for the worker and for commands.",
                id="console.E303",
            )
        ]
    if owner is None:  # A process that serves requests, and is not told.
        return []
    messages: list[CheckMessage] = []
    if owner["user"] == web["user"]:
        messages.append(
            Error(
                "DATABASE_URL and WEB_DATABASE_URL name the same login: a hole in a page would "
                "be a hole in every schema.",
                hint="Make a second login that owns nothing; docs/operating.md has the lines.",
                id="console.E304",
            )
        )
    if owner["dbname"] != web["dbname"]:  # One may go through a pooler, on another host.
        messages.append(
            Error(
                f"DATABASE_URL leads to the database “{owner['dbname']}”, WEB_DATABASE_URL to "
                f"“{web['dbname']}”: pages would find no schema, or none that they may enter.",
                hint="Give both the same database: its name is part of the names of the roles.",
                id="console.E305",
            )
        )
    return messages


@register(TAG)
def check_connections(**kwargs: Any) -> list[CheckMessage]:
    database = tenants_database()
    messages: list[CheckMessage] = []
    if database.get("DISABLE_SERVER_SIDE_CURSORS"):
        messages.append(
            Warning(
                "DISABLE_SERVER_SIDE_CURSORS is set, as for a pooler that lends a connection for "
                "one transaction: the next one would be in the schema and the role of another.",
                hint=(
                    "Let the pooler lend connections for a session (pool_mode = session), and "
                    "take the setting out."
                ),
                id="console.W306",
            )
        )
    if database.get("CONN_MAX_AGE", 0) is None:
        messages.append(
            Warning(
                "CONN_MAX_AGE is None: a server process of PostgreSQL grows with every schema "
                "that it has touched, and never ends.",
                hint="Give it a minute: CONN_MAX_AGE = 60.",
                id="console.W307",
            )
        )
    return messages
