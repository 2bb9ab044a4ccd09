"""At a limit of the plan, pages say so before anybody fills in a form."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenant_data.models import Project
from tenants.models import Client, Plan

PAGES = {
    "/tenant_data/task/": "The plan “Tight” allows 4 tasks, and you have 4. Delete some first",
    "/tenant_data/project/": "The plan “Tight” allows 1 project, and you have 1. Delete one first",
    "/accounts/user/": "The plan “Tight” allows 1 user, and you have 1. Deactivate somebody first",
}


@pytest.fixture
def plan(alpha: Client, web: Project) -> Plan:
    plan = Plan.objects.create(code="tight", name="Tight", max_users=1, max_projects=1, max_tasks=4)
    Client.objects.filter(pk=alpha.pk).update(plan=plan)
    return plan


@pytest.mark.parametrize("page", PAGES)
def test_the_page_and_the_button_say_so(browser: Any, plan: Plan, page: str) -> None:
    for path in (page, f"{page}add/"):
        assert PAGES[page] in browser.get(path).content.decode()
    # The button still leads there: the page is where one reads it.
    assert f'href="{page}add/"' in browser.get(page).content.decode()
    # What is refused is refused in the form's own words, and not twice.
    answer = browser.post(f"{page}add/", {"email": "x@alpha.example", "name": "X", "key": "OPS"})
    assert answer.status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_with_room_left_nothing_is_said(browser: Any, plan: Plan, page: str) -> None:
    Plan.objects.filter(pk=plan.pk).update(max_users=2, max_projects=2, max_tasks=5)
    for path in (page, f"{page}add/"):
        assert "The plan “Tight” allows" not in browser.get(path).content.decode()


def test_who_may_not_add_is_told_nothing(signed_in: Any, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(max_users=None)
    page = signed_in("Vera", "view_task").get("/tenant_data/task/").content.decode()
    assert "The plan “Tight” allows" not in page


def test_a_list_asks_once(browser: Any, plan: Plan) -> None:
    def counts() -> int:
        with CaptureQueriesContext(connection) as context:
            browser.get("/tenant_data/task/")
        return len(context)

    counts()
    limited = counts()
    Plan.objects.filter(pk=plan.pk).update(max_tasks=None)
    assert limited == counts() + 1
