"""What is written into the history of a client beside changes of its fields, in words."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from console.history.models import LogEntry


class ClientEvent(StrEnum):
    """What can happen to a client. The values are in the history for good."""

    SUSPENDED = "suspended"
    REACTIVATED = "reactivated"
    ARCHIVED = "archived"
    ARCHIVED_EMPTY = "archived_empty"
    REMOVAL_DATE_CHANGED = "removal_date_changed"
    RESTORED = "restored"
    SCHEMA_DROPPED = "schema_dropped"
    SCHEMA_LOST = "schema_lost"
    SIGN_IN_LINK_SHOWN = "sign_in_link_shown"
    SIGN_IN_LINK_BEING_SENT = "sign_in_link_being_sent"
    SIGN_IN_LINK_SENT = "sign_in_link_sent"
    SIGN_IN_LINK_NOT_SENT = "sign_in_link_not_sent"
    TENANT_ADMIN_ADDED = "tenant_admin_added"
    CHANGED_BY_COMPANY = "changed_by_company"
    DATA_IMPORTED = "data_imported"


def not_told_by_operations(entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """Log entries without those that say no more than an operation does, which changes a client's
    status by the way."""
    return entries.exclude(action=LogEntry.Action.UPDATE, event="", changes__has_key="status")


#: A name for the filter of the log, and the sentence with its details.
EVENTS: dict[str, tuple[Any, Any]] = {
    ClientEvent.SUSPENDED: (_("Suspended"), _("Suspended")),
    ClientEvent.REACTIVATED: (_("Reactivated"), _("Reactivated")),
    ClientEvent.ARCHIVED: (
        _("Archived"),
        _("Archived, the data to be kept until %(removal_on)s"),
    ),
    ClientEvent.ARCHIVED_EMPTY: (_("Archived without a schema"), _("Archived, without a schema")),
    ClientEvent.REMOVAL_DATE_CHANGED: (
        _("Removal date changed"),
        _("The data is now to be kept until %(removal_on)s"),
    ),
    ClientEvent.RESTORED: (_("Restored"), _("Restored")),
    ClientEvent.SCHEMA_DROPPED: (
        _("Schema dropped"),
        _("Schema dropped, with its data, roles and files"),
    ),
    ClientEvent.SCHEMA_LOST: (
        _("Schema lost"),
        _("Schema gone from the database; an empty one asked for in its place"),
    ),
    ClientEvent.SIGN_IN_LINK_SHOWN: (
        _("Sign-in link shown"),
        _("Sign-in link of %(email)s shown"),
    ),
    ClientEvent.SIGN_IN_LINK_BEING_SENT: (
        _("Sign-in link being sent"),
        _("Sign-in link being sent to %(email)s"),
    ),
    ClientEvent.SIGN_IN_LINK_SENT: (
        _("Sign-in link sent"),
        _("Sign-in link sent to %(email)s"),
    ),
    ClientEvent.SIGN_IN_LINK_NOT_SENT: (
        _("Sign-in link not sent"),
        _("Sign-in link to %(email)s could not be sent"),
    ),
    ClientEvent.TENANT_ADMIN_ADDED: (
        _("Admin added"),
        _("Admin %(email)s added to the tenant"),
    ),
    ClientEvent.CHANGED_BY_COMPANY: (
        _("Settings changed by the client"),
        _("Changed by the client, on its own pages"),
    ),
    ClientEvent.DATA_IMPORTED: (
        _("Data imported for the client"),
        _("Imported %(what)s from %(file)s: %(new)s new, %(changed)s changed"),
    ),
}
