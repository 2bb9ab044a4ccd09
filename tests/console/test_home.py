"""The staff's home page: its numbers are those of the lists behind them, within one's rights."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from console.dashboard.charts import Bar, scaled
from console.postgres.contexts import owner_rights
from tenants import stats
from tenants.models import (
    Client,
    Operation,
    OperationKind,
    OperationState,
    Plan,
    Rollout,
)
from tenants.operations.lifecycle import suspend
from tenants.operations.request import request_operation
from tenants.operations.rollout import request_rollout
from tenants.operations.run import fail
from tenants.operations.steering import pause
from tests.console.home_scene import count_of, home, make_mixed


@pytest.fixture
def mixed(alpha: Client, beta: Client, operator: User) -> dict[str, Client]:
    return make_mixed(alpha, beta, operator)


class TestNumbers:
    def test_are_right(self, mixed: dict[str, Client]) -> None:
        counts = stats.client_counts()
        assert counts.by_status == {
            "draft": 1,
            "provisioning": 1,
            "active": 2,
            "suspended": 1,
            "archived": 1,
        }
        plans = {plan.pk: plan.code for plan in Plan.objects.all()}
        by_plan = {plans[key]: number for key, number in counts.by_plan.items() if key}
        assert by_plan == {"team": 4, "big": 1}
        assert counts.by_schema["ready"] == 1
        assert counts.by_schema["missing"] == 1  # Of the suspended one, which never had any.
        assert counts.by_schema["behind"] == 1
        assert counts.by_schema["waiting"] == 1
        assert counts.by_schema["failed"] == 1
        assert (counts.total, counts.in_use, counts.archived) == (6, 5, 1)
        dates = stats.client_dates()
        assert (dates.trial_soon, dates.trial_over) == (1, 1)
        assert (dates.removal_due, dates.quiet) == (1, 1)
        operations = stats.operation_counts()
        assert (operations.waiting, operations.running, operations.unresolved) == (1, 0, 1)

    def test_each_card_leads_to_a_list_with_as_many_rows(
        self, browser: Any, mixed: dict[str, Client]
    ) -> None:
        cards = home(browser).context["cards"]
        assert len(cards) == 7
        for card in cards:
            assert count_of(browser, card.url) == card.number, card

    def test_each_matter_leads_to_a_list_with_as_many_rows(
        self, browser: Any, mixed: dict[str, Client]
    ) -> None:
        matters = home(browser).context["matters"]
        assert len(matters) == 7
        for matter in matters:
            assert count_of(browser, matter.url) == 1, matter
            assert "1" in matter.text

    def test_each_bar_leads_to_a_list_with_as_many_rows(
        self, browser: Any, mixed: dict[str, Client]
    ) -> None:
        charts = home(browser).context["charts"]
        assert sum(bar.number for bar in charts["by_status"]) == 6
        assert sum(bar.number for bar in charts["by_plan"]) == 5
        for chart in charts.values():
            for bar in chart:
                assert count_of(browser, bar.url) == bar.number, bar

    def test_new_clients_are_counted_by_month(self, mixed: dict[str, Client]) -> None:
        today = timezone.localdate()
        months = stats.sign_ups(12)
        assert len(months) == 12
        assert months[-1] == (today.replace(day=1), 5)
        expected = 1 if date(today.year - 1, 1, 1) >= months[0][0] else 0
        assert sum(number for _day, number in months[:-1]) == expected

    def test_months_go_back_over_the_new_year(self) -> None:
        first_days = [
            stats._months_before(date(2026, 2, 1), number) for number in (0, 1, 2, 13, 14)
        ]
        assert first_days == [
            date(2026, 2, 1),
            date(2026, 1, 1),
            date(2025, 12, 1),
            date(2025, 1, 1),
            date(2024, 12, 1),
        ]

    def test_bars_can_be_seen_and_fit(self) -> None:
        bars = [Bar("", number, "", "") for number in (0, 1, 5000)]
        assert [bar.length for bar in scaled(bars)] == ["0.0", "1.5", "100.0"]
        assert [bar.rest for bar in scaled(bars)] == ["100.0", "98.5", "0.0"]
        assert scaled([]) == []
        assert scaled(bars[:1])[0].length == "0.0"


class TestPage:
    def test_bars_are_links_with_words(self, browser: Any, mixed: dict[str, Client]) -> None:
        text = unescape(home(browser).content.decode())
        month = timezone.localdate()
        assert f"{month:%B %Y}: 5 clients</span>" in text
        assert 'href="/tenants/client/?status=suspended"' in text
        assert "Suspended: 1 client</span>" in text
        assert " style=" not in re.sub(r"(?s)^.*?<main", "", text).partition("</main>")[0]

    def test_trials_that_end_are_named_with_their_day(
        self, browser: Any, mixed: dict[str, Client]
    ) -> None:
        page = home(browser)
        assert [trial["client"] for trial in page.context["trials"]] == [mixed["alpha"]]
        assert "in 14 days" in page.content.decode()

    def test_what_needs_attention_comes_first_and_only_if_there_is_any(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        assert "Needs attention" not in home(browser).content.decode()
        fail(
            request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=operator),
            ValueError("no"),
        )
        text = home(browser).content.decode()
        assert "1 operation failed and was not made good since." in text
        assert text.index("Needs attention") < text.index("Clients in use")

    def test_a_rollout_that_waits_for_somebody_needs_attention(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        rollout = request_rollout([alpha], OperationKind.MIGRATE_SCHEMA, acting_user=operator)
        assert "paused" not in str(home(browser).context["matters"])
        pause(rollout.rollout, acting_user=operator)
        matter = home(browser).context["matters"][-1]
        assert matter.text == "1 rollout is paused and goes on when somebody says so."
        assert count_of(browser, matter.url) == 1
        Rollout.objects.create(kind=OperationKind.MIGRATE_SCHEMA)
        assert count_of(browser, matter.url) == 1

    def test_a_schema_that_somebody_dropped_needs_attention(
        self, browser: Any, alpha: Client
    ) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        (matter,) = home(browser).context["matters"]
        assert matter.text == "The schema of 1 client is not in the database any more."
        assert matter.tone == "bad"
        assert count_of(browser, matter.url) == 1

    def test_says_that_no_worker_is_there_for_what_waits(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        sentence = "No worker is at work: 1 operation waits for one."
        assert sentence not in home(browser).content.decode()
        request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=operator)
        assert sentence in home(browser).content.decode()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        assert sentence not in home(browser).content.decode()

    def test_names_the_newest_changes_for_those_who_may_see_them(
        self, staff_browser: Callable[..., Any], outsider: User, alpha: Client, operator: User
    ) -> None:
        suspend(alpha, acting_user=operator)
        page = home(staff_browser(operator))
        assert "Alpha: Suspended" in [change.text for change in page.context["changes"]]
        for change in page.context["changes"]:
            assert staff_browser(operator).get(change.url).status_code == 200
        rights = Permission.objects.filter(codename__in=["view_client"])
        outsider.user_permissions.set(rights)
        assert "Newest changes" not in home(staff_browser(outsider)).content.decode()

    def test_asks_as_many_questions_for_few_clients_as_for_many(
        self, browser: Any, mixed: dict[str, Client]
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                home(browser)
            return len([query for query in captured if "set_config" not in query["sql"]])

        queries()
        few = queries()
        # In bulk, so that the newest changes stay what they are: their words name other rows.
        plans = Plan.objects.bulk_create(Plan(code=f"p{n}", name=f"P{n}") for n in range(5))
        clients = Client.objects.bulk_create(
            Client(schema_name=f"c{n}", name=f"C{n}", plan=plans[n % 5], admin_email="")
            for n in range(200)
        )
        Operation.objects.bulk_create(
            Operation(kind="create_schema", client=client, state=OperationState.FAILED)
            for client in clients
        )
        assert queries() == few
        assert few <= 20
