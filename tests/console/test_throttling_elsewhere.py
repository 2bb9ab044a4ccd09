"""The other places where a password or a link could be guessed, and where a visitor comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.mail import EmailMessage
from django.db import connection
from django.test import RequestFactory
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import TenantRole
from console.postgres.contexts import owner_rights
from console.postgres.roles import role_for
from console.throttling.addresses import NOWHERE, client_address
from tenants.models import Client
from tests.conftest import Browser
from tests.console.people import person, text_of
from tests.console.test_throttling import HERE, LIMIT, THERE, fail, sign_in


class TestTheOldPassword:
    """Asked for by the page on which somebody who is signed in sets a new one."""

    def form(self, old: str) -> dict[str, str]:
        new = "a-good-long-passphrase"
        return {"old_password": old, "new_password1": new, "new_password2": new}

    def test_is_not_guessed(
        self, tenant_browser: Callable[..., Browser], alpha: Client, owner: User
    ) -> None:
        browser = tenant_browser(alpha, owner, REMOTE_ADDR=HERE)
        for _time in range(LIMIT - 1):
            response = browser.post("/password_change/", self.form("wrong"))
            assert response.status_code == 200
        assert browser.post("/password_change/", self.form("wrong")).status_code == 429
        assert browser.post("/password_change/", self.form("owner-pw")).status_code == 429
        assert sign_in(browser, owner.email, "owner-pw").status_code == 429
        # What somebody is at work on goes on.
        assert browser.get("/").status_code == 200

    def test_is_what_counts_and_not_a_weak_new_one(
        self, tenant_browser: Callable[..., Browser], alpha: Client, owner: User
    ) -> None:
        browser = tenant_browser(alpha, owner, REMOTE_ADDR=HERE)
        weak = {"old_password": "owner-pw", "new_password1": "1", "new_password2": "1"}
        for _time in range(LIMIT + 1):
            assert browser.post("/password_change/", weak).status_code == 200
        assert browser.post("/password_change/", self.form("owner-pw")).status_code == 302


class TestLinks:
    def test_that_do_not_work_are_not_tried_for_ever(
        self, tenant_browser: Callable[..., Browser], alpha: Client, owner: User
    ) -> None:
        door = tenant_browser(alpha, REMOTE_ADDR=HERE)
        for number in range(LIMIT - 1):
            response = door.get(f"/welcome/MQ/abcdef-{number:032x}/")
            assert response.status_code == 200
            assert "This link does not work any more" in text_of(response)
        assert door.get("/welcome/MQ/abcdef-0/").status_code == 429
        # Passwords are another matter, and so is another place.
        assert sign_in(door, owner.email, "owner-pw").status_code == 302
        elsewhere = tenant_browser(alpha, REMOTE_ADDR=THERE)
        assert elsewhere.get("/welcome/MQ/abcdef-0/").status_code == 200


class TestMails:
    @pytest.fixture(autouse=True)
    def _mail(self, settings: Any) -> None:
        settings.EMAIL_HOST = "mail.console.example"

    def test_one_place_asks_for_so_many(
        self,
        tenant_browser: Callable[..., Browser],
        alpha: Client,
        owner: User,
        mailoutbox: list[EmailMessage],
    ) -> None:
        door = tenant_browser(alpha, REMOTE_ADDR=HERE)
        people = [person(f"p{number}@alpha.example", TenantRole.MEMBER) for number in range(11)]
        answers = [door.post("/forgotten/", {"email": user.email}) for user in people]
        assert [answer.status_code for answer in answers] == [302] * 10 + [429]
        assert len(mailoutbox) == 10
        page = text_of(answers[-1])
        assert "Those that were sent still work" in page
        assert "Forgot your password?" not in page
        # Nobody is kept from signing in by it, and elsewhere others still can.
        assert sign_in(door, owner.email, "owner-pw").status_code == 302
        elsewhere = tenant_browser(alpha, REMOTE_ADDR=THERE)
        assert elsewhere.post("/forgotten/", {"email": owner.email}).status_code == 302
        assert len(mailoutbox) == 11

    def test_who_has_to_wait_can_ask_for_a_link(
        self, tenant_browser: Callable[..., Browser], alpha: Client, owner: User
    ) -> None:
        door = tenant_browser(alpha, REMOTE_ADDR=HERE)
        assert 'href="/forgotten/"' in text_of(fail(door, owner.email))
        assert door.post("/forgotten/", {"email": owner.email}).status_code == 302


class TestWhereSomebodyComesFrom:
    def address(self, remote: str, forwarded: str | None = None) -> str:
        headers = {"REMOTE_ADDR": remote}
        if forwarded is not None:
            headers["HTTP_X_FORWARDED_FOR"] = forwarded
        return client_address(RequestFactory().get("/", **headers))

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, None, "10.0.0.1"),
            (0, "192.0.2.1", "10.0.0.1"),
            (1, None, "10.0.0.1"),
            (1, "192.0.2.1", "192.0.2.1"),
            (1, "6.6.6.6, 192.0.2.1", "192.0.2.1"),
            (2, "6.6.6.6, 192.0.2.1, 10.0.0.9", "192.0.2.1"),
            # It did not come through both: what the header says is the visitor's own.
            (2, "192.0.2.1", "10.0.0.1"),
            (1, "nonsense", "10.0.0.1"),
            (1, "192.0.2.1:5123", "192.0.2.1"),
            (1, "[2001:db8:1:2:3::9]:5123", "2001:db8:1:2::"),
            (1, "2001:db8:1:2::77", "2001:db8:1:2::"),
            (1, "::ffff:192.0.2.1", "192.0.2.1"),
            (1, "fe80::1%eth0", "fe80::"),
        ],
    )
    def test_is_said_by_our_own_proxies_alone(
        self, settings: Any, proxies: int, forwarded: str | None, address: str
    ) -> None:
        settings.PROXY_COUNT = proxies
        assert self.address("10.0.0.1", forwarded) == address

    def test_is_nowhere_behind_a_socket(self) -> None:
        assert self.address("") == NOWHERE

    def test_a_header_helps_nobody(
        self, tenant_browser: Callable[..., Browser], alpha: Client, owner: User
    ) -> None:
        door = tenant_browser(alpha, REMOTE_ADDR=HERE)
        for number in range(LIMIT):
            sign_in(door, owner.email, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
        response = sign_in(door, owner.email, "owner-pw", HTTP_X_FORWARDED_FOR="192.0.2.99")
        assert response.status_code == 429

    def test_nor_one_that_goes_on_with_what_our_proxy_wrote(
        self,
        settings: Any,
        tenant_browser: Callable[..., Browser],
        alpha: Client,
        owner: User,
    ) -> None:
        settings.PROXY_COUNT = 1
        door = tenant_browser(alpha, REMOTE_ADDR="10.0.0.1")
        for number in range(LIMIT):
            sign_in(door, owner.email, HTTP_X_FORWARDED_FOR=f"6.6.6.{number}, {HERE}")
        at_work = {"HTTP_X_FORWARDED_FOR": HERE}
        assert sign_in(door, owner.email, "owner-pw", **at_work).status_code == 429
        at_home = {"HTTP_X_FORWARDED_FOR": THERE}
        assert sign_in(door, owner.email, "owner-pw", **at_home).status_code == 302

    def test_a_proxy_that_is_not_known_is_spoken_of_in_the_log(
        self,
        tenant_browser: Callable[..., Browser],
        alpha: Client,
        owner: User,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        fail(tenant_browser(alpha), owner.email, HTTP_X_FORWARDED_FOR=HERE)
        assert "set CONSOLE_PROXIES" in caplog.text


class TestTheTables:
    @pytest.mark.parametrize("access", ["rw", "ro"])
    def test_each_companys_own_role_writes_its_own_counters_and_no_other(
        self, access: Any, alpha: Client, beta: Client, db: None
    ) -> None:
        name = connection.settings_dict["NAME"]
        role = role_for(name, "alpha", access)
        with owner_rights(), connection.cursor() as cursor:
            for schema, may in (("alpha", True), ("beta", False), ("public", False)):
                for right in ("INSERT", "UPDATE", "DELETE"):
                    cursor.execute(
                        "SELECT has_schema_privilege(%s, %s, 'USAGE')"
                        " AND has_table_privilege(%s, %s, %s)",
                        [role, schema, role, f"{schema}.axes_accessattempt", right],
                    )
                    assert cursor.fetchone() == (may,), (schema, right)

    def test_are_on_no_page(self, operator: User, staff_browser: Callable[..., Browser]) -> None:
        browser = staff_browser(operator)
        assert browser.get("/axes/accessattempt/").status_code == 404
        assert "ccess attempt" not in text_of(browser.get("/auth/group/add/"))

    def test_a_process_that_serves_pages_counts(
        self, web_login: Any, tenant_browser: Callable[..., Browser], alpha: Client
    ) -> None:
        """With the login and the roles that it has."""
        assert fail(tenant_browser(alpha), "somebody@alpha.example").status_code == 429
        with schema_context("alpha"):
            assert AccessAttempt.objects.get().failures_since_start == LIMIT
