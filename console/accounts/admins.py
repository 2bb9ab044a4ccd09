"""Those who have the last word on a side: there is always one who can sign in.

Among the staff they are the superusers. In a tenant they are its owners, and superusers where
somebody made one in a terminal.
"""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from console.accounts.models import User
from console.accounts.roles import Role, TenantRole
from console.postgres.contexts import tenants_connection


def admins(roles: type[Role]) -> QuerySet[User]:
    """The admins of the side with these roles who are let in, some of whom may have no password
    yet."""
    can = Q(is_superuser=True)
    if roles is TenantRole:
        owners = User.groups.through.objects.filter(group_id=TenantRole.OWNER)
        can |= Q(pk__in=owners.values("user_id"))
    return User.objects.filter(can, is_active=True, is_staff=True)


def hold_people() -> None:
    """Be the only one who changes users or groups of this side, until the transaction ends.

    Whoever locks rows of several of them does this first; so no two wait for each other.
    """
    connection = tenants_connection()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"people {connection.schema_name}"],
        )


def is_last_admin(user: User, roles: type[Role]) -> bool:
    """Whether the user is an admin and nobody else is one who can sign in.

    Those who have not set a password yet do not count beside one who has. Where nobody has, as in
    a tenant whose first admins were just invited, each of them may still be the one.

    Holds the people and locks the admins until the transaction ends: two who deactivate or demote
    each other at the same moment must not both succeed.
    """
    hold_people()
    list(admins(roles).order_by("pk").select_for_update().values_list("pk", flat=True))
    # Asked again under the lock: to leave a group changes no row of users, so whoever waited for
    # the lock still had the answer of before.
    found = {admin.pk: admin for admin in admins(roles)}
    admin = found.pop(user.pk, None)
    if admin is None:
        return False
    if _has_password(admin):
        return not any(map(_has_password, found.values()))
    return not found


def _has_password(user: User) -> bool:
    # Django takes an empty one for usable, and lets nobody in with it.
    return bool(user.password) and user.has_usable_password()


def create_owner(email: str, *, name: str) -> User:
    """An owner of the tenant who has no password until they set one.

    Belongs in a transaction. Raises ``IntegrityError`` where the address is taken, and
    ``Group.DoesNotExist`` where the schema's roles are not there yet.
    """
    owners = Group.objects.get(pk=TenantRole.OWNER)
    user = User.objects.create_user(email, name=name, is_staff=True)
    user.groups.add(owners)
    return user
