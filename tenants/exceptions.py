"""Everything that the verbs of `tenants` raise on purpose.

A message is for the person who pressed the button: plain words, and the way out.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _


class TenantError(Exception):
    """The root of the tree; never raised itself."""

    message = _("This cannot be done.")

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__()

    def __str__(self) -> str:
        return str(self.message) % self.params


class NotAllowed(TenantError):
    """The acting user lacks the permission, or was deactivated since."""

    message = _("%(user)s may not do this, or may not any more.")


class PublicIsUntouchable(TenantError):
    """Somebody tried to change the row that stands for the console itself."""

    message = _("This row stands for the console itself and cannot be changed.")


class OperationOpen(TenantError):
    """The client has an operation that is not over."""

    message = _("%(client)s has an operation that is not over yet: %(operation)s.")


class OperationNotFailed(TenantError):
    """Only a failed operation can be tried again."""

    message = _("%(operation)s has not failed; there is nothing to try again.")


class AlreadyProvisioned(TenantError):
    """The client has its schema."""

    message = _("%(client)s has its schema already.")


class NotProvisioned(TenantError):
    """The client has no schema yet."""

    message = _("%(client)s has no schema yet. Create it first.")


class ClientSuspended(TenantError):
    """The client's own work waits while it is suspended."""

    message = _("%(client)s is suspended. Its schema is brought up to date when it is reactivated.")


class ClientArchived(TenantError):
    """Nothing is done for an archived client but restoring it, or dropping its schema."""

    message = _("%(client)s is archived. Restore it first.")


class ClientNotArchived(TenantError):
    """What only an archived client can take."""

    message = _("%(client)s is not archived. Archive it first.")


class ClientNotActive(TenantError):
    """Only an active client can be suspended."""

    message = _("%(client)s is not active, so there is nothing to suspend.")


class ClientNotSuspended(TenantError):
    """Only a suspended client can be reactivated."""

    message = _("%(client)s is not suspended.")


class StillKept(TenantError):
    """The day until which an archived client's data is kept has not come."""

    message = _(
        "The data of %(client)s is kept until %(day)s. Change that day first if it no longer holds."
    )


class RemovalInThePast(TenantError):
    """The day of removal has to be today or later."""

    message = _("The day until which the data is kept lies in the past.")


class NameDoesNotMatch(TenantError):
    """What was typed is not the name of the schema that would be dropped."""

    message = _("Type “%(schema)s” exactly, to show that this is the schema you mean.")


class OperationNotWaiting(TenantError):
    """Only an operation that waits can be cancelled."""

    message = _("%(operation)s does not wait any more, so it cannot be cancelled.")


class ClientBusy(TenantError):
    """A worker holds the client's row: its schema is being worked on at this moment."""

    message = _("The schema of %(client)s is being worked on at this moment. Try again after that.")


class SchemaBusy(TenantError):
    """Somebody else holds the lock on the schema."""

    message = _("Other work is being done on the schema “%(schema)s” at this moment.")


class SchemaTaken(TenantError):
    """The database has a schema of this name that was not made for this client."""

    message = _(
        "The database already has a schema “%(schema)s” that was not made for this client. "
        "Give the client another schema name, or have an operator look at that schema."
    )


class SchemaMissing(TenantError):
    """The client says it has a schema and the database has none."""

    message = _("The schema “%(schema)s” is not in the database. An operator has to look at it.")


class RoleInTheWay(TenantError):
    """A role of the schema owns something outside it, which somebody gave it by hand."""

    message = _(
        "The role “%(role)s” owns something outside its schema, so it cannot be dropped. "
        "Nothing was dropped. An operator has to look at it."
    )


class FilesInTheWay(TenantError):
    """The system refused to delete a tenant's files."""

    message = _(
        "The files of “%(schema)s” could not be removed, so its schema is still there. Some of "
        "the files may be gone. See to the rights of the folder, then try again."
    )


class NoFirstAdmin(TenantError):
    """The tenant has no active user with the first admin's address."""

    message = _("%(client)s has no active user %(email)s. Its own admins can add one.")


class PagesClosed(TenantError):
    """Nobody gets in where a client is suspended or archived, so nobody is given a way in."""

    message = _("The pages of %(client)s are closed (%(status)s), so a link would lead nowhere.")


class NoDomain(TenantError):
    """The client has no host name, so no link can lead to it."""

    message = _("%(client)s has no domain yet. Add one first.")


class ConsoleDomainTaken(TenantError):
    """CONSOLE_DOMAIN names a host that is a client's."""

    message = _("CONSOLE_DOMAIN is %(domain)s, which is the address of %(client)s.")


class PlanRetired(TenantError):
    """Clients that have a retired plan keep it; nobody else can be given it."""

    message = _("The plan “%(plan)s” is retired: nobody can be given it who does not have it.")


class PlanIsOffered(TenantError):
    """Only a retired plan can be offered again."""

    message = _("The plan “%(plan)s” is not retired.")
