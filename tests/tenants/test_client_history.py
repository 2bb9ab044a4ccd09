"""The history on a client's page: what was changed and done, in words, the newest first."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from console.accounts.models import User
from console.history.acting import acting_as
from console.history.models import LogEntry
from tenants.admin.client_history import SHOWN
from tenants.models import Client, Domain, Operation, OperationKind, OperationState, Plan
from tenants.operations import lifecycle
from tenants.operations.request import request_operation, retry_operation
from tests.tenants.client_pages import change


def lines(browser: Any, client: Client) -> list[str]:
    """The lines of the history as they are read, without the tags."""
    page = browser.get(change(client)).content.decode()
    panel = re.search(r'<ol class="client-moments">(.*?)</ol>', page, re.DOTALL)
    assert panel
    return [" ".join(strip_tags(li).split()) for li in panel[1].split("<li>")[1:]]


def changed(client: Client, user: User | None, **fields: Any) -> None:
    with acting_as(user):
        for name, value in fields.items():
            setattr(client, name, value)
        client.save()


class TestWords:
    def test_a_plan_has_its_name(self, browser: Any, alpha: Client, operator: User) -> None:
        business = Plan.objects.create(code="business", name="Business")
        changed(alpha, operator, plan=business)
        line = lines(browser, alpha)[0]
        assert line.startswith("Plan: Team → Business")
        assert operator.email in line
        assert "UTC" in line

    def test_a_plan_that_is_gone_is_said_to_be(self, browser: Any, alpha: Client) -> None:
        old = Plan.objects.create(code="old", name="Old")
        changed(alpha, None, plan=old)
        changed(alpha, None, plan=Plan.objects.get(code="team"))
        old.delete()
        assert lines(browser, alpha)[0].startswith("Plan: no longer there → Team")

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("tags", ["big", "eu"], "Tags: \N{EN DASH} → big, eu"),
            ("contact_name", "Ann", "Contact: \N{EN DASH} → Ann"),
            ("language", "en-gb", "Language: English (US) → English (UK)"),
            ("redirect_to_primary", True, "Other domains lead to the primary one: No → Yes"),
        ],
    )
    def test_values_are_as_people_know_them(
        self, browser: Any, alpha: Client, field: str, value: Any, words: str
    ) -> None:
        changed(alpha, None, **{field: value})
        assert lines(browser, alpha)[0].startswith(words)

    def test_dates_are_dates(self, browser: Any, alpha: Client) -> None:
        changed(alpha, None, trial_ends_on="2027-03-09")
        assert lines(browser, alpha)[0].startswith("Trial ends: \N{EN DASH} → March 9, 2027")

    def test_a_long_text_is_folded(self, browser: Any, alpha: Client) -> None:
        changed(alpha, None, notes="long " * 100)
        page = browser.get(change(alpha)).content.decode()
        assert "<summary>Notes changed</summary>" in page

    def test_several_changes_are_one_entry(self, browser: Any, alpha: Client) -> None:
        changed(alpha, None, contact_name="Ann", contact_phone="+49 30 1")
        line = lines(browser, alpha)[0]
        assert "Contact: \N{EN DASH} → Ann" in line
        assert "Contact's phone: \N{EN DASH} → +49 30 1" in line.replace("&#x27;", "'")

    def test_domains_belong_to_it(self, browser: Any, alpha: Client) -> None:
        domain = Domain.objects.create(tenant=alpha, domain="a.example", is_primary=False)
        domain.domain = "b.example"
        domain.save()
        domain.delete()
        removed, renamed, added = lines(browser, alpha)[:3]
        assert removed.startswith("Domain b.example removed")
        assert renamed.startswith("Domain b.example changed")
        assert "Domain: a.example → b.example" in renamed
        assert added.startswith("Domain a.example added")

    def test_of_steps_there_is_one_line_each(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        lifecycle.suspend(alpha, reason="Unpaid", acting_user=operator)
        day = timezone.localdate() + timedelta(days=400)
        lifecycle.archive(alpha, removal_on=day, acting_user=None)
        archived, suspended = lines(browser, alpha)[:2]
        assert archived.startswith("Archived, the data to be kept until")
        assert str(day.year) in archived
        assert "an operator, in a terminal" in archived
        assert suspended.startswith("Suspended \N{EN DASH} Unpaid")
        assert operator.email in suspended

    def test_what_people_wrote_is_escaped(self, browser: Any, alpha: Client) -> None:
        lifecycle.suspend(alpha, reason="<script>alert(1)</script>", acting_user=None)
        assert "<script>alert(1)" not in browser.get(change(alpha)).content.decode()


class TestOperations:
    def test_are_among_the_changes(self, browser: Any, alpha: Client, operator: User) -> None:
        changed(alpha, operator, contact_name="Ann")
        operation = request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=operator)
        first, second = lines(browser, alpha)[:2]
        assert first.startswith(f"Migrate schema #{operation.pk} Waiting")
        assert second.startswith("Contact: \N{EN DASH} → Ann")

    def test_that_are_over_say_how_long_they_took(self, browser: Any, alpha: Client) -> None:
        (line,) = [line for line in lines(browser, alpha) if line.startswith("Create schema")]
        assert re.match(r"Create schema #\d+, in \d\.\d s Done", line)

    def test_that_were_asked_for_again_are_there_by_who_did_and_when(
        self, browser: Any, alpha: Client, operator: User, staff_operator: User
    ) -> None:
        """Not where they stood when somebody else asked for them first."""
        operation = request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=operator)
        Operation.objects.filter(pk=operation.pk).update(
            state=OperationState.FAILED, created_at=timezone.now() - timedelta(days=7)
        )
        changed(alpha, None, contact_name="Ann")
        retry_operation(operation, acting_user=staff_operator)
        line = lines(browser, alpha)[0]
        assert line.startswith(f"Migrate schema #{operation.pk} Waiting")
        assert staff_operator.email in line

    def test_tell_the_change_of_status(self, browser: Any, alpha: Client) -> None:
        """Making the schema made the client active; one line says it."""
        assert not [line for line in lines(browser, alpha) if line.startswith("Status")]


class TestHowMuch:
    def test_is_bounded_and_leads_to_the_rest(self, browser: Any, alpha: Client) -> None:
        for number in range(SHOWN + 5):
            changed(alpha, None, contact_name=f"Ann {number}")
        assert len(lines(browser, alpha)) == SHOWN
        page = browser.get(change(alpha)).content.decode()
        older = f"/history/logentry/?subject=tenants.client%3A{alpha.pk}"
        assert f'href="{older}"' in page
        assert browser.get(older).status_code == 200

    def test_costs_the_same_however_much_there_is(self, browser: Any, alpha: Client) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as captured:
                browser.get(change(alpha))
            return len(captured)

        plans = [Plan.objects.create(code=f"p{n}", name=f"P{n}") for n in range(8)]
        changed(alpha, None, plan=plans[0])
        Domain.objects.create(tenant=alpha, domain="x0.example", is_primary=False)
        browser.get(change(alpha))
        few = count()
        for plan in plans[1:]:
            changed(alpha, None, plan=plan)
            domain = f"{plan.code}.example"
            Domain.objects.create(tenant=alpha, domain=domain, is_primary=False).delete()
        assert count() == few


class TestWhoSeesIt:
    def test_not_those_who_may_see_neither(
        self, staff_browser: Callable[..., Any], outsider: User, alpha: Client
    ) -> None:
        outsider.user_permissions.set(Permission.objects.filter(codename="view_client"))
        assert "client-moments" not in staff_browser(outsider).get(change(alpha)).content.decode()

    def test_domains_are_for_those_who_may_see_domains(
        self, staff_browser: Callable[..., Any], outsider: User, alpha: Client
    ) -> None:
        Domain.objects.create(tenant=alpha, domain="a.example", is_primary=False)
        changed(alpha, None, contact_name="Ann")
        rights = ["view_client", "view_logentry"]
        outsider.user_permissions.set(Permission.objects.filter(codename__in=rights))
        seen = " ".join(lines(staff_browser(outsider), alpha))
        assert "Contact: \N{EN DASH} → Ann" in seen
        assert "a.example" not in seen
        assert "Create schema" not in seen

    def test_operations_are_for_those_who_may_follow_them(
        self, staff_browser: Callable[..., Any], outsider: User, alpha: Client
    ) -> None:
        rights = ["view_client", "view_operation"]
        outsider.user_permissions.set(Permission.objects.filter(codename__in=rights))
        changed(alpha, None, contact_name="Ann")
        seen = " ".join(lines(staff_browser(outsider), alpha))
        assert "Create schema" in seen
        assert "Ann" not in seen


def test_looking_at_it_writes_nothing(browser: Any, alpha: Client) -> None:
    before = LogEntry.objects.count()
    browser.get(change(alpha))
    assert LogEntry.objects.count() == before
