"""Roles of the staff: groups in ``public`` whose rights the console keeps.

Who may do what is written in ``tenants.operations.staff_roles``; here is only which groups they
are. Their ids are below zero, which no sequence gives: a group of somebody's own is never taken
for one of these, whatever its name.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class StaffRole(models.IntegerChoices):
    """The id of each role's group, from the least to the most that it may do."""

    VIEWER = -1, _("Viewer")
    OPERATOR = -2, _("Operator")
    MANAGER = -3, _("Manager")

    @property
    def group_name(self) -> str:
        """What the group is called in the database, in whatever language people read it."""
        return self.name.title()


#: What a role is for, beside its name.
SUMMARIES: dict[int, Any] = {
    StaffRole.VIEWER: _("Sees everything, changes nothing."),
    StaffRole.OPERATOR: _("Runs the clients: adds and changes them, their domains and schemas."),
    StaffRole.MANAGER: _("What an operator does, and plans, staff and groups."),
}


def is_kept(group: Group | None) -> bool:
    """Whether the console keeps the group, so that nobody else may change it."""
    return group is not None and group.pk in StaffRole.values


def name_of(group: Group) -> str:
    """The group's name; a role's in the reader's language."""
    return str(StaffRole(group.pk).label) if is_kept(group) else group.name
