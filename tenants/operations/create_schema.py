"""The work of “Create schema”."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from console.accounts.admins import create_owner
from tenants.exceptions import AlreadyProvisioned
from tenants.models import Client, ClientStatus
from tenants.operations.versions import read_version
from tenants.schemas import provision
from tenants.schemas.migrate import StepReport


def create_schema(client: Client, report: StepReport) -> str:
    """Make the client's schema with its first admin, in the caller's transaction.

    The first admin has no password: a sign-in link, made on demand, lets them set one. Raises
    ``AlreadyProvisioned``, ``SchemaTaken``, and what a migration or the database raises. Returns
    the last line of the log.
    """
    if client.is_provisioned:
        raise AlreadyProvisioned(client=client)
    provision.create_schema(client.schema_name, report=report)
    line = _("Making the first admin, %(email)s.") % {"email": client.admin_email}
    report(line, step="admin")
    with schema_context(client.schema_name):
        create_owner(client.admin_email, name=client.admin_name)
    client.provisioned_at = timezone.now()
    client.schema_version = read_version(client)
    client.status = ClientStatus.ACTIVE
    client.save(update_fields=["provisioned_at", "schema_version", "status", "updated_at"])
    return _("The schema is ready.")
