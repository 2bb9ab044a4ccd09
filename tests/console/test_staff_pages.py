"""The staff's users and groups: a role is chosen, a colleague gets a link instead of a password."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django_tenants.utils import schema_context

from console.accounts import rights
from console.accounts.models import User
from console.accounts.roles import StaffRole
from console.sites import public_site, tenant_site
from tenants.models import Client
from tests.conftest import Browser, with_role
from tests.console.test_accounts import form_of, text_of

StaffBrowser = Callable[..., Browser]
PASSWORD = "a-good-long-passphrase"


def page_of(user: User, page: str = "change") -> str:
    return f"/accounts/user/{user.pk}/{page}/"


def roles_of(user: User) -> list[int]:
    return sorted(user.groups.values_list("pk", flat=True))


class TestChoosingARole:
    @pytest.mark.parametrize("role", StaffRole)
    def test_a_manager_adds_a_colleague_with_a_role(
        self, role: StaffRole, staff_browser: StaffBrowser, staff_manager: User
    ) -> None:
        form = {"email": "new@console.example", "name": "Nora New", "role": role.value}
        response = staff_browser(staff_manager).post("/accounts/user/add/", form)
        user = User.objects.get(email="new@console.example")
        assert response["Location"] == page_of(user, "sign-in-link")
        assert roles_of(user) == [role]

    def test_a_manager_changes_a_role(
        self, staff_browser: StaffBrowser, staff_manager: User, outsider: User
    ) -> None:
        own = Group.objects.create(name="Auditors")
        browser = staff_browser(staff_manager)
        form = form_of(outsider, role=StaffRole.VIEWER.value, groups=[own.pk])
        browser.post(page_of(outsider), form)
        assert roles_of(outsider) == [StaffRole.VIEWER, own.pk]
        browser.post(page_of(outsider), {**form, "role": StaffRole.OPERATOR.value})
        assert roles_of(outsider) == [StaffRole.OPERATOR, own.pk]
        browser.post(page_of(outsider), {**form, "role": ""})
        assert roles_of(outsider) == [own.pk]

    def test_nobody_gives_a_role_with_rights_that_they_lack(
        self, staff_browser: StaffBrowser, staff_operator: User, outsider: User
    ) -> None:
        staff_operator.user_permissions.set(
            Permission.objects.filter(codename__in=["add_user", "change_user"])
        )
        browser = staff_browser(staff_operator)
        page = text_of(browser.get(page_of(outsider)))
        assert re.search(r'value="-3"[^>]*disabled', page)
        response = browser.post(page_of(outsider), form_of(outsider, role=StaffRole.MANAGER.value))
        assert "You cannot give rights that you do not have yourself." in text_of(response)
        form = {"email": "n@console.example", "name": "N", "role": StaffRole.MANAGER.value}
        response = browser.post("/accounts/user/add/", form)
        assert "You cannot give rights that you do not have yourself." in text_of(response)
        assert not User.objects.filter(email="n@console.example").exists()
        assert roles_of(outsider) == []

    def test_nor_by_way_of_the_other_groups(
        self, staff_browser: StaffBrowser, operator: User, outsider: User
    ) -> None:
        """A role is one of the groups, but it is chosen in one place alone."""
        form = form_of(outsider, groups=[StaffRole.MANAGER.value])
        staff_browser(operator).post(page_of(outsider), form)
        assert roles_of(outsider) == []

    def test_only_a_superuser_makes_superusers(
        self, staff_browser: StaffBrowser, staff_manager: User, outsider: User
    ) -> None:
        browser = staff_browser(staff_manager)
        page = text_of(browser.get(page_of(outsider)))
        assert 'name="is_superuser"' not in page
        assert "Designates" not in page
        browser.post(page_of(outsider), form_of(outsider, role="", is_superuser="on"))
        outsider.refresh_from_db()
        assert not outsider.is_superuser

    def test_a_role_that_does_not_exist_is_refused(
        self, staff_browser: StaffBrowser, operator: User, outsider: User
    ) -> None:
        for role in ("-4", "1", "manager", "--"):
            response = staff_browser(operator).post(page_of(outsider), form_of(outsider, role=role))
            assert response.status_code == 200
        assert roles_of(outsider) == []

    def test_a_viewer_reads_the_role_in_words(
        self, staff_browser: StaffBrowser, staff_viewer: User, staff_manager: User
    ) -> None:
        page = text_of(staff_browser(staff_viewer).get(page_of(staff_manager)))
        assert "Manager: What an operator does, and plans, staff and groups." in page
        assert 'name="role"' not in page


class TestTheList:
    @pytest.fixture
    def staff(
        self, staff_viewer: User, staff_operator: User, staff_manager: User, outsider: User
    ) -> dict[str, User]:
        return {
            "viewer": staff_viewer,
            "operator": staff_operator,
            "manager": staff_manager,
            "none": outsider,
        }

    def test_shows_each_ones_role(
        self, staff_browser: StaffBrowser, operator: User, staff: dict[str, User]
    ) -> None:
        page = text_of(staff_browser(operator).get("/accounts/user/"))
        for label in ("Superuser", "Manager", "Operator", "Viewer"):
            assert re.search(rf">\s*{label}\s*<", page)

    @pytest.mark.parametrize("role", ["viewer", "operator", "manager", "none"])
    def test_filters_by_role(
        self, role: str, staff_browser: StaffBrowser, operator: User, staff: dict[str, User]
    ) -> None:
        response = staff_browser(operator).get("/accounts/user/", {"role": role})
        assert list(response.context_data["cl"].queryset) == [staff[role]]

    def test_filters_superusers(
        self, staff_browser: StaffBrowser, operator: User, staff: dict[str, User]
    ) -> None:
        response = staff_browser(operator).get("/accounts/user/", {"role": "superuser"})
        assert list(response.context_data["cl"].queryset) == [operator]

    def test_counts_groups_apart_from_roles(
        self, staff_browser: StaffBrowser, operator: User, staff: dict[str, User]
    ) -> None:
        for name in ("A", "B"):
            staff["viewer"].groups.add(Group.objects.create(name=name))
        response = staff_browser(operator).get("/accounts/user/", {"role": "viewer"})
        assert response.context_data["cl"].queryset.get().group_total == 2

    def test_asks_no_more_for_more_people(
        self,
        staff_browser: StaffBrowser,
        operator: User,
        staff: dict[str, User],
        django_assert_num_queries: Any,
    ) -> None:
        browser = staff_browser(operator)
        browser.get("/accounts/user/")
        with django_assert_num_queries(6):
            browser.get("/accounts/user/")
        for number in range(20):
            with_role(f"more{number}@console.example", StaffRole.VIEWER)
        with django_assert_num_queries(6):
            browser.get("/accounts/user/")


class TestRolesAreKept:
    @pytest.mark.parametrize("role", StaffRole)
    def test_nobody_edits_or_deletes_them(
        self, role: StaffRole, staff_browser: StaffBrowser, operator: User
    ) -> None:
        before = set(Group.objects.get(pk=role).permissions.values_list("pk", flat=True))
        browser = staff_browser(operator)
        url = f"/auth/group/{role.value}"
        form = {"name": "Taken over", "permissions": []}
        assert browser.post(f"{url}/change/", form).status_code == 403
        assert browser.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
        group = Group.objects.get(pk=role)
        assert group.name == role.group_name
        assert set(group.permissions.values_list("pk", flat=True)) == before
        page = text_of(browser.get(f"{url}/change/"))
        assert "kept by the console" in page
        assert f"{url}/delete/" not in page
        assert 'name="_save"' not in page

    def test_one_of_ones_own_starts_with_the_same_rights(
        self, staff_browser: StaffBrowser, staff_manager: User
    ) -> None:
        browser = staff_browser(staff_manager)
        page = text_of(browser.get(f"/auth/group/{StaffRole.VIEWER.value}/change/"))
        assert "/auth/group/add/?like=-1" in page
        form = browser.get("/auth/group/add/?like=-1").context_data["adminform"].form
        wanted = Group.objects.get(pk=StaffRole.VIEWER).permissions.values_list("pk", flat=True)
        assert set(form.initial["permissions"]) == set(wanted)

    @pytest.mark.parametrize("like", ["", "-9", "x", "1", "-1 "])
    def test_the_start_may_be_nonsense(
        self, like: str, staff_browser: StaffBrowser, operator: User
    ) -> None:
        assert staff_browser(operator).get("/auth/group/add/", {"like": like}).status_code == 200

    def test_nobody_else_gets_the_name(self, staff_browser: StaffBrowser, operator: User) -> None:
        response = staff_browser(operator).post("/auth/group/add/", {"name": "Viewer"})
        assert response.status_code == 200
        assert Group.objects.filter(name="Viewer").count() == 1

    def test_a_tenants_group_may_have_the_name_of_a_role_that_is_the_staffs_alone(
        self, tenant_browser: Callable[..., Browser], alpha: Client, owner: User
    ) -> None:
        browser = tenant_browser(alpha, owner)
        browser.post("/auth/group/add/", {"name": "Operator"})
        with schema_context("alpha"):
            group = Group.objects.get(name="Operator")
        response = browser.post(f"/auth/group/{group.pk}/change/", {"name": "Readers"})
        assert response.status_code == 302


@pytest.mark.parametrize("site", [public_site, tenant_site], ids=["public", "tenant"])
def test_every_right_has_words_of_ours(site: Any, db: None) -> None:
    """Django's own names (“Can add client”) are in the database, in English for ever."""
    offered = rights.of_site(site)
    assert [p.codename for p in offered if rights.words_for(p) is None] == []
