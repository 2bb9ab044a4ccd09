"""The order of a list: each user's own, kept until they take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.changelist import ORDERS, ChangeList
from tenant_data.models import Project
from tenants.models import Client, Plan

PLANS = "/tenants/plan/"


@pytest.fixture
def plans(db: None) -> None:
    for position, (code, price) in enumerate((("aa", 3), ("bb", 1), ("cc", 2))):
        Plan.objects.create(code=code, name=f"Plan {code}", price=price, position=position + 10)


def codes(browser: Any, **query: str) -> list[str]:
    rows = browser.get(PLANS, query).context["cl"].result_list
    return [plan.code for plan in rows if len(plan.code) == 2]


def place_of(browser: Any, column: str) -> int:
    names = browser.get(PLANS, {"_popup": "1"}).context["cl"].list_display
    return list(names).index(column)


def kept(user: User) -> Any:
    user.refresh_from_db()
    return user.preferences


def by_code(browser: Any) -> str:
    return f"-{place_of(browser, 'code')}"


def test_is_the_lists_own_until_somebody_chooses(browser: Any, plans: None) -> None:
    assert codes(browser) == ["aa", "bb", "cc"]


def test_is_kept(browser: Any, plans: None, operator: User) -> None:
    order = by_code(browser)
    assert codes(browser, o=order) == ["cc", "bb", "aa"]
    assert kept(operator) == {ORDERS: {"tenants.plan": ["-code"]}}
    assert codes(browser) == ["cc", "bb", "aa"]
    assert codes(browser, q="plan") == ["cc", "bb", "aa"]


def test_is_kept_across_sign_outs(
    staff_browser: Callable[..., Any], plans: None, operator: User
) -> None:
    first = staff_browser(operator)
    first.get(PLANS, {"o": by_code(first)})
    first.post("/logout/")
    assert codes(staff_browser(operator)) == ["cc", "bb", "aa"]


def test_is_each_users_own(
    staff_browser: Callable[..., Any], plans: None, operator: User, viewer: User
) -> None:
    browser = staff_browser(operator)
    browser.get(PLANS, {"o": by_code(browser)})
    assert codes(staff_browser(viewer)) == ["aa", "bb", "cc"]
    assert kept(viewer) == {}


def test_is_each_lists_own(browser: Any, plans: None, operator: User) -> None:
    browser.get(PLANS, {"o": by_code(browser)})
    assert "o" not in browser.get("/tenants/client/").context["cl"].params
    browser.get("/tenants/client/", {"o": "-1"})
    assert set(kept(operator)[ORDERS]) == {"tenants.plan", "tenants.client"}


def test_nothing_takes_it_back(browser: Any, plans: None, operator: User) -> None:
    browser.get(PLANS, {"o": by_code(browser)})
    assert codes(browser, o="") == ["aa", "bb", "cc"]
    assert kept(operator) == {ORDERS: {}}
    assert codes(browser) == ["aa", "bb", "cc"]


def test_links_carry_it_so_that_two_windows_do_not_meet(browser: Any, plans: None) -> None:
    order = by_code(browser)
    browser.get(PLANS, {"o": order})
    changelist = browser.get(PLANS).context["cl"]
    assert f"o={order}" in changelist.get_query_string({"p": 2})


def test_the_column_shows_it(browser: Any, plans: None) -> None:
    browser.get(PLANS, {"o": by_code(browser)})
    changelist = browser.get(PLANS).context["cl"]
    assert changelist.get_ordering_field_columns() == {place_of(browser, "code"): "desc"}
    assert "Remove from sorting" in browser.get(PLANS).content.decode()


def test_an_order_by_what_is_no_column_marks_none(browser: Any, plans: None) -> None:
    assert browser.get(PLANS).context["cl"].get_ordering_field_columns() == {}
    clients = browser.get("/tenants/client/").context["cl"].get_ordering_field_columns()
    assert list(clients.values()) == ["asc"]


def test_a_list_to_pick_from_neither_uses_nor_keeps_one(
    browser: Any, plans: None, operator: User
) -> None:
    order = by_code(browser)
    assert codes(browser, o=order, _popup="1") == ["cc", "bb", "aa"]
    assert kept(operator) == {}
    browser.get(PLANS, {"o": order})
    assert codes(browser, _popup="1") == ["aa", "bb", "cc"]


@pytest.mark.parametrize(
    "order", ["99", "-99", "x", "-", ".", "..", "1e3", "--1", "\u0661", "9" * 5000, "-1'"]
)
def test_what_is_no_order_changes_nothing(
    browser: Any, plans: None, operator: User, order: str
) -> None:
    browser.get(PLANS, {"o": by_code(browser)})
    before = kept(operator)
    assert codes(browser, o=order) == ["cc", "bb", "aa"]
    assert kept(operator) == before


@pytest.mark.parametrize(
    "preferences",
    [
        [],
        "text",
        7,
        None,
        {ORDERS: []},
        {ORDERS: {"tenants.plan": "code"}},
        {ORDERS: {"tenants.plan": 7}},
        {ORDERS: {"tenants.plan": [None, 7, {}, [], "gone", "-password", "clients__admin_email"]}},
        {ORDERS: {"tenants.plan": ["action_checkbox", "--code", ""]}},
    ],
)
def test_what_is_kept_may_be_anything(
    browser: Any, plans: None, operator: User, preferences: Any
) -> None:
    if preferences is not None:
        User.objects.filter(pk=operator.pk).update(preferences=preferences)
    assert codes(browser) == ["aa", "bb", "cc"]
    assert codes(browser, o=by_code(browser)) == ["cc", "bb", "aa"]
    assert kept(operator)[ORDERS]["tenants.plan"] == ["-code"]


def test_other_preferences_stay(browser: Any, plans: None, operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(preferences={"theme": "dark"})
    browser.get(PLANS, {"o": by_code(browser)})
    assert kept(operator)["theme"] == "dark"


def test_only_this_lists_order_is_written(
    browser: Any, plans: None, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another window wrote since this request read the user stays."""
    order, written = by_code(browser), {"theme": "dark", ORDERS: {"tenants.client": ["name"]}}
    keep = ChangeList._keep_order

    def keep_late(self: ChangeList, *args: Any) -> None:
        User.objects.filter(pk=operator.pk).update(preferences=written)
        keep(self, *args)

    monkeypatch.setattr(ChangeList, "_keep_order", keep_late)
    browser.get(PLANS, {"o": order})
    both = {"tenants.client": ["name"], "tenants.plan": ["-code"]}
    assert kept(operator) == {"theme": "dark", ORDERS: both}
    browser.get(PLANS, {"o": ""})
    assert kept(operator) == written


