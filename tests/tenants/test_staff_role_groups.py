"""The groups of the staff's roles: made and kept right by the console, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test.utils import CaptureQueriesContext

from console.accounts import rights
from console.accounts.models import User
from console.accounts.roles import StaffRole
from console.sites import public_site
from tenants.operations.platform import update_platform
from tenants.operations.staff_roles import RIGHTS, keep_staff_roles
from tests.conftest import with_role

pytestmark = pytest.mark.usefixtures("db")


def names(permissions: Any) -> set[str]:
    return {f"{p.content_type.app_label}.{p.codename}" for p in permissions}


def rights_of(role: StaffRole) -> set[str]:
    return names(Group.objects.get(pk=role).permissions.select_related("content_type"))


def keep() -> list[str]:
    said: list[str] = []
    keep_staff_roles(report=said.append)
    return said


@pytest.mark.parametrize("role", StaffRole)
def test_each_role_is_a_group_with_its_rights(role: StaffRole) -> None:
    assert Group.objects.get(pk=role).name == role.name.title()
    assert rights_of(role) == RIGHTS[role]


def test_no_right_of_a_role_is_misspelt() -> None:
    known = names(Permission.objects.select_related("content_type"))
    assert not RIGHTS[StaffRole.MANAGER] - known


def test_each_role_has_all_of_the_one_before() -> None:
    viewer, operator, manager = (RIGHTS[role] for role in StaffRole)
    assert viewer < operator < manager


def test_a_manager_has_every_right_that_the_pages_offer() -> None:
    """A new right belongs to some role: a manager could not give it otherwise."""
    assert names(rights.of_site(public_site)) == RIGHTS[StaffRole.MANAGER]


def test_a_manager_may_give_every_role(staff_manager: User) -> None:
    assert set(StaffRole.values) <= rights.grantable_groups(staff_manager)


def test_an_operator_may_not_give_the_manager_role(staff_operator: User) -> None:
    assert StaffRole.MANAGER not in rights.grantable_groups(staff_operator)


def test_what_somebody_did_to_a_role_is_undone() -> None:
    group = Group.objects.get(pk=StaffRole.VIEWER)
    group.permissions.add(Permission.objects.get(codename="drop_client"))
    group.permissions.remove(Permission.objects.get(codename="view_client"))
    Group.objects.filter(pk=StaffRole.OPERATOR).update(name="Something else")
    Group.objects.filter(pk=StaffRole.MANAGER).delete()
    update_platform(report=lambda line: None)
    for role in StaffRole:
        assert rights_of(role) == RIGHTS[role]
        assert Group.objects.get(pk=role).name == role.group_name


def test_running_it_again_writes_nothing(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(20) as queries:
        assert keep() == []
    assert not written(queries)


def written(queries: CaptureQueriesContext) -> list[str]:
    writing = ("INSERT", "UPDATE", "DELETE")
    return [q["sql"] for q in queries.captured_queries if q["sql"].startswith(writing)]


def test_a_right_that_this_console_does_not_have_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(
        RIGHTS, StaffRole.VIEWER, frozenset({"tenants.view_client", "later.view_thing"})
    )
    keep()
    assert rights_of(StaffRole.VIEWER) == {"tenants.view_client"}


def test_somebodys_own_group_of_that_name_is_not_taken_over() -> None:
    """Its members must not get rights that nobody gave them."""
    Group.objects.filter(pk=StaffRole.MANAGER).delete()
    theirs = Group.objects.create(name="Manager")
    theirs.permissions.add(Permission.objects.get(codename="view_plan"))
    person = User.objects.create_user("pia@console.example", is_staff=True)
    person.groups.add(theirs)
    Group.objects.create(name="Manager (your own)")
    said = keep()
    theirs.refresh_from_db()
    assert theirs.name == "Manager (your own 2)"
    assert said == [
        "Your group “Manager” is called “Manager (your own 2)” now: the console has a role of "
        "that name."
    ]
    assert person.get_all_permissions() == {"tenants.view_plan"}
    assert rights_of(StaffRole.MANAGER) == RIGHTS[StaffRole.MANAGER]


def test_custom_groups_stay_as_they_are() -> None:
    own = Group.objects.create(name="Auditors")
    own.permissions.add(Permission.objects.get(codename="view_plan"))
    keep()
    assert names(own.permissions.select_related("content_type")) == {"tenants.view_plan"}


def test_members_of_a_role_have_its_rights() -> None:
    user = with_role("any@console.example", StaffRole.OPERATOR)
    assert user.has_perm("tenants.suspend_client")
    assert not user.has_perm("tenants.change_plan")
