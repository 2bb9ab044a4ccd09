"""The work of “Migrate schema”."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.exceptions import NotProvisioned, SchemaMissing
from tenants.models import Client
from tenants.operations.versions import read_version
from tenants.schemas import migrate
from tenants.schemas.inspect import schema_exists
from tenants.schemas.migrate import StepReport


def migrate_schema(client: Client, report: StepReport) -> str:
    """Apply the migrations that the client's schema lacks, in the caller's transaction.

    Raises ``NotProvisioned``, ``SchemaMissing``, ``InParts`` before anything is done, and what a
    migration or the database raises. Returns the last line of the log.
    """
    report(_("Looking at what the schema has."), step="check")
    if not client.is_provisioned:
        raise NotProvisioned(client=client)
    if not schema_exists(client.schema_name):
        raise SchemaMissing(schema=client.schema_name)
    report(_("Bringing the tables up to date."), step="tables")
    applied = migrate.migrate(client.schema_name, report=report)
    report(_("Noting the new version."), step="version")
    client.schema_version = read_version(client)
    client.save(update_fields=["schema_version", "updated_at"])
    for migration in applied:
        report(migration)
    if not applied:
        return _("There was nothing to do: the schema is up to date.")
    return ngettext("Applied %(n)d migration.", "Applied %(n)d migrations.", len(applied)) % {
        "n": len(applied)
    }
