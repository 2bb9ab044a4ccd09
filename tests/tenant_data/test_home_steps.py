"""A company's home page when little is there yet, and when little room is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project, Task
from tenants.models import Client, Plan
from tests.console.home_scene import home
from tests.tenant_data.home_scene import EVERYTHING, add, main_of, person, work_of_alpha

TASKS = "/tenant_data/task/"


@pytest.fixture
def scene(alpha: Client, owner: User) -> dict[str, Any]:
    with schema_context("alpha"):
        return work_of_alpha()


@pytest.fixture
def browse(tenant_browser: Any, alpha: Client) -> Callable[..., Any]:
    """``browse(*rights)``: a browser of somebody at alpha with these rights."""

    def browser(*rights: str) -> Any:
        with schema_context("alpha"):
            user = person("Dot", *rights)
        return tenant_browser(alpha, user)

    return browser


@pytest.fixture
def browser(tenant_browser: Any, alpha: Client, scene: dict[str, Any]) -> Any:
    """Bo's, who has the rights to see everything that the page has, and no more."""
    return tenant_browser(alpha, scene["bo"])


class TestLimits:
    SENTENCE = "Your plan “Team” has room for 5 tasks, and you have 5."

    @pytest.mark.parametrize(
        ("limit", "sentence"),
        [(None, ""), (6, ""), (5, SENTENCE), (4, SENTENCE.replace("for 5", "for 4"))],
    )
    def test_are_named_when_little_is_left(
        self,
        browse: Callable[..., Any],
        scene: dict[str, Any],
        limit: int | None,
        sentence: str,
    ) -> None:
        browser = browse("view_task", "add_user")
        Plan.objects.update(max_tasks=limit)
        page = home(browser)
        assert [near.text for near in page.context["limits"]] == ([sentence] if sentence else [])
        assert ("has room for" in main_of(page)) == bool(sentence)
        assert ("Your plan is used up" in main_of(page)) == bool(sentence)
        assert "Little room is left" not in main_of(page)

    def test_that_are_not_reached_leave_little_room(
        self, browse: Callable[..., Any], scene: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("console.dashboard.company_limits.NEARLY", 50)
        browser = browse("view_task", "add_user")
        Plan.objects.update(max_tasks=6)
        assert "Little room is left" in main_of(home(browser))

    def test_are_nothing_for_those_who_cannot_act(self, browser: Any) -> None:
        Plan.objects.update(max_tasks=5, max_users=1, max_projects=1)
        assert "has room for" not in main_of(home(browser))

    def test_name_each_kind_and_lead_where_one_may_go(
        self, browse: Callable[..., Any], scene: dict[str, Any]
    ) -> None:
        browser = browse("view_task", "add_user", "view_user")
        Plan.objects.update(max_tasks=5, max_users=1, max_projects=1, max_storage_mb=0)
        limits = home(browser).context["limits"]
        assert {limit.kind: limit.url for limit in limits} == {
            "users": "/accounts/user/",
            "projects": "",
            "tasks": TASKS,
            "storage": "",
        }
        assert {limit.tone for limit in limits} == {"bad"}


class TestFirstSteps:
    def test_lead_where_the_user_may_go(
        self, tenant_browser: Any, alpha: Client, owner: User
    ) -> None:
        browser = tenant_browser(alpha, owner)
        page = home(browser)
        links = [link.url for step in page.context["steps"] for link in step.links]
        assert {"/tenant_data/project/add/", f"{TASKS}add/", "/accounts/user/add/"} <= set(links)
        for link in links:
            assert browser.get(link).status_code == 200, link
        assert not any(step.done for step in page.context["steps"])
        assert "cards" not in page.context

    def test_offer_no_step_that_the_user_may_not_take(
        self, browse: Callable[..., Any], alpha: Client
    ) -> None:
        text = main_of(home(browse(*EVERYTHING)))
        assert "First steps" in text
        assert "/add/" not in text

    def test_stay_beside_the_work_until_the_company_has_settled_in(
        self, tenant_browser: Any, alpha: Client, owner: User
    ) -> None:
        browser = tenant_browser(alpha, owner)
        with schema_context("alpha"):
            web = Project.objects.create(key="WEB", name="Website")
            add(web, "One")
        page = home(browser)
        done = {str(step.title): step.done for step in page.context["steps"]}
        assert done["Add a project"]
        assert done["Fill it with tasks"]
        assert not done["Bring in your people"]
        assert "cards" in page.context
        with schema_context("alpha"):
            for number in range(20):
                add(web, f"t{number}", days=number)
        assert home(browser).context["steps"] == []

    def test_are_not_shown_beside_the_work_to_those_who_can_take_none(self, browser: Any) -> None:
        assert home(browser).context["steps"] == []

    def test_half_empty_parts_say_so(self, browse: Callable[..., Any], alpha: Client) -> None:
        with schema_context("alpha"):
            web = Project.objects.create(key="WEB", name="Website")
            Project.objects.create(key="NEW", name="New")
            add(web, "One")
            Task.objects.update(status="done", done_at=timezone.now() - timedelta(days=90))
        browser = browse(*EVERYTHING)
        text = main_of(home(browser))
        assert "Nothing is waiting for you." in text
        assert "Everything is done." in text
        assert "No tasks yet." in text
        assert "No milestone is due in the next 30 days." in text
        assert "Nobody has written a comment yet." in text
        with schema_context("alpha"):
            Project.objects.update(status="paused")
        assert "No project is being worked on" in main_of(home(browser))
