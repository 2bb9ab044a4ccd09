"""The checks that ask the database, where it is named: ``manage.py check --database default``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import ProgrammingError
from django_tenants.utils import get_tenant_database_alias, schema_context
from psycopg.errors import InsufficientPrivilege

from console.checks import rights, rows
from console.checks.asking import TAG
from console.postgres.contexts import tenants_connection
from console.postgres.exceptions import ScopeSwitchFailed
from tenants.models import Client, Domain
from tenants.validators import PUBLIC_SCHEMA


@register(TAG, Tags.database)
def check_database(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """As web, in ``public``. Before there are tables, of the server and the logins alone."""
    if get_tenant_database_alias() not in (databases or ()):
        return []
    messages: list[CheckMessage] = []
    try:
        with schema_context(PUBLIC_SCHEMA), tenants_connection().cursor() as cursor:
            messages += rights.of_server()
            if messages:  # It would not understand the rest.
                return messages
            messages += rights.of_logins(cursor)
            if _are_there(Client, Domain):
                messages += rights.on_schemas(cursor)
                messages += rows.that_lead_nowhere()
    except ScopeSwitchFailed:
        messages.append(
            Error(
                f"The login of this process may not become the role “{settings.WEB_ROLE}”, as "
                "which it works outside operations.",
                hint=(
                    f"As a superuser: GRANT {settings.WEB_ROLE} TO {settings.OWNER_ROLE} WITH "
                    "INHERIT FALSE, SET TRUE. docs/operating.md has all lines."
                ),
                id="console.E401",
            )
        )
    except ProgrammingError as exc:
        if not isinstance(exc.__cause__, InsufficientPrivilege):
            raise
        messages.append(
            Error(
                f"“{settings.WEB_ROLE}” may not read the platform's tables: no page can be shown.",
                hint="Run “manage.py sync_roles”: it gives the rights that a restore left out.",
                id="console.E410",
            )
        )
    return messages


def _are_there(*models: Any) -> bool:
    """Whether the tables of the models were made."""
    return {model._meta.db_table for model in models} <= set(
        tenants_connection().introspection.table_names()
    )
