"""Time: typed as people do, booked for oneself, summed up, and exported."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.durations import read_minutes
from tenant_data.models import Task, TimeEntry
from tenants.models import Client, Feature
from tests.tenant_data.work import a_task, give_plan, page, someone, text_of

LIST = "/tenant_data/timeentry/"
MAY_BOOK = ("view_task", "add_timeentry")
TODAY = datetime.date(2026, 3, 2)


def book(task: Task, person: User, minutes: int, day: datetime.date = TODAY) -> TimeEntry:
    with schema_context("alpha"):
        return TimeEntry.objects.create(task=task, person=person, minutes=minutes, spent_on=day)


def entries() -> list[tuple[str, int]]:
    with schema_context("alpha"):
        rows = TimeEntry.objects.order_by("pk").values_list("person__name", "minutes")
        return list(rows)


def typed(time: str, **more: Any) -> dict[str, Any]:
    return {"minutes": time, "spent_on": "2026-03-02", "note": "", **more}


class TestWhatPeopleType:
    @pytest.mark.parametrize(
        ("text", "minutes"),
        [
            ("1:30", 90), ("0:05", 5), ("1.5", 90), ("1,5 h", 90), ("90 min", 90), ("2h", 120),
            ("2", 120), ("1h 30m", 90), ("1 h 30 min", 90), (" 45  Minutes ", 45), ("1 Hour", 60),
            ("0.25", 15), ("0,1 h", 6), ("1h30m", 90), ("24:00", 1440), ("1:30 h", 90),
            ("1h30", 90), ("1h 30", 90), ("1 h 05", 65), ("2 hours 5", 125),
        ],
    )  # fmt: skip
    def test_is_understood(self, text: str, minutes: int) -> None:
        assert read_minutes(text) == minutes

    @pytest.mark.parametrize(
        "text",
        [
            "", " ", "soon", "1:75", "-1", "1:30:00", "1.5.5", "h", "1e3", "٣", "1 day", "1h 1h",
            "1h75", "1.5h30", "h30",
        ],
    )  # fmt: skip
    def test_is_not_guessed(self, text: str) -> None:
        with pytest.raises(ValidationError, match=r"Write it as 1:30, 1\.5 h or 90 min\."):
            read_minutes(text)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("90", "more than a day: 90:00"),
            ("24:01", "more than a day"),
            ("0", "a minute at least"),
        ],
    )
    def test_is_between_a_minute_and_a_day(self, text: str, why: str) -> None:
        with pytest.raises(ValidationError, match=why):
            read_minutes(text)


@pytest.mark.usefixtures("plan")
class TestBooking:
    def test_is_for_oneself_and_today_where_the_company_is(
        self, signed_in: Callable[..., Any], task: Task, alpha: Client
    ) -> None:
        Client.objects.filter(pk=alpha.pk).update(time_zone="Pacific/Kiritimati")
        browser = signed_in("Wanda", *MAY_BOOK)
        there = timezone.localdate(timezone=timezone.get_fixed_timezone(14 * 60))
        shown = text_of(browser.get(page(task)))
        assert f'value="{there:%Y-%m-%d}"' in shown
        assert 'id="id_time_person"' not in shown
        response = browser.post(page(task, "time"), typed("1:30", note="Drew"))
        assert response.headers["Location"] == f"{page(task)}#time"
        assert entries() == [("Wanda", 90)]

    def test_for_others_needs_the_right_to_change(
        self, signed_in: Callable[..., Any], owner: User, task: Task
    ) -> None:
        signed_in("Wanda", *MAY_BOOK).post(page(task, "time"), typed("1", person=owner.pk))
        assert entries() == [("Wanda", 60)]
        mona = signed_in("Mona", *MAY_BOOK, "change_timeentry")
        mona.post(page(task, "time"), typed("2", person=owner.pk))
        assert entries()[1:] == [("Ada Owner", 120)]

    @pytest.mark.parametrize("rights", [("view_task",), ("add_timeentry",)])
    def test_needs_the_right_to_book_and_to_see_the_task(
        self, rights: tuple[str, ...], signed_in: Callable[..., Any], task: Task
    ) -> None:
        response = signed_in("Wanda", *rights).post(page(task, "time"), typed("1"))
        assert response.status_code == 403
        assert entries() == []

    @pytest.mark.parametrize(
        ("form", "field"),
        [
            (typed("soon"), "minutes"),
            (typed(""), "minutes"),
            (typed("1", spent_on="31.2."), "spent_on"),
            (typed("1", spent_on="0026-03-02"), "spent_on"),
            (typed("1", note="x" * 201), "note"),
        ],
    )
    def test_what_is_refused_is_still_there_with_the_reason(
        self, form: dict[str, Any], field: str, signed_in: Callable[..., Any], task: Task
    ) -> None:
        response = signed_in("Wanda", *MAY_BOOK).post(page(task, "time"), form)
        shown = text_of(response)
        assert f'id="id_time_{field}_error"' in shown
        assert f'value="{form[field]}"' in shown or not form[field]
        assert entries() == []

    def test_is_summed_up_against_the_estimate_and_for_each_person(
        self, browser: Any, owner: User, task: Task
    ) -> None:
        with schema_context("alpha"):
            Task.objects.filter(pk=task.pk).update(estimate="2.5")
        book(task, owner, 90)
        book(task, someone("Wanda"), 75)
        book(a_task("Another"), owner, 600)
        shown = text_of(browser.get(page(task)))
        assert "<strong>2:45</strong> of 2:30 hours" in shown
        assert "0:15 more than estimated" in shown
        assert "<dt>Wanda</dt><dd>1:15</dd>" in shown


@pytest.mark.usefixtures("plan")
class TestTheList:
    def test_says_how_many_hours_are_listed(self, browser: Any, owner: User, task: Task) -> None:
        book(task, owner, 90)
        book(task, owner, 45, TODAY - datetime.timedelta(days=40))
        assert "Together <strong>2:15</strong> hours" in text_of(browser.get(LIST))
        shown = text_of(browser.get(f"{LIST}?spent_on_from=2026-03-01&spent_on_to=2026-03-02"))
        assert "Together <strong>1:30</strong> hours" in shown

    def test_costs_the_same_whatever_it_shows(self, browser: Any, owner: User, task: Task) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(LIST).status_code == 200
            return len(captured)

        book(task, owner, 5)
        queries()
        before = queries()
        for number in range(8):
            book(a_task(f"Task {number}"), someone(f"Person{number}"), 5)
        assert queries() == before

    def test_an_entry_is_added_there_for_a_task(
        self, signed_in: Callable[..., Any], owner: User, task: Task
    ) -> None:
        form = typed("1,5 h", task=task.pk, person=owner.pk)
        wanda = signed_in("Wanda", *MAY_BOOK)
        assert 'name="person"' not in text_of(wanda.get(f"{LIST}add/"))
        assert wanda.post(f"{LIST}add/", form).status_code == 302
        assert entries() == [("Wanda", 90)]

    def test_ones_own_is_changed_but_not_given_to_another(
        self, tenant_browser: Any, owner: User, task: Task, alpha: Client
    ) -> None:
        wanda = someone("Wanda", *MAY_BOOK)
        entry, other = book(task, wanda, 30), book(task, owner, 30)
        browser = tenant_browser(alpha, wanda)
        assert 'value="0:30"' in text_of(browser.get(f"{LIST}{entry.pk}/change/"))
        form = typed("1:00", task=task.pk, person=owner.pk)
        assert browser.post(f"{LIST}{entry.pk}/change/", form).status_code == 302
        browser.post(f"{LIST}{other.pk}/change/", form)
        assert entries() == [("Wanda", 60), ("Ada Owner", 30)]

    def test_is_exported_as_it_is_filtered(
        self, signed_in: Callable[..., Any], owner: User, task: Task
    ) -> None:
        browser = signed_in("Mona", "view_timeentry", "export_timeentry")
        with schema_context("alpha"):
            Task.objects.filter(pk=task.pk).update(title="=1+1")
        book(task, owner, 100)
        book(task, owner, 5, TODAY - datetime.timedelta(days=40))
        form = {"format": "0", "resource": "0"}
        response = browser.post(f"{LIST}export/?spent_on_from=2026-03-01", form)
        assert list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig")))) == [
            ["day", "person", "task", "title", "minutes", "hours", "note", "exported_from"],
            ["2026-03-02", "ada@alpha.example", "WEB-1", "'=1+1", "100", "1.67", "", "alpha"],
        ]

    def test_is_exported_by_those_who_may(self, signed_in: Callable[..., Any], task: Task) -> None:
        assert signed_in("Wanda", "view_timeentry").get(f"{LIST}export/").status_code == 403
        mona = signed_in("Mona", "view_timeentry", "export_timeentry")
        assert "imported again" not in text_of(mona.get(f"{LIST}export/"))


class TestWithoutThePlan:
    def test_what_is_there_is_seen_and_deleted_and_nothing_is_added(
        self, browser: Any, owner: User, task: Task, alpha: Client
    ) -> None:
        give_plan(alpha, Feature.ATTACHMENTS)
        assert 'id="time"' not in text_of(browser.get(page(task)))
        entry = book(task, owner, 30)
        shown = text_of(browser.get(page(task)))
        assert "Time tracking is not part of your plan" in shown
        assert 'id="id_time_minutes"' not in shown
        assert f'href="{LIST}"' in shown  # What is left can be taken out.
        refused = browser.post(page(task, "time"), typed("1"))
        assert refused.headers["Location"] == f"{page(task)}#time"
        assert "Time tracking is not part of your plan" in text_of(browser.get(page(task)))
        assert browser.get(f"{LIST}add/").status_code == 403
        assert browser.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 302
        assert entries() == []
        assert f'href="{LIST}"' not in text_of(browser.get(page(task)))

    def test_with_it_the_sidebar_leads_there(self, browser: Any, alpha: Client, task: Task) -> None:
        give_plan(alpha, Feature.TIME_TRACKING)
        assert f'href="{LIST}"' in text_of(browser.get("/"))
