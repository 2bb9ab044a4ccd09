"""Making schemas: a tenant's, and `public`."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from psycopg.sql import SQL, Identifier

from console.postgres import roles
from console.postgres.contexts import owner_rights, tenants_connection
from tenants.exceptions import SchemaTaken
from tenants.schemas.inspect import schema_exists
from tenants.schemas.migrate import Report, StepReport, migrate
from tenants.validators import PUBLIC_SCHEMA, validate_schema_name


def create_schema(schema: str, *, report: StepReport) -> None:
    """Make the schema with its roles, tables and rights; all of it or nothing.

    Belongs in the caller's transaction, with whatever makes the tenant usable. Runs as the
    owner. Raises ``SchemaTaken`` where there is one of that name, ``ValidationError`` for a name
    that cannot be used.
    """
    validate_schema_name(schema)
    connection = tenants_connection()
    database, owner = connection.settings_dict["NAME"], settings.OWNER_ROLE
    with transaction.atomic():
        if schema_exists(schema):
            raise SchemaTaken(schema=schema)
        report(_("Making the schema and its roles."), step="schema")
        with owner_rights(PUBLIC_SCHEMA), connection.cursor() as cursor:
            cursor.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
            roles.create_schema_roles(
                cursor, database=database, schema=schema, owner=owner, web=settings.WEB_ROLE
            )
        report(_("Making the tables."), step="tables")
        migrate(schema, report=report)
        report(_("Giving the roles their rights."), step="rights")
        with owner_rights(PUBLIC_SCHEMA), connection.cursor() as cursor:
            roles.grant_schema_rights(cursor, database=database, schema=schema, owner=owner)


def migrate_public(*, report: Report) -> list[str]:
    """Bring ``public`` up to date and close it to everybody but the console.

    Returns what was applied, as ``app.name``. Runs as the owner.
    """
    connection = tenants_connection()
    with owner_rights(PUBLIC_SCHEMA), connection.cursor() as cursor:
        roles.prepare_database(
            cursor,
            database=connection.settings_dict["NAME"],
            owner=settings.OWNER_ROLE,
            web=settings.WEB_ROLE,
        )
    applied = migrate(PUBLIC_SCHEMA, report=report)
    with owner_rights(PUBLIC_SCHEMA), connection.cursor() as cursor:
        roles.keep_public_migrations(cursor, web=settings.WEB_ROLE)
    return applied
