"""What a client changes about itself, on its own pages.

The values are on its row in ``public``, which a request of the tenant cannot reach; these verbs
are the way there and back, inside the tenant's transaction. They are called in the tenant's schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.storage import Storage
from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.company.history import CompanyEvent
from console.company.models import Settings
from console.history.acting import acting_as
from console.history.models import LogEntry
from console.history.record import record_event, save_as
from console.history.words import tell
from console.limits import includes
from console.postgres.contexts import platform_context
from tenants.exceptions import NotInPlan
from tenants.history import ClientEvent
from tenants.models import Client, Domain, Feature
from tenants.operations.authorise import require
from tenants.operations.locking import hold_client

CHANGE = "company.change_settings"

#: What needs ``Feature.BRANDING``, and what does not.
BRANDING = frozenset({"colour", "logo"})
OWN = BRANDING | {"name", "language", "time_zone", "week_starts_on"}


def may_brand(client: Client) -> bool:
    """Whether the client's plan has its own colour and logo; its plan must have been read."""
    return includes(client.plan, Feature.BRANDING)


def domains_of(client: Client) -> list[Domain]:
    """The client's domains, the primary one first."""
    with platform_context():
        return list(client.domains.order_by("-is_primary", "domain"))


def hold_own_client(client: Client) -> Client:
    """The client's row as it is now, with its plan, locked until the transaction ends.

    Raises ``ClientBusy`` at once where a worker or the staff hold it.
    """
    with platform_context():
        held = hold_client(client.pk)
        _ = held.plan  # Read here: the tenant cannot.
    return held


def change_own_settings(
    client: Client, *, changes: Mapping[str, Any], acting_user: User
) -> dict[str, str]:
    """Change some of ``OWN``, in the words of a form: a file for a new logo, ``False`` for none.

    Holds the client's row until the transaction ends. Written into the client's history for the
    staff, and into the tenant's own. Returns what is different now: a sentence for each field.
    Raises ``NotAllowed``, ``NotInPlan``, ``ClientBusy``, and ``ValidationError`` with the fields'
    messages; ``ValueError`` for a field that is none of the client's business.
    """
    require(acting_user, CHANGE)
    if foreign := set(changes) - OWN:
        raise ValueError(f"Not a client's own to change: {', '.join(sorted(foreign))}.")
    storage: Storage = Client._meta.get_field("logo").storage
    stored = ""
    try:
        # Who is at work is in the tenant's table of users, so this is said before it is left.
        with transaction.atomic(), acting_as(acting_user):
            held = hold_own_client(client)
            if BRANDING & set(changes) and not may_brand(held):
                raise NotInPlan
            old = held.logo.name
            with platform_context():
                told = _save(held, changes)
            stored = held.logo.name if held.logo.name != old else ""
            _write_down(acting_user, told)
    except BaseException:
        if stored:
            storage.delete(stored)
        raise
    if old and old != held.logo.name:
        transaction.on_commit(lambda: storage.delete(old))
    return told


def _save(client: Client, changes: Mapping[str, Any]) -> dict[str, str]:
    """Save the fields, and return what the history says of them."""
    for name, value in changes.items():
        setattr(client, name, "" if value is False else value)
    fields = {field.name for field in client._meta.fields}
    client.clean_fields(exclude=fields - set(changes))
    latest = LogEntry.objects.about(client).values_list("pk", flat=True).first() or 0
    save_as(client, ClientEvent.CHANGED_BY_COMPANY, update_fields=[*changes, "updated_at"])
    entries = LogEntry.objects.about(client).filter(pk__gt=latest).select_related("content_type")
    return {change.field: str(change) for told in tell(entries) for change in told.changes}


def _write_down(acting_user: User, told: Mapping[str, str]) -> None:
    """The same for the tenant's own people, in its own schema."""
    row = Settings.the_row()
    row.changed_at, row.changed_by_email = timezone.now(), acting_user.email
    row.save()
    record_event(row, CompanyEvent.SETTINGS_CHANGED, what="; ".join(told.values()))
