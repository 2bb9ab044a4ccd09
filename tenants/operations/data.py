"""Bringing a client's own data into its schema, for it: when that can be, and its record."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.history.acting import acting_as
from console.history.record import record_event
from tenants.exceptions import (
    ClientArchived,
    NotProvisioned,
    PublicIsUntouchable,
    TenantError,
)
from tenants.history import ClientEvent
from tenants.models import Client
from tenants.operations.versions import is_behind


class SchemaBehind(TenantError):
    """The schema lacks migrations that the code has."""

    message = _("The schema of %(client)s is behind the code. Migrate it first.")


def data_hindrance(client: Client) -> TenantError | None:
    """Why nothing can be written into the client's schema for it. One that is suspended may be
    getting ready to begin, so it takes data."""
    if client.is_public:
        return PublicIsUntouchable()
    if client.is_archived:
        return ClientArchived(client=client)
    if not client.is_provisioned:
        return NotProvisioned(client=client)
    return SchemaBehind(client=client) if is_behind(client) else None


def note_import(schema: str, *, email: str, **details: object) -> None:
    """Write into the client's history that data was imported for it; ``email`` is that of one of
    the staff, or empty for an operator in a terminal. Belongs in ``public``."""
    client = Client.objects.get(schema_name=schema)
    with acting_as(User.objects.filter(email=email).first() if email else None):
        record_event(client, ClientEvent.DATA_IMPORTED, **details)