@pytest.mark.parametrize(
    ("headers", "is_kept"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "referer": "http://localhost/"}, False),
        ({"sec-fetch-site": "same-origin", "sec-purpose": "prefetch"}, False),
        ({"referer": "http://localhost/tenants/plan/"}, True),
        ({"referer": "http://evil.example/localhost/"}, False),
        ({"referer": "http://alpha.localhost/"}, False),
        ({"referer": "nonsense"}, False),
        ({"referer": "http://[localhost/"}, False),
        ({}, False),
    ],
)
def test_is_not_kept_where_another_site_led_here(
    browser: Any, plans: None, operator: User, headers: dict[str, str], is_kept: bool
) -> None:
    order = by_code(browser)
    del browser.defaults["HTTP_SEC_FETCH_SITE"]
    response = browser.get(PLANS, {"o": order}, headers=headers)
    assert response.context["cl"].params["o"] == order
    assert (kept(operator) != {}) is is_kept


def test_costs_no_query_where_nothing_changes(browser: Any, plans: None) -> None:
    def queries(**query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(PLANS, query)
        return len(captured)

    order = by_code(browser)
    before = queries()
    browser.get(PLANS, {"o": order})
    assert queries() == before
    assert queries(o=order) == before


def test_the_list_is_shown_where_the_order_cannot_be_kept(
    browser: Any, plans: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = by_code(browser)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("read only")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", refuse)
    assert codes(browser, o=order) == ["cc", "bb", "aa"]


class TestInATenant:
    def test_is_kept_in_its_schema_alone(
        self,
        tenant_browser: Callable[..., Any],
        alpha: Client,
        owner: User,
        operator: User,
    ) -> None:
        with schema_context("alpha"):
            for key in ("A", "B"):
                Project.objects.create(key=key, name=key)
        browser = tenant_browser(alpha, owner)
        url = "/tenant_data/project/"
        columns = list(browser.get(url).context["cl"].list_display)
        order = f"-{columns.index('named')}"
        assert browser.get(url, {"o": order}).status_code == 200
        with schema_context("alpha"):
            owner.refresh_from_db()
            assert owner.preferences == {ORDERS: {"tenant_data.project": ["-named"]}}
        assert not User.objects.exclude(preferences={}).exists()
        names = [project.name for project in browser.get(url).context["cl"].result_list]
        assert names == sorted(names, reverse=True)
