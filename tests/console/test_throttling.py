"""Who fails to sign in again and again has to wait; nobody else does, nobody learns anything."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import TenantRole
from tenants.models import Client
from tests.conftest import Browser
from tests.console.people import person, text_of

HERE, THERE = "198.51.100.7", "203.0.113.9"
LIMIT, PLACE_LIMIT = 7, 50
WAIT = timedelta(minutes=15)


@pytest.fixture
def door(tenant_browser: Callable[..., Browser], alpha: Client, owner: User) -> Browser:
    """Somebody at alpha's door."""
    return tenant_browser(alpha, REMOTE_ADDR=HERE)


def sign_in(browser: Browser, email: str, password: str = "wrong", **extra: Any) -> Any:
    return browser.post("/login/", {"username": email, "password": password}, **extra)


def fail(browser: Browser, email: str, times: int = LIMIT, **extra: Any) -> Any:
    for _time in range(times):
        response = sign_in(browser, email, **extra)
    return response


def pass_time(by: timedelta, schema: str = "alpha") -> None:
    with schema_context(schema):
        AccessAttempt.objects.update(attempt_time=F("attempt_time") - by)


class TestOnesOwn:
    def test_after_some_failures_the_right_password_is_not_looked_at(
        self, door: Browser, owner: User
    ) -> None:
        assert fail(door, owner.email, LIMIT - 1).status_code == 200
        response = sign_in(door, owner.email)
        assert response.status_code == 429
        assert 800 < int(response["Retry-After"]) <= 900
        assert response["Cache-Control"] == "no-store"
        page = text_of(response)
        assert "Come back in 15 minutes" in page
        assert page.count("<h1") == 1
        assert sign_in(door, owner.email, "owner-pw").status_code == 429

    def test_before_that_the_right_one_is_and_the_failures_are_forgotten(
        self, door: Browser, owner: User
    ) -> None:
        for _again in range(3):
            fail(door, owner.email, LIMIT - 1)
            assert sign_in(door, owner.email, "owner-pw").status_code == 302
            door.post("/logout/")

    def test_it_ends_when_it_was_said_to(self, door: Browser, owner: User) -> None:
        fail(door, owner.email)
        pass_time(WAIT - timedelta(minutes=2))
        # Asking meanwhile makes it no longer.
        response = fail(door, owner.email, 3)
        assert "Come back in 2 minutes" in text_of(response)
        pass_time(timedelta(minutes=2))
        assert sign_in(door, owner.email, "owner-pw").status_code == 302

    @pytest.mark.parametrize("name", ["ADA@Alpha.Example", " ada@alpha.example "])
    def test_however_the_address_is_written(self, door: Browser, owner: User, name: str) -> None:
        fail(door, name)
        assert sign_in(door, owner.email, "owner-pw").status_code == 429

    def test_nor_does_another_browser_help(self, door: Browser, owner: User) -> None:
        for number in range(LIMIT):
            sign_in(door, owner.email, HTTP_USER_AGENT=f"Browser {number}")
        assert sign_in(door, owner.email, "owner-pw", HTTP_USER_AGENT="New").status_code == 429

    def test_the_sign_in_page_itself_stays_open(self, door: Browser, owner: User) -> None:
        fail(door, owner.email)
        assert door.get("/login/").status_code == 200


class TestNobodyElses:
    def test_a_colleague_in_the_same_office_signs_in(self, door: Browser, owner: User) -> None:
        bob = person("bob@alpha.example", TenantRole.MEMBER)
        with schema_context("alpha"):
            bob.set_password("bob-pw")
            bob.save()
        fail(door, owner.email)
        assert sign_in(door, bob.email, "bob-pw").status_code == 302

    def test_the_same_person_elsewhere_does_too(
        self, door: Browser, owner: User, tenant_browser: Callable[..., Browser], alpha: Client
    ) -> None:
        """Nobody can keep somebody out by failing in their name."""
        fail(door, owner.email)
        home = tenant_browser(alpha, REMOTE_ADDR=THERE)
        assert sign_in(home, owner.email, "owner-pw").status_code == 302
        # And it makes nothing better for whoever failed.
        assert sign_in(door, owner.email, "owner-pw").status_code == 429

    def test_another_company_and_the_staff_count_by_themselves(
        self,
        door: Browser,
        owner: User,
        beta: Client,
        beta_owner: User,
        operator: User,
        tenant_browser: Callable[..., Browser],
        staff_browser: Callable[..., Browser],
    ) -> None:
        for email in (owner.email, beta_owner.email, operator.email):
            fail(door, email)
        with schema_context("alpha"):
            assert AccessAttempt.objects.count() == 3
        for schema in ("beta", "public"):
            with schema_context(schema):
                assert AccessAttempt.objects.count() == 0
        other = tenant_browser(beta, REMOTE_ADDR=HERE)
        assert sign_in(other, beta_owner.email, "owner-pw").status_code == 302
        staff = staff_browser(REMOTE_ADDR=HERE)
        assert sign_in(staff, operator.email, "operator-pw").status_code == 302

    def test_the_staffs_door_has_the_same(
        self, operator: User, staff_browser: Callable[..., Browser]
    ) -> None:
        staff = staff_browser(REMOTE_ADDR=HERE)
        response = fail(staff, operator.email)
        assert response.status_code == 429
        assert "Tenant Console" in text_of(response)
        assert sign_in(staff, operator.email, "operator-pw").status_code == 429


