"""What a tenant's tables hold, whoever writes to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import (
    Customer,
    Label,
    Milestone,
    Project,
    Task,
    TaskStatus,
    TimeEntry,
)


@pytest.fixture(autouse=True)
def _in_alpha(db: None) -> Iterator[None]:
    with schema_context("alpha"):
        yield


@pytest.fixture
def project() -> Project:
    return Project.objects.create(key="WEB", name="Website")


class TestTasks:
    def test_are_numbered_in_their_project(self, project: Project) -> None:
        other = Project.objects.create(key="OPS", name="Operations")
        references = [
            Task.objects.create(project=where, title="t").reference
            for where in (project, other, project)
        ]
        assert references == ["WEB-1", "OPS-1", "WEB-2"]

    def test_numbering_goes_on_after_the_highest(self, project: Project) -> None:
        Task.objects.create(project=project, number=41, title="t")
        assert Task.objects.create(project=project, title="t").number == 42

    def test_no_number_is_given_twice(self, project: Project) -> None:
        """Somebody may have written down the reference of a task that is gone."""
        Task.objects.create(project=project, title="t").delete()
        assert Task.objects.create(project=project, title="t").number == 2
        Task.objects.bulk_create([Task(project=project, number=9, title="t")])
        Task.objects.filter(number=9).delete()
        assert Task.objects.create(project=project, title="t").number == 10

    @pytest.mark.parametrize("number", [0, 10_000_000, 2_147_483_647])
    def test_a_number_that_nobody_may_choose(self, project: Project, number: int) -> None:
        """The highest that there can be would leave the project none to give."""
        with pytest.raises(ValidationError, match="number"):
            Task(project=project, number=number, title="t").full_clean()

    def test_a_reference_is_used_once(self, project: Project) -> None:
        Task.objects.create(project=project, number=1, title="t")
        with pytest.raises(ValidationError, match="this number already"):
            Task(project=project, number=1, title="t").full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            Task.objects.create(project=project, number=1, title="t")

    @pytest.mark.parametrize(
        "values",
        [
            {"status": "lost"},
            {"priority": 9},
            {"number": 0},
            {"estimate": -1},
            {"status": "done"},
            {"done_at": timezone.now()},
        ],
    )
    def test_the_database_refuses_what_a_form_would(
        self, project: Project, values: dict[str, Any]
    ) -> None:
        task = Task.objects.create(project=project, title="t")
        with pytest.raises(IntegrityError), transaction.atomic():
            Task.objects.filter(pk=task.pk).update(**values)

    def test_are_done_at_a_time(self, project: Project) -> None:
        task = Task.objects.create(project=project, title="t", status=TaskStatus.DONE)
        done_at = task.done_at
        assert done_at is not None
        task.title = "u"
        task.save()
        assert task.done_at == done_at
        task.status = TaskStatus.OPEN
        task.save(update_fields=["status"])
        task.refresh_from_db()
        assert task.done_at is None

    def test_have_milestones_of_their_own_project(self, project: Project) -> None:
        other = Project.objects.create(key="OPS", name="Operations")
        beta = Milestone.objects.create(project=other, name="Beta")
        task = Task.objects.create(project=project, title="t")
        task.milestone = beta
        with pytest.raises(ValidationError, match="belongs to another project"):
            task.full_clean()
        with pytest.raises(IntegrityError, match="milestone_in_project"), transaction.atomic():
            task.save()
            connection.check_constraints()

    def test_are_parts_of_tasks_of_their_own_project(self, project: Project) -> None:
        other = Project.objects.create(key="OPS", name="Operations")
        task = Task.objects.create(project=project, title="t")
        task.parent = Task.objects.create(project=other, title="whole")
        with pytest.raises(ValidationError, match="belongs to another project"):
            task.full_clean()
        with pytest.raises(IntegrityError, match="parent_in_project"), transaction.atomic():
            task.save()
            connection.check_constraints()

    def test_are_whole_or_part_and_never_both(self, project: Project) -> None:
        whole, part, third = (Task.objects.create(project=project, title="t") for _n in range(3))
        part.parent = whole
        part.full_clean()
        part.save()
        for task, parent, reason in (
            (third, part, "is a part of another one itself"),
            (whole, third, "has parts of its own"),
            (third, third, "cannot be a part of itself"),
        ):
            task.parent = parent
            with pytest.raises(ValidationError, match=reason):
                task.full_clean()
            task.parent = None
        with pytest.raises(IntegrityError), transaction.atomic():
            Task.objects.filter(pk=third.pk).update(parent=third.pk)

    def test_outlive_their_assignee(self, project: Project) -> None:
        person = User.objects.create_user("bob@alpha.example")
        task = Task.objects.create(project=project, title="t", assignee=person)
        person.delete()
        task.refresh_from_db()
        assert task.assignee is None


class TestProjects:
    def test_with_tasks_are_not_deleted(self, project: Project) -> None:
        Task.objects.create(project=project, title="t")
        with pytest.raises(ProtectedError):
            project.delete()

    def test_are_not_due_before_they_start(self, project: Project) -> None:
        project.starts_on, project.due_on = date(2026, 2, 1), date(2026, 1, 31)
        with pytest.raises(ValidationError, match="cannot be due before it starts"):
            project.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            project.save()

    @pytest.mark.parametrize("key", ["web", "W", "1WEB", "WEB-1", "W" * 11, ""])
    def test_a_key_that_is_refused(self, key: str) -> None:
        with pytest.raises(ValidationError, match="key"):
            Project(key=key, name="n").full_clean()


@pytest.mark.parametrize("model", [Customer, Label])
def test_a_name_is_used_once_whatever_its_capitals(model: Any) -> None:
    model.objects.create(name="Baker and sons")
    with pytest.raises(ValidationError, match="of this name already"):
        model(name=" baker  AND sons ").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(name="BAKER AND SONS")


class TestMilestones:
    def test_have_one_name_in_a_project(self, project: Project) -> None:
        Milestone.objects.create(project=project, name="Beta")
        with pytest.raises(ValidationError, match="of this name already"):
            Milestone(project=project, name="Beta").full_clean()

    def test_leave_their_tasks_when_they_go(self, project: Project) -> None:
        beta = Milestone.objects.create(project=project, name="Beta")
        task = Task.objects.create(project=project, title="t", milestone=beta)
        beta.delete()
        connection.check_constraints()
        task.refresh_from_db()
        assert task.milestone is None


class TestTime:
    @pytest.mark.parametrize("minutes", [0, 24 * 60 + 1])
    def test_fits_into_a_day(self, project: Project, minutes: int) -> None:
        task = Task.objects.create(project=project, title="t")
        entry = TimeEntry(task=task, person=User.objects.get(), minutes=minutes)
        with pytest.raises(ValidationError, match="minutes"):
            entry.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            entry.save()

    def test_keeps_the_person_and_the_task(self, project: Project) -> None:
        task = Task.objects.create(project=project, title="t")
        bo = User.objects.create_user("bo@alpha.example")
        TimeEntry.objects.create(task=task, person=bo, minutes=90)
        for row in (task, bo):
            with pytest.raises(ProtectedError):
                row.delete()


def test_people_have_one_spelling_of_their_address() -> None:
    person = User(email="  Bob@Alpha.Example ", password="x")
    person.full_clean()
    assert person.email == "bob@alpha.example"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="Carol@alpha.example")])
