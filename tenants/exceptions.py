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


class RolloutNotRunning(TenantError):
    """Only a rollout that is under way can be paused."""

    message = _("%(rollout)s is not under way.")


class RolloutNotPaused(TenantError):
    """Only a paused rollout can go on."""

    message = _("%(rollout)s is not paused.")


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


class NothingToRestore(TenantError):
    """Only an archived client is restored."""

    message = _("%(client)s is not archived, so there is nothing to restore.")


class StillKept(TenantError):
    """The day until which an archived client's data is kept has not come."""

    message = _(
        "The data of %(client)s is kept until %(day)s. Change that day first if it no longer holds."
    )


class DropIsAlone(TenantError):
    """A schema is dropped by itself, never with others."""

    message = _("A schema is dropped by itself: try that again on the page of %(operation)s.")


class DropIsOutdated(TenantError):
    """The client was restored since the drop was asked for, and archived anew."""

    message = _(
        "%(client)s was archived anew since this was asked for. Drop the schema on the client's "
        "page, where its name is asked for."
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
    """Somebody else holds the client's row: a worker, a form or a file."""

    message = _(
        "%(client)s is being worked on, or changed by somebody else, at this moment. Nothing was "
        "changed; try again when that is over."
    )


class SchemaBusy(TenantError):
    """Somebody else holds the lock on the schema."""

    message = _("Other work is being done on the schema “%(schema)s” at this moment.")


class SchemaTaken(TenantError):
    """The database has a schema of this name that was not made for this client."""

    message = _(
        "The database already has a schema “%(schema)s” that was not made for this client. "
        "Give the client another schema name, or have a database administrator look at it."
    )


class SchemaMissing(TenantError):
    """The client says it has a schema and the database has none."""

    message = _(
        "The schema “%(schema)s” is not in the database. A database administrator has to look."
    )


class RoleInTheWay(TenantError):
    """A role of the schema owns something outside it, which somebody gave it by hand."""

    message = _(
        "The role “%(role)s” owns something outside its schema, so it cannot be dropped. "
        "Nothing was dropped. A database administrator has to look at it."
    )


class FilesInTheWay(TenantError):
    """The system refused to move a tenant's files."""

    message = _(
        "The files of “%(schema)s” could not be removed, so nothing was. See to the rights of the "
        "folder, then try again."
    )


class SchemaSilent(TenantError):
    """The schema is missing, behind, locked or slow: it did not answer at once."""

    message = _("The schema “%(schema)s” does not answer at the moment. Try again later.")


class NoSuchAdmin(TenantError):
    """The tenant has no active admin with this address."""

    message = _("%(client)s has no active admin %(email)s.")


class AdminExists(TenantError):
    """The tenant has an active admin with this address."""

    message = _("%(email)s is an admin of %(client)s already.")


class UserIsNoAdmin(TenantError):
    """The tenant has an active user with this address, whose rights are the tenant's affair."""

    message = _(
        "%(email)s has an account at %(client)s already, but is no admin there. An admin of "
        "theirs can change that."
    )


class UserIsInactive(TenantError):
    """The tenant has a user with this address who may not sign in any more."""

    message = _(
        "%(email)s has an account at %(client)s already, which is not active. An admin of theirs "
        "can change that."
    )


class MailNotSet(TenantError):
    """No mail server is set, so nothing can be sent."""

    message = _("The console has no mail server, so it cannot send anything.")


class MailNotSent(TenantError):
    """The mail server did not answer, or did not take the message."""

    message = _(
        "The mail server did not take the message to %(email)s, and nothing was sent. Try again "
        "later, or show the link and pass it on yourself."
    )


class PagesClosed(TenantError):
    """Nobody gets in where a client is suspended or archived, so nobody is given a way in."""

    message = _("The pages of %(client)s are closed (%(status)s), so a link would lead nowhere.")


class NoDomain(TenantError):
    """The client has no host name, so no link can lead to it."""

    message = _("%(client)s has no domain yet. Add one first.")


class DomainIsPrimary(TenantError):
    """Links to the client lead to this domain, and it has others that could take its place."""

    message = _("%(domain)s is the primary domain of %(client)s. Mark another one there first.")


class DomainIsLast(TenantError):
    """The client has a schema and no other domain."""

    message = _(
        "%(domain)s is the only domain of %(client)s, which has a schema: nobody could reach it."
    )


class ConsoleDomainTaken(TenantError):
    """CONSOLE_DOMAIN names a host that is a client's."""

    message = _("CONSOLE_DOMAIN is %(domain)s, which is the address of %(client)s.")


class PlanRetired(TenantError):
    """Clients that have a retired plan keep it; nobody else can be given it."""

    message = _("The plan “%(plan)s” is retired: nobody can be given it who does not have it.")


class PlanIsOffered(TenantError):
    """Only a retired plan can be offered again."""

    message = _("The plan “%(plan)s” is not retired.")


class NotInPlan(TenantError):
    """The client's plan does not have the feature."""

    message = _("This is not part of your plan.")
