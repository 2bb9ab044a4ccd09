"""What each role of the staff may do, and the groups that are kept so."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.accounts.kept import keep_groups
from console.accounts.roles import StaffRole
from tenants.operations.authorise import (
    ARCHIVE,
    DROP,
    IMPORT_DATA,
    INVITE,
    PROVISION,
    SUSPEND,
)
from tenants.schemas.migrate import Report

_VIEWER = frozenset(
    {
        "tenants.view_client",
        "tenants.view_domain",
        "tenants.view_plan",
        "tenants.view_operation",
        "tenants.view_rollout",
        "tenants.view_schemafinding",
        "history.view_logentry",
        "accounts.view_user",
        "auth.view_group",
    }
)
_OPERATOR = _VIEWER | {
    "tenants.add_client",
    "tenants.change_client",
    "tenants.import_client",
    "tenants.export_client",
    PROVISION,
    INVITE,
    SUSPEND,
    ARCHIVE,
    DROP,
    IMPORT_DATA,
    "tenants.add_domain",
    "tenants.change_domain",
    "tenants.delete_domain",
    "tenants.import_domain",
    "tenants.export_domain",
    "tenants.export_plan",
}
# Staff are deactivated and never deleted, so nobody has that right.
_MANAGER = _OPERATOR | {
    "tenants.add_plan",
    "tenants.change_plan",
    "tenants.delete_plan",
    "tenants.import_plan",
    "accounts.add_user",
    "accounts.change_user",
    "auth.add_group",
    "auth.change_group",
    "auth.delete_group",
}

#: The rights of each role, as ``app.codename``. Each has all of the one before it: nobody may
#: give a right that they lack, and a manager is to give any role.
RIGHTS: dict[StaffRole, frozenset[str]] = {
    StaffRole.VIEWER: _VIEWER,
    StaffRole.OPERATOR: _OPERATOR,
    StaffRole.MANAGER: _MANAGER,
}


def keep_staff_roles(*, report: Report) -> None:
    """Make the groups of the roles, or give them back the rights that they are to have, as
    ``keep_groups`` does. Belongs in ``public``."""
    for old, new in keep_groups(RIGHTS):
        report(
            _("Your group “%(old)s” is called “%(new)s” now: the console has a role of that name.")
            % {"old": old, "new": new}
        )