class TestAPlace:
    def test_many_names_from_one_address(self, door: Browser, owner: User) -> None:
        for number in range(PLACE_LIMIT - 1):
            assert sign_in(door, f"somebody{number}@alpha.example").status_code == 200
        assert sign_in(door, "last@alpha.example").status_code == 429
        assert sign_in(door, owner.email, "owner-pw").status_code == 429

    def test_elsewhere_is_another_place(
        self, door: Browser, owner: User, tenant_browser: Callable[..., Browser], alpha: Client
    ) -> None:
        with schema_context("alpha"):
            AccessAttempt.objects.create(
                ip_address=HERE, username="x@y.example", failures_since_start=PLACE_LIMIT
            )
        assert sign_in(door, owner.email, "owner-pw").status_code == 429
        home = tenant_browser(alpha, REMOTE_ADDR=THERE)
        assert sign_in(home, owner.email, "owner-pw").status_code == 302

    def test_to_sign_in_oneself_does_not_wipe_it(self, door: Browser, owner: User) -> None:
        for number in range(PLACE_LIMIT - 1):
            sign_in(door, f"somebody{number}@alpha.example")
        assert sign_in(door, owner.email, "owner-pw").status_code == 302
        assert sign_in(door, "last@alpha.example").status_code == 429

    def test_where_no_address_is_known_nobody_waits_for_others(
        self, owner: User, alpha: Client, tenant_browser: Callable[..., Browser]
    ) -> None:
        door = tenant_browser(alpha, REMOTE_ADDR="")
        for number in range(PLACE_LIMIT):
            sign_in(door, f"somebody{number}@alpha.example")
        assert sign_in(door, owner.email, "owner-pw").status_code == 302


class TestNothingIsTold:
    def test_the_answer_is_the_same_for_a_name_that_nobody_has(
        self, door: Browser, owner: User
    ) -> None:
        answers = [fail(door, email) for email in (owner.email, "nobody@alpha.example")]
        bodies = [text_of(answer).partition('nonce="')[2].partition('"')[2] for answer in answers]
        assert [answer.status_code for answer in answers] == [429, 429]
        assert bodies[0] == bodies[1]
        assert owner.email not in bodies[0]

    def test_no_password_is_kept(self, door: Browser) -> None:
        sign_in(door, "hunter2-in-the-wrong-field", "hunter3")
        sign_in(door, "ada@alpha.example", "hunter4")
        with schema_context("alpha"):
            rows = list(AccessAttempt.objects.values())
        assert {row["username"] for row in rows} == {"(no address)", "ada@alpha.example"}
        assert "hunter" not in str(rows)
        assert "csrf" not in str(rows)

    def test_the_log_says_where_it_came_from_once_and_not_what_was_typed(
        self, door: Browser, owner: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="console"):
            fail(door, owner.email, LIMIT + 5)
        lines = [r.getMessage() for r in caplog.records if r.name.startswith("console")]
        assert lines == [f"Too many failed sign-ins from {HERE} in alpha: they have to wait."]

    def test_what_does_not_count_any_more_is_not_kept(self, door: Browser, owner: User) -> None:
        fail(door, "somebody@alpha.example", 2)
        pass_time(WAIT + timedelta(seconds=1))
        sign_in(door, owner.email, "owner-pw")
        with schema_context("alpha"):
            assert AccessAttempt.objects.count() == 0
