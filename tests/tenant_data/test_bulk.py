"""Many tasks changed at once: in a few queries, with a history, and by the rules of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data import bulk
from tenant_data.models import Milestone, Project, Task, TaskStatus


@pytest.fixture(autouse=True)
def _in_alpha(db: None) -> Iterator[None]:
    with schema_context("alpha"):
        yield


@pytest.fixture
def web() -> Project:
    project = Project.objects.create(key="WEB", name="Website")
    for number in range(1, 5):
        Task.objects.create(project=project, title=f"Task {number}")
    return project


@pytest.fixture
def ops() -> Project:
    project = Project.objects.create(key="OPS", name="Operations")
    Task.objects.create(project=project, number=7, title="There already")
    return project


def task(number: int) -> Task:
    return Task.objects.select_related("project").get(title=f"Task {number}")


class TestAssigning:
    def test_gives_all_to_one(self, web: Project) -> None:
        bo = User.objects.create_user("bo@alpha.example")
        Task.objects.filter(title="Task 1").update(assignee=bo)
        assert bulk.assign(web.tasks.all(), bo) == bulk.Done(changed=3, unchanged=1)
        assert bo.tasks.count() == 4

    def test_or_to_nobody(self, web: Project) -> None:
        web.tasks.update(assignee=User.objects.get())
        bulk.assign(web.tasks.all(), None)
        assert not web.tasks.exclude(assignee=None).exists()


class TestTheStatus:
    def test_what_becomes_done_is_done_now(self, web: Project) -> None:
        done = task(1)
        done.status = TaskStatus.DONE
        done.save()
        assert bulk.set_status(web.tasks.all(), TaskStatus.DONE).changed == 3
        assert task(1).done_at == done.done_at
        assert task(2).done_at is not None
        bulk.set_status(web.tasks.all(), TaskStatus.OPEN)
        assert not web.tasks.exclude(done_at=None).exists()

    def test_the_database_keeps_the_two_together(self, web: Project) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            web.tasks.update(status=TaskStatus.DONE)

    def test_takes_the_same_number_of_queries_for_any_number(self, web: Project) -> None:
        def queries(status: str) -> int:
            with CaptureQueriesContext(connection) as captured:
                bulk.set_status(web.tasks.all(), status)
            return len(captured)

        few = queries(TaskStatus.REVIEW)
        for number in range(5, 60):
            Task.objects.create(project=web, title=f"Task {number}")
        assert queries(TaskStatus.IN_PROGRESS) == few


class TestMoving:
    def test_gives_the_next_numbers_in_order(self, web: Project, ops: Project) -> None:
        chosen = Task.objects.filter(title__in=["Task 4", "Task 2"])
        assert bulk.move(chosen, ops) == bulk.Done(changed=2, unchanged=0)
        assert [task(2).reference, task(4).reference] == ["OPS-8", "OPS-9"]
        assert Task.objects.create(project=ops, title="Next").number == 10

    def test_leaves_the_old_numbers_unused(self, web: Project, ops: Project) -> None:
        bulk.move(Task.objects.filter(title="Task 4"), ops)
        assert Task.objects.create(project=web, title="New").reference == "WEB-5"

    def test_takes_parts_along_and_leaves_wholes_and_milestones(
        self, web: Project, ops: Project
    ) -> None:
        beta = Milestone.objects.create(project=web, name="Beta")
        whole, part = task(1), task(2)
        part.parent, part.milestone = whole, beta
        part.save()
        bulk.move(Task.objects.filter(pk=whole.pk), ops)
        connection.check_constraints()
        part.refresh_from_db()
        assert (part.project, part.parent, part.milestone) == (ops, whole, None)
        bulk.move(Task.objects.filter(pk=part.pk), web)
        connection.check_constraints()
        part.refresh_from_db()
        assert (part.project, part.parent) == (web, None)

    def test_what_is_there_already_stays(self, web: Project, ops: Project) -> None:
        chosen = Task.objects.filter(title__in=["Task 1", "There already"])
        assert bulk.move(chosen, ops) == bulk.Done(changed=1, unchanged=1)
        assert Task.objects.get(title="There already").reference == "OPS-7"
