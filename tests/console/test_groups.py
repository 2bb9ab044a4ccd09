"""Groups: nobody takes from others what they do not have themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenants.models import Client
from tests.conftest import Browser


@pytest.mark.parametrize(("right_of_group", "gone"), [("delete_group", True), ("view_task", False)])
def test_a_group_is_deleted_by_those_who_have_its_rights(
    alpha: Client, tenant_browser: Callable[..., Browser], right_of_group: str, gone: bool
) -> None:
    with schema_context("alpha"):
        group = Group.objects.create(name="Others")
        group.permissions.set(Permission.objects.filter(codename=right_of_group))
        person = User.objects.create_user("bob@alpha.example", "pw", is_staff=True)
        mine = Permission.objects.filter(codename__in=["view_group", "delete_group"])
        person.user_permissions.set(mine)
    path = f"/auth/group/{group.pk}/delete/"
    response = tenant_browser(alpha, person).post(path, {"post": "yes"})
    assert response.status_code == (302 if gone else 403)
    with schema_context("alpha"):
        assert Group.objects.filter(pk=group.pk).exists() is not gone
