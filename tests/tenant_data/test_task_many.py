"""Assigning, moving and closing many tasks on the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data import bulk
from tenant_data.admin import base
from tenant_data.models import Project, Task, TaskStatus
from tenants.models import Client
from tests.page_forms import main_form

TASKS = "/tenant_data/task/"
#: Each action, the part of the address, and what is asked.
ACTIONS = [
    ("assign_selected", "assign", "Assign 2 tasks"),
    ("close_selected", "status", "Change the status of 2 tasks"),
    ("move_selected", "move", "Move 2 tasks"),
]


def keys(*titles: str) -> list[int]:
    with schema_context("alpha"):
        return list(Task.objects.filter(title__in=titles).values_list("pk", flat=True))


def ask(browser: Any, action: str, *titles: str, query: str = "") -> Any:
    selected = {"action": action, "_selected_action": keys(*titles), "index": 0}
    return browser.post(f"{TASKS}{query}", selected)


def snapshot() -> list[Any]:
    with schema_context("alpha"):
        return list(Task.objects.order_by("pk").values_list())


@pytest.mark.parametrize(("action", "verb", "question"), ACTIONS)
def test_asks_first_and_changes_nothing(
    browser: Any, web: Project, action: str, verb: str, question: str
) -> None:
    before = snapshot()
    page = ask(browser, action, "Was due", "Is mine").content.decode()
    assert question in page
    assert "WEB-1" in page
    assert "Was due" in page
    assert main_form(page).action == f"{TASKS}many/{verb}/"
    assert snapshot() == before


def test_assigns(browser: Any, web: Project) -> None:
    with schema_context("alpha"):
        bo = User.objects.create_user("bo@alpha.example", name="Bo")
    form = main_form(ask(browser, "assign_selected", "Was due", "Is mine").content.decode())
    answer = browser.post(form.action, {**form.fields, "person": bo.pk}, follow=True)
    assert "2 tasks were changed." in answer.content.decode()
    with schema_context("alpha"):
        assert Task.objects.filter(assignee=bo).count() == 2


def test_closes_and_says_what_was_done_already(browser: Any, web: Project) -> None:
    form = main_form(ask(browser, "close_selected", "Was due", "Is done").content.decode())
    assert form.fields["status"] == ["done"]
    page = browser.post(form.action, form.fields, follow=True).content.decode()
    assert "1 task was changed." in page
    assert "1 task was so already." in page
    with schema_context("alpha"):
        assert Task.objects.filter(status=TaskStatus.DONE).count() == 2


def test_moves(browser: Any, web: Project) -> None:
    with schema_context("alpha"):
        ops = Project.objects.create(key="OPS", name="Operations")
    form = main_form(ask(browser, "move_selected", "Was due").content.decode())
    browser.post(form.action, {**form.fields, "project": ops.pk})
    with schema_context("alpha"):
        assert Task.objects.get(title="Was due").reference == "OPS-1"


def test_a_field_that_is_missing_is_asked_for_again(browser: Any, web: Project) -> None:
    form = main_form(ask(browser, "move_selected", "Was due").content.decode())
    page = browser.post(form.action, form.fields).content.decode()
    assert "This field is required." in page
    again = main_form(page)
    assert again.fields["tasks"] == form.fields["tasks"]


def test_comes_back_to_the_list_as_it_was(browser: Any, web: Project) -> None:
    page = ask(browser, "close_selected", "Was due", query="?work=late").content.decode()
    form = main_form(page)
    answer = browser.post(form.action, form.fields)
    assert answer["Location"] == f"{TASKS}?work=late"


def test_those_whom_a_filter_shows_can_be_taken_all(browser: Any, web: Project) -> None:
    everything = {"action": "close_selected", "select_across": 1, "index": 0}
    page = browser.post(TASKS, {**everything, "_selected_action": keys("Was due")})
    assert "Change the status of 4 tasks" in page.content.decode()


def test_too_many_are_refused_and_say_what_to_do(
    browser: Any, web: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_AT_ONCE", 1)
    answer = ask(browser, "close_selected", "Was due", "Is mine")
    page = browser.get(answer["Location"]).content.decode()
    assert "At most 1 tasks are changed at a time, and nothing was changed." in page


def test_so_many_are_not_deleted_either(
    browser: Any, web: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "DELETED_AT_ONCE", 1)
    before = snapshot()
    answer = ask(browser, "delete_selected", "Was due", "Is mine")
    page = browser.get(answer["Location"]).content.decode()
    assert "At most 1 are deleted at a time, and nothing was deleted." in page
    assert snapshot() == before


@pytest.mark.parametrize("tasks", ["", "x", "1,,2", "1;2", "9" * 30, "-1"])
@pytest.mark.parametrize("verb", ["assign", "status", "move"])
def test_rubbish_changes_nothing(browser: Any, web: Project, verb: str, tasks: str) -> None:
    before = snapshot()
    answer = browser.post(f"{TASKS}many/{verb}/", {"tasks": tasks, "status": "done"}, follow=True)
    assert answer.status_code == 200
    assert snapshot() == before


@pytest.mark.parametrize(("action", "verb", "_question"), ACTIONS)
def test_is_not_for_those_who_may_only_look(
    tenant_browser: Any, alpha: Client, web: Project, action: str, verb: str, _question: str
) -> None:
    with schema_context("alpha"):
        user = User.objects.create_user("v@alpha.example", "pw", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename="view_task"))
    browser = tenant_browser(alpha, user)
    before = snapshot()
    assert action not in browser.get(TASKS).content.decode()
    ask(browser, action, "Was due")
    post = {"tasks": ",".join(map(str, keys("Was due"))), "status": "done", "project": web.pk}
    assert browser.post(f"{TASKS}many/{verb}/", post).status_code == 403
    assert snapshot() == before


def test_the_address_by_itself_leads_to_the_list(browser: Any, web: Project) -> None:
    assert browser.get(f"{TASKS}many/assign/")["Location"] == TASKS
