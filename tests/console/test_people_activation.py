"""Somebody is deactivated and let in again: one person, or a selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django_tenants.utils import schema_context

from console.accounts.activation import deactivate, reactivate
from console.accounts.models import User
from console.accounts.roles import TenantRole
from tenants.models import Client, Plan
from tests.conftest import Browser
from tests.console.people import fresh, page_of, person, roles_of, text_of

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


class TestDeactivating:
    def test_is_asked_first_and_ends_the_session_at_once(
        self, browser: Browser, tenant_browser: TenantBrowser, alpha: Client, member: User
    ) -> None:
        theirs = tenant_browser(alpha, member)
        assert theirs.get("/").status_code == 200
        assert f"{page_of(member, 'deactivate/')}" in text_of(browser.get(page_of(member)))
        page = text_of(browser.get(page_of(member, "deactivate/")))
        assert "Deactivate bob@alpha.example?" in page
        assert fresh(member).is_active
        response = browser.post(page_of(member, "deactivate/"), follow=True)
        assert "bob@alpha.example is deactivated." in text_of(response)
        assert not fresh(member).is_active
        assert "/login/" in theirs.get("/")["Location"]

    def test_closes_the_door(
        self, browser: Browser, tenant_browser: TenantBrowser, alpha: Client, member: User
    ) -> None:
        browser.post(page_of(member, "deactivate/"))
        form = {"username": member.email, "password": "person-pw"}
        assert tenant_browser(alpha).post("/login/", form).status_code == 200
        browser.post(page_of(member, "reactivate/"))
        assert tenant_browser(alpha).post("/login/", form).status_code == 302
        assert roles_of(member) == [TenantRole.MEMBER]

    def test_each_has_the_button_that_fits(
        self, browser: Browser, owner: User, member: User
    ) -> None:
        def buttons(user: User) -> set[str]:
            page = text_of(browser.get(page_of(user)))
            return {
                name for name in ("deactivate", "reactivate") if page_of(user, f"{name}/") in page
            }

        assert (buttons(member), buttons(owner)) == ({"deactivate"}, set())
        browser.post(page_of(member, "deactivate/"))
        assert buttons(member) == {"reactivate"}

    @pytest.mark.parametrize("step", ["deactivate", "reactivate"])
    def test_needs_the_right_and_no_less_rights_than_theirs(
        self,
        step: str,
        tenant_browser: TenantBrowser,
        alpha: Client,
        owner: User,
        member: User,
        manager: User,
    ) -> None:
        for acting, user in ((member, manager), (manager, owner)):
            browser = tenant_browser(alpha, acting)
            for method in (browser.get, browser.post):
                assert method(page_of(user, f"{step}/")).status_code == 403
            assert fresh(user).is_active
            with schema_context("alpha"), pytest.raises(PermissionDenied):
                deactivate(user, roles=TenantRole, acting_user=fresh(acting))

    def test_of_somebody_who_is_so_already_says_so(self, browser: Browser, member: User) -> None:
        page = text_of(browser.post(page_of(member, "reactivate/"), follow=True))
        assert "bob@alpha.example is active." in page
        browser.post(page_of(member, "deactivate/"))
        page = text_of(browser.post(page_of(member, "deactivate/"), follow=True))
        assert "bob@alpha.example is not active." in page

    def test_not_of_oneself(self, browser: Browser, owner: User, member: User) -> None:
        with schema_context("alpha"):
            member.groups.set([TenantRole.OWNER.value])
        page = text_of(browser.post(page_of(owner, "deactivate/"), follow=True))
        assert "You cannot deactivate yourself." in page
        assert fresh(owner).is_active

    def test_reactivating_stops_at_what_the_plan_allows(
        self, browser: Browser, alpha: Client, member: User
    ) -> None:
        browser.post(page_of(member, "deactivate/"))
        plan = Plan.objects.create(code="one", name="One", max_users=1)
        Client.objects.filter(pk=alpha.pk).update(plan=plan)
        page = text_of(browser.post(page_of(member, "reactivate/"), follow=True))
        assert "allows 1 user" in page
        assert not fresh(member).is_active

    @pytest.mark.parametrize("key", ["99999999", "x"])
    def test_nobody_has_that_key(self, key: str, browser: Browser) -> None:
        assert browser.post(f"{LIST}{key}/deactivate/").status_code == 302


class TestSelections:
    def choose(self, browser: Browser, action: str, *users: User, **sure: str) -> Any:
        data = {"action": action, ACTION_CHECKBOX_NAME: [user.pk for user in users], **sure}
        return browser.post(LIST, data, follow="sure" in sure)

    def test_are_asked_about_and_then_done(
        self, browser: Browser, manager: User, member: User
    ) -> None:
        page = text_of(self.choose(browser, "deactivate_selected", manager, member))
        assert "Deactivate 2 users?" in page
        assert fresh(member).is_active
        page = text_of(self.choose(browser, "deactivate_selected", manager, member, sure="yes"))
        assert "2 users are deactivated." in page
        assert not fresh(member).is_active
        assert not fresh(manager).is_active
        page = text_of(self.choose(browser, "reactivate_selected", manager, member, sure="yes"))
        assert "2 users are active again." in page
        assert fresh(member).is_active

    def test_leave_out_whom_one_may_not_manage(
        self, tenant_browser: TenantBrowser, alpha: Client, manager: User, owner: User, member: User
    ) -> None:
        browser = tenant_browser(alpha, manager)
        sure = self.choose(browser, "deactivate_selected", owner, manager, member, sure="yes")
        page = text_of(sure)
        assert "has rights that you do not have yourself" in page
        assert "You cannot deactivate yourself." in page
        assert "1 user is deactivated." in page
        assert (fresh(owner).is_active, fresh(member).is_active) == (True, False)

    def test_need_the_right(
        self, tenant_browser: TenantBrowser, alpha: Client, member: User, manager: User
    ) -> None:
        with schema_context("alpha"):
            member.user_permissions.add(Permission.objects.get(codename="view_user"))
        browser = tenant_browser(alpha, member)
        assert "deactivate_selected" not in text_of(browser.get(LIST))
        self.choose(browser, "deactivate_selected", manager, sure="yes")
        assert fresh(manager).is_active

    def test_of_nobody_whom_it_concerns_do_nothing(self, browser: Browser, member: User) -> None:
        response = self.choose(browser, "reactivate_selected", member)
        page = text_of(browser.get(response["Location"]))
        assert "everybody among the selected is active" in page


def test_the_verbs_refuse_the_last_one_and_oneself(owner: User, manager: User) -> None:
    with schema_context("alpha"):
        with pytest.raises(ValidationError, match="You cannot deactivate yourself"):
            deactivate(owner, roles=TenantRole, acting_user=owner)
        deactivate(manager, roles=TenantRole, acting_user=owner)
        with pytest.raises(ValidationError, match="is not active"):
            deactivate(manager, roles=TenantRole, acting_user=owner)
        reactivate(manager, acting_user=owner)
        manager.refresh_from_db()
        assert manager.is_active
