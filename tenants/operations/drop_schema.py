"""The work of “Drop schema”."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.history.record import save_as
from tenants.history import ClientEvent
from tenants.models import Client, OperationKind
from tenants.operations.files import set_files_aside
from tenants.operations.hindrance import hindrance
from tenants.schemas import drop
from tenants.schemas.migrate import StepReport


def drop_schema(client: Client, report: StepReport) -> str:
    """Drop the client's schema and roles, in the caller's transaction, and set its files aside.

    The caller settles the files when the transaction is over, see ``settle_files``. The client
    stays archived, without a schema. Asks again what ``hindrance`` asks: the row says whose
    schema it is. Raises that, ``RoleInTheWay``, ``FilesInTheWay``, and what the database raises.
    Returns the last line of the log.
    """
    if refusal := hindrance(client, OperationKind.DROP_SCHEMA, open_operation=None):
        raise refusal
    was_there = drop.drop_schema(client.schema_name, report=report)
    report(_("Removing the files."), step="files")
    set_files_aside(client)
    client.logo = ""
    client.provisioned_at = client.schema_version = client.removal_on = None
    fields = ["logo", "provisioned_at", "schema_version", "removal_on", "updated_at"]
    save_as(client, ClientEvent.SCHEMA_DROPPED, update_fields=fields)
    if was_there:
        return _("The schema, its roles and its files are gone.")
    return _("The database had no such schema any more. Its roles and files are gone.")
