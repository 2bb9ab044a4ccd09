"""The work of “Adopt schema”."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.exceptions import AlreadyProvisioned, SchemaMissing
from tenants.models import Client, ClientStatus
from tenants.operations.refusals import SchemaNotOurs
from tenants.operations.versions import is_behind, read_version
from tenants.schemas.inspect import schema_exists
from tenants.schemas.migrate import StepReport
from tenants.schemas.records import like_ours
from tenants.schemas.rights import sync_rights


def adopt_schema(client: Client, report: StepReport) -> str:
    """Take a schema that is there for the client's, as it is, in the caller's transaction.

    Its roles get their rights; what is in it stays. Raises ``AlreadyProvisioned``,
    ``SchemaMissing``, ``SchemaNotOurs``, and what the database raises. Returns the last line of
    the log.
    """
    if client.is_provisioned:
        raise AlreadyProvisioned(client=client)
    schema = client.schema_name
    report(_("Looking at what the schema has."), step="check")
    if not schema_exists(schema):
        raise SchemaMissing(schema=schema)
    version = read_version(client) if like_ours([schema]) else None
    if version is None or not version.migrations:
        raise SchemaNotOurs(schema=schema)
    report(_("Giving the roles their rights."), step="rights")
    for line in sync_rights(schema).left:
        report(line)
    report(_("Noting the version."), step="version")
    client.provisioned_at = timezone.now()
    client.schema_version = version
    client.status = ClientStatus.ACTIVE
    client.save(update_fields=["provisioned_at", "schema_version", "status", "updated_at"])
    if is_behind(client):
        return _("The schema is the client's. It lacks migrations: migrate it next.")
    return _("The schema is the client's.")
