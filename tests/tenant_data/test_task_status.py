"""The status of a task, changed in the list."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project, Task, TaskStatus
from tenants.models import Client


def address(title: str) -> str:
    with schema_context("alpha"):
        return f"/tenant_data/task/{Task.objects.get(title=title).pk}/status/"


def status(title: str) -> str:
    with schema_context("alpha"):
        return str(Task.objects.get(title=title).status)


def test_is_changed_at_once(browser: Any, web: Project) -> None:
    answer = browser.post(address("Was due"), {"from": "open", "to": "done"})
    assert answer.json() == {
        "status": "done",
        "message": "WEB-1 is “Done” now.",
        "is_late": False,
    }
    assert status("Was due") == TaskStatus.DONE


def test_does_not_undo_what_somebody_else_did_meanwhile(browser: Any, web: Project) -> None:
    browser.post(address("Was due"), {"from": "open", "to": "review"})
    answer = browser.post(address("Was due"), {"from": "open", "to": "in_progress"})
    assert answer.status_code == 409
    assert answer.json()["status"] == "review"
    assert "Somebody else changed WEB-1 meanwhile: it is “In review” now." in str(answer.json())
    assert status("Was due") == TaskStatus.REVIEW


def test_two_who_choose_the_same_are_both_content(browser: Any, web: Project) -> None:
    for _time in range(2):
        answer = browser.post(address("Was due"), {"from": "open", "to": "done"})
        assert answer.status_code == 200


@pytest.mark.parametrize("wanted", ["", "lost", "DONE"])
def test_what_is_no_status_changes_nothing(browser: Any, web: Project, wanted: str) -> None:
    answer = browser.post(address("Was due"), {"from": "open", "to": wanted})
    assert answer.status_code == 404
    assert status("Was due") == TaskStatus.OPEN


def test_a_task_that_is_gone_is_not_found(browser: Any, web: Project) -> None:
    answer = browser.post("/tenant_data/task/99999999/status/", {"from": "open", "to": "done"})
    assert answer.status_code == 404


def test_looking_at_the_address_changes_nothing(browser: Any, web: Project) -> None:
    assert browser.get(address("Was due")).status_code == 405


def test_is_not_for_those_who_may_only_look(
    tenant_browser: Any, alpha: Client, web: Project
) -> None:
    with schema_context("alpha"):
        user = User.objects.create_user("v@alpha.example", "pw", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename="view_task"))
    browser = tenant_browser(alpha, user)
    answer = browser.post(address("Was due"), {"from": "open", "to": "done"})
    assert answer.status_code == 403
    assert status("Was due") == TaskStatus.OPEN
    page = browser.get("/tenant_data/task/").content.decode()
    assert "Was due" in page
    assert 'class="work-status"' not in page
