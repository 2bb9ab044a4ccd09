"""Making schemas: a tenant's, and `public`."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from psycopg.sql import SQL, Identifier

from console.postgres.contexts import owner_rights, tenants_connection
from tenants.exceptions import SchemaTaken
from tenants.schemas.inspect import schema_exists
from tenants.schemas.migrate import Report, StepReport, migrate
from tenants.schemas.rights import sync_rights
from tenants.schemas.template import fill_from_template
from tenants.validators import PUBLIC_SCHEMA, validate_schema_name


def create_schema(schema: str, *, report: StepReport) -> None:
    """Make the schema with its roles, tables and rights; all of it or nothing.

    Belongs in the caller's transaction, with whatever makes the tenant usable. Runs as the
    owner. Raises ``SchemaTaken`` where there is one of that name, ``ValidationError`` for a name
    that cannot be used.
    """
    validate_schema_name(schema)
    create_any_schema(schema, report=report)


def create_any_schema(schema: str, *, report: StepReport) -> None:
    """The same under a name that no tenant can have, for the console itself."""
    connection = tenants_connection()
    with transaction.atomic():
        if schema_exists(schema):
            raise SchemaTaken(schema=schema)
        report(_("Making the schema and its roles."), step="schema")
        with owner_rights(PUBLIC_SCHEMA), connection.cursor() as cursor:
            cursor.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        # Now already: what is made from here on has its rights from its first moment.
        sync_rights(schema)
        report(_("Making the tables."), step="tables")
        if not fill_from_template(schema):
            migrate(schema, report=report)
        report(_("Giving the roles their rights."), step="rights")
        sync_rights(schema)


def migrate_public(*, report: Report) -> list[str]:
    """Bring ``public`` up to date and close it to everybody but the console.

    Returns what was applied, as ``app.name``. Runs as the owner.
    """
    # First, so that what is made below is closed from its first moment.
    sync_rights(PUBLIC_SCHEMA)
    applied = migrate(PUBLIC_SCHEMA, report=report)
    sync_rights(PUBLIC_SCHEMA)
    return applied
