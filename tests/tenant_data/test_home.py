"""A company's home page: its numbers are those of the lists behind them, within one's rights."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin import AdminSite
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.dashboard.changes import may_see_changes, newest_changes
from console.dashboard.company_projects import WEEKS
from console.history.record import record_event
from console.sites import public_site
from console.templatetags.days import short_day
from tenant_data import stats
from tenant_data.models import Comment, Milestone, Project, Task, TimeEntry
from tenants.models import Client, Feature, Plan
from tests.console.home_scene import count_of, home
from tests.tenant_data.home_scene import EVERYTHING, add, main_of, person, work_of_alpha


@pytest.fixture
def scene(alpha: Client, owner: User) -> dict[str, Any]:
    Plan.objects.filter(pk=alpha.plan_id).update(features=[Feature.TIME_TRACKING])
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


class TestNumbers:
    def test_each_card_leads_to_a_list_with_as_many_rows(self, browser: Any) -> None:
        cards = {card.url.partition("work=")[2]: card for card in home(browser).context["cards"]}
        assert {name: card.number for name, card in cards.items()} == {
            "open": 4,
            "late": 2,
            "mine": 2,
            "unassigned": 1,
            "done_week": 1,
        }
        for name, card in cards.items():
            assert count_of(browser, card.url) == card.number, name

    def test_the_last_seven_days_are_those_of_the_list(
        self, browser: Any, alpha: Client, scene: dict[str, Any]
    ) -> None:
        Client.objects.filter(pk=alpha.pk).update(time_zone="Pacific/Auckland")
        zone = ZoneInfo("Pacific/Auckland")
        start = datetime.combine(datetime.now(zone).date() - timedelta(days=6), time.min, zone)
        with schema_context("alpha"):
            for moment in (start, start - timedelta(minutes=30)):
                Task.objects.create(project=scene["web"], title="t", status="done", done_at=moment)
        card = home(browser).context["cards"][-1]
        assert card.number == count_of(browser, card.url) == 2

    def test_each_bar_leads_to_a_list_with_as_many_rows(self, browser: Any) -> None:
        loads = home(browser).context["loads"]
        assert [(load.name, load.open, load.late) for load in loads] == [
            ("Bo", 2, 1),
            ("Cy (deactivated)", 1, 1),
            ("Nobody", 1, 0),
        ]
        for load in loads:
            assert count_of(browser, load.url) == load.open, load
        assert loads[0].text == "Bo: 2 tasks to do, 1 late, 4.5 hours estimated"
        assert (loads[0].length, loads[0].late_length, loads[2].length) == ("100.0", "50.0", "50.0")

    def test_each_project_leads_to_lists_with_as_many_rows(
        self, browser: Any, scene: dict[str, Any]
    ) -> None:
        web, ops = home(browser).context["projects"]
        assert (web.name, web.done, web.total, web.percent, web.late) == ("Website", 1, 3, 33, 1)
        assert (ops.name, ops.done, ops.total, ops.late) == ("Operations", 0, 2, 1)
        assert web.time == "1.5 of 6.5 hours booked"
        for project in (web, ops):
            assert count_of(browser, project.url) == project.total
            assert count_of(browser, project.left_url) == project.left
            assert count_of(browser, project.late_url) == project.late
        assert web.text.startswith("1 of 3 tasks are done. At the start of ")

    def test_each_project_says_what_was_on_the_day_that_the_drawing_begins(
        self, browser: Any, scene: dict[str, Any]
    ) -> None:
        start = stats.ends_of_weeks(WEEKS, 0)[0]  # English weeks begin on Sundays.
        for second in (-1, 0):
            with schema_context("alpha"):
                task = add(scene["web"], "Old", status="done")
                moment = start + timedelta(seconds=second)
                Task.objects.filter(pk=task.pk).update(created_at=moment, done_at=moment)
        web = home(browser).context["projects"][0]
        assert web.text == (
            "3 of 5 tasks are done. "
            f"At the start of {date_format(start, 'DATE_FORMAT')} it was 1 of 1."
        )

    def test_each_milestone_leads_to_a_list_with_as_many_rows(self, browser: Any) -> None:
        (due,) = home(browser).context["milestones"]
        assert (due.when, due.text, due.percent) == ("in 3 days", "1 of 2 tasks done", 50)
        assert count_of(browser, due.url) == 2

    def test_people_beyond_the_tenth_are_in_the_list_alone(
        self, browser: Any, scene: dict[str, Any]
    ) -> None:
        with schema_context("alpha"):
            for number in range(11):
                one = person(f"P{number}")
                for _task in range(3):
                    add(scene["web"], "t", assignee=one)
        names = [load.name for load in home(browser).context["loads"]]
        assert len(names) == 11
        assert names[-1] == "Nobody"
        assert "Bo" not in names


class TestPage:
    def test_says_in_words_what_it_draws_and_has_no_style_of_its_own(self, browser: Any) -> None:
        text = main_of(home(browser))
        assert '<span class="console-sr">Bo: 2 tasks to do, 1 late' in text
        assert re.search(
            r"1 of 3 tasks are done\. At the start of [^<]+ it was 0 of 0\.</span>", text
        )
        assert not re.search(r"<svg(?![^>]*aria-hidden)", text)
        assert " style=" not in text

    def test_shows_what_is_mine_with_what_is_due_first(self, browser: Any) -> None:
        page = home(browser)
        assert [task.title for task in page.context["my_tasks"]] == ["Was due", "Is due"]
        assert "It waits for the pictures." in page.content.decode()

    def test_offers_what_is_nobodys_to_those_without_a_task(
        self, browse: Callable[..., Any], scene: dict[str, Any]
    ) -> None:
        page = home(browse("view_task"))
        assert [task.title for task in page.context["to_take"]] == ["Is nobody's"]
        assert "Nothing is waiting for you. These are nobody's yet:" in main_of(page)

    def test_says_the_year_of_a_day_that_is_not_in_this_one(self) -> None:
        today = timezone.localdate()
        assert short_day(today.replace(month=8, day=3)) == "3 Aug"
        assert short_day(date(today.year - 1, 8, 3)) == f"3 Aug {today.year - 1}"

    def test_another_companys_work_is_not_on_it(
        self, tenant_browser: Any, beta: Client, beta_owner: User, scene: dict[str, Any]
    ) -> None:
        text = main_of(home(tenant_browser(beta, beta_owner)))
        assert "Website" not in text
        assert "First steps" in text

    def test_asks_as_many_questions_for_few_tasks_as_for_many(
        self, browser: Any, scene: dict[str, Any]
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                home(browser)
            return len([query for query in captured if "set_config" not in query["sql"]])

        with schema_context("alpha"):  # So many that nobody is told the first steps.
            for number in range(20):
                add(scene["web"], f"t{number}")
        queries()
        few = queries()
        with schema_context("alpha"):
            people = [person(f"P{number}") for number in range(20)]
            for number in range(25):
                project = Project.objects.create(key=f"P{number}", name=f"P{number}")
                milestone = Milestone.objects.create(
                    project=project, name="m", due_on=timezone.localdate()
                )
                tasks = Task.objects.bulk_create(
                    Task(
                        project=project,
                        number=n + 1,
                        title="t",
                        milestone=milestone,
                        assignee=people[n],
                        status="done" if n % 2 else "open",
                    )
                    for n in range(20)
                )
                Comment.objects.create(task=tasks[0], author=people[0], text="c")
                TimeEntry.objects.create(task=tasks[1], person=people[1], minutes=5)
        assert queries() == few
        assert few <= 20


class TestRights:
    PARTS = ("cards", "loads", "projects", "milestones", "comments")

    @pytest.mark.parametrize(
        ("rights", "parts"),
        [
            (["view_task"], {"cards", "loads"}),
            (["change_task"], {"cards", "loads"}),
            (["view_task", "view_project"], {"cards", "loads", "projects"}),
            (["view_task", "view_milestone"], {"cards", "loads", "milestones"}),
            (["view_task", "view_comment"], {"cards", "loads", "comments"}),
            (["view_project", "view_milestone", "view_comment"], set()),
            (EVERYTHING, set(PARTS)),
        ],
    )
    def test_each_part_needs_the_right_to_see_what_it_counts(
        self,
        browse: Callable[..., Any],
        scene: dict[str, Any],
        rights: list[str],
        parts: set[str],
    ) -> None:
        browser = browse(*rights)
        page = home(browser)
        assert {part for part in self.PARTS if part in page.context} == parts
        for address in set(re.findall(r'href="(/tenant_data/[^"]*)"', main_of(page))):
            assert browser.get(address).status_code == 200, address

    def test_an_outsider_sees_nothing(
        self, browse: Callable[..., Any], scene: dict[str, Any]
    ) -> None:
        text = main_of(home(browse()))
        assert "There is nothing here for you yet" in text
        assert "href=" not in text.partition("console-home")[2]

    def test_time_needs_the_right_to_see_it_and_a_plan_that_has_it(
        self, browse: Callable[..., Any], browser: Any, scene: dict[str, Any]
    ) -> None:
        without = home(browse("view_task", "view_project"))
        assert {project.time for project in without.context["projects"]} == {""}
        assert "hours booked" in main_of(home(browser))
        Plan.objects.update(features=[])
        assert "booked" not in main_of(home(browser))

    def test_changes_are_shown_where_the_site_has_the_log_to_those_who_may_see_it(
        self, alpha: Client, operator: User, outsider: User
    ) -> None:
        def asked_by(user: User) -> Any:
            request = RequestFactory().get("/")
            request.user = user
            return request

        record_event(alpha, "suspended")
        assert may_see_changes(asked_by(operator), public_site)
        assert not may_see_changes(asked_by(outsider), public_site)
        assert newest_changes(asked_by(outsider), public_site, 8) == []
        assert newest_changes(asked_by(operator), AdminSite(), 8) == []
