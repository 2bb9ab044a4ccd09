"""Where weeks start: what the company chose, or what is usual in its language."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation

from console.accounts.models import User
from console.company.weeks import first_weekday, start_of_week
from tenants.models import Client, WeekStart

SUNDAY, MONDAY, SATURDAY = 0, 1, 6


@pytest.mark.parametrize(
    ("chosen", "language", "first"),
    [
        (WeekStart.LANGUAGE, "en", SUNDAY),
        (WeekStart.LANGUAGE, "en-gb", MONDAY),
        (WeekStart.MONDAY, "en", MONDAY),
        (WeekStart.SUNDAY, "en-gb", SUNDAY),
        (WeekStart.SATURDAY, "en", SATURDAY),
    ],
)
class TestTheFirstDay:
    def test_for_dashboards(self, chosen: WeekStart, language: str, first: int) -> None:
        request = RequestFactory().get("/")
        request.tenant = Client(week_starts_on=chosen)
        with translation.override(language):
            assert first_weekday(request) == first

    def test_in_the_calendars_of_date_fields(
        self,
        chosen: WeekStart,
        language: str,
        first: int,
        tenant_browser: Any,
        alpha: Client,
        owner: User,
    ) -> None:
        Client.objects.filter(pk=alpha.pk).update(week_starts_on=chosen, language=language)
        response = tenant_browser(alpha, owner).get("/jsi18n/")
        assert f'"FIRST_DAY_OF_WEEK": "{first}"' in response.content.decode()
        assert "no-store" in response["Cache-Control"]


def test_the_staffs_calendars_do_not_change(browser: Any, alpha: Client) -> None:
    Client.objects.update(week_starts_on=WeekStart.SATURDAY)
    assert '"FIRST_DAY_OF_WEEK": 0' in browser.get("/jsi18n/").content.decode()


@pytest.mark.parametrize(
    ("first", "start"),
    [(SUNDAY, date(2026, 11, 22)), (MONDAY, date(2026, 11, 23)), (SATURDAY, date(2026, 11, 21))],
)
def test_the_start_of_a_week(first: int, start: date) -> None:
    for day in range(7):
        assert start_of_week(start + timedelta(days=day), first) == start
    assert start_of_week(start - timedelta(days=1), first) == start - timedelta(days=7)
