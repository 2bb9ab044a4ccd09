"""What a deletion empties elsewhere is in the history of each that loses something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history import emptied
from console.history.acting import acting_as
from console.history.models import LogEntry
from tenant_data.models import Milestone, Project, Task
from tenants.models import Client
from tests.tenant_data.test_history import told


@pytest.fixture
def task(alpha: Client) -> Iterator[Task]:
    """In alpha, a task of Bo's with a milestone and a part; its history is empty."""
    with schema_context("alpha"):
        bo = User.objects.create_user("bo@alpha.example", name="Bo")
        web = Project.objects.create(key="WEB", name="Web shop", lead=bo)
        beta = Milestone.objects.create(project=web, name="Beta")
        task = Task.objects.create(project=web, title="One", milestone=beta, assignee=bo)
        Task.objects.create(project=web, title="Two", parent=task)
        LogEntry.objects.all().delete()
        yield task


def test_a_milestone_that_is_deleted(owner: User, task: Task) -> None:
    with acting_as(owner):
        Milestone.objects.get().delete()
    assert told(task) == ["Milestone: WEB · Beta → -"]
    assert LogEntry.objects.about(task).get().actor_email == owner.email


def test_a_milestone_that_is_deleted_in_its_list(browser: Any, task: Task) -> None:
    key = Milestone.objects.get().pk
    sent = {"action": "delete_selected", "_selected_action": key, "post": "yes"}
    assert browser.post("/tenant_data/milestone/", sent).status_code == 302
    with schema_context("alpha"):
        assert not Milestone.objects.exists()
        assert told(task) == ["Milestone: WEB · Beta → -"]


def test_somebody_who_is_deleted(task: Task) -> None:
    User.objects.get(email="bo@alpha.example").delete()
    assert told(task) == ["Assignee: Bo → -"]
    assert told(task.project) == ["Lead: Bo → -"]


def test_a_whole_that_is_deleted(task: Task) -> None:
    part = Task.objects.get(title="Two")
    task.delete()
    assert told(part) == ["Part of: WEB-1 One → -"]


def test_a_whole_that_is_deleted_with_its_part_is_no_change_of_it(task: Task) -> None:
    part = Task.objects.get(title="Two")
    Task.objects.all().delete()
    assert not [line for line in told(part) if line == "Part of: WEB-1 One → -"]


def test_of_very_many_only_so_many_are_written_down(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptied, "AT_MOST", 3)
    monkeypatch.setattr(emptied, "BATCH", 2)
    Task.objects.bulk_create(
        Task(project=task.project, title=f"{n}", milestone=task.milestone) for n in range(5)
    )
    LogEntry.objects.all().delete()
    Milestone.objects.get().delete()
    assert LogEntry.objects.filter(content_type__model="task").count() == 3
    assert not Task.objects.exclude(milestone=None).exists()


def test_costs_as_much_for_many_as_for_few(task: Task) -> None:
    def queries(number: int) -> int:
        beta = Milestone.objects.create(project=task.project, name=f"for {number}")
        Task.objects.bulk_create(
            Task(project=task.project, title=f"{n}", milestone=beta) for n in range(number)
        )
        with CaptureQueriesContext(connection) as context:
            beta.delete()
        return len(context)

    queries(1)
    assert queries(3) == queries(60)
