"""What happens to users and groups is in the history of their side, and nothing secret is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry as DjangosLogEntry
from django.contrib.auth.models import Group, Permission
from django.core.mail import EmailMessage
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import StaffRole, TenantRole
from console.history.models import LogEntry
from console.history.words import NOTHING, tell
from tenants.models import Client
from tests.conftest import Browser
from tests.console.people import form_of, page_of, person, text_of, told_of

TenantBrowser = Callable[..., Browser]
LOG = "/history/logentry/"


@pytest.fixture
def browser(tenant_browser: TenantBrowser, alpha: Client, owner: User) -> Browser:
    return tenant_browser(alpha, owner)


@pytest.fixture
def bob(alpha: Client) -> User:
    return person("bob@alpha.example", TenantRole.VIEWER)


class TestOfAUser:
    def test_fields_and_role_with_old_and_new_values(
        self, browser: Browser, bob: User, owner: User
    ) -> None:
        before = len(told_of(bob))
        changes = {"name": "Bob", "email": "rob@alpha.example"}
        browser.post(page_of(bob), form_of(bob, **changes, role=TenantRole.MEMBER.value))
        assert told_of(bob)[before:] == [
            "E-mail address: bob@alpha.example → rob@alpha.example; Name: nothing → Bob",
            "Groups: Viewer → Member",
        ]
        with schema_context("alpha"):
            entry = LogEntry.objects.about(bob)[0]
            assert entry.actor_email == owner.email

    def test_rights_of_their_own_in_plain_words(self, browser: Browser, bob: User) -> None:
        with schema_context("alpha"):
            keys = [Permission.objects.get(codename="import_task").pk]
        form = form_of(bob, role=TenantRole.VIEWER.value)
        browser.post(page_of(bob), {**form, "user_permissions": keys})
        assert told_of(bob)[-1] == "User permissions, added: nothing → Tasks: Import"
        browser.post(page_of(bob), form)
        assert told_of(bob)[-1] == "User permissions, removed: Tasks: Import → nothing"

    def test_what_was_done_by_a_button_has_its_name(self, browser: Browser, bob: User) -> None:
        browser.post(page_of(bob, "deactivate/"))
        browser.post(page_of(bob, "reactivate/"))
        browser.post(page_of(bob, "sign-in-link/"))
        assert told_of(bob)[-3:] == [
            "Deactivated",
            "Reactivated",
            "Sign-in link of bob@alpha.example shown",
        ]

    def test_that_somebody_was_invited_and_removed(self, browser: Browser) -> None:
        form = {"email": "nora@alpha.example", "name": "", "role": TenantRole.MEMBER.value}
        browser.post("/accounts/user/add/", form)
        with schema_context("alpha"):
            nora = User.objects.get(email="nora@alpha.example")
        browser.post(page_of(nora, "delete/"), {"post": "yes"})
        assert told_of(nora) == [
            "User nora@alpha.example added",
            "Groups, added: nothing → Member",
            "User nora@alpha.example removed",
        ]

    def test_no_password_no_sign_in_and_no_preference(
        self, browser: Browser, tenant_browser: TenantBrowser, alpha: Client, bob: User
    ) -> None:
        before = told_of(bob)
        password = {"password1": "bright-new-copper", "password2": "bright-new-copper"}
        browser.post(page_of(bob, "password/"), password)
        theirs = tenant_browser(alpha)
        form = {"username": bob.email, "password": "bright-new-copper"}
        assert theirs.post("/login/", form).status_code == 302
        theirs.get("/tenant_data/task/?o=1")
        assert told_of(bob) == before
        with schema_context("alpha"):
            written = LogEntry.objects.about(bob).values_list("changes", flat=True)
            secret = {"password", "last_login", "preferences"}
            assert not [changes for changes in written if secret & set(changes or ())]

    def test_django_keeps_no_second_one(self, browser: Browser, bob: User) -> None:
        browser.post(page_of(bob), form_of(bob, name="Bob", role=TenantRole.MEMBER.value))
        browser.post(page_of(bob, "sign-in-link/"))
        with schema_context("alpha"):
            assert not DjangosLogEntry.objects.exists()

    def test_who_asked_for_a_new_password_is_not_known(
        self,
        tenant_browser: TenantBrowser,
        alpha: Client,
        owner: User,
        settings: Any,
        mailoutbox: list[EmailMessage],
    ) -> None:
        settings.EMAIL_HOST = "mail.console.example"
        tenant_browser(alpha).post("/forgotten/", {"email": owner.email})
        with schema_context("alpha"):
            entries = LogEntry.objects.about(owner).select_related("content_type")[:2]
            sent, asked = tell(entries)
            assert asked.who == sent.who == "somebody who was not signed in"
            assert asked.text == (
                "A new password for ada@alpha.example was asked for on the sign-in page"
            )
            assert sent.text == "Link for a new password sent to ada@alpha.example"

    def test_of_the_staff_too(
        self, staff_browser: Callable[..., Browser], operator: User, outsider: User
    ) -> None:
        form = {**form_of(outsider), "role": StaffRole.VIEWER.value, "is_staff": "on"}
        staff_browser(operator).post(page_of(outsider), form)
        assert told_of(outsider, "public")[-2:] == [
            "Active: Yes → No",
            "Groups, added: nothing → Viewer",
        ]


class TestOfAGroup:
    def test_its_name_and_its_rights(self, browser: Browser) -> None:
        with schema_context("alpha"):
            keys = {p.codename: p.pk for p in Permission.objects.all()}
        form = {"name": "Helpers", "permissions": [keys["view_task"], keys["add_task"]]}
        browser.post("/auth/group/add/", form)
        with schema_context("alpha"):
            group = Group.objects.get(name="Helpers")
        browser.post(
            f"/auth/group/{group.pk}/change/",
            {"name": "Summer help", "permissions": [keys["view_task"], keys["export_task"]]},
        )
        assert told_of(group) == [
            "Group Helpers added",
            "Permissions, added: nothing → Tasks: Add, Tasks: See",
            "Name: Helpers → Summer help",
            "Permissions: Tasks: Add → Tasks: Export",
        ]

    def test_a_user_who_is_added_from_the_other_end(self, bob: User) -> None:
        with schema_context("alpha"):
            group = Group.objects.create(name="Helpers")
            group.user_set.add(bob)
        assert told_of(bob)[-1] == "Groups, added: nothing → Helpers"
        assert told_of(group) == ["Group Helpers added"]


class TestTheLog:
    def test_is_read_by_an_owner(self, browser: Browser, bob: User) -> None:
        browser.post(page_of(bob), form_of(bob, name="Bob", role=TenantRole.VIEWER.value))
        response = browser.get(page_of(bob, "history/"), follow=True)
        assert f"Name: {NOTHING} → Bob" in text_of(response)

    def test_and_by_nobody_who_may_not(
        self, tenant_browser: TenantBrowser, alpha: Client, bob: User
    ) -> None:
        browser = tenant_browser(alpha, person("mona@alpha.example", TenantRole.MANAGER))
        assert browser.get(LOG).status_code == 403
        assert browser.get(page_of(bob, "history/")).status_code == 403
        assert "/history/" not in text_of(browser.get(page_of(bob)))

    def test_speaks_of_nothing_that_is_the_staffs(self, browser: Browser, owner: User) -> None:
        page = text_of(browser.get(LOG))
        for word in ("Schema", "a terminal", "Archived", "Suspended"):
            assert word not in page
        assert "your provider" in page  # Who made the first owner.
