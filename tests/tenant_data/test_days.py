"""Days between which a list is narrowed down, as the company's language writes them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from tenant_data.models import Task, TimeEntry
from tenants.models import Client, Feature
from tests.tenant_data.work import a_task, give_plan, text_of

TASKS = "/tenant_data/task/"
ENTRIES = "/tenant_data/timeentry/"


@pytest.fixture(autouse=True)
def british(alpha: Client) -> Client:
    """Alpha writes the day first."""
    Client.objects.filter(pk=alpha.pk).update(language="en-gb")
    return alpha


def listed(browser: Any, **query: str) -> list[str]:
    return [task.title for task in browser.get(TASKS, query).context["cl"].result_list]


@pytest.fixture
def autumn(british: Client) -> None:
    a_task("In November", due_on=datetime.date(2026, 11, 20))
    a_task("In December", due_on=datetime.date(2026, 12, 11))


@pytest.mark.usefixtures("autumn")
class TestADay:
    @pytest.mark.parametrize("first", ["12/11/2026", "20/11/2026", "2026-11-20"])
    def test_is_read_as_the_calendar_writes_it(self, browser: Any, first: str) -> None:
        assert listed(browser, due_on_from=first, due_on_to="30/11/2026") == ["In November"]

    @pytest.mark.parametrize("text", ["20.11.2026", "soon", "11/20/2026", "1/1/0001", "<b>"])
    def test_that_is_none_filters_nothing_and_the_page_says_so(
        self, browser: Any, text: str
    ) -> None:
        page = browser.get(TASKS, {"due_on_from": text})
        assert len(page.context["cl"].result_list) == 2
        example = timezone.localdate().strftime("%d/%m/%Y")
        shown = text_of(page)
        said = text.replace("<b>", "&lt;b&gt;")
        assert shown.count(f"“{said}” is not a date. Write it like {example}.") == 1

    @pytest.mark.parametrize("text", ["", " ", "20/11/2026"])
    def test_that_is_one_or_nothing_is_not_complained_of(self, browser: Any, text: str) -> None:
        assert "is not a date" not in text_of(browser.get(TASKS, {"due_on_from": text}))

    def test_is_read_in_the_companys_own_language(self, browser: Any, british: Client) -> None:
        Client.objects.filter(pk=british.pk).update(language="en")
        assert listed(browser, due_on_from="12/11/2026") == ["In December"]


def test_that_a_form_cannot_read_is_shown_how_to_write_it(browser: Any) -> None:
    page = text_of(browser.post(f"{TASKS}add/", {"title": "A", "due_on": "20.11.2026"}))
    example = timezone.localdate().strftime("%d/%m/%Y")
    assert f"This is not a date. Write it like {example}." in page
    assert "Enter a valid date" not in page


def test_of_a_time_is_read_the_same_and_both_are_included(browser: Any) -> None:
    task = a_task()
    with schema_context("alpha"):
        when = timezone.make_aware(datetime.datetime(2026, 11, 12, 23, 59))
        Task.objects.filter(pk=task.pk).update(updated_at=when)
    between = {"updated_at_from": "12/11/2026", "updated_at_to": "12/11/2026"}
    assert listed(browser, **between) == [task.title]
    assert listed(browser, updated_at_from="13/11/2026") == []


def test_of_time_that_was_booked(browser: Any, british: Client, owner: Any) -> None:
    give_plan(british, Feature.TIME_TRACKING)
    task = a_task()
    with schema_context("alpha"):
        day = datetime.date(2026, 11, 12)
        TimeEntry.objects.create(task=task, person=owner, minutes=90, spent_on=day)
    page = browser.get(ENTRIES, {"spent_on_from": "12/11/2026", "spent_on_to": "12/11/2026"})
    assert "Together <strong>1:30</strong> hours" in text_of(page)
