"""Taking a tenant's schema out of the database, with all that belongs to it."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from psycopg.sql import SQL, Identifier

from console.postgres import roles
from console.postgres.contexts import owner_rights, tenants_connection
from tenants.exceptions import RoleInTheWay
from tenants.schemas.inspect import schema_exists
from tenants.schemas.locks import lock_timeout
from tenants.schemas.migrate import StepReport
from tenants.validators import PUBLIC_SCHEMA, validate_schema_name


def drop_schema(schema: str, *, report: StepReport) -> bool:
    """Drop the schema with everything in it, and its roles; all of it or nothing.

    Whose schema it is has to be made sure of by the caller. Belongs in the caller's transaction.
    Runs as the owner, and waits at most ``LOCK_TIMEOUT`` for each table that somebody still
    reads. Returns whether there was such a schema; its roles go either way. Raises
    ``ValidationError`` for a name that no tenant can have, ``RoleInTheWay`` where a role owns
    something elsewhere.
    """
    validate_schema_name(schema)
    return drop_any_schema(schema, report=report)


def drop_any_schema(schema: str, *, report: StepReport) -> bool:
    """The same for a schema that the console made for itself, whose name no tenant can have."""
    connection = tenants_connection()
    database, owner = connection.settings_dict["NAME"], settings.OWNER_ROLE
    report(_("Dropping the schema and everything in it."), step="schema")
    with transaction.atomic(), lock_timeout():
        was_there = schema_exists(schema)
        with owner_rights(PUBLIC_SCHEMA), connection.cursor() as cursor:
            cursor.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))
            report(_("Dropping the roles."), step="roles")
            if held := roles.drop_schema_roles(
                cursor, database=database, schema=schema, owner=owner
            ):
                raise RoleInTheWay(role=held)
    return was_there
