"""The admins of a tenant on the client's page: who they are, one more, their links and mails."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from django.utils.html import strip_tags
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import TenantRole
from console.history.models import LogEntry
from tenants.exceptions import AdminExists, NotAllowed
from tenants.models import Client
from tenants.operations import lifecycle
from tenants.operations.invite import add_tenant_admin
from tests.database import make_client
from tests.tenants.client_pages import change
from tests.tenants.client_pages import page as url

ORIGIN = "http://localhost:8000"
BEA = {"name": "Bea Second", "email": "Bea@Alpha.example"}


@pytest.fixture
def bea(alpha: Client) -> User:
    return add_tenant_admin(alpha, **BEA, acting_user=None)


def panel(browser: Any, client: Client) -> str:
    page = browser.get(change(client)).content.decode()
    found = re.search(r'aria-labelledby="client-admins">(.*?)</section>', page, re.DOTALL)
    return " ".join(strip_tags(found[1]).split()) if found else ""


class TestThePanel:
    def test_lists_them(self, browser: Any, alpha: Client, bea: User) -> None:
        with schema_context("alpha"):
            ada = User.objects.get(email="ada@alpha.example")
            ada.set_password("x")
            ada.last_login = timezone.now()
            ada.save()
            User.objects.create_user("worker@alpha.example", "pw", is_staff=True)
            User.objects.create_superuser("gone@alpha.example", is_active=False)
        text = panel(browser, alpha)
        assert re.search(r"Ada Owner ada@alpha\.example Last signed in .* UTC Sign-in link", text)
        assert "Bea Second bea@alpha.example Never signed in · has set no password" in text
        assert "worker@" not in text
        assert "gone@" not in text

    def test_offers_nothing_to_those_who_may_not_invite(
        self, staff_browser: Callable[..., Any], viewer: User, alpha: Client
    ) -> None:
        text = panel(staff_browser(viewer), alpha)
        assert "ada@alpha.example" in text
        assert "Sign-in link" not in text
        assert "Add admin" not in text

    def test_of_a_closed_client_offers_nothing(self, browser: Any, alpha: Client) -> None:
        lifecycle.suspend(alpha, acting_user=None)
        text = panel(browser, alpha)
        assert "ada@alpha.example" in text
        assert "Sign-in link" not in text
        assert "Add admin" not in text


class TestAddingOne:
    PATH = "add-admin"

    def test_adds_an_admin_without_a_password(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        assert browser.get(url(alpha, self.PATH)).status_code == 200
        response = browser.post(url(alpha, self.PATH), BEA)
        assert response.headers["Location"].endswith("sign-in-link/?email=bea%40alpha.example")
        with schema_context("alpha"):
            user = User.objects.get(email="bea@alpha.example")
            assert (user.name, user.is_superuser, user.is_staff) == ("Bea Second", False, True)
            assert [group.pk for group in user.groups.all()] == [TenantRole.OWNER]
            assert not user.has_usable_password()
        entry = LogEntry.objects.about(alpha)[0]
        assert (entry.event, entry.actor_email) == ("tenant_admin_added", operator.email)
        assert not User.objects.filter(email="bea@alpha.example").exists()  # Not of the staff.

    @pytest.mark.parametrize(
        ("rights", "message"),
        [
            ({"is_superuser": True, "is_staff": True}, "is an admin of Alpha already"),
            ({"is_superuser": False, "is_staff": True}, "but is no admin there"),
            ({"is_superuser": True, "is_active": False}, "which is not active"),
        ],
    )
    def test_a_user_who_is_there_is_said_to_be(
        self, browser: Any, alpha: Client, rights: dict[str, bool], message: str
    ) -> None:
        with schema_context("alpha"):
            User.objects.create_user("bea@alpha.example", "pw", **rights)
        page = browser.post(url(alpha, self.PATH), BEA)
        assert page.status_code == 200
        assert message in page.content.decode()
        assert "Bea@Alpha.example" in page.content.decode()  # What was typed is not lost.
        with schema_context("alpha"):
            assert User.objects.filter(email="bea@alpha.example").count() == 1
        assert not LogEntry.objects.filter(event="tenant_admin_added").exists()

    @pytest.mark.parametrize("data", [{"name": "", "email": "a@b.example"}, {**BEA, "email": "x"}])
    def test_bad_input_is_said_beside_the_field(
        self, browser: Any, alpha: Client, data: dict[str, str]
    ) -> None:
        page = browser.post(url(alpha, self.PATH), data)
        assert page.status_code == 200
        assert page.context["form"].errors
        with schema_context("alpha"):
            assert User.objects.count() == 1

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, alpha: Client
    ) -> None:
        browser = staff_browser(viewer)
        assert browser.get(url(alpha, self.PATH)).status_code == 403
        assert browser.post(url(alpha, self.PATH), BEA).status_code == 403
        with pytest.raises(NotAllowed):
            add_tenant_admin(alpha, **BEA, acting_user=viewer)
        viewer.user_permissions.add(Permission.objects.get(codename="invite_client_admin"))
        assert staff_browser(viewer).post(url(alpha, self.PATH), BEA).status_code == 302

    def test_not_to_a_closed_client(self, browser: Any, alpha: Client) -> None:
        lifecycle.suspend(alpha, acting_user=None)
        for method in (browser.get, browser.post):
            response = method(url(alpha, self.PATH), BEA, follow=True)
            assert "are closed (Suspended)" in response.content.decode()

    def test_not_to_a_client_without_a_schema(self, browser: Any, db: None) -> None:
        draft = make_client("gamma", ready=False)
        response = browser.post(url(draft, self.PATH), BEA, follow=True)
        assert "has no schema yet" in response.content.decode()

    def test_two_at_the_same_time_add_one(
        self, alpha: Client, bea: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tenants.operations.invite._refuse_double", lambda *args: None)
        with pytest.raises(AdminExists):
            add_tenant_admin(alpha, **BEA, acting_user=None)


class TestLinks:
    PATH = "sign-in-link"

    def test_of_any_admin(self, browser: Any, alpha: Client, bea: User) -> None:
        page = browser.get(url(alpha, self.PATH), {"email": bea.email})
        assert "A sign-in link for Bea Second?" in page.content.decode()
        page = browser.post(url(alpha, self.PATH), {"email": bea.email})
        assert page.context["link"].startswith("http://alpha.localhost/welcome/")
        entry = LogEntry.objects.about(alpha)[0]
        assert entry.additional_data == {"email": bea.email}

    def test_of_nobody_else(self, browser: Any, alpha: Client) -> None:
        with schema_context("alpha"):
            User.objects.create_user("worker@alpha.example", "pw", is_staff=True)
        for email in ("worker@alpha.example", "nobody@alpha.example"):
            for method in (browser.get, browser.post):
                response = method(url(alpha, self.PATH), {"email": email}, follow=True)
                assert f"has no active admin {email}" in response.content.decode()
        assert not LogEntry.objects.filter(event="sign_in_link_shown").exists()

    @pytest.mark.parametrize("step", ["suspend", "archive"])
    def test_not_into_pages_that_are_closed(self, browser: Any, alpha: Client, step: str) -> None:
        details = {"removal_on": timezone.localdate()} if step == "archive" else {}
        getattr(lifecycle, step)(alpha, acting_user=None, **details)
        response = browser.post(url(alpha, self.PATH), follow=True)
        assert "are closed" in response.content.decode()

    def test_not_where_the_schema_is_gone(self, browser: Any, alpha: Client) -> None:
        Client.objects.filter(pk=alpha.pk).update(schema_name="never_made")
        response = browser.post(url(alpha, self.PATH), follow=True)
        assert "does not answer at the moment" in response.content.decode()
