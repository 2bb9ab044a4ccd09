"""What nobody types who means well: an answer in words each time, and nothing changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project, Task, TimeEntry
from tests.page_forms import main_form

LISTS = ["tenant_data/task", "tenant_data/milestone", "tenant_data/customer", "accounts/user"]


@pytest.mark.parametrize("place", LISTS)
def test_a_selection_of_what_is_no_row(browser: Any, web: Project, place: str) -> None:
    for action in ("delete_selected", "assign_selected", "deactivate"):
        for key in ("x", "\x00", "1.5", "9" * 40):
            data = {"action": action, "_selected_action": key, "index": 0}
            assert browser.post(f"/{place}/", data).status_code in (200, 302), (action, key)
    with schema_context("alpha"):
        assert Task.objects.count() == 4


@pytest.mark.parametrize("key", ["x", "\x00", "9" * 40])
def test_a_label_or_a_member_that_is_none(browser: Any, web: Project, key: str) -> None:
    url = f"/tenant_data/project/{web.pk}/change/"
    form = main_form(browser.get(url).content.decode())
    answer = browser.post(url, {**form.fields, "members": [key]})
    assert answer.context["adminform"].form.errors.keys() == {"members"}
    new = {"project": web.pk, "title": "New", "status": "open", "priority": 2, "position": 0}
    answer = browser.post("/tenant_data/task/add/", {**new, "labels": [key]})
    assert answer.context["adminform"].form.errors.keys() == {"labels"}


@pytest.mark.parametrize("place", ["task", "project", "milestone", "customer", "label"])
def test_a_list_that_is_opened_to_pick_from_it(browser: Any, web: Project, place: str) -> None:
    assert browser.get(f"/tenant_data/{place}/?_popup=1").status_code == 200


@pytest.mark.parametrize("day", [date(1, 1, 1), date(206, 2, 3), date(9999, 12, 31)])
def test_a_year_that_nobody_means(web: Project, day: date) -> None:
    with schema_context("alpha"), pytest.raises(ValidationError, match="Is the year right"):
        Task(project=web, title="t", due_on=day).full_clean()


def test_a_text_that_fits_into_no_cell_of_a_sheet(web: Project) -> None:
    with schema_context("alpha"), pytest.raises(ValidationError, match="description"):
        Task(project=web, title="t", description="x" * 20_001).full_clean()


class TestBookedTime:
    @pytest.fixture
    def booked(self, web: Project) -> tuple[int, int]:
        with schema_context("alpha"):
            task = Task.objects.get(title="Was due")
            bo = User.objects.create_user("bo@alpha.example", name="Bo")
            TimeEntry.objects.create(task=task, person=bo, minutes=90)
        return task.pk, bo.pk

    def test_keeps_its_task_and_its_person_and_says_so(
        self, browser: Any, booked: tuple[int, int]
    ) -> None:
        task, person = booked
        pages = {
            f"/tenant_data/task/{task}/delete/": "Time was booked on 1 of these tasks",
            f"/accounts/user/{person}/delete/": "Bo has booked time, which is kept.",
        }
        for url, sentence in pages.items():
            for answer in (
                browser.get(url, follow=True),
                browser.post(url, {"post": "yes"}, follow=True),
            ):
                assert sentence in answer.content.decode()
        selected = {"action": "delete_selected", "_selected_action": task, "index": 0}
        page = browser.post("/tenant_data/task/", selected, follow=True).content.decode()
        assert "Time was booked on 1 of these tasks" in page
        with schema_context("alpha"):
            assert Task.objects.filter(pk=task).exists()
            assert User.objects.filter(pk=person).exists()
