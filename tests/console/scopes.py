"""What the server has for the next statement, asked of the server itself."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from console.postgres.roles import role_for


def scope() -> tuple[str, str]:
    """The search path and the role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path'), current_user")
        path, current = cursor.fetchone()
    return path.replace('"', ""), current


def role(schema: str) -> str:
    return role_for(connection.settings_dict["NAME"], schema)


def scope_of(schema: str) -> tuple[str, str]:
    """What it has to be in a schema."""
    return schema, settings.WEB_ROLE if schema == "public" else role(schema)
