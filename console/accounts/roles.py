"""Roles: groups whose rights the console keeps, on the staff's side and in each tenant.

Who may do what is written in ``tenants.operations.staff_roles`` and in ``tenant_data.roles``; here
is only which groups they are. Their ids are below zero, which no sequence gives: a group of
somebody's own is never taken for one of these, whatever its name.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.IntegerChoices):
    """The id of each role's group, from the least to the most that it may do."""

    @property
    def group_name(self) -> str:
        """What the group is called in the database, in whatever language people read it."""
        return self.name.title()

    @property
    def summary(self) -> Any:
        """What the role is for, in one sentence."""
        return SUMMARIES[type(self)][self]


class StaffRole(Role):
    """The staff's, in ``public``."""

    VIEWER = -1, _("Viewer")
    OPERATOR = -2, _("Operator")
    MANAGER = -3, _("Manager")


class TenantRole(Role):
    """Those of a company's own people, in its schema."""

    VIEWER = -1, _("Viewer")
    MEMBER = -2, _("Member")
    MANAGER = -3, _("Manager")
    OWNER = -4, _("Owner")


# By side: as numbers, the viewers of both are the same.
SUMMARIES: dict[type[Role], dict[Any, Any]] = {
    StaffRole: {
        StaffRole.VIEWER: _("Sees everything, changes nothing."),
        StaffRole.OPERATOR: _(
            "Runs the clients: adds and changes them, their domains and schemas."
        ),
        StaffRole.MANAGER: _("What an operator does, and plans, staff and groups."),
    },
    TenantRole: {
        TenantRole.VIEWER: _("Sees all of the work, changes nothing."),
        TenantRole.MEMBER: _("Works on tasks: adds and changes them, comments, notes time."),
        TenantRole.MANAGER: _("Runs the work: projects, customers, imports; and invites people."),
        TenantRole.OWNER: _("May do everything, settings and groups as well."),
    },
}


def is_kept(group: Group | None, roles: type[Role]) -> bool:
    """Whether the console keeps the group, so that nobody else may change it."""
    return group is not None and group.pk in roles.values


def name_of(group: Group, roles: type[Role]) -> str:
    """The group's name; a role's in the reader's language."""
    return str(roles(group.pk).label) if is_kept(group, roles) else group.name
