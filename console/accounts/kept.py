"""Keeping the groups of roles as they are written down in the code."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from auditlog.context import disable_auditlog
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts.roles import Role


def keep_groups(rights: Mapping[Any, Set[str]]) -> list[tuple[str, str]]:
    """Make the groups of these roles, or give them back the rights that they are to have, each as
    ``app.codename``.

    Can be run again at any time; writes only what differs. Belongs in the schema, once its
    permissions are there: a right that the database does not know is left out. Somebody's own
    group that has the name of a role is given another one and keeps its members and rights;
    returns the old and the new name of each such group.
    """
    with transaction.atomic():
        known = {
            f"{app}.{codename}": pk
            for pk, app, codename in Permission.objects.values_list(
                "pk", "content_type__app_label", "codename"
            )
        }
        renamed = [names for role in rights if (names := _make_room(role))]
        # Nobody did this: the history is for what people do.
        with disable_auditlog():
            for role, wanted in rights.items():
                group, _created = Group.objects.get_or_create(
                    pk=role.value, defaults={"name": role.group_name}
                )
                if group.name != role.group_name:
                    group.name = role.group_name
                    group.save(update_fields=["name"])
                group.permissions.set(known[right] for right in wanted if right in known)
    return renamed


def _make_room(role: Role) -> tuple[str, str] | None:
    own = Group.objects.filter(name=role.group_name).exclude(pk=role.value).first()
    if own is None:
        return None
    own.name = f"{role.group_name} ({_('your own')})"
    number = 1
    while Group.objects.filter(name=own.name).exists():
        number += 1
        own.name = f"{role.group_name} ({_('your own')} {number})"
    own.save(update_fields=["name"])
    return role.group_name, own.name
