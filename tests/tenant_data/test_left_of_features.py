"""What a company has of a feature that its plan does not have any more can still be found."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Customer, TimeEntry
from tenants.models import Client, Feature, Plan
from tests.tenant_data.work import a_task, give_plan, text_of

CUSTOMERS = "/tenant_data/customer/"
TIME = "/tenant_data/timeentry/"
WHY = "This is not part of your plan. What is here can be seen, exported and deleted"


@pytest.fixture
def small(alpha: Client) -> Plan:
    """Alpha's plan has no feature any more."""
    return give_plan(alpha)


@pytest.fixture
def left(alpha: Client, owner: User) -> None:
    """A customer and some time, from better days."""
    task = a_task()
    with schema_context("alpha"):
        Customer.objects.create(name="Baker and sons")
        TimeEntry.objects.create(task=task, person=owner, minutes=90)


@pytest.mark.parametrize("place", [CUSTOMERS, TIME])
def test_is_in_the_menu_and_the_list_says_why_nothing_is_added(
    browser: Any, small: Plan, left: None, place: str
) -> None:
    assert f'href="{place}"' in text_of(browser.get("/"))
    shown = text_of(browser.get(place))
    assert WHY in shown
    assert f'href="{place}add/"' not in shown


@pytest.mark.parametrize("place", [CUSTOMERS, TIME])
def test_is_not_in_the_menu_where_nothing_is_left(browser: Any, small: Plan, place: str) -> None:
    assert f'href="{place}"' not in text_of(browser.get("/"))


def test_is_in_nobodys_menu_who_may_not_see_it(signed_in: Any, small: Plan, left: None) -> None:
    shown = text_of(signed_in("Wanda", "view_task").get("/"))
    assert f'href="{CUSTOMERS}"' not in shown
    assert f'href="{TIME}"' not in shown


def test_of_a_feature_that_there_is_nothing_is_said(
    browser: Any, alpha: Client, left: None
) -> None:
    give_plan(alpha, *Feature)
    assert WHY not in text_of(browser.get(CUSTOMERS))


def test_a_page_asks_once_for_each(browser: Any, small: Plan, left: None) -> None:
    browser.get("/tenant_data/label/")
    with CaptureQueriesContext(connection) as captured:
        browser.get("/tenant_data/label/")
    for table in ("customer", "timeentry"):
        about = [q["sql"] for q in captured if f'FROM "tenant_data_{table}"' in q["sql"]]
        assert len(about) <= 1
