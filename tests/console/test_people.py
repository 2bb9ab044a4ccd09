"""A company's people: invited, deactivated and let in again; the last owner stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import TenantRole
from tenants.models import Client, Plan
from tests.conftest import Browser
from tests.console.people import page_of, person, roles_of, text_of

TenantBrowser = Callable[..., Browser]
LIST = "/accounts/user/"


@pytest.fixture
def browser(tenant_browser: TenantBrowser, alpha: Client, owner: User) -> Browser:
    """The owner's."""
    return tenant_browser(alpha, owner)


@pytest.fixture
def manager(alpha: Client) -> User:
    return person("mona@alpha.example", TenantRole.MANAGER)


@pytest.fixture
def member(alpha: Client) -> User:
    return person("bob@alpha.example", TenantRole.MEMBER)


class TestInvitations:
    def test_lead_on_to_the_link(self, browser: Browser) -> None:
        form = {"email": "Nora@Alpha.example", "name": "Nora", "role": TenantRole.MEMBER.value}
        response = browser.post(f"{LIST}add/", form)
        with schema_context("alpha"):
            nora = User.objects.get(email="nora@alpha.example")
        assert response["Location"] == page_of(nora, "sign-in-link/")
        assert roles_of(nora) == [TenantRole.MEMBER]
        assert (nora.is_active, nora.is_staff, nora.is_superuser) == (True, True, False)
        assert not nora.has_usable_password()
        assert "Invited, has not signed in yet." in text_of(browser.get(page_of(nora)))

    def test_begin_with_the_role_of_a_member(self, browser: Browser) -> None:
        page = text_of(browser.get(f"{LIST}add/"))
        assert re.search(r'value="-2"[^>]*checked', page)

    def test_need_the_right(self, tenant_browser: TenantBrowser, member: User, alpha: Any) -> None:
        form = {"email": "n@alpha.example", "name": "N", "role": ""}
        assert tenant_browser(alpha, member).post(f"{LIST}add/", form).status_code == 403

    def test_are_not_for_more_than_one_has(
        self, tenant_browser: TenantBrowser, manager: User, alpha: Client
    ) -> None:
        browser = tenant_browser(alpha, manager)
        form = {"email": "n@alpha.example", "name": "N", "role": TenantRole.OWNER.value}
        assert "You cannot give rights" in text_of(browser.post(f"{LIST}add/", form))
        form["role"] = TenantRole.MANAGER.value
        assert browser.post(f"{LIST}add/", form).status_code == 302

    def test_stop_at_what_the_plan_allows(self, browser: Browser, alpha: Client) -> None:
        plan = Plan.objects.create(code="one", name="One", max_users=1)
        Client.objects.filter(pk=alpha.pk).update(plan=plan)
        form = {"email": "n@alpha.example", "name": "N", "role": ""}
        response = browser.post(f"{LIST}add/", form)
        assert response.status_code == 200
        assert "allows 1 user" in text_of(response)


class TestTheList:
    @pytest.fixture
    def people(self, owner: User, manager: User, member: User) -> dict[str, User]:
        with schema_context("alpha"):
            gone = User.objects.create_user("gone@alpha.example", is_staff=True, is_active=False)
            User.objects.filter(pk=manager.pk).update(last_login=timezone.now())
        return {"owner": owner, "manager": manager, "member": member, "none": gone}

    def test_has_a_badge_for_each_role_and_state(
        self, browser: Browser, people: dict[str, User]
    ) -> None:
        page = text_of(browser.get(LIST))
        for label in ("Owner", "Manager", "Member", "Active", "Invited", "Deactivated"):
            assert re.search(rf">\s*{label}\s*<", page), label

    @pytest.mark.parametrize("role", ["owner", "manager", "member", "none"])
    def test_is_filtered_by_role(
        self, role: str, browser: Browser, people: dict[str, User]
    ) -> None:
        found = browser.get(LIST, {"role": role}).context_data["cl"].result_list
        assert [user.pk for user in found] == [people[role].pk]

    @pytest.mark.parametrize(
        ("state", "who"), [("active", "manager"), ("invited", "member"), ("deactivated", "none")]
    )
    def test_is_filtered_by_state(
        self, state: str, who: str, browser: Browser, people: dict[str, User]
    ) -> None:
        found = browser.get(LIST, {"state": state}).context_data["cl"].result_list
        assert people[who].pk in [user.pk for user in found]
        assert {user.email for user in found} <= {people[who].email, people["owner"].email}

    def test_asks_no_more_for_more_people(
        self, browser: Browser, django_assert_num_queries: Any
    ) -> None:
        browser.get(LIST)
        with django_assert_num_queries(11) as first:
            browser.get(LIST)
        for number in range(20):
            person(f"more{number}@alpha.example", TenantRole.VIEWER)
        with django_assert_num_queries(len(first)):
            browser.get(LIST)


def test_the_last_sign_in_is_told_in_the_company_s_own_time(
    browser: Browser, member: User, alpha: Client
) -> None:
    Client.objects.filter(pk=alpha.pk).update(time_zone="Asia/Tokyo")
    page = f"/accounts/user/{member.pk}/change/"
    with schema_context("alpha"):
        signed_in = datetime(2026, 3, 1, 23, 21, 50, 978682, tzinfo=UTC)
        User.objects.filter(pk=member.pk).update(last_login=signed_in)
    shown = browser.get(page).content.decode()
    assert "2 March 2026 08:21" in shown or "March 2, 2026, 8:21 a.m." in shown
    assert "978682" not in shown
