"""The staff's home page: its numbers are those of the lists behind them, within one's rights."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
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
    OperationEvent,
    OperationKind,
    OperationState,
    Plan,
    SchemaVersion,
)
from tenants.operations.lifecycle import suspend
from tenants.operations.request import request_operation
from tenants.operations.run import fail
from tests.database import make_client


@pytest.fixture
def browser(staff_browser: Callable[..., Any], operator: User) -> Any:
    return staff_browser(operator)


@pytest.fixture
def mixed(alpha: Client, beta: Client, operator: User) -> dict[str, Client]:
    """Six clients: alpha is up to date and on trial, beta is behind and quiet, one is archived
    and due, one is suspended and its trial is over, one waits, and one could not be made."""
    today, now = timezone.localdate(), timezone.now()
    make_client("waits", ready=False)
    make_client("fails", ready=False)
    for name in ("waits", "fails"):
        client = Client.objects.get(schema_name=name)
        request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=operator)
    fail(Operation.objects.get(client__schema_name="fails"), ValueError("no"))
    big = Plan.objects.create(code="big", name="Big")
    for name, status in (("archived", "archived"), ("suspended", "suspended")):
        Client.objects.create(
            schema_name=name,
            name=name.title(),
            plan=big,
            admin_email="a@b.example",
            status=status,
            provisioned_at=now,
            schema_version=alpha.schema_version,
            **{f"{status}_at": now},
        )
    rows = Client.objects.filter
    rows(schema_name="archived").update(removal_on=today)
    rows(schema_name="suspended").update(trial_ends_on=today - timedelta(days=1))
    rows(pk=alpha.pk).update(trial_ends_on=today + timedelta(days=14))
    old = SchemaVersion.objects.of(["projects.0001_initial"])
    rows(pk=beta.pk).update(
        schema_version=old,
        last_active_at=now - timedelta(days=31),
        trial_ends_on=today + timedelta(days=15),
    )
    rows(schema_name="waits").update(created_at=timezone.make_aware(datetime(today.year - 1, 1, 1)))
    return {client.schema_name: client for client in Client.objects.companies()}


def home(browser: Any) -> Any:
    page = browser.get("/")
    assert page.status_code == 200
    return page


def count_of(browser: Any, url: str) -> int:
    """How many rows the list at this address says that it has."""
    page = browser.get(url)
    assert page.status_code == 200, url
    return page.context["cl"].result_count


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


class TestRights:
    @pytest.mark.parametrize(
        ("rights", "cards", "matters", "charts", "latest"),
        [
            (["view_client"], 5, 5, True, False),
            (["view_operation"], 2, 2, False, True),
            (["provision_client"], 2, 2, False, True),
            (["view_client", "view_operation"], 7, 7, True, True),
        ],
    )
    def test_each_part_needs_the_right_to_see_the_list_behind_it(
        self,
        staff_browser: Callable[..., Any],
        outsider: User,
        mixed: dict[str, Client],
        rights: list[str],
        cards: int,
        matters: int,
        charts: bool,
        latest: bool,
    ) -> None:
        outsider.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = staff_browser(outsider)
        context = home(browser).context
        assert len(context["cards"]) == cards
        assert len(context["matters"]) == matters
        assert ("charts" in context) == charts
        assert ("latest" in context) == latest
        for link in [*context["cards"], *context["matters"]]:
            assert browser.get(link.url).status_code == 200, link

    def test_an_outsider_sees_nothing(
        self, staff_browser: Callable[..., Any], outsider: User, mixed: dict[str, Client]
    ) -> None:
        text = home(staff_browser(outsider)).content.decode()
        assert "There is nothing here for you yet" in text
        assert 'href="/tenants/' not in text


class TestEmpty:
    @pytest.fixture
    def empty(self, db: None) -> None:
        OperationEvent.objects.all().delete()
        Operation.objects.all().delete()
        Client.objects.companies().delete()
        Plan.objects.all().delete()

    def test_shows_the_first_steps(self, browser: Any, empty: None) -> None:
        page = home(browser)
        text = page.content.decode()
        assert "First steps" in text
        assert 'href="/tenants/plan/add/"' in text
        assert 'href="/tenants/client/add/"' in text
        assert page.context["cards"] == []
        assert not page.context["steps"][0].done
        Plan.objects.create(code="team", name="Team")
        assert home(browser).context["steps"][0].done

    def test_offers_no_step_that_the_user_may_not_take(
        self, staff_browser: Callable[..., Any], viewer: User, empty: None
    ) -> None:
        text = home(staff_browser(viewer)).content.decode()
        assert "First steps" in text
        assert "/add/" not in text
        assert "/import/" not in text

    def test_is_gone_with_the_first_client(self, browser: Any, alpha: Client) -> None:
        assert "First steps" not in home(browser).content.decode()
