"""What a tenant's tables hold, whoever writes to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project, Task


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

    def test_a_reference_is_used_once(self, project: Project) -> None:
        Task.objects.create(project=project, number=1, title="t")
        with pytest.raises(ValidationError, match="this number already"):
            Task(project=project, number=1, title="t").full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            Task.objects.create(project=project, number=1, title="t")

    @pytest.mark.parametrize("values", [{"status": "lost"}, {"priority": 9}, {"number": 0}])
    def test_the_database_refuses_what_a_form_would(
        self, project: Project, values: dict[str, Any]
    ) -> None:
        task = Task.objects.create(project=project, title="t")
        with pytest.raises(IntegrityError), transaction.atomic():
            Task.objects.filter(pk=task.pk).update(**values)

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

    @pytest.mark.parametrize("key", ["web", "W", "1WEB", "WEB-1", "W" * 11, ""])
    def test_a_key_that_is_refused(self, key: str) -> None:
        with pytest.raises(ValidationError, match="key"):
            Project(key=key, name="n").full_clean()


def test_people_have_one_spelling_of_their_address() -> None:
    person = User(email="  Bob@Alpha.Example ", password="x")
    person.full_clean()
    assert person.email == "bob@alpha.example"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="Carol@alpha.example")])
