"""Letting somebody try again before the time is over: from their page, and from a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from axes.models import AccessAttempt
from django.core.management import call_command
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import TenantRole
from tenants.models import Client
from tests.conftest import Browser
from tests.console.people import page_of, person, text_of, told_of
from tests.console.test_throttling import HERE, LIMIT, fail, sign_in

AGAIN = "let them try again"


@pytest.fixture
def bob(alpha: Client) -> User:
    """A member of alpha, who has to wait."""
    return person("bob@alpha.example", TenantRole.MEMBER)


@pytest.fixture
def door(tenant_browser: Callable[..., Browser], alpha: Client, bob: User) -> Browser:
    door = tenant_browser(alpha, REMOTE_ADDR=HERE)
    assert fail(door, bob.email).status_code == 429
    return door


class TestByAnOwner:
    def test_from_the_users_page(
        self,
        door: Browser,
        bob: User,
        alpha: Client,
        owner: User,
        tenant_browser: Callable[..., Browser],
    ) -> None:
        fail(door, "somebody@alpha.example", 1)
        browser = tenant_browser(alpha, owner)
        assert AGAIN in text_of(browser.get(page_of(bob)))
        page = page_of(bob, "try-again/")
        assert f"Let {bob.email} try again?" in text_of(browser.get(page))
        # To look changes nothing.
        assert sign_in(door, bob.email, "person-pw").status_code == 429
        assert browser.post(page)["Location"] == page_of(bob)
        assert AGAIN not in text_of(browser.get(page_of(bob)))
        assert told_of(bob)[-1] == f"{bob.email} was let try to sign in again"
        assert sign_in(door, bob.email, "person-pw").status_code == 302
        with schema_context("alpha"):
            assert AccessAttempt.objects.get().username == "somebody@alpha.example"

    def test_is_offered_for_nobody_who_does_not_wait(
        self,
        bob: User,
        alpha: Client,
        owner: User,
        tenant_browser: Callable[..., Browser],
    ) -> None:
        fail(tenant_browser(alpha, REMOTE_ADDR=HERE), bob.email, LIMIT - 1)
        browser = tenant_browser(alpha, owner)
        assert AGAIN not in text_of(browser.get(page_of(bob)))
        assert "does not have to wait" in text_of(browser.get(page_of(bob, "try-again/")))

    def test_not_by_somebody_without_the_right(
        self,
        door: Browser,
        bob: User,
        alpha: Client,
        owner: User,
        tenant_browser: Callable[..., Browser],
    ) -> None:
        """The rights are those for changing the user: see the tables of who may what."""
        member = tenant_browser(alpha, person("eve@alpha.example", TenantRole.MEMBER))
        manager = tenant_browser(alpha, person("max@alpha.example", TenantRole.MANAGER))
        assert member.post(page_of(bob, "try-again/")).status_code == 403
        fail(door, owner.email)
        assert manager.post(page_of(owner, "try-again/")).status_code == 403
        for user, password in ((bob, "person-pw"), (owner, "owner-pw")):
            assert sign_in(door, user.email, password).status_code == 429


class TestInATerminal:
    def run(self, *words: str) -> str:
        out = io.StringIO()
        call_command("tenant_command", *words, schema_name="alpha", stdout=out)
        return out.getvalue()

    def test_for_one_name(self, door: Browser, bob: User, owner: User) -> None:
        fail(door, owner.email)
        self.run("axes_reset_username", bob.email)
        assert sign_in(door, bob.email, "person-pw").status_code == 302
        assert sign_in(door, owner.email, "owner-pw").status_code == 429

    def test_in_one_company_alone(
        self,
        door: Browser,
        bob: User,
        beta: Client,
        beta_owner: User,
        tenant_browser: Callable[..., Browser],
    ) -> None:
        other = tenant_browser(beta, REMOTE_ADDR=HERE)
        fail(other, beta_owner.email)
        self.run("axes_reset")
        assert sign_in(door, bob.email, "person-pw").status_code == 302
        assert sign_in(other, beta_owner.email, "owner-pw").status_code == 429
