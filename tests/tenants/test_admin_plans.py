"""The staff's pages of plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.exceptions import NotAllowed, PlanIsOffered, PlanRetired
from tenants.models import Client, Plan
from tenants.operations import plans
from tenants.operations.clients import create_client

LIST = "/tenants/plan/"
ADD = f"{LIST}add/"


def url(plan: Plan, path: str = "change") -> str:
    return f"{LIST}{plan.pk}/{path}/"


def form(**fields: Any) -> dict[str, Any]:
    """What a browser posts for a plan."""
    data = {
        "name": "Gold",
        "code": "gold",
        "description": "",
        "price": "1250.00",
        "currency": "EUR",
        "billing_period": "year",
        "max_users": "25",
        "max_projects": "",
        "max_tasks": "0",
        "max_storage_mb": "5120",
        "features": ["branding", "time_tracking"],
        "position": "10",
    }
    return data | fields


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


class TestList:
    def test_shows_price_and_limits_in_words_and_its_clients(
        self, browser: Any, alpha: Client
    ) -> None:
        browser.post(ADD, form())
        Plan.objects.filter(code="gold").update(is_retired=True)
        text = browser.get(LIST).content.decode()
        for words in ("1,250.00 EUR a year", "Free of charge", "25 users, 0 tasks, 5.0", "Retired"):
            assert words in text.replace("\xa0", " ")
        assert f"/tenants/client/?plan__id__exact={alpha.plan_id}&amp;status=all" in text

    def test_is_in_the_order_of_the_plans(self, browser: Any, db: None) -> None:
        Plan.objects.all().update(position=20)
        Plan.objects.create(code="z", name="Z", position=1)
        Plan.objects.create(code="a", name="A", position=30)
        codes = [plan.code for plan in browser.get(LIST).context["cl"].result_list]
        assert codes == ["z", "team", "a"]

    @pytest.mark.parametrize(
        ("query", "codes"),
        [
            ("is_retired__exact=1", ["old"]),
            ("is_retired__exact=0", ["team", "yearly"]),
            ("billing_period__exact=year", ["yearly"]),
        ],
    )
    def test_can_be_filtered(self, browser: Any, query: str, codes: list[str]) -> None:
        Plan.objects.create(code="old", name="Old", is_retired=True)
        Plan.objects.create(code="yearly", name="Yearly", billing_period="year")
        found = browser.get(f"{LIST}?{query}").context["cl"].result_list
        assert sorted(plan.code for plan in found) == codes

    def test_takes_the_same_number_of_queries_for_any_number(self, browser: Any) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as made:
                assert browser.get(LIST).status_code == 200
            return len(made)

        browser.get(LIST)
        few = queries()
        Plan.objects.bulk_create(Plan(code=f"p-{n}", name=f"P {n}") for n in range(40))
        assert queries() == few


class TestForm:
    def test_takes_all_fields(self, browser: Any) -> None:
        assert browser.post(ADD, form()).status_code == 302
        plan = Plan.objects.get(code="gold")
        assert (plan.billing_period, str(plan.price)) == ("year", "1250.00")
        assert plan.features == ["branding", "time_tracking"]
        assert plan.limits()["projects"] is None
        assert plan.limits()["tasks"] == 0
        assert plan.limits()["storage"] == 5 * 1024**3
        assert LogEntry.objects.about(plan).get().actor_email == "olga@console.example"

    def test_a_new_one_comes_last(self, browser: Any) -> None:
        Plan.objects.create(code="last", name="Last", position=70)
        form = browser.get(ADD).context["adminform"].form
        assert form.initial["position"] == 80

    @pytest.mark.parametrize("field", ["max_users", "max_projects", "max_tasks", "max_storage_mb"])
    @pytest.mark.parametrize("value", ["-1", "1.5", "many", "99999999999", "1e3", "5\x00", "٣x"])
    def test_a_limit_is_a_whole_number(self, browser: Any, field: str, value: str) -> None:
        response = browser.post(ADD, form(**{field: value}))
        assert list(response.context["adminform"].form.errors) == [field]
        assert not Plan.objects.filter(code="gold").exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("price", "-1"),
            ("price", "NaN"),
            ("price", "1e400"),
            ("price", "12345678.00"),
            ("price", "1.005"),
            ("price", "free\x00"),
            ("position", "-1"),
            ("position", "40000"),
            ("currency", "eur"),
            ("currency", "EU\x00"),
            ("billing_period", "week"),
            ("features", ["flying"]),
            ("code", "Gold!"),
            ("code", "team"),
            ("name", "Go\x00ld"),
            ("name", "x" * 81),
        ],
    )
    def test_what_cannot_be_is_said_beside_the_field(
        self, browser: Any, field: str, value: Any
    ) -> None:
        response = browser.post(ADD, form(**{field: value}))
        assert response.status_code == 200
        assert list(response.context["adminform"].form.errors) == [field]

    def test_who_may_only_look_reads_it_in_words(
        self, staff_browser: Callable[..., Any], viewer: User
    ) -> None:
        plan = Plan.objects.create(code="gold", name="Gold", features=["time_tracking"])
        text = staff_browser(viewer).get(url(plan)).content.decode()
        assert "Time tracking" in text
        assert "/retire/" not in text


class TestRetiring:
    def test_keeps_its_clients_and_can_be_undone(self, browser: Any, alpha: Client) -> None:
        page = browser.get(url(alpha.plan, "retire"))
        assert "2 clients have it and keep it" in page.content.decode()
        alpha.plan.refresh_from_db()
        assert not alpha.plan.is_retired
        assert "is retired" in said(browser.post(url(alpha.plan, "retire"), follow=True))
        alpha.refresh_from_db()
        assert alpha.plan.is_retired
        assert browser.get(url(alpha.plan, "offer-again")).status_code == 200
        browser.post(url(alpha.plan, "offer-again"))
        alpha.plan.refresh_from_db()
        assert not alpha.plan.is_retired

    def test_is_in_the_history(self, browser: Any, alpha: Client) -> None:
        browser.post(url(alpha.plan, "retire"))
        entry = LogEntry.objects.about(alpha.plan).first()
        assert entry.changes == {"is_retired": [False, True]}
        assert entry.actor_email == "olga@console.example"

    def test_has_one_button_at_a_time(self, browser: Any, alpha: Client) -> None:
        text = browser.get(url(alpha.plan)).content.decode()
        assert url(alpha.plan, "retire") in text
        assert url(alpha.plan, "offer-again") not in text

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_what_is_so_already_is_said(self, browser: Any, alpha: Client, method: str) -> None:
        response = getattr(browser, method)(url(alpha.plan, "offer-again"), follow=True)
        assert "is not retired" in said(response)
        plans.retire(alpha.plan, acting_user=None)
        response = getattr(browser, method)(url(alpha.plan, "retire"), follow=True)
        assert "is retired" in said(response)

    @pytest.mark.parametrize("key", ["0", "x", "99999999999999999999"])
    def test_of_a_plan_that_is_not_there_leads_back(self, browser: Any, key: str) -> None:
        assert browser.post(f"{LIST}{key}/retire/").status_code == 302

    def test_needs_the_permission_to_change(
        self, staff_browser: Callable[..., Any], viewer: User, outsider: User, alpha: Client
    ) -> None:
        for user in (viewer, outsider):
            for path in ("retire", "offer-again"):
                assert staff_browser(user).get(url(alpha.plan, path)).status_code == 403
                assert staff_browser(user).post(url(alpha.plan, path)).status_code == 403
        with pytest.raises(NotAllowed):
            plans.retire(alpha.plan, acting_user=viewer)
        viewer.user_permissions.add(Permission.objects.get(codename="change_plan"))
        plans.retire(alpha.plan, acting_user=User.objects.get(pk=viewer.pk))

    def test_verbs_refuse_what_is_so_already(self, alpha: Client) -> None:
        with pytest.raises(PlanIsOffered):
            plans.offer_again(alpha.plan, acting_user=None)
        plans.retire(alpha.plan, acting_user=None)
        with pytest.raises(PlanRetired):
            plans.retire(alpha.plan, acting_user=None)

    def test_a_verb_gives_it_to_nobody(self, alpha: Client) -> None:
        plan = plans.retire(alpha.plan, acting_user=None)
        with pytest.raises(ValidationError) as refusal:
            create_client(
                schema_name="gamma",
                name="Gamma",
                domain="gamma.localhost",
                admin_name="Gus",
                admin_email="gus@gamma.example",
                plan=plan,
                acting_user=None,
            )
        assert "retired" in refusal.value.message_dict["plan"][0]
        assert not Client.objects.filter(schema_name="gamma").exists()

    def test_may_stay_with_those_who_have_it(self, alpha: Client, draft: Client) -> None:
        old = Plan.objects.create(code="old", name="Old", is_retired=True)
        assert plans.plan_hindrance(old, had=old) is None
        assert isinstance(plans.plan_hindrance(old, had=alpha.plan), PlanRetired)
        assert isinstance(plans.plan_hindrance(old, had=None), PlanRetired)
        draft.plan = old
        assert old in plans.plans_for(draft)
        assert old not in plans.plans_for(alpha)


class TestDeleting:
    def test_one_in_use_is_not_deleted(self, browser: Any, alpha: Client) -> None:
        for method in (browser.get, browser.post):
            response = method(url(alpha.plan, "delete"), {"post": "yes"}, follow=True)
            assert "cannot be deleted" in said(response)
        assert Plan.objects.filter(pk=alpha.plan_id).exists()

    def test_an_unused_one_is(self, browser: Any) -> None:
        plan = Plan.objects.create(code="unused", name="Unused")
        browser.get(url(plan, "delete"))
        assert Plan.objects.filter(pk=plan.pk).exists()
        browser.post(url(plan, "delete"), {"post": "yes"})
        assert not Plan.objects.filter(pk=plan.pk).exists()

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, outsider: User, alpha: Client
    ) -> None:
        assert staff_browser(viewer).get(LIST).status_code == 200
        assert staff_browser(viewer).post(url(alpha.plan), {}).status_code == 403
        assert staff_browser(viewer).post(url(alpha.plan, "delete")).status_code == 403
        assert staff_browser(outsider).get(LIST).status_code == 403
